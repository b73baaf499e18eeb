//! What a token gives, and over whom.

use serde_json::{Value, json};

use super::Service;

const DENIED: (u16, &str) = (403, "Authorization_RequestDenied");
const ACCESS_DENIED: (u16, &str) = (403, "accessDenied");

async fn methods(service: &Service, token: &str, name: &str) -> (u16, String) {
    let path = format!("/v1.0/users/{name}@contoso.example/authentication/methods");
    let answer = service.call_as(token, "GET", &path, Value::Null).await;
    (
        answer.status,
        answer.body["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

#[tokio::test]
async fn an_authentication_administrator_sees_masked_numbers_of_people_and_no_administrators_methods() {
    let service = Service::demo().await;
    let token = service.token("helpdesk").await;
    let path = "/v1.0/users/adele@contoso.example/authentication/phoneMethods";
    let answer = service.call_as(&token, "GET", path, Value::Null).await;
    assert_eq!(answer.all("phoneNumber"), ["+1 XXXXXXXX00", "+1 XXXXXXXX99"]);
    for name in ["admin", "breakglass", "hugo", "petra"] {
        assert_eq!(
            methods(&service, &token, name).await,
            (403, "accessDenied".to_owned()),
            "{name}"
        );
    }
    let admin = service.token("admin").await;
    let answer = service.call_as(&admin, "GET", path, Value::Null).await;
    assert_eq!(answer.all("phoneNumber"), ["+1 4255550100", "+1 4255550199"]);
    assert_eq!(methods(&service, &admin, "breakglass").await.0, 200);
}

#[tokio::test]
async fn a_person_without_a_role_reads_the_own_methods_and_nobody_elses() {
    let service = Service::demo().await;
    let token = service.token("adele").await;
    assert_eq!(methods(&service, &token, "adele").await.0, 200);
    assert_eq!(
        methods(&service, &token, "bas").await,
        (403, "accessDenied".to_owned())
    );
    let own = service
        .call_as(&token, "GET", "/v1.0/me/authentication/phoneMethods", Value::Null)
        .await;
    assert_eq!(own.all("phoneNumber"), ["+1 4255550100", "+1 4255550199"]);
    let me = service.call_as(&token, "GET", "/v1.0/me", Value::Null).await;
    assert_eq!(me.body["userPrincipalName"], "adele@contoso.example");
    assert_eq!(
        service.get("/v1.0/me").await.status,
        400,
        "an application has no own account"
    );
}

#[tokio::test]
async fn nobody_changes_the_own_methods_through_graph() {
    let service = Service::demo().await;
    let token = service.token("admin").await;
    let phone = json!({"phoneNumber": "+1 4255550130", "phoneType": "mobile"});
    let calls = [
        ("POST", "phoneMethods", phone.clone()),
        ("POST", "temporaryAccessPassMethods", json!({})),
        (
            "POST",
            "methods/28c10230-6103-485e-b985-444c60001490/resetPassword",
            json!({}),
        ),
    ];
    for (method, path, body) in calls {
        for user in ["me", "users/admin@contoso.example"] {
            let path = format!("/v1.0/{user}/authentication/{path}");
            assert_eq!(
                service.call_as(&token, method, &path, body.clone()).await.code(),
                ACCESS_DENIED,
                "{path}"
            );
        }
    }
    let path = "/v1.0/users/chidi@contoso.example/authentication/phoneMethods";
    assert_eq!(service.call_as(&token, "POST", path, phone).await.status, 201);
}

#[tokio::test]
async fn a_scope_gives_what_it_names_and_no_more() {
    let service = Service::demo().await;
    let mut form = service.password_grant("admin").await;
    form.retain(|(key, _)| *key != "scope");
    form.push((
        "scope",
        "User.ReadBasic.All UserAuthMethod-Email.ReadWrite.All".to_owned(),
    ));
    let token = service.grant(&form).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let user = "/v1.0/users/adele@contoso.example";
    let cases = [
        ("GET", "/v1.0/users?$select=displayName", (200, "")),
        ("GET", "/v1.0/users?$select=accountEnabled", DENIED),
        ("GET", "/v1.0/groups", DENIED),
        ("GET", "/v1.0/devices", DENIED),
        ("GET", "/mfactl/v1/policy", ACCESS_DENIED),
        ("GET", &format!("{user}/authentication/emailMethods"), (200, "")),
        (
            "GET",
            &format!("{user}/authentication/phoneMethods"),
            ACCESS_DENIED,
        ),
        ("GET", &format!("{user}/authentication/methods"), ACCESS_DENIED),
        (
            "GET",
            &format!("/beta{}/authentication/requirements", &user[5..]),
            ACCESS_DENIED,
        ),
        ("POST", &format!("{user}/revokeSignInSessions"), DENIED),
        (
            "GET",
            "/v1.0/reports/authenticationMethods/userRegistrationDetails",
            DENIED,
        ),
        ("GET", "/v1.0/policies/authenticationMethodsPolicy", DENIED),
    ];
    for (method, path, expected) in cases {
        assert_eq!(
            service.call_as(&token, method, path, Value::Null).await.code(),
            expected,
            "{path}"
        );
    }
    let path = format!("{user}/authentication/emailMethods/3ddfcfc8-9383-446f-83cc-3ab9be4be18f");
    assert_eq!(
        service.call_as(&token, "DELETE", &path, Value::Null).await.status,
        204
    );
}

#[tokio::test]
async fn roles_decide_who_may_disable_sign_out_and_set_per_user_mfa() {
    let service = Service::demo().await;
    let (helpdesk, hugo, petra) = (
        service.token("helpdesk").await,
        service.token("hugo").await,
        service.token("petra").await,
    );
    let disable = json!({"accountEnabled": false});
    let cases = [
        (
            &helpdesk,
            "PATCH",
            "/v1.0/users/bas@contoso.example",
            disable.clone(),
            204,
        ),
        (
            &helpdesk,
            "PATCH",
            "/v1.0/users/admin@contoso.example",
            disable.clone(),
            403,
        ),
        (
            &hugo,
            "PATCH",
            "/v1.0/users/bas@contoso.example",
            disable.clone(),
            403,
        ),
        (
            &hugo,
            "POST",
            "/v1.0/users/bas@contoso.example/revokeSignInSessions",
            json!({}),
            200,
        ),
        (
            &hugo,
            "POST",
            "/v1.0/users/admin@contoso.example/revokeSignInSessions",
            json!({}),
            403,
        ),
        (&petra, "PATCH", "/v1.0/users/fen@contoso.example", disable, 204),
        (
            &helpdesk,
            "PATCH",
            "/beta/users/fen@contoso.example/authentication/requirements",
            json!({"perUserMfaState": "disabled"}),
            403,
        ),
        (
            &helpdesk,
            "PATCH",
            "/v1.0/policies/authenticationMethodsPolicy",
            json!({}),
            403,
        ),
        (
            &hugo,
            "GET",
            "/v1.0/users/fen@contoso.example/authentication/methods",
            Value::Null,
            403,
        ),
    ];
    for (token, method, path, body, status) in cases {
        let answer = service.call_as(token, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path} {}", answer.body);
    }
}

#[tokio::test]
async fn members_of_a_restricted_unit_are_changed_by_its_own_administrators_alone() {
    let service = Service::demo().await;
    let (admin, helpdesk, hugo) = (
        service.token("admin").await,
        service.token("helpdesk").await,
        service.token("hugo").await,
    );
    let pia = "/v1.0/users/pia@contoso.example";
    let told = service
        .get(&format!("{pia}?$select=isManagementRestricted"))
        .await;
    assert_eq!(told.body["isManagementRestricted"], json!(true));
    let told = service
        .get("/v1.0/users/fen@contoso.example?$select=isManagementRestricted")
        .await;
    assert_eq!(told.body["isManagementRestricted"], Value::Null);
    let units = service.get(&format!("{pia}/transitiveMemberOf")).await;
    let unit = units.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["@odata.type"] == "#microsoft.graph.administrativeUnit")
        .unwrap_or_else(|| panic!("{}", units.body));
    assert_eq!(
        (&unit["displayName"], &unit["isMemberManagementRestricted"]),
        (&json!("Plant Control"), &json!(true))
    );

    let mail = format!("{pia}/authentication/emailMethods");
    let address = json!({"emailAddress": "pia@home.example"});
    for token in [&admin, &helpdesk] {
        assert_eq!(methods(&service, token, "pia").await.0, 200, "reading is allowed");
        assert_eq!(
            service
                .call_as(token, "POST", &mail, address.clone())
                .await
                .code(),
            ACCESS_DENIED
        );
        for (method, path, body) in [
            ("PATCH", pia.to_owned(), json!({"accountEnabled": false})),
            ("POST", format!("{pia}/revokeSignInSessions"), json!({})),
        ] {
            let answer = service.call_as(token, method, &path, body).await;
            assert_eq!(answer.code(), DENIED, "{method} {path}");
            let message = answer.body["error"]["message"].as_str().unwrap();
            assert!(
                message.contains("restricted management administrative unit"),
                "{message}"
            );
        }
    }
    // Nor does an application, whatever its permissions.
    let refused = service.call("POST", &mail, address.clone()).await;
    assert_eq!(refused.code(), ACCESS_DENIED);
    // Hugo holds the role over this unit, and nowhere else.
    assert_eq!(
        service
            .call_as(&hugo, "POST", &mail, address.clone())
            .await
            .status,
        201
    );
    assert_eq!(
        methods(&service, &hugo, "fen").await,
        (403, "accessDenied".to_owned())
    );
    let id = |body: &Value| body["id"].as_str().unwrap().to_owned();
    let hugo = id(&service.get("/v1.0/users/hugo@contoso.example").await.body);
    let query = format!("$filter=principalId%20eq%20'{hugo}'");
    let assignments = service
        .get(&format!("/v1.0/roleManagement/directory/roleAssignments?{query}"))
        .await;
    let mut scopes = assignments.all("directoryScopeId");
    scopes.sort_unstable();
    assert_eq!(
        scopes,
        ["/", format!("/administrativeUnits/{}", id(unit)).as_str()]
    );
}
