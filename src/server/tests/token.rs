//! The token endpoint, and what a token must be to be taken.

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{BASE, Service};

fn with(form: &[(&'static str, String)], name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let kept = form.iter().filter(|(key, _)| *key != name).cloned();
    kept.chain((!value.is_empty()).then(|| (name, value.to_owned())))
        .collect()
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn each_wrong_request_for_a_token_is_refused_with_its_own_code() {
    let service = Service::demo().await;
    let (client, person) = (
        service.client_credentials(),
        service.password_grant("adele").await,
    );
    let jonas = service.password_grant("jonas").await;
    let cases = [
        (
            with(&client, "client_secret", "wrong"),
            401,
            "invalid_client",
            7_000_215,
        ),
        (
            with(&client, "client_secret", ""),
            401,
            "invalid_client",
            7_000_218,
        ),
        (
            with(&client, "client_id", "other"),
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            with(&client, "scope", "https://elsewhere.example/.default"),
            400,
            "invalid_scope",
            70_011,
        ),
        (
            with(&client, "grant_type", "device"),
            400,
            "unsupported_grant_type",
            70_003,
        ),
        (with(&person, "password", "wrong"), 400, "invalid_grant", 50_126),
        (
            with(&person, "username", "nobody@contoso.example"),
            400,
            "invalid_grant",
            50_034,
        ),
        (with(&person, "scope", "Mail.Read"), 400, "invalid_scope", 70_011),
        (jonas, 400, "invalid_grant", 50_057),
    ];
    for (form, status, error, code) in cases {
        let answer = service.grant(&form).await;
        assert_eq!(
            (answer.status, answer.body["error"].as_str()),
            (status, Some(error)),
            "{}",
            answer.body
        );
        assert_eq!(answer.body["error_codes"][0], code);
        assert!(
            answer.body["error_description"]
                .as_str()
                .unwrap()
                .starts_with(&format!("AADSTS{code}: "))
        );
    }
    let request =
        Request::post("/elsewhere.example/oauth2/v2.0/token").body(Body::from("grant_type=password"));
    assert_eq!(
        service.send(request.unwrap()).await.body["error_codes"][0],
        90_002
    );
}

#[tokio::test]
async fn a_token_says_who_calls_and_what_for() {
    let service = Service::demo().await;
    let app = claims(&service.app);
    assert_eq!(
        (app["aud"].as_str(), app["tid"].as_str()),
        (Some(BASE), Some(service.state.tenant.as_str()))
    );
    assert!(
        app["roles"]
            .as_array()
            .unwrap()
            .contains(&"Mfactl.ReadWrite.All".into())
            && app["scp"].is_null()
    );
    assert_eq!(app["exp"].as_i64().unwrap() - app["iat"].as_i64().unwrap(), 3600);
    let person = claims(&service.token("helpdesk").await);
    assert_eq!(person["upn"], "helpdesk@contoso.example");
    assert_eq!(person["wids"][0], "c4e39bd9-1100-46d3-8c65-fb160da0071f");
    let mut form = service.password_grant("helpdesk").await;
    form.retain(|(key, _)| *key != "scope");
    form.push((
        "scope",
        "openid User.Read.All https://graph.microsoft.com/AuditLog.Read.All".to_owned(),
    ));
    let answer = service.grant(&form).await;
    assert_eq!(answer.body["scope"], "User.Read.All AuditLog.Read.All");
}

#[tokio::test]
async fn a_token_is_refused_when_it_is_missing_altered_of_another_service_too_old_or_too_new() {
    let service = Service::demo().await;
    let other = Service::demo().await;
    let (head, signature) = service.app.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    for token in ["", "x", &format!("{head}.{turned}"), &other.app] {
        let answer = service.call_as(token, "GET", "/v1.0/users", Value::Null).await;
        assert_eq!(answer.code(), (401, "InvalidAuthenticationToken"), "{token}");
        let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(
            challenge.contains("invalid_token") && challenge.contains(&service.state.tenant),
            "{challenge}"
        );
    }
    assert_eq!(service.get("/v1.0/users").await.status, 200);
    service.advance(3601).await;
    assert_eq!(
        service.get("/v1.0/users").await.code(),
        (401, "InvalidAuthenticationToken")
    );
    let later = service.grant(&service.client_credentials()).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        service
            .call_as(&later, "GET", "/v1.0/users", Value::Null)
            .await
            .status,
        200
    );
    service
        .sql("UPDATE meta SET value = 0 WHERE key = 'clock_offset_ms'")
        .await;
    assert_eq!(
        service
            .call_as(&later, "GET", "/v1.0/users", Value::Null)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn signing_somebody_out_ends_their_tokens_with_a_claims_challenge() {
    let service = Service::demo().await;
    let token = service.token("helpdesk").await;
    assert_eq!(
        service
            .call_as(&token, "GET", "/v1.0/me", Value::Null)
            .await
            .status,
        200
    );
    let path = "/v1.0/users/helpdesk@contoso.example/revokeSignInSessions";
    service.advance(1).await;
    assert_eq!(
        service.call("POST", path, serde_json::json!({})).await.body["value"],
        true
    );
    let answer = service.call_as(&token, "GET", "/v1.0/me", Value::Null).await;
    assert_eq!(answer.code(), (401, "InvalidAuthenticationToken"));
    let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
    let claims = challenge.split("claims=\"").nth(1).unwrap().trim_end_matches('"');
    let claims: Value = serde_json::from_slice(&STANDARD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["access_token"]["nbf"]["essential"], true);
    let fresh = service.token("helpdesk").await;
    assert_eq!(
        service
            .call_as(&fresh, "GET", "/v1.0/me", Value::Null)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn discovery_names_the_key_that_signs() {
    let service = Service::demo().await;
    let tenant = service.state.tenant.clone();
    let get = |path: String| Request::get(path).body(Body::empty()).unwrap();
    let found = service
        .send(get(format!("/{tenant}/v2.0/.well-known/openid-configuration")))
        .await;
    assert_eq!(
        found.body["token_endpoint"],
        format!("{BASE}/{tenant}/oauth2/v2.0/token")
    );
    let keys = service.send(get(format!("/{tenant}/discovery/v2.0/keys"))).await;
    let head = service.app.split('.').next().unwrap();
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    assert_eq!(keys.body["keys"][0]["kid"], head["kid"]);
}
