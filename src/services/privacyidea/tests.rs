//! The client against a scripted privacyIDEA, by the facts of api/privacyidea: what it sends, whole, and what it makes of
//! answers.

mod changing;
mod finding;
mod halves;
mod push;
mod reading;
mod switching;

use serde_json::{Value, json};

use super::*;
use crate::auth::TokenClaims;
use crate::domain::{EffectState, ErrorCode, Slot};
use crate::http::testing::{Planned, Script, answer, no_answer};

/// A token that does not say what it may.
fn service(script: &Script) -> PrivacyIdeaService {
    service_as(script, &[])
}

fn service_as(script: &Script, rights: &[&str]) -> PrivacyIdeaService {
    PrivacyIdeaService::new(Link {
        graph: script.pipeline(60),
        tenant: "corp".to_owned(),
        claims: TokenClaims {
            delegated: true,
            sign_in_name: Some("desk".to_owned()),
            permissions: rights.iter().map(|right| (*right).to_owned()).collect(),
            ..TokenClaims::default()
        },
    })
}

fn step(action: Action) -> Step {
    Step::new("job", "staff/1".into(), 0, action, vec![])
}

async fn apply_one(script: &Script, action: Action) -> Result<Effect> {
    service(script).apply(&[step(action)]).await.remove(0)
}

fn value(value: Value) -> Planned {
    detailed(value, Value::Null)
}

fn detailed(value: Value, detail: Value) -> Planned {
    answer(
        200,
        &json!({"result": {"status": true, "value": value}, "detail": detail}).to_string(),
    )
}

fn refusal(status: u16, code: i64, message: &str) -> Planned {
    let body =
        json!({"result": {"status": false, "error": {"code": code, "message": message}}, "detail": null});
    answer(status, &body.to_string())
}

/// Anna, as a resolver lists her.
fn anna() -> Value {
    json!({"username": "anna", "userid": "1", "resolver": "staff", "realm": "corp", "editable": true,
        "givenname": "Anna", "surname": "Alpha", "email": "anna@x.example", "mobile": "+31612345678"})
}

fn token(serial: &str, kind: &str, more: Value) -> Value {
    let mut token = json!({"serial": serial, "tokentype": kind, "active": true, "description": "", "info": {},
        "user_id": "1", "resolver": "staff", "username": "anna"});
    for (key, value) in more.as_object().unwrap() {
        token[key] = value.clone();
    }
    token
}

fn page(tokens: Value) -> Planned {
    value(json!({"count": 1, "next": null, "prev": null, "tokens": tokens}))
}

/// Everything that was sent: line and body.
fn sent(script: &Script) -> String {
    let lines: Vec<String> = script
        .requests()
        .into_iter()
        .map(|sent| {
            let line = sent.line.replace("user=anna&realm=corp&resolver=staff", "ANNA");
            let text = sent.text.replace(r#""realm":"corp","resolver":"staff""#, "CORP");
            if text.is_empty() {
                line
            } else {
                format!("{line} {text}")
            }
        })
        .collect();
    lines.join("\n")
}

/// Answers the look-up of Anna by her id, and the rest in this order.
fn with_anna(answers: impl IntoIterator<Item = Planned>) -> Script {
    Script::new(std::iter::once(value(json!([anna()]))).chain(answers))
}
