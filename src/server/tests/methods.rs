//! Methods in general: lists, the default, passes, preferences.

use serde_json::{Value, json};

use super::Service;

const MOBILE: &str = "phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";
const ALTERNATE: &str = "phoneMethods/b6332ec1-7057-4abe-9331-3d72feddfe41";

#[tokio::test]
async fn lists_the_methods_of_a_person_with_their_types() {
    let service = Service::demo().await;
    let adele = service.own("adele", "GET", "methods", Value::Null).await;
    assert_eq!(
        adele.all("@odata.type"),
        [
            "#microsoft.graph.passwordAuthenticationMethod",
            "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
            "#microsoft.graph.phoneAuthenticationMethod",
            "#microsoft.graph.phoneAuthenticationMethod",
            "#microsoft.graph.emailAuthenticationMethod",
        ]
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&adele.body["value"][2]).unwrap(), @r##"
    {
      "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
      "id": "3179e48a-750b-4051-897c-87b9720928f7",
      "phoneNumber": "+1 4255550100",
      "phoneType": "mobile",
      "smsSignInState": "notEnabled",
      "createdDateTime": "2024-03-03T12:00:00Z"
    }
    "##);
    let chidi = service.own("chidi", "GET", "methods", Value::Null).await;
    assert_eq!(chidi.all("@odata.type").len(), 1, "the password alone");
    let names = |answer: &super::Answer| answer.all("@odata.type").join(" ");
    let omar = service.own("omar", "GET", "methods", Value::Null).await;
    assert!(!names(&omar).contains("hardwareOath") && !names(&omar).contains("qrCode"));
    let beta = service
        .get("/beta/users/omar@contoso.example/authentication/methods")
        .await;
    assert!(names(&beta).contains("hardwareOath") && names(&beta).contains("qrCode"));
}

#[tokio::test]
async fn the_default_goes_last() {
    let service = Service::demo().await;
    let refused = service.own("fen", "DELETE", MOBILE, Value::Null).await;
    assert_eq!(refused.status, 204, "fen's only method is the last one");
    let refused = service
        .own(
            "tess",
            "DELETE",
            &first(&service, "tess", "softwareOathMethods").await,
            Value::Null,
        )
        .await;
    assert_eq!(refused.code(), (400, "badRequest"));
    assert!(
        refused.body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("current default authentication method")
    );
    let change = json!({"userPreferredMethodForSecondaryAuthentication": "sms"});
    assert_eq!(
        service
            .own("tess", "PATCH", "signInPreferences", change)
            .await
            .status,
        204
    );
    let oath = first(&service, "tess", "softwareOathMethods").await;
    assert_eq!(
        service.own("tess", "DELETE", &oath, Value::Null).await.status,
        204
    );
    assert_eq!(
        service.own("tess", "DELETE", MOBILE, Value::Null).await.status,
        204
    );
    let gone = service.own("tess", "GET", "signInPreferences", Value::Null).await;
    assert_eq!(
        gone.body["userPreferredMethodForSecondaryAuthentication"],
        Value::Null
    );
}

