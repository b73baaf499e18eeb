//! What a read may ask for, as the directory takes it and refuses it: nothing is left out in silence.

use serde_json::{Value, json};

use super::{Answer, Service};

const EVENTUAL: &str = "$count=true&x=eventual";

async fn group(service: &Service, name: &str) -> String {
    let found = service
        .get(&format!("/v1.0/groups?$filter=displayName%20eq%20'{name}'"))
        .await;
    found.all("id")[0].to_owned()
}

#[tokio::test]
async fn what_takes_the_header_is_refused_without_it_and_answered_with_it() {
    let service = Service::demo().await;
    let staff = group(&service, "All%20Staff").await;
    for path in [
        "/v1.0/users/petra@contoso.example/transitiveMemberOf/microsoft.graph.directoryRole".to_owned(),
        "/v1.0/users/adele@contoso.example/registeredDevices/microsoft.graph.device".to_owned(),
        format!("/v1.0/groups/{staff}/transitiveMembers/microsoft.graph.user"),
        format!("/v1.0/groups/{staff}/members/graph.user"),
        "/beta/roleManagement/directory/transitiveRoleAssignments".to_owned(),
        "/v1.0/users?$filter=accountEnabled%20eq%20true&$orderby=displayName".to_owned(),
        "/v1.0/groups?$filter=displayName%20ne%20'Pilots'".to_owned(),
        "/v1.0/groups?$search=%22displayName:pil%22".to_owned(),
        format!("/v1.0/groups/{staff}/members?$filter=startswith(displayName,'S')"),
        format!("/v1.0/groups/{staff}/members?$search=%22displayName:office%22"),
    ] {
        assert_eq!(
            service.get(&path).await.code(),
            (400, "Request_UnsupportedQuery"),
            "{path}"
        );
        let sign = if path.contains('?') { '&' } else { '?' };
        let taken = service.get(&format!("{path}{sign}{EVENTUAL}")).await;
        assert_eq!(taken.status, 200, "{path}: {}", taken.body);
        assert!(!taken.all("id").is_empty(), "{path}");
    }
    // The list without the cast takes no header.
    let mixed = "/v1.0/users/petra@contoso.example/transitiveMemberOf";
    assert_eq!(service.get(mixed).await.status, 200);
}

#[tokio::test]
async fn lists_are_searched_and_sorted_and_what_is_not_there_is_refused() {
    let service = Service::demo().await;
    let names = |answer: &Answer| answer.all("displayName").join(", ");
    let found = service
        .get(&format!(
            "/v1.0/groups?$search=%22displayName:office%22%20OR%20%22displayName:pil%22&{EVENTUAL}"
        ))
        .await;
    assert_eq!(
        (names(&found).as_str(), found.body["@odata.count"].as_i64()),
        ("Amsterdam Office, Pilots, Seattle Office", Some(3))
    );
    let sorted = service
        .get("/v1.0/groups?$orderby=displayName%20desc&$top=2&$select=displayName")
        .await;
    let next = sorted.body["@odata.nextLink"]
        .as_str()
        .unwrap()
        .replace(super::BASE, "");
    let rest = service.get(&next).await;
    let mut all: Vec<_> = sorted.all("displayName");
    all.extend(rest.all("displayName"));
    let mut down = all.clone();
    down.sort_by_key(|name| std::cmp::Reverse(name.to_lowercase()));
    assert_eq!(all, down);
    let report = "/v1.0/reports/authenticationMethods/userRegistrationDetails";
    let sorted = service
        .get(&format!("{report}?$orderby=userDisplayName%20desc&$top=1"))
        .await;
    assert_eq!(sorted.all("userDisplayName"), ["Zoë Müller-Çelik 李"]);
    let staff = group(&service, "All%20Staff").await;
    for (path, code) in [
        (
            format!("/v1.0/groups/{staff}/members?$orderby=displayName"),
            "Request_UnsupportedQuery",
        ),
        (
            "/v1.0/directoryRoles?$search=%22displayName:a%22&x=eventual".to_owned(),
            "Request_UnsupportedQuery",
        ),
        ("/v1.0/groups?$orderby=shoeSize".to_owned(), "Request_BadRequest"),
        ("/v1.0/groups?$skip=3".to_owned(), "Request_BadRequest"),
        ("/v1.0/users?$expand=manager".to_owned(), "BadRequest"),
        ("/v1.0/groups?$expand=members".to_owned(), "BadRequest"),
        ("/v1.0/groups/$count".to_owned(), "Request_BadRequest"),
        (
            "/v1.0/users/adele@contoso.example/authentication/methods/$count".to_owned(),
            "Request_BadRequest",
        ),
    ] {
        assert_eq!(service.get(&path).await.code(), (400, code), "{path}");
    }
}

