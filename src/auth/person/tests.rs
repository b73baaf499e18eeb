//! Signing in as a person: what is sent, what each answer comes to; and how a sign-in goes on and ends.

mod browser;
mod device;

use std::collections::HashMap;

use serde_json::json;

use super::{Application, Renewed, challenge, merged};
use crate::auth::flow::{Flow as _, Need};
use crate::auth::tests::way;
use crate::domain::{Error, ErrorCode, Secret};
use crate::http::testing::{Script, answer};

fn application(script: &Script) -> Application {
    Application::new(&way(script), "app".to_owned()).unwrap()
}

fn fields(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn renewed(script: &Script) -> Renewed {
    Renewed {
        application: application(script),
        login: "mfactl auth login -p contoso".to_owned(),
    }
}

#[tokio::test]
async fn a_sign_in_goes_on_by_its_refresh_token_or_names_the_command_that_begins_another() {
    let refresh = Secret::new("r1");
    let need = |claims: Option<&'static str>| Need {
        refresh: Some(&refresh),
        claims,
    };
    let script = Script::new([answer(
        200,
        r#"{"access_token":"t","expires_in":60,"refresh_token":"r2"}"#,
    )]);
    let fetched = renewed(&script).fetch(need(None)).await.unwrap();
    assert_eq!(fetched.refresh.unwrap().expose(), "r2");
    let form = fields(&script.requests()[0].text);
    assert_eq!(
        (form["grant_type"].as_str(), form["refresh_token"].as_str()),
        ("refresh_token", "r1")
    );

    let hint = |error: &Error| error.hint_text().unwrap().to_owned();
    let nothing = renewed(&Script::new([]))
        .fetch(Need::default())
        .await
        .unwrap_err();
    assert_eq!(
        (nothing.message(), hint(&nothing).as_str()),
        ("not signed in", "mfactl auth login -p contoso")
    );
    for body in [
        r#"{"error":"invalid_grant"}"#,
        r#"{"error":"invalid_grant","error_description":"AADSTS50173: x","error_codes":[50173]}"#,
    ] {
        let error = renewed(&Script::new([answer(400, body)]))
            .fetch(need(None))
            .await
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotSignedIn);
        assert_eq!(hint(&error), "mfactl auth login -p contoso");
        assert!(!error.message().contains("password"), "{error}");
    }
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let script = Script::new([answer(
        400,
        r#"{"error":"interaction_required","error_codes":[50076]}"#,
    )]);
    let error = renewed(&script).fetch(need(Some(claims))).await.unwrap_err();
    let command = hint(&error);
    let (_, encoded) = command.split_once("--claims-challenge ").unwrap();
    assert_eq!(challenge(encoded).as_deref(), Some(claims));
    assert!(fields(&script.requests()[0].text)["claims"].contains("acrs"));
}

#[test]
fn what_the_service_asks_for_is_sent_with_what_the_client_can_do() {
    let all: serde_json::Value = serde_json::from_str(&merged(Some(
        r#"{"access_token":{"nbf":{"value":"1"}},"id_token":{}}"#,
    )))
    .unwrap();
    assert_eq!(all["access_token"]["nbf"]["value"], "1");
    assert_eq!(all["access_token"]["xms_cc"]["values"], json!(["cp1"]));
    assert_eq!(merged(Some("[]")), merged(None));
    assert_eq!(challenge("no"), None);
}

#[tokio::test]
async fn a_sign_in_is_ended_where_the_authority_itself_says_and_nowhere_else() {
    let known = |end: &str| answer(200, &json!({"revocation_endpoint": end}).to_string());
    let refresh = Secret::new("r1");
    let script = Script::new([
        known("https://login.example/tenant/oauth2/v2.0/revoke"),
        answer(200, ""),
    ]);
    assert!(application(&script).revoke(&refresh).await.unwrap());
    assert_eq!(script.requests()[1].line, "POST /tenant/oauth2/v2.0/revoke");
    assert_eq!(fields(&script.requests()[1].text)["token"], "r1");
    for elsewhere in [
        "https://evil.example/revoke",
        "https://login.example/tenant.evil/revoke",
        "",
    ] {
        let script = Script::new([known(elsewhere)]);
        assert!(
            !application(&script).revoke(&refresh).await.unwrap(),
            "{elsewhere}"
        );
        assert_eq!(script.requests().len(), 1);
    }
}
