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
        "set tenant in the profile, or use an account of it; a guest has to be invited first",
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
    (
        &[50_058],
        "nobody is signed in who could be taken over silently",
        "sign in: mfactl auth login",
    ),
    (
        &[70_016],
        "nobody has typed the code yet",
        "type it on the page that was shown, or begin anew: mfactl auth login",
    ),
    (
        &[70_018],
        "the code is not one that was given out",
        "begin anew: mfactl auth login",
    ),
    (
        &[70_019, 70_020],
        "the code has expired",
        "begin anew, and type it within its time: mfactl auth login",
    ),
    (
        &[70_021, 700_211, 700_212, 700_213],
        "no federated credential of the application fits the token from outside",
        "compare its iss, sub and aud with the application's federated credential, letter by letter",
    ),
    (
        &[700_024],
        "the client assertion is not valid at this time",
        "check the clock of this machine: mfactl doctor",
    ),
    (
        &[700_030],
        "the subject of the certificate is not one that the application takes",
        "use a certificate that is registered for it under Certificates & secrets",
    ),
    (
        &[700_229],
        "only tokens of applications may stand as a federated credential",
        "take the token of the pipeline or the workload, not that of a person",
    ),
    (
        &[90_008],
        "the application asks for itself, and has no permission on Microsoft Graph",
        "add the delegated permission User.Read under API permissions",
    ),
    (
        &[9_002_313],
        "the request is malformed for this tenant",
        "check tenant, client_id and authority in the profile",
    ),
    (
        &[135_011],
        "the device is disabled",
        "sign in from another, or have it enabled",
    ),
    (
        &[530_003],
        "the device has to be managed",
        "sign in from a managed device, or ask who owns the policy",
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

/// What Keycloak means where its word means more than one thing: the word, how its description begins, what that means,
/// and the next step (api/keycloak 2; all seen on 26.4.2).
const DESCRIBED: &[(&str, &str, &str, &str)] = &[
    (
        "unauthorized_client",
        "Invalid client",
        "the client secret is wrong",
        "copy it anew into MFACTL_CLIENT_SECRET: Clients, the client, Credentials",
    ),
    (
        "unauthorized_client",
        "Client not enabled to retrieve service account",
        "the application has no account of its own",
        "switch it on: Clients, the client, Service accounts roles",
    ),
    (
        "invalid_client",
        "Invalid client or Invalid client credentials",
        "there is no such application, or it is disabled",
        "check client_id, and that it is enabled: Clients, the client",
    ),
    (
        "invalid_client",
        "Invalid token audience",
        "the service has another address than the profile says",
        "set url to the address under which the service knows itself",
    ),
    (
        "invalid_request",
        "User 'service-account-",
        "the account of the application is disabled",
        "have it enabled: Clients, the client, Service accounts roles",
    ),
    (
        "invalid_grant",
        "Account disabled",
        "the account is disabled",
        "have it enabled, or use another",
    ),
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
    told(response.status, number, text("error"), description).request_id(request_id)
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
            told(400, number, Some(if plain { error } else { "unknown" }), "")
        }
    }
}

/// What an address says that knows no tokens, and what then is wrong.
const NOT_HERE: &str = "there is no sign-in service at this address";
const WHERE_IT_IS: &str = "check url, authority, and tenant or realm in the profile; where the service is under a path, url ends with it: https://HOST/auth";

/// The error of a refusal: its status, its number and its word.
fn told(status: u16, number: Option<u64>, word: Option<&str>, description: &str) -> Error {
    let service_code = match number {
        Some(number) => format!("AADSTS{number}"),
        None => word.unwrap_or_default().to_owned(),
    };
    let error = if status == 429 || number == Some(90_055) {
        Error::new(ErrorCode::Throttled, "the sign-in service asks to slow down").hint("wait some minutes")
    } else if word.is_none() && matches!(status, 404 | 405) {
        Error::new(ErrorCode::NotSignedIn, format!("not signed in: {NOT_HERE}")).hint(WHERE_IT_IS)
    } else if status >= 500 || word.is_none() {
        let hint = if status >= 500 {
            "try again later; if it stays so, check url, authority and tenant in the profile"
        } else {
            "check url, authority and tenant in the profile"
        };
        Error::new(
            ErrorCode::Unavailable,
            format!("the sign-in service answered with status {status}"),
        )
        .hint(hint)
    } else {
        let known = CODES
            .iter()
            .find(|(codes, ..)| number.is_some_and(|number| codes.contains(&number)));
        let described = DESCRIBED
            .iter()
            .find(|(said, begins, ..)| word == Some(said) && description.starts_with(begins));
        let known = known.map(|(_, why, hint)| (*why, *hint));
        let described = described.map(|(.., why, hint)| (*why, *hint));
        let (why, hint) = match (known.or(described), word) {
            (Some(meaning), _) => meaning,
            // Keycloak's word (api/keycloak 2).
            (None, Some("Realm does not exist")) => {
                ("there is no such realm", "check url and realm in the profile")
            }
            (None, Some("invalid_client")) => (
                "the application, its secret or its key is wrong",
                "check client_id, and the secret or the private key",
            ),
            // A number says more than the word: without its meaning nothing is guessed.
            (None, _) if number.is_some() => (
                "the sign-in service refused for a reason that is not known here",
                "tell the code to whoever runs the directory; mfactl doctor looks at the rest",
            ),
            (None, Some("invalid_grant")) => ("sign-in name or password is wrong", "check both"),
            (None, Some("unauthorized_client")) => (
                "the application may not sign in this way",
                "check its registration, or use another way",
            ),
            (None, _) if matches!(status, 404 | 405) => (NOT_HERE, WHERE_IT_IS),
            // So the admin API of Keycloak answers whoever brings no token.
            (None, Some(word)) if word.starts_with("HTTP ") => (NOT_HERE, WHERE_IT_IS),
            (None, _) => (
                "the sign-in service refused",
                "tell the code to whoever runs the directory; mfactl doctor looks at the rest",
            ),
        };
        Error::new(ErrorCode::NotSignedIn, format!("not signed in: {why}")).hint(hint)
    };
    // A sentence is no code.
    if service_code.is_empty() || service_code.contains(' ') {
        error
    } else {
        error.service_code(service_code)
    }
}

fn leading_number(text: &str) -> Option<u64> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests;
