//! Finding people, groups and roles: options, paging, errors.

use serde_json::{Value, json};

use super::{BASE, Service};

#[tokio::test]
async fn people_come_page_by_page_behind_an_opaque_link() {
    let service = Service::demo().await;
    let whole = service.get("/v1.0/users?$top=999").await;
    assert!(whole.body.get("@odata.nextLink").is_none());
    let whole: Vec<String> = whole
        .all("userPrincipalName")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let (mut path, mut found, mut pages) = (
        "/v1.0/users?$top=7&$select=userPrincipalName".to_owned(),
        Vec::new(),
        0,
    );
    loop {
        let page = service.get(&path).await;
        found.extend(page.all("userPrincipalName").into_iter().map(str::to_owned));
        pages += 1;
        let Some(next) = page.body["@odata.nextLink"].as_str() else {
            break;
        };
        assert!(next.contains("$skiptoken=") && next.contains("$top=7"), "{next}");
        path = next.strip_prefix(BASE).unwrap().to_owned();
    }
    assert_eq!(found, whole);
    assert_eq!(pages, whole.len().div_ceil(7));
    let seeded = service
        .call("POST", "/mfactl/v1/seed", json!({"users": 200}))
        .await;
    assert_eq!(seeded.body["added"], 200);
    let page = service.get("/v1.0/users").await;
    assert_eq!(page.all("id").len(), 100, "a hundred where nothing is said");
}

#[tokio::test]
async fn options_that_the_directory_does_not_take_are_refused_in_its_words() {
    let service = Service::demo().await;
    let message = async |path: &str| {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        answer.body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        message("/v1.0/users?$top=1000").await,
        "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."
    );
    assert!(
        message("/v1.0/users?$top=501&$select=signInActivity")
            .await
            .contains("Must be between 1 and 500")
    );
    assert!(message("/v1.0/users?$skip=5").await.contains("$skip"));
    assert!(
        message("/v1.0/users?$search=%22displayName:a%22")
            .await
            .contains("ConsistencyLevel: eventual")
    );
    assert!(
        message("/v1.0/users/$count")
            .await
            .contains("$count is not currently supported.")
    );
    assert!(
        message("/v1.0/users?$select=shoeSize")
            .await
            .contains("'shoeSize'")
    );
    assert!(
        message("/v1.0/users?$filter=shoeSize%20eq%205")
            .await
            .contains("shoeSize")
    );
    assert!(
        message("/v1.0/users?$filter=userType%20ne%20'Guest'")
            .await
            .contains("ConsistencyLevel")
    );
    assert!(
        message("/v1.0/users?$skiptoken=forged")
            .await
            .contains("skip token")
    );
}

#[tokio::test]
async fn people_are_found_by_filter_search_id_and_sign_in_name() {
    let service = Service::demo().await;
    let names = async |query: &str| {
        let answer = service.get(&format!("/v1.0/users?{query}")).await;
        assert_eq!(answer.status, 200, "{query} {}", answer.body);
        answer
            .all("userPrincipalName")
            .join(" ")
            .replace("@contoso.example", "")
    };
    assert_eq!(
        names("$filter=userPrincipalName%20eq%20'ADELE@contoso.example'").await,
        "adele"
    );
    assert_eq!(
        names("$filter=mail%20eq%20'ines@fabrikam.example'").await,
        "ines_fabrikam.example#EXT#"
    );
    assert_eq!(
        names("$filter=displayName%20eq%20'Sam%20Taylor'").await,
        "sam.taylor2 sam.taylor"
    );
    assert_eq!(
        names("$filter=accountEnabled%20eq%20false%20or%20userType%20eq%20'Guest'").await,
        "ines_fabrikam.example#EXT# jonas"
    );
    assert_eq!(
        names("$filter=startswith(displayName,'ad')&$orderby=displayName%20desc&$count=true&x=eventual")
            .await,
        "adele admin"
    );
    assert_eq!(
        names("$search=%22displayName:vance%22%20OR%20%22mail:bas%22&x=eventual").await,
        "adele bas"
    );
    assert_eq!(
        names("$filter=startswith(displayName,'%25')").await,
        "",
        "no wildcard"
    );
    let counted = service
        .get("/v1.0/users?$filter=endswith(displayName,'Taylor')&$count=true&$top=1&x=eventual")
        .await;
    assert_eq!(counted.body["@odata.count"], 2);
    assert_eq!(
        service.get("/v1.0/users/$count?x=eventual").await.body,
        json!(service.get("/v1.0/users?$top=999").await.all("id").len())
    );
    let adele = service.get("/v1.0/users/ADELE@CONTOSO.EXAMPLE").await;
    let id = adele.body["id"].as_str().unwrap();
    assert_eq!(
        service
            .get(&format!("/v1.0/users('{}')", id.to_uppercase()))
            .await
            .body["displayName"],
        "Adele Vance"
    );
    let keys: Vec<&String> = adele.body.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 12, "the default properties and the context: {keys:?}");
    let guest = service
        .get("/v1.0/users/ines_fabrikam.example%23EXT%23@contoso.example?$select=userType")
        .await;
    assert_eq!(guest.body["userType"], "Guest");
}

