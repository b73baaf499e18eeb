//! Passwords and passes: who sets them by which call, and that a made one is shown once.

use serde_json::json;

use super::{apply_one, as_person, service, step};
use crate::domain::{Action, EffectState, ErrorCode, Secret, Slot};
use crate::http::testing::{Script, answer, answer_with, no_answer};

#[tokio::test]
async fn a_pass_is_issued_once_and_shown_once() {
    let made = r#"{"id": "t1", "temporaryAccessPass": "a+b", "startDateTime": "2026-01-01T00:00:00Z",
        "lifetimeInMinutes": 60, "isUsable": true, "methodUsabilityReason": "EnabledByPolicy"}"#;
    let script = Script::new([answer(201, made)]);
    let action = Action::AddTemporaryPass {
        lifetime_minutes: Some(60),
        one_time: Some(true),
        start: None,
    };
    let effect = apply_one(&service(&script), step(action.clone())).await.unwrap();
    let secret = effect.secret.unwrap();
    assert_eq!((secret.kind, secret.value.expose()), ("temporary-pass", "a+b"));
    assert_eq!(secret.expires_at.unwrap().to_string(), "2026-01-01T01:00:00Z");
    assert_eq!(
        script.requests()[0].body,
        json!({"lifetimeInMinutes": 60, "isUsableOnce": true})
    );

    let lost = Script::new([no_answer()]);
    assert_eq!(
        apply_one(&service(&lost), step(action)).await.unwrap().state,
        EffectState::Unknown
    );
    assert_eq!(lost.lines().len(), 1);
}

#[tokio::test]
async fn a_person_resets_a_password_and_follows_the_operation_with_its_query() {
    let operation = "https://graph.example/v1.0/users/u1/authentication/operations/o1?aadgdc=A&aadgsu=b";
    let script = Script::new([
        answer_with(202, &[("location", operation)], "{}"),
        answer(200, r#"{"status": "running"}"#),
        answer(200, r#"{"status": "succeeded"}"#),
    ]);
    let mut set = step(Action::SetPassword { permanent: false });
    set.slots.fill(Slot::NewPassword, Secret::new("Horse-Staple-42"));
    apply_one(&as_person(&script, "admin"), set).await.unwrap();
    let followed = "GET /v1.0/users/u1/authentication/operations/o1?aadgdc=A&aadgsu=b";
    assert_eq!(script.lines()[1..], [followed, followed]);
    assert_eq!(
        script.requests()[0].body,
        json!({"newPassword": "Horse-Staple-42"})
    );
}

#[tokio::test]
async fn an_application_writes_the_password_and_says_whether_it_stays() {
    let script = Script::new([answer(200, r#"{"id": "u1"}"#), answer(204, "")]);
    let effect = apply_one(
        &service(&script),
        step(Action::GeneratePassword { permanent: true }),
    )
    .await
    .unwrap();
    let made = effect.secret.unwrap();
    let sent = &script.requests()[1];
    assert_eq!(sent.line, "PATCH /v1.0/users/u1");
    assert_eq!(sent.body["passwordProfile"]["password"], made.value.expose());
    assert_eq!(
        sent.body["passwordProfile"]["forceChangePasswordNextSignIn"],
        false
    );
}

#[tokio::test]
async fn the_password_of_a_synced_account_is_only_set_by_the_call_that_writes_back() {
    let synced = r#"{"id": "u1", "onPremisesSyncEnabled": true}"#;
    for (person, permanent, hint) in [
        (false, false, "sign in as yourself"),
        (false, true, "sign in as yourself"),
        (true, true, "leave --permanent out"),
    ] {
        let script = Script::new([answer(200, synced)]);
        let service = if person {
            as_person(&script, "admin")
        } else {
            service(&script)
        };
        let error = apply_one(&service, step(Action::GeneratePassword { permanent }))
            .await
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported);
        assert!(error.hint_text().unwrap().contains(hint), "{error:?}");
        assert_eq!(
            script.lines(),
            ["GET /v1.0/users/u1?$select=id,onPremisesSyncEnabled"],
            "nothing is written"
        );
    }
}
