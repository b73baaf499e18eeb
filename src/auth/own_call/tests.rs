//! The call of a sign-in: what is sent, and what is made of each answer.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;
use crate::auth::dialect::Dialect;
use crate::http::testing::{Planned, Script, answer};

/// Whoever signs in, with the answers to what is asked.
struct Somebody(Mutex<Vec<&'static str>>, Mutex<Vec<String>>);

impl Somebody {
    fn with(answers: &[&'static str]) -> Self {
        Self(Mutex::new(answers.to_vec()), Mutex::default())
    }
}

impl Prompt for Somebody {
    fn answer(&self, asked: &str) -> Result<Secret> {
        self.1.lock().unwrap().push(asked.to_owned());
        Ok(Secret::new(self.0.lock().unwrap().remove(0)))
    }
}

fn call(script: &Script) -> OwnCall {
    let shared = Arc::new(script.clone());
    let way = Way {
        transport: shared.clone(),
        timer: shared,
        authority: "https://pi.example",
        dialect: Dialect::PRIVACYIDEA,
        audience: "https://pi.example/",
        tenant: "corp",
        login: "mfactl auth login",
        timeout: Duration::from_secs(60),
    };
    OwnCall::new(&way, "desk".to_owned()).unwrap()
}

fn token(ends: i64) -> String {
    let payload = json!({"username": "desk", "realm": "", "authtype": "password", "role": "admin", "exp": ends,
        "rights": ["userlist", "delete"]});
    format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

fn accepted() -> Planned {
    let body = json!({"result": {"status": true, "value": {"token": token(2_000_000_600)}}, "time": 2_000_000_000.5});
    answer(200, &body.to_string())
}

fn refused(status: u16, code: i64) -> Planned {
    let body =
        json!({"result": {"status": false, "error": {"code": code, "message": "Authentication failed."}}});
    answer(status, &body.to_string())
}

const MORE: &str = r#"{"result":{"status":true,"value":false},"detail":{"transaction_id":"017","message":"please enter otp: "}}"#;

#[tokio::test]
async fn a_password_gives_a_token_that_ends_by_the_clock_of_the_service() {
    let script = Script::new([accepted()]);
    let fetched = call(&script)
        .sign_in(&Secret::new("hunter2"), None)
        .await
        .unwrap();
    assert_eq!(fetched.lifetime, Duration::from_secs(600));
    assert_eq!(script.lines(), ["POST /auth"]);
    assert_eq!(
        script.requests()[0].body,
        json!({"username": "desk", "password": "hunter2"})
    );
    let claims = TokenClaims::read(&fetched.value);
    assert_eq!(claims.permissions, ["userlist", "delete"]);
    assert_eq!(claims.operator().account, "desk");
    assert!(!format!("{:?}", call(&script)).contains("hunter2"));
}

#[tokio::test]
async fn a_second_factor_is_asked_for_in_the_words_of_the_service() {
    let script = Script::new([answer(200, MORE), accepted()]);
    let somebody = Somebody::with(&["123456"]);
    call(&script)
        .sign_in(&Secret::new("hunter2"), Some(&somebody))
        .await
        .unwrap();
    assert_eq!(*somebody.1.lock().unwrap(), ["please enter otp: "]);
    assert_eq!(
        script.requests()[1].body,
        json!({"username": "desk", "password": "123456", "transaction_id": "017"})
    );
    let script = Script::new([answer(200, MORE)]);
    let error = call(&script)
        .sign_in(&Secret::new("hunter2"), None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotSignedIn);
    assert!(error.message().contains("nobody can be asked"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let mut told = Vec::new();
    let plans = [
        refused(401, 4031),
        refused(403, 303),
        answer(200, "<html>"),
        answer(404, "<html>"),
        refused(400, 905),
    ];
    for plan in plans {
        let script = Script::new([plan]);
        let error = call(&script).sign_in(&Secret::new("p"), None).await.unwrap_err();
        told.push(format!("{} {}", error.code(), error.message()));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    not_signed_in not signed in: sign-in name or password is wrong
    not_signed_in not signed in: a policy of the service forbids this account to sign in
    not_signed_in not signed in: there is no sign-in service at this address
    not_signed_in not signed in: there is no sign-in service at this address
    not_signed_in not signed in: sign-in name or password is wrong
    ");
}

#[test]
fn whoever_is_of_a_realm_is_named_with_it_and_a_key_says_nothing_of_its_rights() {
    let read = |payload: serde_json::Value| {
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload.to_string()));
        TokenClaims::read(&Secret::new(token))
    };
    let person = read(json!({"username": "rita", "realm": "desk", "authtype": "pi", "rights": ["delete"]}));
    assert_eq!(person.operator().account, "rita@desk");
    let key = read(json!({"username": "mfactl", "realm": "API", "authtype": "API", "rights": "TODO"}));
    assert_eq!(
        (key.operator().account.as_str(), key.has_any(&["delete"])),
        ("mfactl", None)
    );
}
