//! What a role does not reach, and what is refused unsent: a refusal says why.

use serde_json::{Value, json};

use super::{add_mobile, apply_one, as_person, refused, service, step};
use crate::auth::TokenClaims;
use crate::domain::{Action, ErrorCode, IdentityService as _, Privileges};
use crate::http::testing::{Script, answer};
use crate::services::Link;
use crate::services::entra::EntraService;

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