#[tokio::test]
async fn the_last_sign_in_is_filtered_for_alone_and_by_whoever_may_see_it() {
    let service = Service::demo().await;
    let filter = "/v1.0/users?$filter=signInActivity/lastSignInDateTime%20le%202030-01-01T00:00:00Z";
    assert_eq!(service.get(filter).await.status, 200);
    for (more, code) in [
        ("%20and%20accountEnabled%20eq%20true", "Request_UnsupportedQuery"),
        ("&$top=501", "Request_BadRequest"),
    ] {
        assert_eq!(
            service.get(&format!("{filter}{more}")).await.code(),
            (400, code),
            "{more}"
        );
    }
    let mut form = service.password_grant("admin").await;
    form.retain(|(key, _)| *key != "scope");
    form.push(("scope", "User.Read.All".to_owned()));
    let token = service.grant(&form).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let refused = service.call_as(&token, "GET", filter, Value::Null).await;
    assert_eq!(refused.code(), (403, "Authorization_RequestDenied"));
}

#[tokio::test]
async fn what_belongs_to_a_thing_comes_with_it_where_it_is_expanded() {
    let service = Service::demo().await;
    let hello = "/v1.0/users/omar@contoso.example/authentication/windowsHelloForBusinessMethods";
    let id = service.get(hello).await.all("id")[0].to_owned();
    let plain = service.get(&format!("{hello}/{id}")).await;
    assert_eq!(plain.body.get("device"), None);
    let expanded = service.get(&format!("{hello}/{id}?$expand=device")).await;
    assert_eq!(expanded.body["device"]["displayName"], "OMAR-DESKTOP");
    assert_eq!(
        service.get(&format!("{hello}?$expand=device")).await.code(),
        (400, "BadRequest"),
        "of one thing, not of the list"
    );
    let qr = "/beta/users/chidi@contoso.example/authentication/qrCodePinMethod";
    let body = json!({"standardQRCode": {}, "pin": {"code": "12345678"}});
    assert_eq!(service.call("PUT", qr, body).await.status, 201);
    let whole = service
        .get(&format!("{qr}?$expand=standardQRCode,temporaryQRCode,pin"))
        .await
        .body;
    assert!(whole["standardQRCode"]["expireDateTime"].is_string());
    assert_eq!(
        (&whole["temporaryQRCode"], &whole["pin"]["code"]),
        (&Value::Null, &json!(""))
    );
    let roles = service
        .get("/v1.0/roleManagement/directory/roleAssignments?$expand=roleDefinition,principal")
        .await
        .body;
    let of_admin = roles["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["principal"]["userPrincipalName"] == "admin@contoso.example")
        .unwrap();
    assert_eq!(of_admin["roleDefinition"]["displayName"], "Global Administrator");
}

#[tokio::test]
async fn a_path_that_is_not_there_names_its_first_part_that_is_not() {
    let service = Service::demo().await;
    let adele = "/v1.0/users/adele@contoso.example";
    for (path, part) in [
        ("/v1.0/nothing/at/all".to_owned(), "nothing"),
        (format!("{adele}/drive"), "drive"),
        (format!("{adele}/authentication/foo/bar"), "foo"),
        (format!("{adele}/authentication/phoneMethods/1/enable"), "enable"),
        (format!("{adele}/authentication/softwareOathMethods/1/x"), "x"),
    ] {
        let answer = service.get(&path).await;
        assert_eq!(answer.code(), (400, "BadRequest"), "{path}");
        assert_eq!(
            answer.body["error"]["message"],
            format!("Resource not found for the segment '{part}'."),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_summaries_are_about_the_people_that_their_arguments_say() {
    let service = Service::demo().await;
    let token = service.token("admin").await;
    let told = async |types: &str, roles: &str| {
        let path = format!(
            "/v1.0/reports/authenticationMethods/usersRegisteredByFeature(includedUserTypes='{types}',includedUserRoles='{roles}')"
        );
        service.call_as(&token, "GET", &path, Value::Null).await
    };
    let count = |answer: &Answer| {
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["totalUserCount"].as_i64().unwrap()
    };
    let (all, members, guests) = (
        count(&told("all", "all").await),
        count(&told("member", "all").await),
        count(&told("guest", "all").await),
    );
    assert_eq!((members + guests, guests), (all, 1));
    let (admins, others) = (
        count(&told("all", "admin").await),
        count(&told("all", "user").await),
    );
    assert_eq!(admins + others, all);
    assert!(admins > 0 && count(&told("all", "privilegedAdmin").await) <= admins);
    let guests = told("guest", "all").await.body;
    assert_eq!(
        (&guests["userTypes"], &guests["userRegistrationFeatureCounts"][1]),
        (
            &json!("guest"),
            &json!({"feature": "ssprEnabled", "userCount": 0})
        )
    );
    assert_eq!(told("everyone", "all").await.status, 400);
}

#[tokio::test]
async fn betas_challenge_lives_as_long_as_it_is_asked_to() {
    let service = Service::demo().await;
    let path = "users/gita@contoso.example/authentication/fido2Methods/creationOptions";
    let timeout = async |call: &str| service.get(call).await.body["publicKey"]["timeout"].clone();
    assert_eq!(
        timeout(&format!("/beta/{path}(challengeTimeoutInMinutes=10)")).await,
        600_000
    );
    assert_eq!(
        timeout(&format!("/beta/{path}?challengeTimeoutInMinutes=20")).await,
        1_200_000
    );
    assert_eq!(timeout(&format!("/v1.0/{path}")).await, 300_000);
    let long = service
        .get(&format!("/beta/{path}(challengeTimeoutInMinutes=43201)"))
        .await;
    assert_eq!(long.code(), (400, "badRequest"));
}
