//! What it reads of people: methods, sessions, locks, rights, and the report.

use futures::TryStreamExt as _;
use serde_json::json;

use super::*;
use crate::domain::{DeviceKind, Without};

fn credentials() -> String {
    json!([
        {"id": "p", "type": "password", "createdDate": 1_795_314_240_414_i64},
        {"id": "y", "type": "webauthn", "userLabel": "YubiKey", "createdDate": 1_795_314_240_414_i64},
        {"id": "b", "type": "otp", "userLabel": "new", "createdDate": 1_795_314_250_000_i64,
         "credentialData": "{\"subType\":\"totp\"}"},
        {"id": "a", "type": "otp", "userLabel": "old", "createdDate": 1_795_314_240_000_i64,
         "credentialData": "{\"subType\":\"totp\"}"},
        {"id": "h", "type": "password-history"},
    ])
    .to_string()
}

#[tokio::test]
async fn the_first_second_factor_is_the_default_and_the_password_is_no_method() {
    let script = Script::new([answer(200, &credentials())]);
    let info = service_as(&script, rights(&["manage-users"]))
        .security_info(&["u1".into()], Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    let shown: Vec<_> = info
        .methods()
        .iter()
        .map(|method| (method.kind.as_str(), method.id.0.as_str(), method.default))
        .collect();
    assert_eq!(
        shown,
        [
            ("totp", "a", Some(false)),
            ("totp", "b", Some(false)),
            ("security-key", "y", Some(true)),
        ]
    );
    insta::assert_snapshot!(sent(&script), @"GET R/users/u1/credentials");
}

#[tokio::test]
async fn a_key_for_which_no_sign_in_of_the_realm_asks_verifies_nothing() {
    for (requirement, factors) in [("DISABLED", 2), ("ALTERNATIVE", 3)] {
        let script = Script::answering(move |sent| {
            let flow = json!([{"requirement": "REQUIRED", "providerId": "auth-conditional-otp-form", "level": 1},
                {"requirement": requirement, "providerId": "webauthn-authenticator", "level": 1}]);
            match sent.line.as_str() {
                line if line.ends_with("/credentials") => answer(200, &credentials()),
                line if line.ends_with("/executions") => answer(200, &flow.to_string()),
                _ => answer(200, REALM),
            }
        });
        let service = service(&script);
        for _ in 0..2 {
            let infos = service.security_info(&["u1".into()], Parts::METHODS).await;
            let info = infos.into_iter().next().unwrap().unwrap();
            let signs_in = info.methods().iter().filter(|method| method.signs_in()).count();
            assert_eq!(signs_in, factors, "{requirement}");
        }
        // The flow is read once for everybody.
        assert_eq!(script.requests().len(), 4);
    }
}

#[tokio::test]
async fn everything_of_a_person_is_read_and_nothing_is_said_to_be_untold() {
    let script = Script::answering(|sent| {
        let line = sent.line.as_str();
        let body = if line.ends_with("/credentials") {
            credentials()
        } else if line.ends_with("/consents") {
            json!([{"clientId": "mail", "additionalGrants": [{"client": "k", "key": "Offline Token"}]}])
                .to_string()
        } else if line.ends_with("/offline-sessions/k") {
            json!([{"id": "s2", "start": 1_795_314_260_000_i64, "lastAccess": 1_795_314_260_000_i64}])
                .to_string()
        } else if line.ends_with("/sessions") {
            json!([{"id": "s1", "ipAddress": "10.0.0.9", "start": 1_795_314_240_000_i64,
                "lastAccess": 1_795_314_300_000_i64, "clients": {"k1": "portal"}}])
            .to_string()
        } else {
            r#"{"disabled":true,"numFailures":30}"#.to_owned()
        };
        answer(200, &body)
    });
    let info = service(&script)
        .security_info(&["u1".into()], Parts::ALL)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(info.locked, Some(true));
    assert_eq!(info.sessions.as_ref().unwrap().count, 2);
    assert_eq!(info.app_passwords.as_deref(), Some(&[][..]));
    assert!(info.unknown.is_empty());
    assert_eq!(info.remembered().count(), 0);
    let devices: Vec<_> = info
        .devices
        .unwrap()
        .into_iter()
        .map(|device| (device.kind, device.name.unwrap()))
        .collect();
    assert_eq!(
        devices,
        [
            (DeviceKind::Session, "10.0.0.9, portal".to_owned()),
            (DeviceKind::Session, "offline".to_owned())
        ]
    );
    assert!(
        info.registration.unwrap().reset_capable.is_none(),
        "it resets by mail"
    );
    // A key is among them: the realm says, once, whether it asks for keys.
    assert_eq!(script.lines().len(), 7);
}

fn holding(rights: &'static str) -> Script {
    Script::answering(move |sent| {
        let line = sent.line.as_str();
        let body = if line.ends_with("/users/own/role-mappings") {
            r#"{"clientMappings":{"realm-management":{"id":"rm","mappings":[]}}}"#
        } else if line.ends_with("/realm/composite") {
            r#"[{"name":"offline_access"}]"#
        } else if line.ends_with("/clients/rm/composite") {
            rights
        } else if line.contains("/users/u1/groups") {
            r#"[{"id":"g2","name":"night","path":"/ops/night","parentId":"g1"}]"#
        } else if line.ends_with("/groups/g1") {
            r#"{"id":"g1","name":"ops","path":"/ops"}"#
        } else {
            return answer(403, "{}");
        };
        answer(200, body)
    })
}

#[tokio::test]
async fn whoever_holds_a_right_over_the_realm_is_privileged() {
    let script = holding(r#"[{"name":"view-users"}]"#);
    let claims = TokenClaims {
        object_id: Some("own".into()),
        ..rights(&["manage-users"])
    };
    let service = service_as(&script, claims);
    let told = service.privileges(&["u1".into()]).await.remove(0).unwrap();
    assert_eq!(told.privileged, Some(true));
    assert_eq!(told.roles.unwrap(), ["offline_access", "view-users"]);
    assert_eq!(
        told.groups.unwrap(),
        ["night", "/ops/night", "g2", "ops", "/ops", "g1"]
    );
    service.privileges(&["u1".into()]).await.remove(0).unwrap();
    let asked = script
        .lines()
        .iter()
        .filter(|line| line.ends_with("/users/own/role-mappings"))
        .count();
    assert_eq!(asked, 1, "the id of the rights is looked up once");
}

#[tokio::test]
async fn nobody_is_called_harmless_where_the_rights_cannot_be_seen() {
    let script = holding("[]");
    let told = service(&script)
        .privileges(&["u1".into()])
        .await
        .remove(0)
        .unwrap();
    assert_eq!((told.privileged, told.roles), (None, None));
    assert_eq!(told.missing.as_deref(), Some("view-clients"));
}

#[tokio::test]
async fn whoever_holds_a_right_directly_is_privileged_though_the_rights_cannot_be_looked_up() {
    let given = r#"{"clientMappings":{"realm-management":{"id":"rm","mappings":[{"name":"manage-users"}]},
        "portal":{"id":"p","mappings":[{"name":"buyer"}]}}}"#;
    let script = Script::answering(move |sent| match sent.line.as_str() {
        line if line.ends_with("/users/u1/role-mappings") => answer(200, given),
        line if line.ends_with("/realm/composite") || line.contains("/groups") => answer(200, "[]"),
        _ => answer(403, "{}"),
    });
    let told = service(&script)
        .privileges(&["u1".into()])
        .await
        .remove(0)
        .unwrap();
    assert_eq!((told.privileged, told.roles), (Some(true), None));
}

