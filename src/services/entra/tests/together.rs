//! Steps of one person in one round trip, and what becomes of those that were not done together.

use serde_json::{Value, json};

use super::{batch, refused, service};
use crate::domain::{Action, EffectState, ErrorCode, IdentityService as _, MethodKind, Step};
use crate::http::testing::{Script, answer};

fn steps_of_one() -> Vec<Step> {
    let remove = |id: &str, kind| Action::RemoveMethod {
        method: id.into(),
        kind,
    };
    let actions = [
        remove("a", MethodKind::Authenticator),
        remove("t", MethodKind::Totp),
        Action::SignOut,
    ];
    (0..)
        .zip(actions)
        .map(|(seq, action)| Step::new("job", "u1".into(), seq, action, vec![]))
        .collect()
}

#[tokio::test]
async fn steps_of_one_person_are_one_round_trip_in_their_order() {
    let script = Script::answering(|sent| batch(sent, |_| (204, json!(null))));
    let effects = service(&script).apply(&steps_of_one()).await;
    assert_eq!(script.lines(), ["POST /v1.0/$batch"]);
    let calls = script.requests()[0].body["requests"].as_array().unwrap().clone();
    let told = |name: &str| -> Vec<Value> { calls.iter().map(|call| call[name].clone()).collect() };
    assert_eq!(told("method"), [json!("DELETE"), json!("DELETE"), json!("POST")]);
    assert_eq!(told("dependsOn"), [json!(null), json!(["0"]), json!(["1"])]);
    for effect in effects {
        assert_eq!(effect.unwrap().state, EffectState::Done);
    }
}

#[tokio::test]
async fn what_was_not_done_together_is_sent_by_itself_and_finds_its_words() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        "POST /v1.0/$batch" => batch(sent, |url| match url {
            url if url.contains("microsoftAuthenticator") => (204, json!(null)),
            url if url.contains("softwareOath") => {
                (403, json!({"error": {"code": "accessDenied", "message": "no"}}))
            }
            _ => (424, json!(null)),
        }),
        line if line.contains("softwareOath") => {
            answer(403, &refused(403, "accessDenied", "Request Authorization failed"))
        }
        _ => answer(200, "{}"),
    });
    let effects = service(&script).apply(&steps_of_one()).await;
    assert_eq!(
        script.lines(),
        [
            "POST /v1.0/$batch",
            "DELETE /v1.0/users/u1/authentication/softwareOathMethods/t",
            "POST /v1.0/users/u1/revokeSignInSessions",
        ]
    );
    assert_eq!(effects[0].as_ref().unwrap().state, EffectState::Done);
    assert_eq!(
        effects[1].as_ref().unwrap_err().code(),
        ErrorCode::PermissionMissing
    );
    assert_eq!(effects[2].as_ref().unwrap().state, EffectState::Done);
}
