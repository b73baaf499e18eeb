//! What Keycloak's refusals mean, and which right a call wants. Its bodies come in four shapes, and its codes are
//! sentences (api/keycloak 9): the status decides first.

use serde_json::Value;

use super::rights;
use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode};
use crate::http::{Response, Verb};
use crate::services::words::{REFUSED, one_line, tries, words};

/// Calls that want the same right and fail in the same ways (api/keycloak 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// People, their credentials, sessions, locks and roles.
    People,
    /// One credential.
    Method,
    /// Passwords.
    Password,
    /// Mail that the realm sends.
    Mail,
    /// Groups.
    Groups,
    /// Settings, flows and required actions.
    Realm,
    /// Applications.
    Clients,
}

impl Area {
    /// The role of realm-management that allows it.
    const fn right(self, verb: Verb) -> &'static str {
        match self {
            Self::Realm => "view-realm",
            Self::Clients => "view-clients",
            Self::People | Self::Method | Self::Password | Self::Mail | Self::Groups
                if matches!(verb, Verb::Get) =>
            {
                "view-users"
            }
            Self::People | Self::Method | Self::Password | Self::Mail | Self::Groups => "manage-users",
        }
    }

    /// What is absent where a 404 does not say.
    const fn absent(self) -> (ErrorCode, &'static str) {
        match self {
            Self::Method => (ErrorCode::MethodNotFound, "the person has no such method"),
            Self::Groups => (ErrorCode::NotFound, "there is no such group"),
            Self::People | Self::Password | Self::Mail | Self::Realm | Self::Clients => {
                (ErrorCode::NotFound, "the service does not offer that")
            }
        }
    }
}

/// Whether a 404 means what was named, and neither the person, nor the realm, nor the address.
pub(super) fn means_absent(response: &Response) -> bool {
    let body = response.value();
    let said = body.get("error").and_then(Value::as_str);
    said.is_some_and(|said| {
        !said.starts_with("User not found")
            && !said.starts_with("Realm not found")
            && !said.starts_with("HTTP 404")
    })
}

/// Turns a bad answer into its error.
pub(super) fn refused(
    response: &Response,
    area: Area,
    verb: Verb,
    claims: &TokenClaims,
    realm: &str,
) -> Error {
    let body = response.value();
    let code = body.get("error").and_then(Value::as_str).unwrap_or_default();
    let said = said(&body);
    let error = match response.status {
        400 | 422 if area == Area::Password || code.starts_with("invalidPassword") => Error::new(
            ErrorCode::PolicyRefused,
            words("the realm's password policy refuses it", without_prefix(&said)),
        )
        .hint("see the policy: mfactl policy show"),
        // No mail server, or one that does not take it: sending again would be another mail (api/keycloak 6).
        500 if area == Area::Mail => Error::new(
            ErrorCode::ServiceRefused,
            words("the realm could not send the mail", &said),
        )
        .hint("set up its mail server: Realm settings, Email"),
        400 | 422 => Error::new(ErrorCode::ServiceRefused, words(REFUSED, &said)),
        401 => Error::new(ErrorCode::TokenRejected, "the service does not take the token")
            .hint("sign in again; check that url and realm belong together"),
        403 => rights::lacking(area.right(verb), claims, realm),
        404 if code.starts_with("Realm not found") => Error::new(
            ErrorCode::NotFound,
            format!("there is no realm \"{realm}\", or the account may not see it"),
        )
        .hint("check realm in the profile"),
        404 if code.starts_with("User not found") => {
            Error::new(ErrorCode::UserNotFound, "there is no such person")
        }
        404 if body.is_null() => Error::new(
            ErrorCode::Unavailable,
            "the service answered 404 without Keycloak's error body",
        )
        .hint("check the url of the profile: the root of Keycloak, without /admin and /realms"),
        404 => {
            let (code, message) = area.absent();
            Error::new(code, message)
        }
        409 => Error::new(ErrorCode::AlreadySet, words(REFUSED, &said)),
        405 | 501 => Error::new(
            ErrorCode::Unsupported,
            words("the service does not offer that", &said),
        )
        .hint("another version of Keycloak may lack it"),
        429 => Error::new(
            ErrorCode::Throttled,
            format!("throttled, {}", tries(response.tries)),
        ),
        status if status >= 500 => Error::new(
            ErrorCode::Unavailable,
            words(
                &format!("service error {status}, {}", tries(response.tries)),
                &said,
            ),
        ),
        status => Error::new(
            ErrorCode::Unavailable,
            words(&format!("unexpected status {status}"), &said),
        )
        .hint("check the url of the profile"),
    };
    // Many of its codes are sentences, and those are no codes.
    let error = if code.is_empty() || code.contains(' ') {
        error
    } else {
        error.service_code(code)
    };
    error.request_id(response.request_id.clone())
}

/// `Invalid password: ` says what is said already.
fn without_prefix(said: &str) -> &str {
    said.strip_prefix("invalid password: ").unwrap_or(said)
}

