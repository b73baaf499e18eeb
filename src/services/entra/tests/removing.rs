//! What is taken away: in which order, tried again while the others still show, and already gone.

use super::{apply_one, refused, service, step};
use crate::domain::{Action, EffectState, ErrorCode, MethodKind, Step};
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
