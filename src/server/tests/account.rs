//! Accounts: switched, signed out, given another password; devices; the report.

use serde_json::{Value, json};

use super::Service;

const RESET: &str = "methods/28c10230-6103-485e-b985-444c60001490/resetPassword";

#[tokio::test]
async fn a_password_reset_runs_for_a_while_and_then_has_succeeded() {
    let service = Service::demo().await;
    let token = service.token("admin").await;
    let path = format!("/v1.0/users/bas@contoso.example/authentication/{RESET}");
    assert_eq!(
        service.call("POST", &path, json!({})).await.code(),
        (403, "accessDenied"),
        "not for applications"
    );
    let answer = service.call_as(&token, "POST", &path, json!({})).await;
    assert_eq!(answer.status, 202);
    let made = answer.body["newPassword"].as_str().unwrap().to_owned();
    let place = answer.headers["location"]
        .to_str()
        .unwrap()
        .strip_prefix(super::BASE)
        .unwrap()
        .to_owned();
    assert!(place.contains("?aadgdc="), "{place}");
    let mut states = Vec::new();
    for _ in 0..3 {
        let poll = service.call_as(&token, "GET", &place, Value::Null).await;
        states.push(poll.body["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["running", "running", "succeeded"]);
    let mut form = service.password_grant("bas").await;
    assert_eq!(
        service.grant(&form).await.body["error_codes"][0],
        50_126,
        "the old password is over"
    );
    form.retain(|(key, _)| *key != "password");
    form.push(("password", made));
    assert_eq!(
        service.grant(&form).await.body["error_codes"][0],
        50_055,
        "it must be changed first"
    );
    let given = service
        .call_as(&token, "POST", &path, json!({"newPassword": "Tr1cky-Horse"}))
        .await;
    assert_eq!((given.status, given.body["newPassword"].is_null()), (202, true));
    let weak = service
        .call_as(&token, "POST", &path, json!({"newPassword": "Password1!"}))
        .await;
    assert_eq!(weak.code(), (400, "badRequest"));
    let synced = format!("/v1.0/users/sven@contoso.example/authentication/{RESET}");
    assert_eq!(
        service.call_as(&token, "POST", &synced, json!({})).await.status,
        400
    );
}

#[tokio::test]
async fn an_application_sets_passwords_and_switches_accounts_through_the_account_itself() {
    let service = Service::demo().await;
    let path = "/v1.0/users/bas@contoso.example";
    let profile =
        json!({"passwordProfile": {"password": "Tr1cky-Horse", "forceChangePasswordNextSignIn": false}});
    assert_eq!(service.call("PATCH", path, profile).await.status, 204);
    let weak = json!({"passwordProfile": {"password": "short"}});
    assert_eq!(
        service.call("PATCH", path, weak).await.code(),
        (400, "Request_BadRequest")
    );
    assert_eq!(
        service
            .call("PATCH", path, json!({"accountEnabled": false}))
            .await
            .status,
        204
    );
    let bas = service
        .get(&format!("{path}?$select=accountEnabled,userPrincipalName"))
        .await;
    assert_eq!(
        (&bas.body["accountEnabled"], bas.body.get("displayName")),
        (&json!(false), None)
    );
    for body in [
        json!({}),
        json!({"displayName": "x"}),
        json!({"accountEnabled": "no"}),
    ] {
        assert_eq!(
            service.call("PATCH", path, body.clone()).await.code(),
            (400, "Request_BadRequest"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_every_session() {
    let service = Service::demo().await;
    let sessions = "/mfactl/v1/users/adele@contoso.example/sessions";
    assert_eq!(service.get(sessions).await.all("id").len(), 4);
    let path = "/v1.0/users/adele@contoso.example/revokeSignInSessions";
    assert_eq!(service.call("POST", path, Value::Null).await.body["value"], true);
    assert_eq!(service.get(sessions).await.all("id").len(), 0);
    let old = "/users/adele@contoso.example/invalidateAllRefreshTokens";
    assert_eq!(
        service
            .call("POST", &format!("/beta{old}"), json!({}))
            .await
            .status,
        200
    );
    assert_eq!(
        service
            .call("POST", &format!("/v1.0{old}"), json!({}))
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn a_registered_device_is_found_disabled_and_deleted() {
    let service = Service::demo().await;
    let owned = service
        .get("/v1.0/users/adele@contoso.example/registeredDevices")
        .await;
    assert_eq!(owned.all("@odata.type"), ["#microsoft.graph.device"]);
    let device = owned.body["value"][0].clone();
    assert!(device["id"].as_str().unwrap().starts_with("0b7e"));
    let path = format!("/v1.0/devices/{}", device["id"].as_str().unwrap());
    let by_device_id = format!(
        "/v1.0/devices(deviceId='{}')",
        device["deviceId"].as_str().unwrap()
    );
    assert_eq!(
        service
            .call("PATCH", &path, json!({"accountEnabled": false}))
            .await
            .status,
        204
    );
    assert_eq!(service.get(&by_device_id).await.body["accountEnabled"], false);
    assert_eq!(
        service
            .call("PATCH", &path, json!({"displayName": "x"}))
            .await
            .code()
            .0,
        400
    );
    assert_eq!(service.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(service.get(&path).await.code(), (404, "Request_ResourceNotFound"));
}

#[tokio::test]
async fn the_report_says_who_has_what() {
    let service = Service::demo().await;
    let path = "/v1.0/reports/authenticationMethods/userRegistrationDetails";
    let all = service.get(path).await;
    let row = |name: &str| {
        let rows = all.body["value"].as_array().unwrap();
        rows.iter()
            .find(|row| row["userPrincipalName"] == format!("{name}@contoso.example"))
            .unwrap()
            .clone()
    };
    assert_eq!(
        row("adele")["methodsRegistered"],
        json!([
            "microsoftAuthenticatorPush",
            "mobilePhone",
            "alternateMobilePhone",
            "email"
        ])
    );
    assert_eq!(row("chidi")["isMfaRegistered"], false);
    assert_eq!(row("gita")["isPasswordlessCapable"], true);
    assert_eq!(
        (
            &row("admin")["isAdmin"],
            &row("petra")["isAdmin"],
            &row("bas")["isAdmin"]
        ),
        (&json!(true), &json!(true), &json!(false))
    );
    let some = service
        .get(&format!(
            "{path}?$filter=methodsRegistered/any(t:t%20eq%20'fido2')&$select=userPrincipalName&$top=2"
        ))
        .await;
    assert_eq!(
        some.all("userPrincipalName"),
        ["breakglass@contoso.example", "gita@contoso.example"]
    );
    let next = some.body["@odata.nextLink"]
        .as_str()
        .unwrap()
        .strip_prefix(super::BASE)
        .unwrap();
    assert_eq!(
        service.get(next).await.all("userPrincipalName"),
        ["omar@contoso.example"]
    );
    let one = all.body["value"][0]["id"].as_str().unwrap();
    assert_eq!(service.get(&format!("{path}/{one}")).await.body["id"], one);
}
