//! Phone numbers: their order, their verification, promotion.

use serde_json::{Value, json};

use super::Service;

const MOBILE: &str = "phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";
const ALTERNATE: &str = "phoneMethods/b6332ec1-7057-4abe-9331-3d72feddfe41";
const OFFICE: &str = "phoneMethods/e37fc753-ff3b-4958-9484-eaa9425c82bc";

fn phone(number: &str, kind: &str) -> Value {
    json!({"phoneNumber": number, "phoneType": kind})
}

async fn waiting(service: &Service, name: &str) -> Value {
    service
        .get(&format!("/mfactl/v1/users/{name}@contoso.example/verifications"))
        .await
        .body["value"]
        .clone()
}

#[tokio::test]
async fn a_bad_number_is_refused_with_its_own_code() {
    let service = Service::demo().await;
    for number in ["", "0612345678", "+31 6", "+1 abc", "+999 12345678"] {
        let answer = service
            .own("chidi", "POST", "phoneMethods", phone(number, "mobile"))
            .await;
        assert_eq!(answer.code(), (400, "invalidPhoneNumber"), "{number}");
    }
    assert_eq!(
        service
            .own("chidi", "POST", "phoneMethods", phone("+1 4255550130", "fax"))
            .await
            .code()
            .0,
        400
    );
}

