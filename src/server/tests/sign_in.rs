//! People signing in through a browser or with a device code, and how that goes on by refresh tokens, as a client sees it.

use axum::body::{Body, to_bytes};
use axum::handler::Handler;
use axum::http::{Request, header};
use axum::routing::any_service;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, BASE, Service};

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

impl Service {
    async fn page(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, String, String) {
        let router = crate::server::router(std::sync::Arc::clone(&self.state), None);
        let uri = format!("/{}/oauth2/v2.0/{path}", self.state.tenant);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let (uri, body) = match method {
            "GET" => (format!("{uri}?{body}"), Body::empty()),
            _ => (uri, Body::from(body)),
        };
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .unwrap();
        let response = Handler::call(any_service(router), request, ()).await;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        let to = parts
            .headers
            .get(header::LOCATION)
            .map(|to| to.to_str().unwrap().to_owned())
            .unwrap_or_default();
        (parts.status.as_u16(), to, text)
    }

    async fn password_of(&self, name: &str) -> String {
        let form = self.password_grant(name).await;
        form.into_iter().find(|(key, _)| *key == "password").unwrap().1
    }

    fn asking(&self) -> Vec<(&'static str, String)> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        [
            ("client_id", self.state.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:4711"),
            ("scope", "openid offline_access User.Read.All"),
            ("state", "s&1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("nonce", "n1"),
            ("response_mode", "query"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    /// Signs `chidi` in, who has no second factor and is in the grace period; gives where the browser is sent.
    async fn sign_in(&self, asking: &[(&str, String)]) -> (u16, String, String) {
        let password = self.password_of("chidi").await;
        let mut form: Vec<(&str, &str)> = asking
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        form.extend([
            ("username", "chidi@contoso.example"),
            ("password", password.as_str()),
        ]);
        self.page("POST", "authorize", &form).await
    }

    async fn redeem(&self, form: &[(&'static str, &str)]) -> Answer {
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .chain([("client_id", self.state.client_id.clone())])
            .collect();
        self.grant(&form).await
    }

    async fn code(&self) -> String {
        let (status, to, page) = self.sign_in(&self.asking()).await;
        assert_eq!(status, 303, "{page}");
        let to = url::Url::parse(&to).unwrap();
        let values: Vec<_> = to.query_pairs().collect();
        assert_eq!(values[1], ("state".into(), "s&1".into()));
        values[0].1.clone().into_owned()
    }
}

fn code_of(answer: &Answer) -> (u16, &str, u64) {
    (
        answer.status,
        answer.body["error"].as_str().unwrap_or_default(),
        answer.body["error_codes"][0].as_u64().unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_code_is_redeemed_once_with_its_verifier_and_its_address() {
    let service = Service::demo().await;
    let code = service.code().await;
    let with = |verifier: &'static str, uri: &'static str| {
        [
            ("grant_type", "authorization_code"),
            ("code_verifier", verifier),
            ("redirect_uri", uri),
        ]
    };
    let redeem = |form: [(&'static str, &'static str); 3], code: String| {
        let service = &service;
        async move {
            let mut form = form.to_vec();
            form.push(("code", &code));
            service.redeem(&form).await
        }
    };
    let other = redeem(with("another", "http://localhost:4711"), code.clone()).await;
    assert_eq!(code_of(&other), (400, "invalid_grant", 501_481));
    let other = redeem(with(VERIFIER, "http://localhost:1"), code.clone()).await;
    assert_eq!(code_of(&other), (400, "invalid_grant", 50_011));
    let right = redeem(with(VERIFIER, "http://localhost:4711"), code.clone()).await;
    assert_eq!(right.status, 200, "{}", right.body);
    let id: Value = serde_json::from_slice(
        &URL_SAFE_NO_PAD
            .decode(
                right.body["id_token"]
                    .as_str()
                    .unwrap()
                    .split('.')
                    .nth(1)
                    .unwrap(),
            )
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        (id["nonce"].as_str(), id["preferred_username"].as_str()),
        (Some("n1"), Some("chidi@contoso.example"))
    );
    let token = right.body["access_token"].as_str().unwrap();
    assert_eq!(
        service.call_as(token, "GET", "/v1.0/me", Value::Null).await.body["userPrincipalName"],
        "chidi@contoso.example"
    );
    // Redeemed again, everything that came of it ends.
    let refresh = right.body["refresh_token"].as_str().unwrap();
    let again = redeem(with(VERIFIER, "http://localhost:4711"), code).await;
    assert_eq!(code_of(&again), (400, "invalid_grant", 54_005));
    let dead = service
        .redeem(&[("grant_type", "refresh_token"), ("refresh_token", refresh)])
        .await;
    assert_eq!(code_of(&dead), (400, "invalid_grant", 700_082));
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_this_machines() {
    let service = Service::demo().await;
    for (name, value, code) in [
        ("redirect_uri", "https://evil.example/", "50011"),
        ("redirect_uri", "http://localhost.evil.example/", "50011"),
        ("response_type", "token", "700051"),
        ("redirect_uri", "http://me@localhost/", "50011"),
        ("redirect_uri", "http://[::1]:4711/", "50011"),
        ("response_mode", "form_post", "70007"),
        ("code_challenge_method", "plain", "9002325"),
        ("scope", "Everything", "70011"),
        ("client_id", "other", "700016"),
    ] {
        let mut asking = service.asking();
        for field in &mut asking {
            if field.0 == name {
                field.1 = value.to_owned();
            }
        }
        let form: Vec<(&str, &str)> = asking
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        for method in ["GET", "POST"] {
            let (status, to, page) = service.page(method, "authorize", &form).await;
            assert_eq!((status, to.as_str()), (400, ""), "{name}={value}");
            assert!(page.contains(&format!("AADSTS{code}:")), "{name}={value}: {page}");
        }
    }
}

#[tokio::test]
async fn the_page_asks_for_a_second_factor_and_shows_nothing_raw() {
    let service = Service::demo().await;
    let password = service.password_of("adele").await;
    let mut form: Vec<(&str, String)> = service.asking();
    form.push(("username", "adele@contoso.example".to_owned()));
    form.push(("password", password.clone()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (status, to, page) = service.page("POST", "authorize", &form).await;
    assert_eq!((status, to.as_str()), (200, ""));
    assert!(
        page.contains("verification is required") && !page.contains(&password),
        "{page}"
    );
    let (_, _, page) = service
        .page(
            "GET",
            "deviceauth",
            &[("user_code", "\"><script>alert(1)</script>")],
        )
        .await;
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn cancelling_and_a_silent_request_go_back_with_their_errors() {
    let service = Service::demo().await;
    let mut asking = service.asking();
    asking.push(("action", "cancel".to_owned()));
    let (status, to, _) = service.sign_in(&asking).await;
    assert_eq!(status, 303);
    assert!(
        to.starts_with("http://localhost:4711/?error=access_denied&"),
        "{to}"
    );
    let mut asking = service.asking();
    asking.push(("prompt", "none".to_owned()));
    let form: Vec<(&str, &str)> = asking
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (_, to, _) = service.page("GET", "authorize", &form).await;
    assert!(
        to.contains("error=login_required") && to.contains("state=s%261"),
        "{to}"
    );
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_sign_out_ends_it() {
    let service = Service::demo().await;
    let mut form = service.password_grant("chidi").await;
    form.retain(|(name, _)| *name != "scope");
    form.push(("scope", "offline_access User.Read.All".to_owned()));
    let first = service.grant(&form).await.body["refresh_token"].clone();
    let redeem = |token: Value| {
        let service = &service;
        async move {
            let token = token.as_str().unwrap().to_owned();
            service
                .redeem(&[("grant_type", "refresh_token"), ("refresh_token", &token)])
                .await
        }
    };
    let second = redeem(first.clone()).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(second.body["refresh_token"], first);
    assert_eq!(second.body["scope"], "User.Read.All");
    // Used twice: whoever has the other one has nothing any more.
    assert_eq!(code_of(&redeem(first).await), (400, "invalid_grant", 700_082));
    assert_eq!(
        code_of(&redeem(second.body["refresh_token"].clone()).await),
        (400, "invalid_grant", 700_082)
    );

    let third = service.grant(&form).await.body["refresh_token"].clone();
    service.advance(5).await;
    let person = "/v1.0/users/chidi@contoso.example/revokeSignInSessions";
    assert_eq!(service.call("POST", person, json!({})).await.status, 200);
    assert_eq!(code_of(&redeem(third).await), (400, "invalid_grant", 50_173));
}

#[tokio::test]
async fn a_device_waits_until_somebody_answers() {
    let service = Service::demo().await;
    let ask = |service: Service| async move {
        let body = format!(
            "client_id={}&scope=offline_access%20User.Read.All",
            service.state.client_id
        );
        let uri = format!("/{}/oauth2/v2.0/devicecode", service.state.tenant);
        let answer = service
            .send(Request::post(uri).body(Body::from(body)).unwrap())
            .await;
        (service, answer.body)
    };
    let (service, device) = ask(service).await;
    assert_eq!(
        (&device["expires_in"], &device["interval"]),
        (&json!(900), &json!(5))
    );
    let page = format!("{BASE}/{}/oauth2/v2.0/deviceauth", service.state.tenant);
    assert_eq!(device["verification_uri"], page);
    let poll = |code: &Value| {
        let (service, code) = (&service, code.as_str().unwrap().to_owned());
        async move {
            service
                .redeem(&[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                    ("device_code", &code),
                ])
                .await
        }
    };
    assert_eq!(
        code_of(&poll(&device["device_code"]).await),
        (400, "authorization_pending", 70_016)
    );
    assert_eq!(
        code_of(&poll(&device["device_code"]).await),
        (400, "slow_down", 70_016)
    );
    // Each time five seconds more: what was enough before is too fast now.
    service.advance(6).await;
    assert_eq!(
        code_of(&poll(&device["device_code"]).await),
        (400, "slow_down", 70_016)
    );
    service.advance(15).await;
    assert_eq!(
        code_of(&poll(&device["device_code"]).await),
        (400, "authorization_pending", 70_016)
    );
    assert_eq!(
        code_of(&poll(&json!("x")).await),
        (400, "bad_verification_code", 70_018)
    );
    let password = service.password_of("chidi").await;
    let user_code = device["user_code"].as_str().unwrap();
    let spaced = format!("{}-{}", &user_code[..4].to_lowercase(), &user_code[4..]);
    let form = [
        ("user_code", spaced.as_str()),
        ("username", "chidi@contoso.example"),
        ("password", &password),
    ];
    let (_, _, page) = service.page("POST", "deviceauth", &form).await;
    assert!(page.contains("The device is signed in"), "{page}");
    let done = poll(&device["device_code"]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body["refresh_token"].is_string() && done.body["id_token"].is_null());
    let (_, _, page) = service.page("POST", "deviceauth", &form).await;
    assert!(page.contains("no device waits for this code"), "{page}");
}

#[tokio::test]
async fn a_device_is_told_no_and_a_code_ends_after_fifteen_minutes() {
    let service = Service::demo().await;
    let ask = async || {
        let body = format!("client_id={}&scope=User.Read.All", service.state.client_id);
        let uri = format!("/{}/oauth2/v2.0/devicecode", service.state.tenant);
        service
            .send(Request::post(uri).body(Body::from(body)).unwrap())
            .await
            .body
    };
    let poll = async |device: &Value| {
        let code = device["device_code"].as_str().unwrap();
        service
            .redeem(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", code),
            ])
            .await
    };
    let declined = ask().await;
    let user_code = declined["user_code"].as_str().unwrap();
    let form = [("user_code", user_code), ("action", "cancel")];
    service.page("POST", "deviceauth", &form).await;
    assert_eq!(
        code_of(&poll(&declined).await),
        (400, "authorization_declined", 70_020)
    );
    let late = ask().await;
    service.advance(901).await;
    assert_eq!(code_of(&poll(&late).await), (400, "expired_token", 70_019));
}
