//! What is read of people: methods and app passwords apart, devices joined by person, locks, codes, the report.

use futures::TryStreamExt as _;

use super::*;
use crate::domain::{Asked, ReportQuery, Without};

async fn info(service: &PrivacyIdeaService, parts: Parts) -> Result<SecurityInfo> {
    service.security_info(&["staff/1".into()], parts).await.remove(0)
}

#[tokio::test]
async fn app_passwords_are_no_methods_and_pages_are_followed_to_their_end() {
    let first = json!({"next": 2, "tokens": [token("TOTP1", "totp", json!({}))]});
    let second = json!({"next": null, "tokens": [
        token("ASP1", "applspec", json!({"info": {"service_id": "mail"}})),
        token("OTHER", "totp", json!({"user_id": "2"})),
    ]});
    let script = with_anna([value(first), value(second)]);
    let parts = Parts {
        methods: true,
        app_passwords: true,
        ..Parts::NONE
    };
    let info = info(&service(&script), parts).await.unwrap();
    let methods: Vec<_> = info.methods().iter().map(|method| method.id.0.as_str()).collect();
    assert_eq!(
        methods,
        ["TOTP1"],
        "a token of somebody else of the same name is not hers"
    );
    let apps: Vec<_> = info
        .app_passwords
        .unwrap()
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(apps, ["mail"]);
    insta::assert_snapshot!(sent(&script), @"
    GET /user/?realm=corp&resolver=staff&userid=1
    GET /token/?ANNA&page=1&pagesize=1000
    GET /token/?ANNA&page=2&pagesize=1000
    ");
}

#[tokio::test]
async fn a_token_that_is_removed_between_two_pages_hides_no_other() {
    // Pages of two here: those of the service hold a thousand.
    let page = |count: u32, next: Option<u32>, serials: &[&str]| {
        let tokens: Vec<_> = serials
            .iter()
            .map(|serial| token(serial, "totp", json!({})))
            .collect();
        value(json!({"count": count, "next": next, "tokens": tokens}))
    };
    let script = with_anna([
        page(5, Some(2), &["A", "B"]),
        // A went, and C stands on the first page by now.
        page(4, None, &["D", "E"]),
        page(4, Some(2), &["B", "C"]),
        page(4, None, &["D", "E"]),
    ]);
    let info = info(&service(&script), Parts::METHODS).await.unwrap();
    let mut serials: Vec<_> = info.methods().iter().map(|method| method.id.0.as_str()).collect();
    serials.sort_unstable();
    assert_eq!(serials, ["A", "B", "C", "D", "E"]);
}

#[tokio::test]
async fn devices_of_all_programs_are_joined_by_person() {
    let script = Script::answering(|sent| {
        let line = sent.line.as_str();
        let device = |id: u32, user: u32| {
            json!({"device_id": id, "resolver": "staff", "user_id": user, "ip_address": "10.0.0.1",
                "user_agent": "Firefox", "last_used_at": format!("2026-11-{:02}T10:00:00+00:00", id)})
        };
        match line {
            "GET /clients/" => value(json!([{"id": 4, "display_name": "portal"}, {"id": "7"}])),
            _ if line.contains("/clients/4/") && line.contains("page=1") => {
                value(json!({"next": 2, "devices": [device(1, 1), device(2, 2)]}))
            }
            _ if line.contains("/clients/4/") => value(json!({"next": null, "devices": [device(3, 1)]})),
            _ if line.contains("/clients/7/") => value(json!({"devices": [device(5, 1)]})),
            _ => value(json!([anna()])),
        }
    });
    let parts = Parts {
        devices: true,
        ..Parts::NONE
    };
    let info = info(&service(&script), parts).await.unwrap();
    let ids: Vec<_> = info
        .devices
        .unwrap()
        .into_iter()
        .map(|device| device.id.0)
        .collect();
    assert_eq!(ids, ["7:5", "4:3", "4:1"]);
}

#[tokio::test]
async fn what_the_account_may_not_see_is_told_and_the_rest_is_shown() {
    let forbidden = |right: &str| {
        refusal(
            403,
            303,
            &format!("Admin actions are defined, but the action {right} is not allowed!"),
        )
    };
    let script = Script::answering(move |sent| match sent.line.as_str() {
        line if line.starts_with("GET /clients") => forbidden("api_client_list"),
        line if line.starts_with("GET /conditionalaccess") => forbidden("user_lock_read"),
        line if line.starts_with("GET /token/") => page(json!([token("TOTP1", "totp", json!({}))])),
        _ => value(json!([anna()])),
    });
    let info = info(&service(&script), Parts::ALL).await.unwrap();
    assert_eq!(info.methods().len(), 1);
    assert_eq!((info.devices, info.locked), (None, None));
    let parts: Vec<_> = info.unknown.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(parts, ["sessions", "locked", "remembered_devices"]);
    assert!(info.unknown[1].why.contains("user_lock_read"));
}

#[tokio::test]
async fn a_caller_is_asked_by_a_challenge_that_is_found_again() {
    let sms = token("PISM1", "sms", json!({"info": {"phone": "+31612345678"}}));
    let open = json!({"challenges": [{"transaction_id": "016", "expiration": "Sun, 22 Nov 2020 15:16:25 GMT"},
        {"transaction_id": "017", "expiration": "Sun, 22 Nov 2099 15:16:25 GMT"}]});
    let script = Script::answering(move |sent| match sent.line.as_str() {
        line if line.starts_with("GET /user/") => value(json!([anna()])),
        line if line.starts_with("GET /token/challenges/") => value(open.clone()),
        line if line.starts_with("GET /token/") => page(json!([sms])),
        "POST /validate/triggerchallenge" => {
            detailed(json!(1), json!({"multi_challenge": [{"transaction_id": "017"}]}))
        }
        _ => value(json!(
            sent.body["pass"] == "123456" && sent.body["transaction_id"] == "017"
        )),
    });
    let service = service(&script);
    let purpose = Purpose::CheckCaller(Asked::Code);
    let challenge = service
        .challenge(&"staff/1".into(), &"PISM1".into(), purpose)
        .await
        .unwrap();
    assert_eq!(
        (challenge.channel.as_str(), challenge.to.as_deref()),
        ("sms", Some("+31612345678"))
    );
    let wrong = service.answer(&challenge, Secret::new("000000")).await.unwrap();
    assert_eq!(wrong, Verdict::Wrong { attempts_left: None });
    let right = service.answer(&challenge, Secret::new("123456")).await.unwrap();
    assert_eq!(right, Verdict::Accepted);
}

#[tokio::test]
async fn a_challenge_of_nobody_is_a_no_although_its_status_is_200() {
    let sms = token("PISM1", "sms", json!({"active": false}));
    let script = with_anna([
        page(json!([sms])),
        detailed(json!(0), json!({"multi_challenge": []})),
    ]);
    let purpose = Purpose::CheckCaller(Asked::Code);
    let error = service(&script)
        .challenge(&"staff/1".into(), &"PISM1".into(), purpose)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceRefused);
}

