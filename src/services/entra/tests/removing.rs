//! What is taken away: in which order, tried again while the others still show, and already gone.

use super::{apply_one, refused, service, step};
use crate::domain::{Action, EffectState, ErrorCode, IdentityService as _, MethodKind, Step};
use crate::http::testing::{Script, answer};

#[tokio::test]
async fn the_default_is_tried_again_where_the_others_have_just_gone() {
    let default = "Cannot delete default method with other methods configured.";
    let remove = |after: Vec<u16>| {
        let action = Action::RemoveMethod {
            method: "a".into(),
            kind: MethodKind::Authenticator,
        };
        Step::new("job", "u1".into(), 1, action, after)
    };
    let lags = || answer(400, &refused(400, "badRequest", default));
    let script = Script::new([lags(), lags(), answer(204, "")]);
    let effect = apply_one(&service(&script), remove(vec![0])).await.unwrap();
    assert_eq!((effect.state, script.lines().len()), (EffectState::Done, 3));
    // Nothing went before: it is refused at once.
    let alone = Script::new([lags()]);
    let error = apply_one(&service(&alone), remove(vec![])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceRefused);
}

#[tokio::test]
async fn a_default_that_nobody_told_of_goes_after_the_others_and_before_what_follows_them() {
    let remove = |seq: u16, user: &str, id: &str| {
        let action = Action::RemoveMethod {
            method: id.into(),
            kind: MethodKind::Passkey,
        };
        Step::new("job", user.into(), seq, action, vec![])
    };
    let out = |seq: u16, user: &str| Step::new("job", user.into(), seq, Action::SignOut, vec![]);
    let default = "Cannot delete default method with other methods configured.";
    let stays = || answer(400, &refused(400, "badRequest", default));
    // Two people: each goes step by step.
    let steps = [
        remove(0, "u1", "a"),
        remove(1, "u1", "b"),
        out(2, "u1"),
        remove(0, "u2", "c"),
    ];
    let mut tried = 0;
    let script = Script::answering(move |sent| {
        tried += u32::from(sent.line.ends_with("/fido2Methods/a"));
        let first = sent.line.ends_with("/fido2Methods/a") && tried == 1;
        if first { stays() } else { answer(204, "") }
    });
    let effects = service(&script).apply(&steps).await;
    assert!(
        effects
            .iter()
            .all(|effect| effect.as_ref().unwrap().state == EffectState::Done),
        "{effects:?}"
    );
    let lines: Vec<String> = script
        .lines()
        .into_iter()
        .filter(|line| line.contains("/u1/"))
        .collect();
    let below = |id: &str| format!("DELETE /v1.0/users/u1/authentication/fido2Methods/{id}");
    assert_eq!(
        lines,
        [
            below("a"),
            below("b"),
            below("a"),
            "POST /v1.0/users/u1/revokeSignInSessions".to_owned()
        ]
    );
}

#[tokio::test]
async fn a_token_that_is_taken_away_is_deactivated_first_and_goes_all_the_same() {
    for first in [answer(204, ""), answer(404, "{}")] {
        let script = Script::new([first, answer(204, "")]);
        let action = Action::RemoveMethod {
            method: "t".into(),
            kind: MethodKind::HardwareToken,
        };
        apply_one(&service(&script), step(action)).await.unwrap();
        assert_eq!(
            script.lines(),
            [
                "POST /beta/users/u1/authentication/hardwareOathMethods/t/deactivate",
                "DELETE /beta/users/u1/authentication/hardwareOathMethods/t",
            ]
        );
    }
}

#[tokio::test]
async fn a_method_that_is_gone_is_unchanged_and_a_person_who_is_gone_is_an_error() {
    let remove = || {
        step(Action::RemoveMethod {
            method: "-x/1".into(),
            kind: MethodKind::Passkey,
        })
    };
    let gone = Script::new([answer(404, &refused(404, "resourceNotFound", "x"))]);
    assert_eq!(
        apply_one(&service(&gone), remove()).await.unwrap().state,
        EffectState::Unchanged
    );
    assert_eq!(
        gone.lines(),
        ["DELETE /v1.0/users/u1/authentication/fido2Methods/-x%2F1"]
    );
    let nobody = Script::new([answer(404, &refused(404, "Request_ResourceNotFound", "x"))]);
    assert_eq!(
        apply_one(&service(&nobody), remove()).await.unwrap_err().code(),
        ErrorCode::UserNotFound
    );
}

#[tokio::test]
async fn a_mobile_number_that_stays_because_of_an_alternate_one_says_so() {
    let remove = || {
        step(Action::RemoveMethod {
            method: "3179e48a-750b-4051-897c-87b9720928f7".into(),
            kind: MethodKind::PhoneMobile,
        })
    };
    let no = || answer(400, &refused(400, "badRequest", "No."));
    let beside = Script::new([
        no(),
        answer(200, r#"{"id": "b6332ec1-7057-4abe-9331-3d72feddfe41"}"#),
    ]);
    let error = apply_one(&service(&beside), remove()).await.unwrap_err();
    assert_eq!(
        error.message(),
        "a mobile number does not go as long as there is an alternate one"
    );
    assert_eq!(
        beside.lines()[1],
        "GET /v1.0/users/u1/authentication/phoneMethods/b6332ec1-7057-4abe-9331-3d72feddfe41"
    );
    let alone = Script::new([no(), answer(404, &refused(404, "resourceNotFound", "x"))]);
    let error = apply_one(&service(&alone), remove()).await.unwrap_err();
    assert_eq!(error.message(), "the service refused: no");
}
