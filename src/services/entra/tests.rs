//! The Graph client against a scripted Graph: what it sends, and what it makes of answers that the embedded service
//! never gives.

mod assumptions;
mod finding;

use futures::TryStreamExt as _;
use serde_json::{Value, json};

use super::*;
use crate::auth::TokenClaims;
use crate::domain::{EffectState, MethodKind, MethodState, MfaState, PhoneNumber, Slot};
use crate::http::testing::{Script, Sent, answer, answer_with, no_answer};

const MOBILE: &str = "/v1.0/users/u1/authentication/phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";

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

#[tokio::test]
async fn one_person_is_one_request_and_the_password_is_no_method() {
    let script = Script::answering(|sent| {
        batch(sent, |url| {
            if url.ends_with("signInPreferences") {
                (
                    200,
                    json!({"userPreferredMethodForSecondaryAuthentication": "sms"}),
                )
            } else {
                (200, methods())
            }
        })
    });
    let info = service(&script)
        .security_info(&["u1".into()], Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(script.lines(), ["POST /beta/$batch"]);
    let shown: Vec<_> = info
        .methods()
        .iter()
        .map(|method| (method.kind.as_str(), method.id.0.as_str(), method.default))
        .collect();
    assert_eq!(
        shown,
        [
            ("authenticator", "a", Some(false)),
            ("authenticator", "b", Some(false)),
            ("phone:mobile", "p", Some(true)),
            ("email", "e", Some(false)),
        ]
    );
    assert!(info.unknown.is_empty());
}

#[tokio::test]
async fn losing_beta_costs_the_default_and_nothing_else() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        "POST /beta/$batch" => batch(sent, |_| {
            (404, json!({"error": {"code": "BadRequest", "message": "gone"}}))
        }),
        "GET /v1.0/users/u1/authentication/methods" => answer(200, &methods().to_string()),
        other => panic!("a request that nobody expected: {other}"),
    });
    let info = service(&script)
        .security_info(&["u1".into()], Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(info.methods().len(), 4);
    assert!(info.methods().iter().all(|method| method.default.is_none()));
    let unknown: Vec<&str> = info.unknown.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(unknown, ["methods", "default"]);
    assert!(info.unknown[0].why.contains("hardware tokens"));
}

/// What a person is shown by, asked for by what was typed.
async fn looked_up(script: &Script, text: &str) -> Vec<(User, Result<SecurityInfo>)> {
    let texts = [text.to_owned()];
    service(script).look_up(&texts, Parts::METHODS).await.unwrap()
}

fn adele() -> Value {
    json!({"id": "u1", "userPrincipalName": "adele@contoso.example", "accountEnabled": true})
}

#[tokio::test]
async fn a_person_is_found_and_read_in_one_batch_of_each_version_at_the_same_time() {
    let script = Script::answering(|sent| {
        batch(sent, |url| match url {
            "/users/adele@contoso.example/authentication/signInPreferences" => (
                200,
                json!({"userPreferredMethodForSecondaryAuthentication": "sms"}),
            ),
            "/users/adele@contoso.example/authentication/methods" => (200, methods()),
            url if url.starts_with("/users/adele@contoso.example?$select=") => (200, adele()),
            other => panic!("a call that nobody expected: {other}"),
        })
    });
    let found = looked_up(&script, "adele@contoso.example").await;
    let mut lines = script.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["POST /beta/$batch", "POST /v1.0/$batch"]);
    let [(user, Ok(info))] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((user.id.0.as_str(), info.methods().len()), ("u1", 4));
    assert!(info.unknown.is_empty());
}

#[tokio::test]
async fn whatever_becomes_of_beta_everything_that_v1_lists_is_listed_at_once() {
    for status in [400, 403, 404, 405, 410, 501] {
        let script = Script::answering(move |sent| match sent.line.as_str() {
            "POST /v1.0/$batch" => batch(sent, |url| {
                (
                    200,
                    if url.ends_with("/methods") {
                        methods()
                    } else {
                        adele()
                    },
                )
            }),
            line if line.contains("/beta/") => answer(status, &refused(status, "accessDenied", "x")),
            other => panic!("a request that nobody expected: {other}"),
        });
        let found = looked_up(&script, "u1").await;
        let [(_, Ok(info))] = found.as_slice() else {
            panic!("{status}: {found:?}")
        };
        assert_eq!(info.methods().len(), 4, "{status}");
        let unknown: Vec<&str> = info.unknown.iter().map(|part| part.part.as_str()).collect();
        assert_eq!(unknown, ["methods", "default"], "{status}");
        let asked = script
            .lines()
            .iter()
            .filter(|line| line.contains("/v1.0/"))
            .count();
        assert_eq!(asked, 1, "{status}: v1.0 is not asked again");
    }
}