#[tokio::test]
async fn whoever_administers_another_realm_is_privileged_in_the_realm_over_all() {
    let told = async |given: &'static str, roles: &'static str, realm: &str| {
        let script = Script::answering(move |sent| match sent.line.as_str() {
            line if line.contains("/clients?clientId=") => answer(200, r#"[{"id":"own"}]"#),
            line if line.ends_with("/users/u1/role-mappings") => answer(200, given),
            line if line.ends_with("/realm/composite") => answer(200, roles),
            _ => answer(200, "[]"),
        });
        let service = KeycloakService::new(Link {
            graph: script.pipeline(60),
            tenant: realm.to_owned(),
            claims: rights(&["manage-users"]),
        });
        let told = service.privileges(&["u1".into()]).await.remove(0).unwrap();
        told.privileged
    };
    let shop = r#"{"clientMappings":{"shop-realm":{"id":"s","mappings":[{"name":"manage-users"}]}}}"#;
    assert_eq!(told(shop, "[]", "master").await, Some(true));
    assert_eq!(
        told("{}", r#"[{"name":"create-realm"}]"#, "master").await,
        Some(true)
    );
    assert_eq!(told("{}", "[]", "master").await, Some(false));
    assert_eq!(
        told(shop, r#"[{"name":"create-realm"}]"#, "staff").await,
        Some(false)
    );
}

#[tokio::test]
async fn the_report_reads_people_by_pages_and_asks_for_rights_only_of_those_it_shows() {
    let script = Script::answering(|sent| {
        let line = sent.line.as_str();
        if line.contains("/users?") {
            return answer(
                200,
                r#"[{"id":"u1","username":"a","enabled":true},{"id":"u2","username":"b","enabled":true},
                    {"id":"u3","username":"c","enabled":false},{"id":"u4","username":"gone","enabled":true}]"#,
            );
        }
        if line.contains("/users/u1/credentials") {
            return answer(200, &credentials());
        }
        if line.contains("/users/u4/") {
            return answer(404, NOBODY);
        }
        if line.contains("/clients?") {
            return answer(200, r#"[{"id":"rm","clientId":"realm-management"}]"#);
        }
        if line.ends_with("/composite") {
            return answer(200, r#"[{"name":"manage-users"}]"#);
        }
        answer(200, "[]")
    });
    let query = ReportQuery {
        without: Some(Without::Mfa),
        ..ReportQuery::default()
    };
    let rows: Vec<_> = service(&script).registration(&query).try_collect().await.unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.user.sign_in_name.as_str(), row.admin, row.mfa_registered))
        .collect();
    assert_eq!(shown, [("b", true, Some(false))]);
    let asked: Vec<_> = script
        .lines()
        .into_iter()
        .filter(|line| line.ends_with("/composite"))
        .collect();
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_policy_that_may_not_be_seen_names_the_right() {
    let script = Script::new([answer(200, r#"{"realm":"staff","displayName":"Staff"}"#)]);
    let error = service(&script).policy(None).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::PermissionMissing);
    assert_eq!(
        error.message(),
        "the account lacks the role view-realm of realm-management"
    );
}