/// What the service says, wherever it puts it.
fn said(body: &Value) -> String {
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let fields = || {
        let errors = body.get("errors")?.as_array()?;
        let one = |error: &Value| {
            let said = error.get("errorMessage")?.as_str()?;
            let field = error.get("field").and_then(Value::as_str);
            Some(field.map_or_else(|| said.to_owned(), |field| format!("{field}: {said}")))
        };
        let all: Vec<String> = errors.iter().filter_map(one).collect();
        (!all.is_empty()).then(|| all.join("; "))
    };
    let message = text("error_description")
        .or_else(|| text("errorMessage"))
        .or_else(fields)
        .or_else(|| text("error"))
        .unwrap_or_default();
    one_line(&message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str, area: Area, verb: Verb) -> String {
        let response = Response {
            status,
            headers: vec![],
            body: body.as_bytes().to_vec(),
            request_id: None,
            tries: 6,
        };
        let claims = TokenClaims {
            app_id: Some("mfactl".into()),
            permissions: vec!["query-groups".into()],
            ..TokenClaims::default()
        };
        let body = refused(&response, area, verb, &claims, "staff").to_body();
        let code = body
            .service_code
            .map(|code| format!(" [{code}]"))
            .unwrap_or_default();
        let hint = body.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{status} {}{code}: {}{hint}", body.code, body.message)
    }

    #[test]
    fn the_table_of_refusals() {
        let weak = r#"{"error":"invalidPasswordMinLengthMessage","error_description":"Invalid password: minimum length 8."}"#;
        let several = r#"{"errors":[{"field":"email","errorMessage":"error-invalid-email","params":[]},{"errorMessage":"x"}]}"#;
        let label = r#"{"error":"conflict","error_description":"Device already exists with the same name"}"#;
        insta::assert_snapshot!(
            [
                error(400, weak, Area::Password, Verb::Put),
                error(400, r#"{"errorMessage":"Could not update user!"}"#, Area::People, Verb::Put),
                error(400, several, Area::People, Verb::Put),
                error(401, r#"{"error":"HTTP 401 Unauthorized"}"#, Area::People, Verb::Get),
                error(403, r#"{"error":"HTTP 403 Forbidden"}"#, Area::People, Verb::Get),
                error(403, r#"{"error":"HTTP 403 Forbidden"}"#, Area::Method, Verb::Delete),
                error(403, r#"{"error":"HTTP 403 Forbidden"}"#, Area::Realm, Verb::Get),
                error(404, r#"{"error":"Realm not found."}"#, Area::People, Verb::Get),
                error(404, r#"{"error":"User not found"}"#, Area::Method, Verb::Delete),
                error(404, r#"{"error":"Credential not found"}"#, Area::Method, Verb::Post),
                error(404, r#"{"error":"HTTP 404 Not Found"}"#, Area::People, Verb::Get),
                error(404, "<html>", Area::People, Verb::Get),
                error(409, label, Area::Method, Verb::Put),
                error(500, r#"{"error":"unknown_error","error_description":"For more on this error consult the server log."}"#, Area::Method, Verb::Post),
                error(500, r#"{"errorMessage":"Failed to send execute actions email: Invalid sender address 'null'"}"#, Area::Mail, Verb::Put),
                error(503, "", Area::People, Verb::Get),
            ]
            .join("\n"),
            @r#"
        400 policy_refused [invalidPasswordMinLengthMessage]: the realm's password policy refuses it: minimum length 8 (see the policy: mfactl policy show)
        400 service_refused: the service refused: could not update user!
        400 service_refused: the service refused: email: error-invalid-email; x
        401 token_rejected: the service does not take the token (sign in again; check that url and realm belong together)
        403 permission_missing: the account lacks the role view-users of realm-management (an administrator runs: kcadm.sh add-roles -r staff --uusername service-account-mfactl --cclientid realm-management --rolename view-users; then sign in again)
        403 permission_missing: the account lacks the role manage-users of realm-management (an administrator runs: kcadm.sh add-roles -r staff --uusername service-account-mfactl --cclientid realm-management --rolename manage-users; then sign in again)
        403 permission_missing: the account lacks the role view-realm of realm-management (an administrator runs: kcadm.sh add-roles -r staff --uusername service-account-mfactl --cclientid realm-management --rolename view-realm; then sign in again)
        404 not_found: there is no realm "staff", or the account may not see it (check realm in the profile)
        404 user_not_found: there is no such person
        404 method_not_found: the person has no such method
        404 not_found: the service does not offer that
        404 unavailable: the service answered 404 without Keycloak's error body (check the url of the profile: the root of Keycloak, without /admin and /realms)
        409 already_set [conflict]: the service refused: device already exists with the same name
        500 unavailable [unknown_error]: service error 500, 6 tries: for more on this error consult the server log
        500 service_refused: the realm could not send the mail: failed to send execute actions email: Invalid sender address 'null' (set up its mail server: Realm settings, Email)
        503 unavailable: service error 503, 6 tries
        "#
        );
    }

    #[test]
    fn only_what_was_named_can_be_absent() {
        let absent = |body: &str| {
            means_absent(&Response {
                status: 404,
                headers: vec![],
                body: body.as_bytes().to_vec(),
                request_id: None,
                tries: 1,
            })
        };
        assert!(absent(r#"{"error":"Credential not found"}"#));
        assert!(absent(r#"{"error":"Sesssion not found"}"#));
        for other in [
            r#"{"error":"User not found"}"#,
            r#"{"error":"Realm not found."}"#,
            r#"{"error":"HTTP 404 Not Found"}"#,
            "<html>",
        ] {
            assert!(!absent(other), "{other}");
        }
    }
}
