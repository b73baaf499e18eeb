//! Numbers: what stands there after an answer that was lost, refused, late or masked.

use serde_json::json;

use super::{add_mobile, apply_one, refused, service, step};
use crate::domain::{Action, EffectState, ErrorCode, MethodKind, PhoneNumber};
use crate::http::testing::{Script, answer, no_answer};

const MOBILE: &str = "/v1.0/users/u1/authentication/phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";

#[tokio::test]
async fn an_addition_whose_answer_was_lost_is_looked_up_and_not_sent_again() {
    let stands = r#"{"phoneNumber": "+1 4255550100", "phoneType": "mobile"}"#;
    let script = Script::new([no_answer(), answer(200, stands)]);
    let effect = apply_one(&service(&script), add_mobile()).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    assert_eq!(
        script.lines(),
        [
            "POST /v1.0/users/u1/authentication/phoneMethods",
            &format!("GET {MOBILE}")
        ]
    );
    assert_eq!(
        script.requests()[0].body,
        json!({"phoneNumber": "+1 4255550100", "phoneType": "mobile"})
    );
}

#[tokio::test]
async fn an_addition_that_was_lost_on_the_way_is_sent_again() {
    let absent = refused(404, "resourceNotFound", "x");
    let script = Script::new([no_answer(), answer(404, &absent), answer(201, "{}")]);
    let effect = apply_one(&service(&script), add_mobile()).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    assert_eq!(script.lines().len(), 3);
}

#[tokio::test]
async fn an_addition_of_which_nothing_can_be_learned_is_unknown() {
    let script = Script::answering(|sent| {
        if sent.line.starts_with("POST") {
            no_answer()
        } else {
            answer(403, "")
        }
    });
    let effect = apply_one(&service(&script), add_mobile()).await.unwrap();
    assert_eq!(effect.state, EffectState::Unknown);
}

#[tokio::test]
async fn another_number_that_stands_there_is_not_overwritten() {
    let taken = refused(400, "badRequest", "A phone of this type is already registered.");
    let same = Script::new([
        answer(400, &taken),
        answer(200, r#"{"phoneNumber": "+14255550100"}"#),
    ]);
    assert_eq!(
        apply_one(&service(&same), add_mobile()).await.unwrap().state,
        EffectState::Unchanged
    );
    for stands in [
        r#"{"phoneNumber": "+1 4255550199"}"#,
        r#"{"phoneNumber": "+1 XXXXXXXX00"}"#,
    ] {
        let other = Script::new([answer(400, &taken), answer(200, stands)]);
        assert_eq!(
            apply_one(&service(&other), add_mobile())
                .await
                .unwrap_err()
                .code(),
            ErrorCode::AlreadySet
        );
    }
}

#[tokio::test]
async fn a_number_that_is_stored_although_the_service_says_409_is_done() {
    let script = Script::new([
        answer(409, &refused(409, "phoneNumberNotUnique", "x")),
        answer(200, r#"{"phoneNumber": "+1 4255550100"}"#),
    ]);
    let effect = apply_one(&service(&script), add_mobile()).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    assert!(effect.detail.is_some());
}

#[tokio::test]
async fn a_number_that_takes_a_while_to_show_is_looked_for_more_than_once() {
    let script = Script::new([
        answer(409, &refused(409, "phoneNumberNotUnique", "x")),
        answer(404, &refused(404, "resourceNotFound", "x")),
        answer(404, &refused(404, "resourceNotFound", "x")),
        answer(200, r#"{"phoneNumber": "+14255550100"}"#),
    ]);
    let effect = apply_one(&service(&script), add_mobile()).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    let never = Script::new([
        answer(409, &refused(409, "phoneNumberNotUnique", "x")),
        answer(404, "{}"),
        answer(404, "{}"),
        answer(404, "{}"),
    ]);
    let error = apply_one(&service(&never), add_mobile()).await.unwrap_err();
    assert_eq!(
        error.to_body().service_code.as_deref(),
        Some("phoneNumberNotUnique")
    );
}

#[tokio::test]
async fn a_masked_number_is_never_compared() {
    let masked = r#"{"phoneNumber": "+1 XXXXXXXX00", "phoneType": "mobile"}"#;
    // Where nothing stood, what is there now was added.
    let added = Script::new([
        answer(409, &refused(409, "phoneNumberNotUnique", "x")),
        answer(200, masked),
    ]);
    let effect = apply_one(&service(&added), add_mobile()).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    // Where one stood, nobody can tell.
    let change = || {
        step(Action::UpdatePhone {
            method: "3179e48a-750b-4051-897c-87b9720928f7".into(),
            kind: MethodKind::PhoneMobile,
            number: PhoneNumber::parse("+1 4255550100", None).unwrap(),
        })
    };
    let changed = Script::new([
        answer(409, &refused(409, "phoneNumberNotUnique", "x")),
        answer(200, masked),
    ]);
    let effect = apply_one(&service(&changed), change()).await.unwrap();
    assert_eq!(effect.state, EffectState::Unknown);
    assert_eq!(
        changed.requests()[0].body,
        json!({"phoneNumber": "+1 4255550100"}),
        "and the number goes out as Graph documents it"
    );
    // A refusal where something stands that is shown in part is no equal number.
    let there = Script::new([answer(400, &refused(400, "badRequest", "x")), answer(200, masked)]);
    let error = apply_one(&service(&there), add_mobile()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AlreadySet);
}
