//! What the token endpoint's refusals mean. Codes: E:reference-error-codes (api/entra 8.3).

use serde_json::Value;

use crate::domain::{Error, ErrorCode};
use crate::http::Response;

/// Meaning and next step of one AADSTS code.
const CODES: &[(&[u64], &str, &str)] = &[
    (
        &[50_012, 700_027],
        "the client assertion is wrong",
        "check the certificate, its thumbprint and the clock",
    ),
    (
        &[50_020, 90_072],
        "the account is of another tenant",
        "set tenant in the profile, or use an account of it",
    ),
    (
        &[50_034],
        "there is no such account in the tenant",
        "check the sign-in name",
    ),
    (
        &[50_011],
        "the redirect address is not registered",
        "add http://localhost under Authentication, Mobile and desktop applications",
    ),
    (&[50_053], "the account is locked", "wait, or have it unlocked"),
    (
        &[50_055],
        "the password has expired",
        "sign in to a web page once and choose another",
    ),
    (
        &[50_057],
        "the account is disabled",
        "have it enabled, or use another",
    ),
    (
        &[50_059, 90_002],
        "there is no such tenant",
        "check tenant and authority in the profile",
    ),
    (
        &[50_072, 50_074, 50_076, 50_078, 50_079, 50_158],
        "a second factor is needed",
        "sign in with a browser, or use an application's own credential",
    ),
    (
        &[50_105],
        "the account is not assigned to the application",
        "assign it under Enterprise applications",
    ),
    (&[50_126], "sign-in name or password is wrong", "check both"),
    (
        &[50_173, 54_005, 70_008, 700_082, 70_043],
        "the sign-in is no longer good",
        "sign in again: mfactl auth login",
    ),
    (
        &[50_194, 9_001_023],
        "this flow needs a tenant",
        "set tenant in the profile",
    ),
    (
        &[50_196],
        "the service sees the same request in a loop",
        "wait some minutes",
    ),
    (
        &[500_011],
        "the service is not in this tenant",
        "check url and authority: they must be of one cloud",
    ),
    (
        &[53_000, 53_003, 530_032, 530_035],
        "conditional access forbids it",
        "sign in from a compliant device, or ask who owns the policy",
    ),
    (
        &[65_001, 65_002, 65_004, 650_052, 650_056, 90_094],
        "the application has no consent",
        "an administrator grants consent under App registrations, API permissions",
    ),
    (&[70_011], "the scope is wrong", "check the url of the profile"),
    (
        &[700_016],
        "there is no such application in the tenant",
        "check client_id and tenant in the profile",
    ),
    (
        &[700_025],
        "the application is public and takes no secret",
        "leave the secret out",
    ),
    (
        &[7_000_218],
        "the application wants a secret",
        "set MFACTL_CLIENT_SECRET, or allow public client flows",
    ),
    (
        &[7_000_112],
        "the application is disabled",
        "have it enabled under Enterprise applications",
    ),
    (
        &[7_000_215],
        "the client secret is wrong",
        "use the secret's value, not its id",
    ),
    (
        &[7_000_222],
        "the client secret has expired",
        "make a new one under Certificates & secrets",
    ),
    (
        &[90_038],
        "the tenant lives in another cloud",
        "set url and authority of that cloud",
    ),
    (&[90_055], "the tenant is throttled", "wait some minutes"),
];

/// Turns a refusal of the token endpoint into an error.
pub(super) fn refused(response: &Response) -> Error {
    let body = response.value();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let description = text("error_description").unwrap_or_default();
    let number = body
        .get("error_codes")
        .and_then(Value::as_array)
        .and_then(|codes| codes.first())
        .and_then(Value::as_u64)
        .or_else(|| leading_number(description.strip_prefix("AADSTS")?));
    let request_id = text("trace_id")
        .map(str::to_owned)
        .or_else(|| response.request_id.clone());
    told(response.status, number, text("error")).request_id(request_id)
}

