//! What a person is shown with: the list of methods, the default, and what Graph does not tell.

use serde_json::json;

use super::{batch, methods, service};
use crate::domain::{ErrorCode, IdentityService as _, MethodState, Parts};
use crate::http::testing::{Script, answer};

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