#[tokio::test]
async fn there_is_one_phone_of_a_type_and_an_alternate_needs_a_mobile() {
    let service = Service::demo().await;
    let add = async |number, kind| {
        service
            .own("chidi", "POST", "phoneMethods", phone(number, kind))
            .await
            .code()
            .0
    };
    assert_eq!(add("+1 4255550131", "alternateMobile").await, 400);
    assert_eq!(add("+14255550130", "mobile").await, 201);
    assert_eq!(add("+1 4255550132", "mobile").await, 400);
    assert_eq!(add("+1 4255550131", "alternateMobile").await, 201);
    assert_eq!(
        service.own("chidi", "DELETE", MOBILE, Value::Null).await.code(),
        (400, "badRequest")
    );
    assert_eq!(
        service
            .own("chidi", "DELETE", ALTERNATE, Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        service.own("chidi", "DELETE", MOBILE, Value::Null).await.status,
        204
    );
}

#[tokio::test]
async fn a_number_is_read_back_with_a_space_and_its_extension() {
    let service = Service::demo().await;
    let made = service
        .own(
            "chidi",
            "POST",
            "phoneMethods",
            phone("+14255550170x12", "office"),
        )
        .await;
    assert_eq!(made.body["phoneNumber"], "+1 4255550170x12");
    assert_eq!(
        service.own("chidi", "GET", OFFICE, Value::Null).await.body["phoneNumber"],
        "+1 4255550170x12"
    );
    let filtered = service
        .own(
            "adele",
            "GET",
            "phoneMethods?$filter=phoneType%20eq%20'alternateMobile'",
            Value::Null,
        )
        .await;
    assert_eq!(filtered.all("phoneNumber"), ["+1 4255550199"]);
}

#[tokio::test]
async fn a_new_number_waits_for_its_code_unless_the_service_is_graph_alone() {
    let service = Service::demo().await;
    service
        .own("chidi", "POST", "phoneMethods", phone("+1 4255550130", "mobile"))
        .await;
    assert_eq!(waiting(&service, "chidi").await[0]["state"], "pending");
    let graph = Service::start(true).await;
    graph
        .own("chidi", "POST", "phoneMethods", phone("+1 4255550130", "mobile"))
        .await;
    let set = json!({"userPreferredMethodForSecondaryAuthentication": "sms"});
    assert_eq!(
        graph.own("chidi", "PATCH", "signInPreferences", set).await.status,
        204
    );
    assert_eq!(graph.get("/mfactl/v1/policy").await.status, 404);
}

#[tokio::test]
async fn a_new_number_of_the_default_stands_beside_the_old_one_until_it_is_verified() {
    let service = Service::demo().await;
    assert_eq!(
        service
            .own("bas", "PATCH", MOBILE, phone("+31 612345602", "mobile"))
            .await
            .status,
        204
    );
    assert_eq!(
        service.own("bas", "GET", MOBILE, Value::Null).await.body["phoneNumber"],
        "+31 612345601"
    );
    let waits = waiting(&service, "bas").await;
    assert_eq!(
        (&waits[0]["state"], &waits[0]["pendingNumber"]),
        (&json!("ready"), &json!("+31 612345602"))
    );
    assert_eq!(
        service
            .own("bas", "PATCH", MOBILE, phone("+31612345601", "mobile"))
            .await
            .status,
        204
    );
    assert_eq!(
        waiting(&service, "bas").await,
        json!([]),
        "the old number again: nothing waits"
    );
    assert_eq!(
        service
            .own("bas", "PATCH", MOBILE, phone("+31 612345602", "office"))
            .await
            .code()
            .0,
        400
    );
}

#[tokio::test]
async fn a_number_that_is_not_the_default_is_replaced_and_waits() {
    let service = Service::demo().await;
    assert_eq!(
        service
            .own(
                "adele",
                "PATCH",
                ALTERNATE,
                phone("+1 4255550133", "alternateMobile")
            )
            .await
            .status,
        204
    );
    assert_eq!(
        service.own("adele", "GET", ALTERNATE, Value::Null).await.body["phoneNumber"],
        "+1 4255550133"
    );
    assert_eq!(waiting(&service, "adele").await[0]["state"], "pending");
}

#[tokio::test]
async fn an_alternate_number_that_becomes_the_mobile_one_counts_at_once() {
    let service = Service::demo().await;
    assert_eq!(
        service
            .own("adele", "PATCH", MOBILE, phone("+14255550199", "mobile"))
            .await
            .status,
        204
    );
    assert_eq!(
        service.own("adele", "GET", MOBILE, Value::Null).await.body["phoneNumber"],
        "+1 4255550199"
    );
    assert_eq!(waiting(&service, "adele").await, json!([]));
    assert_eq!(
        service
            .own("adele", "DELETE", ALTERNATE, Value::Null)
            .await
            .status,
        204
    );
    let preferences = service
        .own("adele", "GET", "signInPreferences", Value::Null)
        .await;
    assert_eq!(
        preferences.body["userPreferredMethodForSecondaryAuthentication"],
        "sms"
    );
}

#[tokio::test]
async fn a_number_signs_in_for_one_person_and_only_where_policy_lets_it() {
    let service = Service::demo().await;
    let enable = format!("{MOBILE}/enableSmsSignIn");
    assert_eq!(
        service.own("adele", "POST", &enable, Value::Null).await.status,
        400
    );
    let policy = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";
    let target = json!([{"id": "all_users", "targetType": "group", "isRegistrationRequired": false, "isUsableForSignIn": true}]);
    let body = json!({"@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration", "includeTargets": target});
    assert_eq!(service.call("PATCH", policy, body).await.status, 204);
    assert_eq!(
        service.own("adele", "POST", &enable, Value::Null).await.status,
        204
    );
    assert_eq!(
        service.own("adele", "GET", MOBILE, Value::Null).await.body["smsSignInState"],
        "ready"
    );
    service
        .sql(
            "UPDATE methods SET value = '+1 4255550100' WHERE kind = 'phone:alternate' AND user_id =
        (SELECT id FROM users WHERE upn = 'omar@contoso.example')",
        )
        .await;
    let taken = service
        .own("omar", "PATCH", MOBILE, phone("+1 4255550100", "mobile"))
        .await;
    assert_eq!(taken.code(), (409, "phoneNumberNotUnique"));
    let kept = service.own("omar", "GET", MOBILE, Value::Null).await;
    assert_eq!(
        kept.body["phoneNumber"], "+1 4255550100",
        "the phone itself is stored"
    );
    assert_eq!(kept.body["smsSignInState"], "phoneNumberNotUnique");
}
