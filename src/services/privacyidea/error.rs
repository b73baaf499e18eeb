//! What privacyIDEA's refusals mean, and which right a call wants. Its error body has a code of its own, and what is no
//! JSON comes from somewhere else: unknown addresses are answered with its web page, and status 200 (api/privacyidea 2).

use serde_json::Value;

use super::rights;
use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode};
use crate::http::Response;
use crate::services::words::{REFUSED, one_line, tries, words};

/// What is meant by "not found" (code 601) where a call names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// People and lists of anything.
    People,
    /// One token.
    Method,
    /// Making a token.
    Enrol,
    /// One remembered device.
    Device,
    /// Policies, realms, services.
    Settings,
}

/// The policy refuses (303): for want of a right, or for another reason.
pub(super) const POLICY: i64 = 303;
/// What is named is not there.
pub(super) const ABSENT: i64 = 601;
/// There is no such person in the realm.
const NOBODY: i64 = 904;
/// A parameter is missing or wrong.
const PARAMETER: i64 = 905;
/// The token is locked.
const LOCKED: i64 = 1007;
/// The token is somebody else's.
const TAKEN: i64 = 1103;

/// Stands in what is said where a sign-in name was split, and its parts no longer fit (seen on 3.14).
const SPLIT: &str = "Cannot pass user_object";

/// Begins the message of a missing right; the right's name follows behind `the action `.
const NOT_ALLOWED: &str = "Admin actions are defined, but the action ";

/// Stands before the name of a missing right where something else says so.
const REQUIRES: &str = "requires the action ";

/// The code of an error body; `None`: it is no error body.
pub(super) fn code_of(body: &Value) -> Option<i64> {
    body.pointer("/result/error/code")?.as_i64()
}

/// The right that a refusal names; `None`: it was refused for another reason.
fn missing(message: &str) -> Option<&str> {
    let told = || message.split_once(REQUIRES).map(|(_, rest)| rest);
    let rest = message.strip_prefix(NOT_ALLOWED).or_else(told)?;
    rest.split(' ').next().filter(|right| !right.is_empty())
}

/// The error of an answer that is not privacyIDEA's.
pub(super) fn stranger(response: &Response) -> Error {
    let status = response.status;
    let message = match status {
        200..300 => "a web page answered in privacyIDEA's place".to_owned(),
        404 | 405 => format!("the service answered {status} without privacyIDEA's error body"),
        429 => format!("throttled, {}", tries(response.tries)),
        _ => format!("service error {status}, {}", tries(response.tries)),
    };
    let code = if status == 429 {
        ErrorCode::Throttled
    } else {
        ErrorCode::Unavailable
    };
    let error = Error::new(code, message).request_id(response.request_id.clone());
    if status >= 500 || status == 429 {
        error
    } else {
        error.hint("check the url of the profile: the root of privacyIDEA, without /auth, /token or /#")
    }
}