#[tokio::test]
async fn nobody_is_asked_in_a_way_that_the_method_does_not_have() {
    for (kind, asked) in [
        ("sms", Asked::Call),
        ("sms", Asked::Push),
        ("totp", Asked::Push),
        ("push", Asked::Code),
    ] {
        let script = with_anna([page(json!([token("T1", kind, json!({}))]))]);
        let error = service(&script)
            .challenge(&"staff/1".into(), &"T1".into(), Purpose::CheckCaller(asked))
            .await
            .unwrap_err();
        assert_eq!(
            error.code(),
            ErrorCode::Unsupported,
            "{kind} by {}",
            asked.as_str()
        );
        assert!(error.hint_text().is_some());
    }
}

#[tokio::test]
async fn the_first_code_makes_a_method_count() {
    let waits = token(
        "TOTP1",
        "totp",
        json!({"active": true, "rollout_state": "verify"}),
    );
    let page = || page(json!([waits]));
    let failed = refusal(400, 905, "ERR905: Verification of the new token failed.");
    let script = with_anna([
        page(),
        failed,
        page(),
        detailed(json!(true), json!({"serial": "TOTP1"})),
    ]);
    let service = service(&script);
    let challenge = Challenge {
        user: "staff/1".into(),
        method: "TOTP1".into(),
        purpose: Purpose::Verify(MethodKind::Totp),
        channel: String::new(),
        to: None,
        expires_at: None,
    };
    let wrong = service.answer(&challenge, Secret::new("000000")).await.unwrap();
    assert_eq!(wrong, Verdict::Wrong { attempts_left: None });
    let right = service.answer(&challenge, Secret::new("123456")).await.unwrap();
    assert_eq!(right, Verdict::Accepted);
    assert!(
        sent(&script).ends_with(
            r#"POST /token/init {"user":"anna",CORP,"type":"totp","serial":"TOTP1","verify":"123456"}"#
        ),
        "{}",
        sent(&script)
    );
}

