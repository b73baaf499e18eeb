//! Phone numbers as Graph takes them, and who signs in with one.

use serde_json::{Value, json};

use super::Service;

#[tokio::test]
async fn the_numbers_of_graphs_own_examples_are_taken_although_no_plan_has_them() {
    let service = Service::demo().await;
    for (number, kind, shown) in [
        ("+1 5555551234", "mobile", "+1 5555551234"),
        ("+1 2065555554", "alternateMobile", "+1 2065555554"),
        ("+1 5555551234x123", "office", "+1 5555551234x123"),
    ] {
        let made = service
            .own(
                "chidi",
                "POST",
                "phoneMethods",
                json!({"phoneNumber": number, "phoneType": kind}),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.body["phoneNumber"], shown);
    }
    let changed = service
        .own(
            "chidi",
            "PATCH",
            "phoneMethods/3179e48a-750b-4051-897c-87b9720928f7",
            json!({"phoneNumber": "+44 07700900123"}),
        )
        .await;
    assert_eq!(changed.status, 204, "a national zero too");
}

#[tokio::test]
async fn only_those_whom_the_target_for_sign_in_means_sign_in_by_text() {
    let service = Service::start(true).await;
    let pilots = service
        .get("/v1.0/groups?$filter=displayName%20eq%20'Pilots'")
        .await
        .all("id")[0]
        .to_owned();
    let policy = json!({
        "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
        "includeTargets": [
            {"id": "all_users", "targetType": "group", "isUsableForSignIn": false},
            {"id": pilots, "targetType": "group", "isUsableForSignIn": true},
        ],
    });
    let place = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";
    assert_eq!(service.call("PATCH", place, policy).await.status, 204);
    let members = service.get(&format!("/v1.0/groups/{pilots}/members")).await;
    let pilot = members.all("userPrincipalName")[0].to_owned();
    let state = async |name: &str, number: &str| {
        let body = json!({"phoneNumber": number, "phoneType": "mobile"});
        let path = format!("/v1.0/users/{name}/authentication/phoneMethods");
        let there = service.get(&path).await;
        if !there.all("id").is_empty() {
            service
                .call("PATCH", &format!("{path}/{}", there.all("id")[0]), body)
                .await;
        } else {
            service.call("POST", &path, body).await;
        }
        service.get(&path).await.all("smsSignInState")[0].to_owned()
    };
    assert_eq!(state(&pilot, "+1 4255550181").await, "ready");
    assert_eq!(
        state("chidi@contoso.example", "+1 4255550182").await,
        "notEnabled"
    );
    let refused = service
        .own(
            "chidi",
            "POST",
            "phoneMethods/3179e48a-750b-4051-897c-87b9720928f7/enableSmsSignIn",
            Value::Null,
        )
        .await;
    assert_eq!(refused.code(), (400, "badRequest"));
}
