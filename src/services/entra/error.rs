//! The table of codes: what Graph's refusals mean. Which permission or role is wanted is in `rights.rs`. Source:
//! api/entra 6.3; the code may be empty, so the status decides first.

use serde_json::Value;

use super::{clouds, rights};
use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode, Lack};
use crate::http::{Response, Verb};
use crate::services::words::{REFUSED, one_line, tries, words};

/// What is said of a method that cannot go yet.
const IS_DEFAULT: &str = "it is the default method, and others remain";

/// What to look at where a call is not there.
const SOME_LACK: &str = "some clouds lack some calls; see mfactl capabilities";

/// Whether a method was refused to go because it is the default.
pub(super) fn is_default(error: &Error) -> bool {
    error.code() == ErrorCode::ServiceRefused && error.message() == IS_DEFAULT
}

/// Calls that want the same permission and fail in the same ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Finding people.
    Users,
    /// Groups and their members.
    Groups,
    /// Roles and groups of a person.
    Roles,
    /// Authentication methods, read or removed.
    Methods,
    /// Phone numbers.
    Phone,
    /// The mail address for password reset.
    Email,
    /// Temporary passes.
    Pass,
    /// Passkeys registered for somebody.
    Passkey,
    /// Methods of other providers.
    External,
    /// Hardware tokens that somebody has.
    Hardware,
    /// Hardware tokens of the organization.
    Inventory,
    /// The QR code with PIN.
    Qr,
    /// The default method.
    Preferences,
    /// Per-user MFA.
    Requirements,
    /// Signing out.
    Sessions,
    /// Registered devices of a person.
    Devices,
    /// A registered device, enabled or disabled.
    Device,
    /// Passwords.
    Password,
    /// Accounts enabled and disabled.
    Account,
    /// The policy.
    Policy,
    /// The registration report.
    Report,
    /// What the embedded service adds.
    Extensions,
}

impl Family {
    /// Whether its calls are about one person, so that a role must reach that person.
    pub(super) const fn is_of_a_person(self) -> bool {
        !matches!(
            self,
            Self::Users
                | Self::Groups
                | Self::Inventory
                | Self::Device
                | Self::Policy
                | Self::Report
                | Self::Requirements
        )
    }

    /// What is absent when the service says 404 and does not mean the person.
    const fn absent(self) -> (ErrorCode, &'static str) {
        match self {
            Self::Methods
            | Self::Phone
            | Self::Email
            | Self::Pass
            | Self::Passkey
            | Self::External
            | Self::Hardware
            | Self::Qr => (ErrorCode::MethodNotFound, "the person has no such method"),
            Self::Devices | Self::Device => (ErrorCode::DeviceNotFound, "the person has no such device"),
            Self::Groups => (ErrorCode::NotFound, "there is no such group"),
            Self::Policy | Self::Inventory | Self::Report | Self::Preferences | Self::Requirements => {
                (ErrorCode::Unsupported, "the service does not offer that")
            }
            Self::Extensions => (ErrorCode::NotFound, "the service does not offer that"),
            _ => (ErrorCode::UserNotFound, "there is no such person"),
        }
    }
}

/// Graph's code in a bad answer; empty where it gives none.
pub(crate) fn service_code(response: &Response) -> String {
    text(&response.value(), "code").unwrap_or_default()
}

/// Graph's message in a bad answer; untrusted text.
pub(super) fn service_message(response: &Response) -> String {
    text(&response.value(), "message").unwrap_or_default()
}

/// Whether a 404 means that the person is not there, and not the method (assumption `absent-method`).
pub(crate) fn means_no_person(response: &Response) -> bool {
    response.status == 404 && service_code(response) == "Request_ResourceNotFound"
}

