//! What is changed: what goes out for it, and what of the answers is a no.

use super::*;

fn remove() -> Action {
    Action::RemoveMethod {
        method: "TOTP1".into(),
        kind: MethodKind::Totp,
    }
}

#[tokio::test]
async fn a_removal_names_the_person_so_that_nobody_elses_token_goes() {
    let script = with_anna([
        value(json!(1)),
        refusal(404, 601, "The requested token could not be found."),
        value(json!(0)),
    ]);
    let service = service(&script);
    let mut states = Vec::new();
    for _ in 0..3 {
        states.push(service.apply(&[step(remove())]).await.remove(0).unwrap().state);
    }
    assert_eq!(
        states,
        [EffectState::Done, EffectState::Unchanged, EffectState::Unchanged]
    );
    insta::assert_snapshot!(sent(&script), @"
    GET /user/?realm=corp&resolver=staff&userid=1
    DELETE /token/TOTP1?ANNA
    DELETE /token/TOTP1?ANNA
    DELETE /token/TOTP1?ANNA
    ");
}

#[tokio::test]
async fn a_name_that_would_be_cut_is_refused_and_a_nought_is_a_no() {
    let script = with_anna([value(json!(true)), value(json!(0))]);
    let service = service(&script);
    let rename = |name: &str| {
        step(Action::Rename {
            method: "TOTP1".into(),
            kind: MethodKind::Totp,
            name: name.to_owned(),
        })
    };
    service.apply(&[rename("Pixel 9")]).await.remove(0).unwrap();
    let error = service.apply(&[rename("Pixel 9")]).await.remove(0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::MethodNotFound);
    let error = service
        .apply(&[rename(&"x".repeat(81))])
        .await
        .remove(0)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidInput);
    assert!(
        sent(&script)
            .ends_with(r#"POST /token/description/TOTP1 {"user":"anna",CORP,"description":"Pixel 9"}"#),
        "{}",
        sent(&script)
    );
}

#[tokio::test]
async fn an_authenticator_is_enrolled_under_a_serial_and_seed_of_ours_so_that_sending_twice_gives_one() {
    let uri = "otpauth://totp/TOTP1?secret=JBSWY3DPEHPK3PXP&period=30&issuer=privacyIDEA";
    let made = json!({"serial": "TOTP1", "googleurl": {"value": uri}, "rollout_state": "verify"});
    let script = with_anna([no_answer(), detailed(json!(true), made)]);
    let effect = apply_one(
        &script,
        Action::AddTotp {
            name: Some("Pixel".into()),
        },
    )
    .await
    .unwrap();
    assert_eq!(effect.created, Some("TOTP1".into()));
    assert_eq!(effect.detail.as_deref(), Some("waits for its code"));
    let secret = effect.secret.unwrap();
    assert_eq!((secret.kind, secret.value.expose()), ("totp", "JBSWY3DPEHPK3PXP"));
    let sent = script.requests();
    assert_eq!(sent[1].text, sent[2].text, "the same serial and seed");
    let serial = sent[1].body["serial"].as_str().unwrap();
    assert!(serial.starts_with("TOTP") && serial.len() == 16, "{serial}");
    assert_eq!(sent[1].body["otpkey"].as_str().unwrap().len(), 40);
    assert_eq!(sent[1].body["type"], "totp");
}

#[tokio::test]
async fn a_number_that_is_there_already_is_not_enrolled_twice() {
    let there = token("PISM1", "sms", json!({"info": {"phone": "+31612345678"}}));
    let script = with_anna([page(json!([there]))]);
    let action = Action::AddPhone {
        kind: MethodKind::PhoneMobile,
        number: crate::domain::PhoneNumber::parse("+31 612345678", None).unwrap(),
        via: None,
    };
    let effect = apply_one(&script, action).await.unwrap();
    assert_eq!(
        (effect.state, effect.created),
        (EffectState::Unchanged, Some("PISM1".into()))
    );
    let called = Action::AddPhone {
        kind: MethodKind::PhoneOffice,
        number: crate::domain::PhoneNumber::parse("+31 612345678", None).unwrap(),
        via: None,
    };
    let error = apply_one(&Script::new([]), called).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
}

#[tokio::test]
async fn a_second_number_is_a_token_of_its_own_that_is_told_by_its_serial() {
    let there = token("PISM1", "sms", json!({"info": {"phone": "+31612345678"}}));
    let made = json!({"serial": "PISMALT000000000000"});
    let script = with_anna([page(json!([there])), detailed(json!(true), made)]);
    let action = Action::AddPhone {
        kind: MethodKind::PhoneAlternate,
        number: crate::domain::PhoneNumber::parse("+31 687654321", None).unwrap(),
        via: None,
    };
    let effect = apply_one(&script, action).await.unwrap();
    assert_eq!(effect.created, Some("PISMALT000000000000".into()));
    let sent = script.requests();
    let body = &sent.last().unwrap().body;
    assert_eq!(
        (&body["type"], &body["phone"]),
        (&json!("sms"), &json!("+31687654321"))
    );
    let serial = body["serial"].as_str().unwrap();
    assert!(serial.starts_with("PISMALT") && serial.len() == 19, "{serial}");
}

#[tokio::test]
async fn a_token_that_went_away_is_not_made_anew_by_an_update() {
    let mine = token(
        "PISM1",
        "sms",
        json!({"description": "work", "info": {"phone": "+31612345678"}}),
    );
    let change = || Action::UpdatePhone {
        method: "PISM1".into(),
        kind: MethodKind::PhoneMobile,
        number: crate::domain::PhoneNumber::parse("+31 687654321", None).unwrap(),
    };
    let script = with_anna([
        page(json!([mine])),
        detailed(json!(true), json!({"serial": "PISM1"})),
    ]);
    apply_one(&script, change()).await.unwrap();
    assert_eq!(
        sent(&script).lines().last().unwrap(),
        r#"POST /token/init {"user":"anna",CORP,"type":"sms","serial":"PISM1","description":"work","phone":"+31687654321"}"#
    );
    let script = with_anna([page(json!([])), value(json!({"count": 1, "with_tokens": 0}))]);
    let error = apply_one(&script, change()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::MethodNotFound);
}

#[tokio::test]
async fn a_registration_code_is_a_pass_that_works_once() {
    let made = json!({"serial": "REG1", "registrationcode": "s3cr3t-c0de"});
    let script = with_anna([detailed(json!(true), made)]);
    let pass = |one_time| Action::AddTemporaryPass {
        lifetime_minutes: Some(60),
        one_time,
        start: Some("2026-11-22T10:00:30Z".parse().unwrap()),
    };
    let effect = apply_one(&script, pass(Some(true))).await.unwrap();
    let secret = effect.secret.unwrap();
    assert_eq!(secret.value.expose(), "s3cr3t-c0de");
    assert_eq!(secret.expires_at.unwrap().to_string(), "2026-11-22T11:00:00Z");
    let body = &script.requests()[1].body;
    assert_eq!(body["validity_period_start"], "2026-11-22T10:00+0000");
    assert_eq!(body["validity_period_end"], "2026-11-22T11:00+0000");
    assert_eq!(body["type"], "registration");
    let error = apply_one(&Script::new([]), pass(Some(false))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::PolicyRefused);
}

#[tokio::test]
async fn questions_take_the_place_of_those_that_are_there_and_answers_are_nowhere_else() {
    let there = token("QUST1", "question", json!({}));
    let script = with_anna([
        page(json!([there])),
        detailed(json!(true), json!({"serial": "QUST1"})),
    ]);
    let mut given = step(Action::AddQuestions {
        questions: vec!["Pet?".into()],
    });
    let answers = json!([{"question": "Pet?", "answer": "Rex"}]).to_string();
    given.slots.fill(Slot::Answers, Secret::new(answers));
    service(&script).apply(&[given]).await.remove(0).unwrap();
    assert_eq!(
        sent(&script).lines().last().unwrap(),
        r#"POST /token/init {"user":"anna",CORP,"type":"question","questions":{"Pet?":"Rex"},"serial":"QUST1"}"#
    );
}

#[tokio::test]
async fn all_devices_are_forgotten_by_name_and_one_by_the_program_that_remembers_it() {
    let script = with_anna([
        value(json!(3)),
        value(json!("9")),
        refusal(404, 601, "gone"),
        value(json!(0)),
    ]);
    let service = service(&script);
    let one = || step(Action::ForgetDevice { device: "4:9".into() });
    let all = || step(Action::ForgetAllDevices);
    let mut said = Vec::new();
    for step in [all(), one(), one(), all()] {
        let effect = service.apply(&[step]).await.remove(0).unwrap();
        said.push(format!(
            "{:?} {}",
            effect.state,
            effect.detail.unwrap_or_default()
        ));
    }
    assert_eq!(
        said,
        ["Done 3", "Done ", "Unchanged ", "Unchanged there was none"]
    );
    insta::assert_snapshot!(sent(&script), @"
    GET /user/?realm=corp&resolver=staff&userid=1
    DELETE /clients/remembered_devices?ANNA
    DELETE /clients/4/remembered_devices/9
    DELETE /clients/4/remembered_devices/9
    DELETE /clients/remembered_devices?ANNA
    ");
}

#[tokio::test]
async fn app_passwords_are_ended_one_by_one_and_methods_stay() {
    let tokens = json!([
        token("ASP1", "applspec", json!({})),
        token("TOTP1", "totp", json!({})),
        token("ASP2", "applspec", json!({}))
    ]);
    let script = with_anna([page(tokens), value(json!(1)), refusal(404, 601, "gone")]);
    let effect = apply_one(&script, Action::RevokeAllAppPasswords).await.unwrap();
    assert_eq!(
        (effect.state, effect.detail.as_deref()),
        (EffectState::Done, Some("1"))
    );
    let lines = sent(&script);
    assert!(lines.contains("DELETE /token/ASP1?ANNA\nDELETE /token/ASP2?ANNA") && !lines.contains("TOTP1"));
}

#[tokio::test]
async fn a_lock_ends_with_the_wrong_tries_of_every_method() {
    let blocked = token("TOTP1", "totp", json!({"failcount": 10, "maxfail": 10}));
    let script = Script::answering(move |sent| match sent.line.as_str() {
        line if line.starts_with("GET /user/") => value(json!([anna()])),
        line if line.starts_with("GET /conditionalaccess") => {
            value(json!({"lock_cause": "POLICY", "permanent": true}))
        }
        line if line.starts_with("GET /token/") => page(json!([blocked])),
        line if line.starts_with("DELETE /conditionalaccess") => value(json!(true)),
        _ => value(json!(1)),
    });
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert_eq!(
        effect.detail.as_deref(),
        Some("the lock is ended; wrong tries of 1 method are forgotten")
    );
    let lines = sent(&script);
    assert!(
        lines.contains("DELETE /conditionalaccess/lock/user?ANNA"),
        "{lines}"
    );
    assert!(
        lines.ends_with(r#"POST /token/reset/TOTP1 {"user":"anna",CORP}"#),
        "{lines}"
    );
}

#[tokio::test]
async fn a_password_is_set_where_the_resolver_can_be_written_and_false_is_a_no() {
    let script = with_anna([value(json!(true)), value(json!(false))]);
    let service = service(&script);
    let mut given = step(Action::SetPassword { permanent: false });
    given
        .slots
        .fill(Slot::NewPassword, Secret::new("Horse-Staple-42"));
    let effect = service.apply(&[given.clone()]).await.remove(0).unwrap();
    assert_eq!(effect.remains.len(), 1, "that it stays is told");
    assert_eq!(
        sent(&script).lines().last().unwrap(),
        r#"PUT /user/ {"user":"anna",CORP,"userid":"1","password":"Horse-Staple-42"}"#
    );
    let error = service.apply(&[given.clone()]).await.remove(0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UserNotFound);
    let mut fixed = anna();
    fixed["editable"] = json!(false);
    let script = Script::new([value(json!([fixed]))]);
    let error = super::service(&script)
        .apply(&[given])
        .await
        .remove(0)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert_eq!(script.lines().len(), 1, "it would end in a 500");
}

#[tokio::test]
async fn what_privacyidea_lacks_is_refused_with_nothing_sent() {
    let script = Script::new([]);
    for action in [
        Action::SignOut,
        Action::RequireRegistration,
        Action::IssueAppPassword { name: "mail".into() },
    ] {
        let error = apply_one(&script, action).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported);
    }
    assert!(script.lines().is_empty());
}

#[tokio::test]
async fn a_missing_right_is_named_and_a_web_page_is_no_answer() {
    let script = with_anna([
        refusal(
            403,
            303,
            "Admin actions are defined, but the action delete is not allowed!",
        ),
        answer(200, "<!doctype html>"),
    ]);
    let service = service(&script);
    let error = service.apply(&[step(remove())]).await.remove(0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::PermissionMissing);
    assert_eq!(
        error.message(),
        "the account lacks the right delete (a policy of the scope admin)"
    );
    let error = service.apply(&[step(remove())]).await.remove(0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert_eq!(error.message(), "a web page answered in privacyIDEA's place");
}

fn waiting() -> Value {
    let more = json!({"active": true, "rollout_state": "verify", "info": {"phone": "+31612345678"}});
    token("PISM1", "sms", more)
}

fn to_number(number: &str) -> Action {
    Action::UpdatePhone {
        method: "PISM1".into(),
        kind: MethodKind::PhoneMobile,
        number: crate::domain::PhoneNumber::parse(number, None).unwrap(),
    }
}

#[tokio::test]
async fn a_number_that_is_there_already_is_not_made_anew_by_an_update_that_is_sent_again() {
    let script = with_anna([page(json!([waiting()]))]);
    let effect = apply_one(&script, to_number("+31 612345678")).await.unwrap();
    assert_eq!(effect.state, EffectState::Unchanged);
    assert_eq!(effect.detail.as_deref(), Some("waits for its code"));
}

#[tokio::test]
async fn what_waits_for_its_code_takes_nothing_else_and_gives_way_to_another_number() {
    let script = with_anna([
        page(json!([waiting()])),
        value(json!(1)),
        detailed(json!(true), json!({"serial": "PISM1", "rollout_state": "verify"})),
    ]);
    let effect = apply_one(&script, to_number("+31 687654321")).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    insta::assert_snapshot!(sent(&script), @r#"
    GET /user/?realm=corp&resolver=staff&userid=1
    GET /token/?ANNA&page=1&pagesize=1000
    DELETE /token/PISM1?ANNA
    POST /token/init {"user":"anna",CORP,"type":"sms","serial":"PISM1","description":"","phone":"+31687654321"}
    "#);
}

#[tokio::test]
async fn an_enrolment_that_waits_since_its_answer_was_lost_is_made_anew_under_its_serial() {
    let uri = "otpauth://totp/TOTP1?secret=JBSWY3DPEHPK3PXP&period=30&issuer=privacyIDEA";
    let made = json!({"serial": "TOTP1", "googleurl": {"value": uri}, "rollout_state": "verify"});
    let waits = "ERR905: Token is in verify_pending state but 'verify' parameter is missing.";
    let script = with_anna([
        no_answer(),
        refusal(400, 905, waits),
        value(json!(1)),
        detailed(json!(true), made),
    ]);
    let effect = apply_one(&script, Action::AddTotp { name: None }).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    assert_eq!(effect.secret.unwrap().value.expose(), "JBSWY3DPEHPK3PXP");
    let sent = script.requests();
    let serial = sent[1].body["serial"].as_str().unwrap();
    assert!(
        sent[3].line.starts_with(&format!("DELETE /token/{serial}?")),
        "{}",
        sent[3].line
    );
    assert_eq!(sent[1].text, sent[4].text);
}

#[tokio::test]
async fn what_somebody_locked_by_hand_no_unlocking_opens() {
    let script = Script::answering(move |sent| match sent.line.as_str() {
        line if line.starts_with("GET /user/") => value(json!([anna()])),
        line if line.starts_with("GET /conditionalaccess") => {
            value(json!({"lock_cause": "MANUAL", "permanent": true}))
        }
        _ => page(json!([])),
    });
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert_eq!(effect.state, EffectState::Unchanged);
    assert!(effect.remains[0].text.contains("user enable"));
    assert!(!sent(&script).contains("DELETE"));
}