async fn first(service: &Service, name: &str, segment: &str) -> String {
    let answer = service.own(name, "GET", segment, Value::Null).await;
    format!(
        "{segment}/{}",
        answer.body["value"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", answer.body))
    )
}

#[tokio::test]
async fn one_of_two_authenticators_may_go_and_the_other_stays_the_default() {
    let service = Service::demo().await;
    let old = first(&service, "emre", "microsoftAuthenticatorMethods").await;
    assert!(old.contains("/b2f7"), "{old}");
    assert_eq!(service.own("emre", "DELETE", &old, Value::Null).await.status, 204);
    assert_eq!(
        service.own("emre", "DELETE", &old, Value::Null).await.code(),
        (404, "resourceNotFound")
    );
    let preferences = service.own("emre", "GET", "signInPreferences", Value::Null).await;
    assert_eq!(
        preferences.body["userPreferredMethodForSecondaryAuthentication"],
        "push"
    );
}

#[tokio::test]
async fn a_default_must_be_a_method_that_the_person_has_and_has_verified() {
    let service = Service::demo().await;
    let set = async |name: &str, value: Value| {
        let body = json!({"userPreferredMethodForSecondaryAuthentication": value});
        service.own(name, "PATCH", "signInPreferences", body).await.status
    };
    assert_eq!(set("adele", json!("push")).await, 204);
    assert_eq!(
        set("adele", json!("oath")).await,
        204,
        "an authenticator shows codes too"
    );
    assert_eq!(set("adele", json!("voiceOffice")).await, 400);
    assert_eq!(set("adele", json!("carrier pigeon")).await, 400);
    let phone = json!({"phoneNumber": "+1 4255550131", "phoneType": "mobile"});
    assert_eq!(
        service.own("chidi", "POST", "phoneMethods", phone).await.status,
        201
    );
    assert_eq!(
        set("chidi", json!("sms")).await,
        400,
        "the number waits for its code"
    );
    assert_eq!(set("dora", Value::Null).await, 204);
    let dora = service.own("dora", "GET", "signInPreferences", Value::Null).await;
    assert_eq!(dora.body["userPreferredMethodForSecondaryAuthentication"], "push");
    assert_eq!(
        service
            .own("dora", "PATCH", "signInPreferences", json!({}))
            .await
            .status,
        400
    );
    assert_eq!(
        service
            .own("dora", "PATCH", "signInPreferences", json!({"other": 1}))
            .await
            .status,
        400
    );
    let path = "/v1.0/users/dora@contoso.example/authentication/signInPreferences";
    assert_eq!(
        service.get(path).await.code(),
        (405, "Request_BadRequest"),
        "beta only"
    );
}

#[tokio::test]
async fn there_is_one_email_address_and_it_is_no_second_factor() {
    let service = Service::demo().await;
    let add = async |name: &str, address: &str| {
        service
            .own(name, "POST", "emailMethods", json!({"emailAddress": address}))
            .await
            .status
    };
    assert_eq!(add("chidi", "not an address").await, 400);
    assert_eq!(add("chidi", "chidi@home.example").await, 201);
    assert_eq!(add("chidi", "other@home.example").await, 400);
    let path = "emailMethods/3ddfcfc8-9383-446f-83cc-3ab9be4be18f";
    let changed = service
        .own(
            "chidi",
            "PATCH",
            path,
            json!({"emailAddress": "new@home.example"}),
        )
        .await;
    assert_eq!(changed.status, 204);
    assert_eq!(
        service.own("chidi", "GET", path, Value::Null).await.body["emailAddress"],
        "new@home.example"
    );
    assert_eq!(
        service.own("adele", "DELETE", path, Value::Null).await.status,
        204,
        "never the default"
    );
    assert_eq!(
        service.own("bas", "DELETE", path, Value::Null).await.code(),
        (404, "resourceNotFound")
    );
}

#[tokio::test]
async fn every_type_of_method_can_be_read_and_removed_in_its_own_collection() {
    let service = Service::demo().await;
    let user = "/beta/users/omar@contoso.example/authentication";
    service
        .own(
            "omar",
            "PATCH",
            "signInPreferences",
            json!({"userPreferredMethodForSecondaryAuthentication": "sms"}),
        )
        .await;
    for segment in [
        "fido2Methods",
        "microsoftAuthenticatorMethods",
        "softwareOathMethods",
        "windowsHelloForBusinessMethods",
        "platformCredentialMethods",
        "externalAuthenticationMethods",
        "hardwareOathMethods",
        "emailMethods",
    ] {
        let list = service.get(&format!("{user}/{segment}")).await;
        let [id] = list.all("id")[..] else {
            panic!("{segment} {}", list.body)
        };
        let path = format!("{user}/{segment}/{id}");
        assert_eq!(service.get(&path).await.body["id"], id, "{segment}");
        assert_eq!(
            service.call("DELETE", &path, Value::Null).await.status,
            204,
            "{segment}"
        );
        assert_eq!(
            service.get(&path).await.code(),
            (404, "resourceNotFound"),
            "{segment}"
        );
    }
    assert_eq!(
        service
            .call("DELETE", &format!("{user}/qrCodePinMethod"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(service.get(&format!("{user}/qrCodePinMethod")).await.status, 404);
    for path in [ALTERNATE, MOBILE] {
        assert_eq!(
            service
                .own(
                    "omar",
                    "PATCH",
                    "signInPreferences",
                    json!({"userPreferredMethodForSecondaryAuthentication": "voiceOffice"})
                )
                .await
                .status,
            204
        );
        assert_eq!(
            service.own("omar", "DELETE", path, Value::Null).await.status,
            204,
            "{path}"
        );
    }
    let password = "passwordMethods/28c10230-6103-485e-b985-444c60001490";
    assert_eq!(
        service.own("omar", "GET", password, Value::Null).await.body["password"],
        Value::Null
    );
    assert_eq!(
        service.own("omar", "DELETE", password, Value::Null).await.status,
        405
    );
    assert_eq!(
        service
            .own("omar", "GET", "hardwareOathMethods", Value::Null)
            .await
            .status,
        405,
        "beta only"
    );
}

#[tokio::test]
async fn deleting_without_a_type_is_answered_in_another_frameworks_words() {
    let service = Service::demo().await;
    let id = first(&service, "adele", "microsoftAuthenticatorMethods").await;
    let id = id.split('/').nth(1).unwrap();
    let answer = service
        .own("adele", "DELETE", &format!("methods/{id}"), Value::Null)
        .await;
    assert_eq!((answer.status, &answer.body["error"]), (404, &Value::Null));
    assert!(
        answer.body["Message"]
            .as_str()
            .unwrap()
            .starts_with("No HTTP resource was found")
    );
    assert!(answer.body["MessageDetail"].is_string());
}

#[tokio::test]
async fn per_user_mfa_that_is_enabled_is_enforced_once_there_is_a_method() {
    let service = Service::demo().await;
    let set = json!({"perUserMfaState": "enabled"});
    for (name, expected) in [("adele", "enforced"), ("chidi", "enabled")] {
        assert_eq!(
            service
                .own(name, "PATCH", "requirements", set.clone())
                .await
                .status,
            204
        );
        assert_eq!(
            service.own(name, "GET", "requirements", Value::Null).await.body["perUserMfaState"],
            expected
        );
    }
    assert_eq!(
        service
            .own("adele", "PATCH", "requirements", json!({"perUserMfaState": "on"}))
            .await
            .status,
        400
    );
}