/// Turns a refusal into its error. `right`: what the call wants.
pub(super) fn refused(
    response: &Response,
    body: &Value,
    area: Area,
    right: &str,
    claims: &TokenClaims,
    realm: &str,
) -> Error {
    let code = code_of(body).unwrap_or_default();
    let message = body
        .pointer("/result/error/message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // `ERR905: Missing parameter` says its code twice.
    let plain = message
        .split_once(": ")
        .filter(|(head, _)| head.starts_with("ERR"));
    let said = one_line(plain.map_or(message, |(_, rest)| rest));
    let error = match (response.status, code) {
        (401, _) => Error::new(ErrorCode::TokenRejected, "the service does not take the token")
            .hint("sign in again: mfactl auth login; a key made for programs may have ended"),
        (_, POLICY) => match missing(message) {
            Some(named) => rights::lacking(named, claims, realm),
            None if message.contains("roll over") => rights::lacking("token_rollover", claims, realm),
            None if right_is_unlisted(message) => rights::lacking(right, claims, realm),
            None => Error::new(
                ErrorCode::PolicyRefused,
                words("a policy of the service refuses it", &said),
            )
            .hint("see the policies: mfactl policy show"),
        },
        (_, NOBODY) => Error::new(ErrorCode::UserNotFound, "there is no such person in the realm"),
        (_, ABSENT) => match area {
            Area::Method => Error::new(ErrorCode::MethodNotFound, "the person has no such method"),
            Area::Device => Error::new(ErrorCode::DeviceNotFound, "there is no such device"),
            Area::People | Area::Enrol | Area::Settings => {
                Error::new(ErrorCode::NotFound, words("what was named is not there", &said))
            }
        },
        (_, PARAMETER) if message.contains(SPLIT) => Error::new(
            ErrorCode::ServiceRefused,
            "the service takes the end of the sign-in name for a realm, and cannot do that for this person",
        )
        .hint("whoever runs privacyIDEA switches Split@Sign off: Configuration, System; or enrols on its web page"),
        (_, LOCKED) => Error::new(
            ErrorCode::ServiceRefused,
            "the method was revoked, and nothing enables it again",
        )
        .hint("remove it, and enrol another"),
        (_, TAKEN) => Error::new(ErrorCode::ServiceRefused, "the method is somebody else's by now"),
        (_, PARAMETER) if message.contains("realm") && message.contains("does not exist") => no_realm(realm),
        (400 | 403 | 404 | 409, _) => {
            Error::new(ErrorCode::ServiceRefused, words(REFUSED, &said))
        }
        (429, _) => Error::new(
            ErrorCode::Throttled,
            format!("throttled, {}", tries(response.tries)),
        ),
        (status, _) => Error::new(
            ErrorCode::Unavailable,
            words(
                &format!("service error {status}, {}", tries(response.tries)),
                &said,
            ),
        ),
    };
    error
        .service_code(code.to_string())
        .request_id(response.request_id.clone())
}

/// Whether a refusal says that the account may not, without saying what.
fn right_is_unlisted(message: &str) -> bool {
    message.starts_with("You do not have the administrative right")
        || message.contains("not allowed to enroll this token type")
        || message.contains("not allowed to administer the resolver")
        || message.contains("no admin policy")
        || message.starts_with("Your permissions for this action")
}

/// The realm of the profile is none of the service's.
pub(super) fn no_realm(realm: &str) -> Error {
    Error::new(ErrorCode::NotFound, format!("there is no realm \"{realm}\""))
        .hint("check realm in the profile: Configuration, Realms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str, area: Area, right: &str) -> String {
        let response = Response {
            status,
            headers: vec![],
            body: body.as_bytes().to_vec(),
            request_id: None,
            tries: 6,
        };
        let claims = TokenClaims {
            delegated: true,
            sign_in_name: Some("desk".into()),
            ..TokenClaims::default()
        };
        let value = response.value();
        let error = match code_of(&value) {
            Some(_) => refused(&response, &value, area, right, &claims, "corp"),
            None => stranger(&response),
        };
        let body = error.to_body();
        let code = body
            .service_code
            .map(|code| format!(" [{code}]"))
            .unwrap_or_default();
        let hint = body.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{status} {}{code}: {}{hint}", body.code, body.message)
    }

    fn said(code: i64, message: &str) -> String {
        serde_json::json!({"result": {"status": false, "error": {"code": code, "message": message}}})
            .to_string()
    }

    #[test]
    fn the_table_of_refusals() {
        insta::assert_snapshot!(
            [
                error(401, &said(4304, "Authentication failure."), Area::People, "tokenlist"),
                error(403, &said(303, "Admin actions are defined, but the action delete is not allowed!"), Area::Method, "delete"),
                error(403, &said(303, "The number of tokens for this user is limited!"), Area::Enrol, "enrollTOTP"),
                error(403, &said(303, "You are not allowed to roll over this token!"), Area::Enrol, "enrollSMS"),
                error(403, &said(303, "Admin actions are defined, but you are not allowed to enroll this token type!"), Area::Enrol, "enrollTOTP"),
                error(403, &said(303, "You are not allowed to administer the resolver corpusers."), Area::People, "updateuser"),
                error(404, &said(601, "The requested token could not be found."), Area::Method, "delete"),
                error(404, &said(601, "The requested resource is gone."), Area::Device, "remembered_device_revoke"),
                error(400, &said(904, "ERR904: The user can not be found in any resolver in this realm!"), Area::People, "tokenlist"),
                error(400, &said(905, "ERR905: Missing parameter: phone"), Area::Enrol, "enrollSMS"),
                error(400, &said(905, "ERR905: The realm 'x' does not exist."), Area::People, "remembered_device_list"),
                error(400, &said(905, "ERR905: Cannot pass user_object (<z@desk.users@corp>) as well as user (z@desk@corp)"), Area::Enrol, "enrollTOTP"),
                error(400, &said(1007, "This action is not possible, since the token is locked"), Area::Method, "enable"),
                error(400, &said(1103, "Token already assigned to user"), Area::Enrol, "enrollSMS"),
                error(500, &said(-500, "no such table: users"), Area::People, "userlist"),
                error(200, "<html>", Area::People, "userlist"),
                error(405, "<html>", Area::People, "userlist"),
                error(502, "<html>", Area::People, "userlist"),
            ]
            .join("\n"),
            @r#"
        401 token_rejected [4304]: the service does not take the token (sign in again: mfactl auth login; a key made for programs may have ended)
        403 permission_missing [303]: the account lacks the right delete (a policy of the scope admin) (an administrator adds delete to the admin policy of desk: Configuration, Policies; then sign in again)
        403 policy_refused [303]: a policy of the service refuses it: the number of tokens for this user is limited! (see the policies: mfactl policy show)
        403 permission_missing [303]: the account lacks the right token_rollover (a policy of the scope admin) (an administrator adds token_rollover to the admin policy of desk: Configuration, Policies; then sign in again)
        403 permission_missing [303]: the account lacks the right enrollTOTP (a policy of the scope admin) (an administrator adds enrollTOTP to the admin policy of desk: Configuration, Policies; then sign in again)
        403 permission_missing [303]: the account lacks the right updateuser (a policy of the scope admin) (an administrator adds updateuser to the admin policy of desk: Configuration, Policies; then sign in again)
        404 method_not_found [601]: the person has no such method
        404 device_not_found [601]: there is no such device
        400 user_not_found [904]: there is no such person in the realm
        400 service_refused [905]: the service refused: missing parameter: phone
        400 not_found [905]: there is no realm "corp" (check realm in the profile: Configuration, Realms)
        400 service_refused [905]: the service takes the end of the sign-in name for a realm, and cannot do that for this person (whoever runs privacyIDEA switches Split@Sign off: Configuration, System; or enrols on its web page)
        400 service_refused [1007]: the method was revoked, and nothing enables it again (remove it, and enrol another)
        400 service_refused [1103]: the method is somebody else's by now
        500 unavailable [-500]: service error 500, 6 tries: no such table: users
        200 unavailable: a web page answered in privacyIDEA's place (check the url of the profile: the root of privacyIDEA, without /auth, /token or /#)
        405 unavailable: the service answered 405 without privacyIDEA's error body (check the url of the profile: the root of privacyIDEA, without /auth, /token or /#)
        502 unavailable: service error 502, 6 tries
        "#
        );
    }
}