#[tokio::test]
async fn who_is_known_by_mail_alone_is_read_of_once_found() {
    let nobody = json!({"error": {"code": "Request_ResourceNotFound", "message": "x"}});
    let script = Script::answering(move |sent| {
        let one = |url: &str| match url {
            url if url.contains("/users/u1/") => (200, methods()),
            _ => (404, nobody.clone()),
        };
        match sent.line.as_str() {
            line if line.starts_with("GET /v1.0/users?$filter=mail") => {
                answer(200, &json!({"value": [adele()]}).to_string())
            }
            _ => batch(sent, one),
        }
    });
    let found = looked_up(&script, "adele@mail.example").await;
    let [(user, Ok(info))] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((user.id.0.as_str(), info.methods().len()), ("u1", 4));
}

#[tokio::test]
async fn somebody_who_is_not_there_is_said_so_without_a_second_look() {
    let script = Script::answering(|sent| {
        batch(sent, |_| {
            (
                404,
                json!({"error": {"code": "Request_ResourceNotFound", "message": "x"}}),
            )
        })
    });
    let error = service(&script)
        .security_info(&["u1".into()], Parts::METHODS)
        .await
        .remove(0)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::UserNotFound);
    assert_eq!(script.lines().len(), 1);
}

#[tokio::test]
async fn what_graph_does_not_tell_is_said_without_a_request() {
    let script = Script::new([]);
    let parts = Parts {
        sessions: true,
        app_passwords: true,
        locks: true,
        ..Parts::NONE
    };
    let info = service(&script)
        .security_info(&["u1".into()], parts)
        .await
        .remove(0)
        .unwrap();
    let unknown: Vec<_> = info.unknown.iter().map(|unknown| unknown.part.as_str()).collect();
    assert_eq!(unknown, ["sessions", "app_passwords", "locked"]);
    assert!(info.methods.is_none() && info.sessions.is_none());
}

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
async fn a_role_that_does_not_reach_somebody_is_told_with_the_reason() {
    let claims = TokenClaims {
        delegated: true,
        tells_roles: true,
        permissions: vec!["UserAuthenticationMethod.ReadWrite.All".into()],
        directory_roles: vec![crate::domain::role::AUTHENTICATION_ADMINISTRATOR.to_owned()],
        ..TokenClaims::default()
    };
    let refusal = |holdings: Value, restricted: bool| {
        let script = Script::answering(move |sent| {
            if sent.line.contains("transitiveMemberOf") {
                answer(200, &json!({"value": holdings}).to_string())
            } else if sent.line.contains("isManagementRestricted") {
                answer(
                    200,
                    &json!({"id": "u1", "isManagementRestricted": restricted}).to_string(),
                )
            } else {
                answer(403, &refused(403, "accessDenied", "Request Authorization failed"))
            }
        });
        EntraService::new(Link {
            graph: script.pipeline(60),
            tenant: "contoso.example".to_owned(),
            claims: claims.clone(),
        })
    };
    let told = async |holdings: Value, restricted: bool| {
        let service = refusal(holdings, restricted);
        let error = apply_one(&service, add_mobile()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::PermissionMissing);
        error.message().to_owned()
    };
    let role = json!({"@odata.type": "#microsoft.graph.directoryRole", "displayName": "Helpdesk Administrator",
        "roleTemplateId": crate::domain::role::HELPDESK_ADMINISTRATOR});
    let group = json!({"@odata.type": "#microsoft.graph.group", "id": "g", "displayName": "Tier 0", "isAssignableToRole": true});
    assert_eq!(
        told(json!([role]), false).await,
        "needs Privileged Authentication Administrator: the person holds Helpdesk Administrator"
    );
    assert_eq!(
        told(json!([group]), false).await,
        "needs Privileged Authentication Administrator: the person is in a group that can hold roles"
    );
    assert_eq!(
        told(json!([]), true).await,
        "the person is in a restricted administrative unit"
    );
    // An application is stopped there too.
    let script = Script::answering(|sent| {
        if sent.line.starts_with("GET") {
            answer(
                200,
                &json!({"id": "u1", "isManagementRestricted": true}).to_string(),
            )
        } else {
            answer(403, &refused(403, "accessDenied", "Request Authorization failed"))
        }
    });
    let application = EntraService::new(Link {
        graph: script.pipeline(60),
        tenant: "contoso.example".to_owned(),
        claims: TokenClaims {
            permissions: vec!["UserAuthenticationMethod.ReadWrite.All".into()],
            ..TokenClaims::default()
        },
    });
    let error = apply_one(&application, add_mobile()).await.unwrap_err();
    assert_eq!(
        error.message(),
        "the person is in a restricted administrative unit"
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
async fn a_guest_of_another_organization_is_found_by_a_name_with_a_hash_in_it() {
    let script = Script::answering(|_| answer(200, r#"{"id": "u1", "userType": "Guest"}"#));
    let service = service(&script);
    let query = UserQuery::Ids(vec!["a_fabrikam.example#EXT#@contoso.example".to_owned()]);
    let _: Vec<User> = service.users(&query).try_collect().await.unwrap();
    assert!(
        script.lines()[0].contains("a_fabrikam.example%23EXT%23@contoso.example"),
        "{:?}",
        script.lines()
    );
}

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

#[tokio::test]
async fn accounts_devices_and_per_user_mfa_are_switched_where_graph_has_them() {
    let script = Script::answering(|_| answer(204, ""));
    let service = service(&script);
    for action in [
        Action::DisableAccount,
        Action::EnableAccount,
        Action::SwitchDevice {
            device: "d/1".into(),
            enabled: false,
        },
        Action::SetMfaState {
            state: MfaState::Enforced,
        },
    ] {
        apply_one(&service, step(action)).await.unwrap();
    }
    let sent: Vec<String> = script
        .requests()
        .iter()
        .map(|sent| format!("{} {}", sent.line, sent.body))
        .collect();
    assert_eq!(
        sent,
        [
            r#"PATCH /v1.0/users/u1 {"accountEnabled":false}"#,
            r#"PATCH /v1.0/users/u1 {"accountEnabled":true}"#,
            r#"PATCH /v1.0/devices/d%2F1 {"accountEnabled":false}"#,
            r#"PATCH /beta/users/u1/authentication/requirements {"perUserMfaState":"enforced"}"#,
        ]
    );
}

#[tokio::test]
async fn a_device_that_is_gone_is_no_person_who_is_gone() {
    let script = Script::new([answer(404, &refused(404, "Request_ResourceNotFound", "x"))]);
    let gone = Action::SwitchDevice {
        device: "d".into(),
        enabled: true,
    };
    let error = apply_one(&service(&script), step(gone)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeviceNotFound);
}

#[tokio::test]
async fn ones_own_password_number_and_pass_are_refused_before_anything_is_sent() {
    let script = Script::new([]);
    let service = as_person(&script, "U1");
    let pass = Action::AddTemporaryPass {
        lifetime_minutes: None,
        one_time: None,
        start: None,
    };
    for step in [
        step(Action::GeneratePassword { permanent: false }),
        step(pass),
        add_mobile(),
    ] {
        assert_eq!(
            apply_one(&service, step).await.unwrap_err().code(),
            ErrorCode::ServiceRefused
        );
    }
    assert!(script.lines().is_empty());
}

#[tokio::test]
async fn a_token_that_sees_only_ids_of_roles_cannot_tell() {
    let hidden = json!({"value": [{"@odata.type": "#microsoft.graph.directoryRole", "id": "r"}]});
    let script = Script::new([answer(200, &hidden.to_string()), answer(403, "")]);
    let service = service(&script);
    assert_eq!(
        service
            .privileges(&["u1".into()])
            .await
            .remove(0)
            .unwrap()
            .privileged,
        None
    );
    assert_eq!(
        service.privileges(&["u1".into()]).await.remove(0).unwrap(),
        Privileges {
            missing: Some("RoleManagement.Read.Directory".into()),
            ..Privileges::default()
        }
    );
}

#[tokio::test]
async fn an_expired_pass_is_listed_as_such() {
    let pass = json!({"value": [{"@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod", "id": "t",
        "isUsable": false, "methodUsabilityReason": "OneTimeUsed", "temporaryAccessPass": null}]});
    let script = Script::new([answer(200, &pass.to_string())]);
    let parts = Parts {
        methods: true,
        ..Parts::NONE
    };
    let info = service(&script)
        .security_info(&["u1".into()], parts)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(info.methods()[0].state, MethodState::Expired);
    assert_eq!(script.lines(), ["GET /beta/users/u1/authentication/methods"]);
}

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
