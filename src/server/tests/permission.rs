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
