//! The Graph client against a scripted Graph: what it sends, and what it makes of answers that the embedded service
//! never gives.

mod assumptions;
mod finding;
mod looking_up;
mod passwords;
mod phones;
mod reading;
mod removing;
mod rights;
mod switching;
mod together;

use serde_json::{Value, json};

use super::*;
use crate::auth::TokenClaims;
use crate::domain::{MethodKind, PhoneNumber};
use crate::http::testing::{Script, Sent, answer};

fn service(script: &Script) -> EntraService {
    EntraService::new(Link {
        graph: script.pipeline(60),
        tenant: "contoso.example".to_owned(),
        claims: TokenClaims::default(),
    })
}

fn as_person(script: &Script, id: &str) -> EntraService {
    let claims = TokenClaims {
        delegated: true,
        object_id: Some(id.into()),
        ..TokenClaims::default()
    };
    EntraService::new(Link {
        graph: script.pipeline(60),
        tenant: "contoso.example".to_owned(),
        claims,
    })
}

fn step(action: Action) -> Step {
    Step::new("job", "u1".into(), 0, action, vec![])
}

fn add_mobile() -> Step {
    let number = PhoneNumber::parse("+1 4255550100", None).unwrap();
    step(Action::AddPhone {
        kind: MethodKind::PhoneMobile,
        number,
        via: None,
    })
}

async fn apply_one(service: &EntraService, step: Step) -> Result<Effect> {
    service.apply(&[step]).await.remove(0)
}

fn refused(status: u16, code: &str, message: &str) -> String {
    let _ = status;
    json!({"error": {"code": code, "message": message}}).to_string()
}

/// Answers a batch call by call.
fn batch(
    sent: &Sent,
    one: impl Fn(&str) -> (u16, Value),
) -> std::result::Result<crate::http::WireAnswer, crate::http::Failed> {
    let responses: Vec<Value> = sent.body["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            let (status, body) = one(call["url"].as_str().unwrap());
            json!({"id": call["id"], "status": status, "body": body})
        })
        .collect();
    answer(200, &json!({ "responses": responses }).to_string())
}

fn methods() -> Value {
    json!({"value": [
        {"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "id": "28c10230-6103-485e-b985-444c60001490"},
        {"@odata.type": "#microsoft.graph.emailAuthenticationMethod", "id": "e", "emailAddress": "a@home.example"},
        {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "p", "phoneType": "mobile",
         "phoneNumber": "+1 4255550100"},
        {"@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod", "id": "b",
         "displayName": "Pixel 9", "createdDateTime": "2024-03-03T10:00:00Z"},
        {"@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod", "id": "a",
         "displayName": "Pixel 5", "createdDateTime": "not a date"},
    ]})
}