#[tokio::test]
async fn the_report_joins_the_people_and_the_tokens_of_the_realm() {
    let ben = json!({"username": "ben", "userid": 2, "resolver": "staff"});
    let script = Script::answering(move |sent| match sent.line.as_str() {
        line if line.starts_with("GET /user/") => value(json!([anna(), ben])),
        "GET /realm/superuser" => value(json!(["desk"])),
        line if line.starts_with("GET /conditionalaccess") => value(json!({"locked_users": []})),
        line if line.starts_with("GET /token/") => page(json!([
            token("TOTP1", "totp", json!({})),
            token("ASP1", "applspec", json!({"user_id": "2", "username": "ben"}))
        ])),
        line => panic!("{line}"),
    });
    let names = async |query: &ReportQuery| -> Vec<String> {
        let service = service(&script);
        let rows: Vec<RegistrationRow> = service.registration(query).try_collect().await.unwrap();
        rows.into_iter().map(|row| row.user.sign_in_name).collect()
    };
    assert_eq!(names(&ReportQuery::default()).await, ["anna", "ben"]);
    let without = ReportQuery {
        without: Some(Without::Mfa),
        ..ReportQuery::default()
    };
    assert_eq!(
        names(&without).await,
        ["ben"],
        "an app password is no second factor"
    );
}

#[tokio::test]
async fn people_of_a_realm_of_administrators_are_privileged() {
    for (realms, privileged) in [(json!(["desk"]), false), (json!(["Corp"]), true)] {
        let script = with_anna([value(realms)]);
        let told = service(&script)
            .privileges(&["staff/1".into()])
            .await
            .remove(0)
            .unwrap();
        assert_eq!(told.privileged, Some(privileged));
        assert_eq!(told.groups.unwrap(), ["corp", "staff"]);
    }
}

#[test]
fn what_an_account_may_not_is_not_offered() {
    let script = Script::new([]);
    let reader = service_as(&script, &["userlist", "tokenlist"]);
    let removal = reader
        .capabilities()
        .get(crate::domain::Capability::Remove(MethodKind::Totp));
    assert!(matches!(removal, crate::domain::Answer::Forbidden { .. }));
}

#[tokio::test]
async fn an_empty_list_of_who_may_see_no_tokens_is_an_error_and_is_asked_about_once() {
    let refused = refusal(
        403,
        303,
        "Admin actions are defined, but the action tokenlist is not allowed!",
    );
    let script = with_anna([page(json!([])), refused]);
    let error = info(&service(&script), Parts::METHODS).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::PermissionMissing);
    assert_eq!(
        sent(&script).lines().last().unwrap(),
        "GET /user/count?realm=corp&username=anna"
    );
    let counted = value(json!({"count": 1, "with_tokens": 0}));
    let script = with_anna([page(json!([])), counted, page(json!([]))]);
    let service = service(&script);
    for _ in 0..2 {
        assert!(info(&service, Parts::METHODS).await.unwrap().methods().is_empty());
    }
}