/// Turns what a browser brings back instead of a code into an error. The values come from an address: nothing of them
/// but a code is ever said.
pub(super) fn answered(error: &str, description: &str) -> Error {
    let number = description.strip_prefix("AADSTS").and_then(leading_number);
    match (number, error) {
        (None | Some(65_004), "access_denied") => Error::new(
            ErrorCode::NotSignedIn,
            "not signed in: the sign-in was cancelled, or consent was refused",
        )
        .hint("try again, and consent; or have an administrator consent for the organization")
        .service_code(number.map_or_else(|| "access_denied".to_owned(), |number| format!("AADSTS{number}"))),
        _ => {
            let plain = error.len() <= 40 && error.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            told(400, number, Some(if plain { error } else { "unknown" }))
        }
    }
}

/// The error of a refusal: its status, its number and its word.
fn told(status: u16, number: Option<u64>, word: Option<&str>) -> Error {
    let service_code = match number {
        Some(number) => format!("AADSTS{number}"),
        None => word.unwrap_or_default().to_owned(),
    };
    let error = if status == 429 || number == Some(90_055) {
        Error::new(ErrorCode::Throttled, "the sign-in service asks to slow down").hint("wait some minutes")
    } else if status >= 500 || word.is_none() {
        let code = if status == 404 {
            ErrorCode::NotSignedIn
        } else {
            ErrorCode::Unavailable
        };
        Error::new(code, format!("the sign-in service answered with status {status}"))
            .hint("check authority and tenant in the profile")
    } else {
        let known = CODES
            .iter()
            .find(|(codes, ..)| number.is_some_and(|number| codes.contains(&number)));
        let (why, hint) = match (known, word) {
            (Some((_, why, hint)), _) => (*why, *hint),
            (None, Some("invalid_client")) => (
                "the application or its secret is wrong",
                "check client_id and secret",
            ),
            (None, Some("invalid_grant")) => ("sign-in name or password is wrong", "check both"),
            (None, Some("unauthorized_client")) => (
                "the application may not sign in this way",
                "check its registration, or use another way",
            ),
            (None, _) => (
                "the sign-in service refused",
                "look the code up in the service's documentation",
            ),
        };
        Error::new(ErrorCode::NotSignedIn, format!("not signed in: {why}")).hint(hint)
    };
    if service_code.is_empty() {
        error
    } else {
        error.service_code(service_code)
    }
}

fn leading_number(text: &str) -> Option<u64> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> String {
        let body = body.as_bytes().to_vec();
        let error = refused(&Response {
            status,
            headers: vec![],
            body,
            request_id: None,
            tries: 1,
        })
        .to_body();
        format!(
            "{} {}: {} ({})",
            error.code,
            error.service_code.unwrap_or_default(),
            error.message,
            error.hint.unwrap()
        )
    }

    #[test]
    fn says_what_a_refusal_means_and_what_to_do() {
        insta::assert_snapshot!(
            [
                error(401, r#"{"error":"invalid_client","error_description":"AADSTS7000215: x","error_codes":[7000215]}"#),
                error(400, r#"{"error":"invalid_grant","error_description":"AADSTS50126: Error validating"}"#),
                error(400, r#"{"error":"invalid_grant"}"#),
                error(400, r#"{"error":"interaction_required","error_codes":[50076]}"#),
                error(404, "<html>"),
                error(503, ""),
            ]
            .join("\n"),
            @"
        not_signed_in AADSTS7000215: not signed in: the client secret is wrong (use the secret's value, not its id)
        not_signed_in AADSTS50126: not signed in: sign-in name or password is wrong (check both)
        not_signed_in invalid_grant: not signed in: sign-in name or password is wrong (check both)
        not_signed_in AADSTS50076: not signed in: a second factor is needed (sign in with a browser, or use an application's own credential)
        not_signed_in : the sign-in service answered with status 404 (check authority and tenant in the profile)
        unavailable : the sign-in service answered with status 503 (check authority and tenant in the profile)
        "
        );
    }
}