/// Turns a bad answer into its error.
pub(crate) fn refused(response: &Response, family: Family, verb: Verb, claims: &TokenClaims) -> Error {
    let body = response.value();
    let code = text(&body, "code").unwrap_or_default();
    let said = said(&body);
    let error = match response.status {
        400 | 404 if clouds::lacks(response) => clouds::lacking(response),
        400 | 409 | 422 => bad_request(family, &code, &said),
        401 => {
            let challenged = response
                .header("www-authenticate")
                .is_some_and(|text| text.contains("insufficient_claims"));
            let hint = if challenged {
                "it wants a new sign-in: sessions of this account were ended, or conditions changed"
            } else {
                "sign in again: mfactl auth login; what does not fit is told by: mfactl doctor"
            };
            Error::new(ErrorCode::TokenRejected, "the service does not take the token").hint(hint)
        }
        403 if wants_licence(&code, &said) => {
            let licence = rights::licence(family);
            Error::new(
                ErrorCode::Unsupported,
                format!("the organization has no licence for it: it takes {licence}"),
            )
            .hint(format!("have {licence} assigned in the tenant"))
        }
        // A refusal by policy may come under the code of a missing right.
        403 if is_missing_right(&code) && !said.to_ascii_lowercase().contains("policy") => {
            missing_right(family, verb, claims)
        }
        403 => Error::new(
            ErrorCode::PolicyRefused,
            words("the organization's policy forbids it", &said),
        )
        .hint("see what is allowed: mfactl policy show USER"),
        404 if code == "Request_ResourceNotFound" && !matches!(family, Family::Groups | Family::Device) => {
            Error::new(ErrorCode::UserNotFound, "there is no such person")
        }
        404 => {
            let (code, message) = family.absent();
            let error = Error::new(code, message);
            if code == ErrorCode::Unsupported {
                error.hint(SOME_LACK)
            } else {
                error
            }
        }
        405 | 501 => Error::new(
            ErrorCode::Unsupported,
            words("the service does not offer that", &said),
        )
        .hint(SOME_LACK),
        429 => {
            let seconds = response
                .header("retry-after")
                .and_then(|text| text.trim().parse().ok());
            Error::new(
                ErrorCode::Throttled,
                format!("throttled, {}", tries(response.tries)),
            )
            .retry_after(seconds)
        }
        status if status >= 500 => Error::new(
            ErrorCode::Unavailable,
            format!("service error {status}, {}", tries(response.tries)),
        ),
        status => Error::new(
            ErrorCode::Unavailable,
            words(&format!("unexpected status {status}"), &said),
        )
        .hint("check the url of the profile"),
    };
    let error = if code.is_empty() {
        error
    } else {
        error.service_code(code)
    };
    error.request_id(response.request_id.clone())
}

/// Both spellings of a missing permission or role (api/entra 6.3), and no code at all.
fn is_missing_right(code: &str) -> bool {
    matches!(
        code,
        "" | "accessDenied" | "Authorization_RequestDenied" | "Forbidden"
    )
}

fn missing_right(family: Family, verb: Verb, claims: &TokenClaims) -> Error {
    let Lack { why, mend, .. } = rights::refused(family, verb, claims);
    Error::new(ErrorCode::PermissionMissing, why).hint(mend)
}

/// Whether the refusal is about what the organization has bought (api/entra 2).
fn wants_licence(code: &str, said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    code.contains("NonPremiumTenant") || said.contains("premium license") || said.contains("premium licence")
}

fn bad_request(family: Family, code: &str, said: &str) -> Error {
    let lower = said.to_ascii_lowercase();
    if code.eq_ignore_ascii_case("invalidPhoneNumber") {
        return Error::new(ErrorCode::InvalidNumber, "the service does not take the number")
            .hint("check the digits behind the country code");
    }
    if lower.contains("default") && lower.contains("method") && lower.contains("delet")
        || lower.contains("current default authentication method")
    {
        return Error::new(ErrorCode::ServiceRefused, IS_DEFAULT)
            .hint("make another the default first: mfactl methods set-default USER METHOD");
    }
    // No policy says which people can be found.
    let of_policy = lower.contains("policy") || lower.contains("not allowed");
    if of_policy && family != Family::Users || family == Family::Password {
        return Error::new(
            ErrorCode::PolicyRefused,
            words("the organization's policy forbids it", said),
        )
        .hint("see what is allowed: mfactl policy show USER");
    }
    Error::new(ErrorCode::ServiceRefused, words(REFUSED, said))
}

/// The service's message, which for some refusals stands better in `innerError`; one line, short, without control
/// characters: it is untrusted text.
fn said(body: &Value) -> String {
    let inner = body
        .pointer("/error/innerError/message")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    let message = inner
        .map(str::to_owned)
        .or_else(|| text(body, "message"))
        .unwrap_or_default();
    one_line(&message)
}