#[tokio::test]
async fn who_is_not_there_is_told_with_the_ids_of_the_call() {
    let service = Service::demo().await;
    let answer = service.get("/v1.0/users/nobody@contoso.example").await;
    assert_eq!(answer.code(), (404, "Request_ResourceNotFound"));
    assert!(
        answer.body["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Resource 'nobody@contoso.example' does not exist")
    );
    let inner = &answer.body["error"]["innerError"];
    assert_eq!(inner["client-request-id"], "its-own");
    assert_eq!(
        inner["request-id"],
        answer.headers["request-id"].to_str().unwrap()
    );
    assert_eq!(answer.headers["client-request-id"], "its-own");
    assert_eq!(service.get("/v1.0/planets").await.status, 400);
    assert_eq!(
        service.call("PUT", "/v1.0/users", json!({})).await.code(),
        (405, "Request_BadRequest")
    );
    assert_eq!(service.get("/elsewhere").await.status, 404);
}

#[tokio::test]
async fn groups_are_walked_to_their_last_member() {
    let service = Service::demo().await;
    let twice = service
        .get("/v1.0/groups?$filter=displayName%20eq%20'Project%20X'")
        .await;
    assert_eq!(twice.all("id").len(), 2);
    let staff = service
        .get("/v1.0/groups?$filter=displayName%20eq%20'All%20Staff'")
        .await;
    let id = staff.all("id")[0].to_owned();
    let direct = service.get(&format!("/v1.0/groups/{id}/members")).await;
    assert_eq!(
        direct
            .all("@odata.type")
            .iter()
            .filter(|name| name.ends_with("group"))
            .count(),
        3
    );
    let all = service
        .get(&format!(
            "/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user?$top=4&$count=true&x=eventual"
        ))
        .await;
    assert_eq!(all.body["@odata.count"], 9);
    assert_eq!(all.all("id").len(), 4);
    let next = all.body["@odata.nextLink"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap();
    assert_eq!(service.get(next).await.all("id").len(), 4);
    let eva = service
        .get("/v1.0/users/eva@contoso.example/transitiveMemberOf")
        .await;
    assert_eq!(eva.all("displayName"), ["All Staff", "Executives"]);
    let eva = service
        .get("/v1.0/users/eva@contoso.example/memberOf/microsoft.graph.group?$count=true&x=eventual")
        .await;
    assert_eq!(eva.all("displayName"), ["Executives"]);
    assert_eq!(
        service.get("/v1.0/groups/none/members").await.code(),
        (404, "Request_ResourceNotFound")
    );
}

#[tokio::test]
async fn roles_are_seen_directly_and_through_groups() {
    let service = Service::demo().await;
    let petra = "/v1.0/users/petra@contoso.example";
    let through = service
        .get(&format!(
            "{petra}/transitiveMemberOf/microsoft.graph.directoryRole?$count=true&x=eventual"
        ))
        .await;
    assert_eq!(through.all("displayName"), ["User Administrator"]);
    let direct = service
        .get(&format!(
            "{petra}/memberOf/microsoft.graph.directoryRole?$count=true&x=eventual"
        ))
        .await;
    assert_eq!(direct.all("displayName"), Vec::<&str>::new());
    let id = service.get(petra).await.body["id"].as_str().unwrap().to_owned();
    let query = format!("$filter=principalId%20eq%20'{id}'");
    assert_eq!(
        service
            .get(&format!("/v1.0/roleManagement/directory/roleAssignments?{query}"))
            .await
            .all("id")
            .len(),
        0
    );
    let transitive = service
        .get(&format!(
            "/beta/roleManagement/directory/transitiveRoleAssignments?{query}&$count=true&x=eventual"
        ))
        .await;
    let role = transitive.all("roleDefinitionId")[0].to_owned();
    let definition = service
        .get(&format!("/v1.0/roleManagement/directory/roleDefinitions/{role}"))
        .await;
    assert_eq!(definition.body["displayName"], "User Administrator");
    assert!(
        service
            .get("/v1.0/directoryRoles")
            .await
            .all("displayName")
            .contains(&"Global Administrator")
    );
    // Without the permission a role says no more than that it is there.
    let mut form = service.password_grant("admin").await;
    form.retain(|(key, _)| *key != "scope");
    form.push(("scope", "User.Read.All".to_owned()));
    let token = service.grant(&form).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let blind = service
        .call_as(&token, "GET", &format!("{petra}/transitiveMemberOf"), Value::Null)
        .await;
    let last = blind.body["value"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["@odata.type", "id"]
    );
}
