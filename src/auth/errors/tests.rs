//! Refusals as they come, and what each of them comes to.

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
fn every_code_of_the_list_has_one_meaning_and_one_mend() {
    let of_the_list: &[u64] = &[
        50_011, 50_012, 700_027, 50_020, 50_034, 50_053, 50_055, 50_057, 50_058, 50_059, 90_002, 50_072,
        50_079, 50_074, 50_076, 50_078, 50_105, 50_126, 50_158, 50_173, 50_194, 50_196, 500_011, 53_000,
        53_003, 530_032, 530_035, 65_001, 65_002, 65_004, 650_052, 650_056, 90_094, 700_016, 700_025,
        7_000_218, 700_082, 70_008, 70_043, 7_000_112, 7_000_215, 7_000_222, 700_030, 700_229, 70_021,
        700_211, 700_213, 70_011, 70_016, 70_018, 70_019, 90_008, 90_038, 90_055, 90_072, 9_001_023,
        9_002_313, 135_011,
    ];
    for code in of_the_list {
        let meanings = CODES.iter().filter(|(codes, ..)| codes.contains(code)).count();
        assert_eq!(meanings, 1, "AADSTS{code}");
    }
}

#[test]
fn a_code_that_is_not_known_is_shown_as_it_is_and_nothing_is_guessed() {
    let said = error(
        400,
        r#"{"error":"invalid_grant","error_description":"AADSTS9999999: see https://login.example/?code=9999999","error_codes":[9999999],"error_uri":"https://login.example/error?code=9999999"}"#,
    );
    assert_eq!(
        said,
        "not_signed_in AADSTS9999999: not signed in: the sign-in service refused for a reason that is not known \
         here (tell the code to whoever runs the directory; mfactl doctor looks at the rest)"
    );
}

#[test]
fn says_what_a_refusal_means_and_what_to_do() {
    insta::assert_snapshot!(
        [
            error(401, r#"{"error":"invalid_client","error_description":"AADSTS7000215: x","error_codes":[7000215]}"#),
            error(400, r#"{"error":"invalid_grant","error_description":"AADSTS50126: Error validating"}"#),
            error(400, r#"{"error":"invalid_grant"}"#),
            error(400, r#"{"error":"interaction_required","error_codes":[50076]}"#),
            error(401, r#"{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}"#),
            error(401, r#"{"error":"invalid_client","error_description":"Invalid client or Invalid client credentials"}"#),
            error(400, r#"{"error":"invalid_request","error_description":"User 'service-account-x' disabled"}"#),
            error(401, r#"{"error":"unauthorized_client","error_description":"Client not enabled to retrieve service account"}"#),
            error(401, r#"{"error":"unauthorized_client"}"#),
            error(400, r#"{"error":"invalid_client","error_description":"Invalid token audience"}"#),
            error(404, r#"{"error":"Realm does not exist"}"#),
            error(404, "<html>"),
            error(401, r#"{"error":"HTTP 401 Unauthorized"}"#),
            error(503, ""),
        ]
        .join("\n"),
        @"
    not_signed_in AADSTS7000215: not signed in: the client secret is wrong (use the secret's value, not its id)
    not_signed_in AADSTS50126: not signed in: sign-in name or password is wrong (check both)
    not_signed_in invalid_grant: not signed in: sign-in name or password is wrong (check both)
    not_signed_in AADSTS50076: not signed in: a second factor is needed (sign in with a browser, or use an application's own credential)
    not_signed_in unauthorized_client: not signed in: the client secret is wrong (copy it anew into MFACTL_CLIENT_SECRET: Clients, the client, Credentials)
    not_signed_in invalid_client: not signed in: there is no such application, or it is disabled (check client_id, and that it is enabled: Clients, the client)
    not_signed_in invalid_request: not signed in: the account of the application is disabled (have it enabled: Clients, the client, Service accounts roles)
    not_signed_in unauthorized_client: not signed in: the application has no account of its own (switch it on: Clients, the client, Service accounts roles)
    not_signed_in unauthorized_client: not signed in: the application may not sign in this way (check its registration, or use another way)
    not_signed_in invalid_client: not signed in: the service has another address than the profile says (set url to the address under which the service knows itself)
    not_signed_in : not signed in: there is no such realm (check url and realm in the profile)
    not_signed_in : not signed in: there is no sign-in service at this address (check url, authority, and tenant or realm in the profile; where the service is under a path, url ends with it: https://HOST/auth)
    not_signed_in : not signed in: there is no sign-in service at this address (check url, authority, and tenant or realm in the profile; where the service is under a path, url ends with it: https://HOST/auth)
    unavailable : the sign-in service answered with status 503 (try again later; if it stays so, check url, authority and tenant in the profile)
    "
    );
}
