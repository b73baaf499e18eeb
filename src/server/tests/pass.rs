//! The temporary access pass.

use serde_json::{Value, json};

use super::Service;

#[tokio::test]
async fn a_pass_is_told_once_replaces_the_one_before_and_keeps_to_the_policy() {
    let service = Service::demo().await;
    let segment = "temporaryAccessPassMethods";
    let made = service
        .own(
            "bas",
            "POST",
            segment,
            json!({"isUsableOnce": true, "lifetimeInMinutes": 30}),
        )
        .await;
    assert_eq!(
        (
            made.status,
            made.body["temporaryAccessPass"].as_str().unwrap().len()
        ),
        (201, 8)
    );
    assert_eq!(made.body["methodUsabilityReason"], "EnabledByPolicy");
    for minutes in [9, 481] {
        let refused = service
            .own("bas", "POST", segment, json!({"lifetimeInMinutes": minutes}))
            .await;
        assert_eq!(refused.code(), (400, "badRequest"));
    }
    let second = service.own("bas", "POST", segment, json!({})).await;
    assert_ne!(second.body["id"], made.body["id"]);
    let list = service.own("bas", "GET", segment, Value::Null).await;
    assert_eq!(list.all("id"), [second.body["id"].as_str().unwrap()]);
    assert_eq!(list.body["value"][0]["temporaryAccessPass"], Value::Null);
    assert_eq!(list.body["value"][0]["lifetimeInMinutes"], 60);
    let later = json!({"startDateTime": "2100-01-01T00:00:00Z"});
    let later = service.own("bas", "POST", segment, later).await;
    assert_eq!(
        (later.status, &later.body["methodUsabilityReason"]),
        (201, &json!("NotYetValid"))
    );
    let guest = "/v1.0/users/ines_fabrikam.example%23EXT%23@contoso.example/authentication/temporaryAccessPassMethods";
    let guest = service.call("POST", guest, json!({})).await;
    assert_eq!(
        guest.body["error"]["message"],
        "Temporary Access Pass cannot be added to an external guest user."
    );
}

#[tokio::test]
async fn a_pass_expires_on_the_services_clock_and_can_be_switched_off_by_policy() {
    let service = Service::demo().await;
    let segment = "temporaryAccessPassMethods";
    service
        .own("bas", "POST", segment, json!({"lifetimeInMinutes": 10}))
        .await;
    service.advance(601).await;
    let list = service.own("bas", "GET", segment, Value::Null).await;
    assert_eq!(list.body["value"][0]["methodUsabilityReason"], "Expired");
    let policy =
        "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass";
    let odata = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration";
    let exclude =
        json!({"@odata.type": odata, "excludeTargets": [{"targetType": "group", "id": "all_users"}]});
    assert_eq!(service.call("PATCH", policy, exclude).await.status, 204);
    let made = service.own("bas", "POST", segment, json!({})).await;
    assert_eq!((made.status, &made.body["isUsable"]), (201, &json!(false)));
    assert_eq!(made.body["methodUsabilityReason"], "DisabledByPolicy");
    assert_eq!(
        service
            .call("PATCH", policy, json!({"state": "disabled"}))
            .await
            .status,
        400,
        "its type is missing"
    );
    service
        .call(
            "PATCH",
            policy,
            json!({"@odata.type": odata, "state": "disabled"}),
        )
        .await;
    let refused = service.own("bas", "POST", segment, json!({})).await;
    assert!(
        refused.body["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Converged UserCredentialPolicy does not")
    );
}
