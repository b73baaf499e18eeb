//! Methods switched off and on, what stands in for a lost one, and secrets made in place.

use super::*;
use crate::domain::Capability;

#[tokio::test]
async fn a_switch_names_the_person_and_nought_means_that_it_was_so() {
    let script = with_anna([value(json!(1)), value(json!(0)), value(json!(1))]);
    let service = service(&script);
    let switch = |enabled| {
        step(Action::SwitchMethod {
            method: "TOTP1".into(),
            kind: MethodKind::Totp,
            enabled,
        })
    };
    let mut states = Vec::new();
    for enabled in [false, false, true] {
        states.push(service.apply(&[switch(enabled)]).await.remove(0).unwrap().state);
    }
    assert_eq!(
        states,
        [EffectState::Done, EffectState::Unchanged, EffectState::Done]
    );
    insta::assert_snapshot!(sent(&script), @r#"
    GET /user/?realm=corp&resolver=staff&userid=1
    POST /token/disable/TOTP1 {"user":"anna",CORP}
    POST /token/disable/TOTP1 {"user":"anna",CORP}
    POST /token/enable/TOTP1 {"user":"anna",CORP}
    "#);
}

#[tokio::test]
async fn a_password_stands_in_for_a_lost_token_of_the_person_alone() {
    let lost = || Action::ReplaceLost {
        method: "TOTP1".into(),
        kind: MethodKind::Totp,
    };
    let made = json!({"disable": 1, "serial": "lostTOTP1", "password": "s3cr3t", "end_date": "2026-12-02T10:00+0000",
        "pin": true, "user": true});
    let script = with_anna([page(json!([token("TOTP1", "totp", json!({}))])), value(made)]);
    let effect = apply_one(&script, lost()).await.unwrap();
    assert_eq!(effect.created, Some("lostTOTP1".into()));
    let secret = effect.secret.unwrap();
    assert_eq!((secret.kind, secret.value.expose()), ("temporary-pass", "s3cr3t"));
    assert_eq!(secret.expires_at.unwrap().to_string(), "2026-12-02T10:00:00Z");
    let script = with_anna([page(json!([])), value(json!({"count": 1, "with_tokens": 0}))]);
    let error = apply_one(&script, lost()).await.unwrap_err();
    assert_eq!(
        error.code(),
        ErrorCode::MethodNotFound,
        "it is somebody else's by now"
    );
    let script = with_anna([
        page(json!([token("TOTP1", "totp", json!({}))])),
        value(json!({"disable": 0, "serial": "lostTOTP1", "password": "s3cr3t"})),
    ]);
    let error = apply_one(&script, lost()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Incomplete, "the lost one is on");
}

#[tokio::test]
async fn a_lost_token_that_is_off_already_gets_no_second_password() {
    let off = token("TOTP1", "totp", json!({"active": false}));
    let script = with_anna([page(json!([off]))]);
    let lost = Action::ReplaceLost {
        method: "TOTP1".into(),
        kind: MethodKind::Totp,
    };
    let effect = apply_one(&script, lost).await.unwrap();
    assert_eq!(effect.state, EffectState::Unchanged);
    assert!(effect.secret.is_none());
}

#[tokio::test]
async fn an_app_password_keeps_its_serial_service_and_name() {
    let there = token(
        "ASP1",
        "applspec",
        json!({"description": "Thunderbird", "info": {"service_id": "mail"}}),
    );
    let reset = || Action::ResetAppPassword {
        id: "ASP1".into(),
        name: "Thunderbird".into(),
    };
    let made = json!({"serial": "ASP1", "password": "n3w"});
    let script = with_anna([page(json!([there])), detailed(json!(true), made)]);
    let effect = apply_one(&script, reset()).await.unwrap();
    assert_eq!(effect.secret.unwrap().value.expose(), "n3w");
    assert_eq!(
        sent(&script).lines().last().unwrap(),
        r#"POST /token/init {"user":"anna",CORP,"type":"applspec","serial":"ASP1","service_id":"mail","description":"Thunderbird"}"#
    );
    let script = with_anna([page(json!([])), value(json!({"count": 1, "with_tokens": 0}))]);
    let error = apply_one(&script, reset()).await.unwrap_err();
    assert_eq!(
        error.code(),
        ErrorCode::MethodNotFound,
        "its serial would be made anew"
    );
}

#[tokio::test]
async fn a_telephone_that_approves_is_a_link_that_is_sent_once() {
    let made = json!({"serial": "PIPU1", "rollout_state": "clientwait", "pushurl": {"value": "otpauth://pipush/x?y=z"},
        "enrollment_credential": "s3cr3t"});
    let script = with_anna([detailed(json!(true), made)]);
    let action = Action::AddPush {
        name: Some("Pixel".into()),
    };
    let effect = apply_one(&script, action.clone()).await.unwrap();
    assert_eq!(effect.detail.as_deref(), Some("waits for the app"));
    assert_eq!(effect.secret.unwrap().value.expose(), "otpauth://pipush/x?y=z");
    let script = with_anna([no_answer()]);
    let effect = apply_one(&script, action).await.unwrap();
    assert_eq!(effect.state, EffectState::Unknown);
}

#[tokio::test]
async fn an_account_is_closed_by_a_lock_and_opened_by_its_end() {
    let script = with_anna([
        value(json!({"permanent": true})),
        value(json!(true)),
        value(json!(false)),
    ]);
    let service = service(&script);
    let mut states = Vec::new();
    for action in [
        Action::DisableAccount,
        Action::EnableAccount,
        Action::EnableAccount,
    ] {
        states.push(service.apply(&[step(action)]).await.remove(0).unwrap().state);
    }
    assert_eq!(
        states,
        [EffectState::Done, EffectState::Done, EffectState::Unchanged]
    );
    insta::assert_snapshot!(sent(&script), @r#"
    GET /user/?realm=corp&resolver=staff&userid=1
    POST /conditionalaccess/lock/user {"user":"anna",CORP}
    DELETE /conditionalaccess/lock/user?ANNA
    DELETE /conditionalaccess/lock/user?ANNA
    "#);
}

#[test]
fn each_switch_is_declared_and_wants_its_right() {
    let script = Script::new([]);
    let none = service_as(&script, &["tokenlist"]);
    for capability in [
        Capability::DisableMethod,
        Capability::ReplaceLost,
        Capability::ResetAppPassword,
        Capability::Add(MethodKind::Push),
    ] {
        assert!(
            matches!(declared().get(capability), crate::domain::Answer::Native),
            "{capability}"
        );
        assert!(
            matches!(
                none.capabilities().get(capability),
                crate::domain::Answer::Forbidden { .. }
            ),
            "{capability}"
        );
    }
}