fn text(body: &Value, key: &str) -> Option<String> {
    body.get("error")?.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, code: &str, message: &str, family: Family, claims: &TokenClaims) -> String {
        let body = json!({"error": {"code": code, "message": message}})
            .to_string()
            .into_bytes();
        let response = Response {
            status,
            headers: vec![],
            body,
            request_id: Some("r1".into()),
            tries: 6,
        };
        let body = refused(&response, family, Verb::Delete, claims).to_body();
        assert_eq!(body.request_id.as_deref(), Some("r1"));
        format!(
            "{} {}: {} ({})",
            status,
            body.code,
            body.message,
            body.hint.unwrap_or_default()
        )
    }

    #[test]
    fn the_table_of_codes() {
        let app = TokenClaims {
            permissions: vec!["User.Read.All".into()],
            ..TokenClaims::default()
        };
        let scope = "UserAuthenticationMethod.ReadWrite.All".to_owned();
        let person = TokenClaims {
            delegated: true,
            permissions: vec![scope.clone()],
            ..TokenClaims::default()
        };
        let lesser = TokenClaims {
            directory_roles: vec!["c4e39bd9-1100-46d3-8c65-fb160da0071f".into()],
            ..person.clone()
        };
        let reporter = TokenClaims {
            permissions: vec!["AuditLog.Read.All".into()],
            ..lesser.clone()
        };
        let default = "Cannot delete default method with other methods configured.";
        insta::assert_snapshot!(
            [
                error(400, "badRequest", default, Family::Methods, &app),
                error(400, "invalidPhoneNumber", "x", Family::Phone, &app),
                error(400, "badRequest", "Lifetime is\u{7} not in\nthe range.", Family::Phone, &app),
                error(400, "badRequest", "The password was used before.", Family::Password, &app),
                error(401, "InvalidAuthenticationToken", "", Family::Users, &app),
                error(403, "accessDenied", "Request Authorization failed", Family::Methods, &app),
                error(403, "accessDenied", "Request Authorization failed", Family::Methods, &person),
                error(403, "accessDenied", "Request Authorization failed", Family::Methods, &lesser),
                error(403, "Authorization_RequestDenied", "Insufficient privileges", Family::Sessions, &app),
                error(403, "policyForbids", "App passwords are off.", Family::Extensions, &app),
                error(403, "accessDenied", "The policy does not allow this phone type.", Family::Phone, &app),
                error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "x", Family::Report, &app),
                error(404, "Request_ResourceNotFound", "x", Family::Methods, &app),
                error(404, "resourceNotFound", "x", Family::Methods, &app),
                error(404, "UnknownError", "", Family::Preferences, &app),
                error(403, "Authorization_RequestDenied", "x", Family::Report, &reporter),
                error(429, "TooManyRequests", "x", Family::Methods, &app),
                error(500, "", "", Family::Methods, &app),
            ]
            .join("\n"),
            @"
        400 service_refused: it is the default method, and others remain (make another the default first: mfactl methods set-default USER METHOD)
        400 invalid_number: the service does not take the number (check the digits behind the country code)
        400 service_refused: the service refused: lifetime is not in the range ()
        400 policy_refused: the organization's policy forbids it: the password was used before (see what is allowed: mfactl policy show USER)
        401 token_rejected: the service does not take the token (sign in again: mfactl auth login; what does not fit is told by: mfactl doctor)
        403 permission_missing: the token lacks UserAuthenticationMethod.ReadWrite.All (an administrator grants the application permission UserAuthenticationMethod.ReadWrite.All to the application; then sign in again)
        403 permission_missing: needs Authentication Administrator (the permission is there; you must hold the role Authentication Administrator over this person)
        403 permission_missing: needs Privileged Authentication Administrator (the permission is there; you must hold the role Privileged Authentication Administrator over this person)
        403 permission_missing: the token lacks User.RevokeSessions.All (an administrator grants the application permission User.RevokeSessions.All to the application; then sign in again)
        403 policy_refused: the organization's policy forbids it: app passwords are off (see what is allowed: mfactl policy show USER)
        403 policy_refused: the organization's policy forbids it: the policy does not allow this phone type (see what is allowed: mfactl policy show USER)
        403 unsupported: the organization has no licence for it: it takes Microsoft Entra ID P1 or P2 (have Microsoft Entra ID P1 or P2 assigned in the tenant)
        404 user_not_found: there is no such person ()
        404 method_not_found: the person has no such method ()
        404 unsupported: the service does not offer that (some clouds lack some calls; see mfactl capabilities)
        403 permission_missing: needs Reports Reader (the permission is there; an administrator gives you the role Reports Reader, or you activate it; then sign in again)
        429 throttled: throttled, 6 tries ()
        500 unavailable: service error 500, 6 tries ()
        "
        );
    }
}
