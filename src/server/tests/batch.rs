//! `$batch`.

use serde_json::{Value, json};

use super::Service;

fn item(id: &str, method: &str, url: &str) -> Value {
    json!({"id": id, "method": method, "url": url})
}

fn status(answer: &super::Answer, id: &str) -> u64 {
    let found = answer.body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["id"] == id);
    found.unwrap_or_else(|| panic!("{}", answer.body))["status"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn each_call_of_a_batch_has_its_own_answer() {
    let service = Service::demo().await;
    let mut write = item("w", "POST", "/users/adele@contoso.example/revokeSignInSessions");
    let bare = write.clone();
    write["headers"] = json!({"Content-Type": "application/json"});
    write["body"] = json!({});
    write["id"] = json!("full");
    let requests = json!([
        item(
            "1",
            "GET",
            "/users/adele@contoso.example/authentication/phoneMethods"
        ),
        item("2", "GET", "/users/nobody@contoso.example"),
        write,
        item(
            "5",
            "GET",
            "/users/bas@contoso.example/authentication/signInPreferences"
        ),
        item(
            "6",
            "DELETE",
            "/users/adele@contoso.example/authentication/emailMethods/3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
        ),
        item("7", "GET", "users?$top=1"),
    ]);
    let answer = service
        .call("POST", "/v1.0/$batch", json!({"requests": requests}))
        .await;
    let found: Vec<u64> = ["1", "2", "full", "5", "6", "7"]
        .iter()
        .map(|id| status(&answer, id))
        .collect();
    assert_eq!(found, [200, 404, 200, 405, 204, 200]);
    assert_eq!(
        answer.body["responses"][0]["body"]["value"][0]["phoneType"],
        "mobile"
    );
    assert_eq!(
        answer.body["responses"][0]["headers"]["Content-Type"],
        "application/json"
    );
    assert!(answer.body["responses"][4].get("body").is_none());
    // A write without a body or its type: not one call of the batch is made.
    let gone = item(
        "8",
        "DELETE",
        "/users/adele@contoso.example/authentication/phoneMethods/b6332ec1-7057-4abe-9331-3d72feddfe41",
    );
    let answer = service
        .call("POST", "/v1.0/$batch", json!({"requests": [gone.clone(), bare]}))
        .await;
    assert_eq!(answer.code(), (400, "BadRequest"));
    assert_eq!(
        answer.body["error"]["message"],
        "Write request id : w does not contain Content-Type header or body."
    );
    let path = format!("/v1.0{}", gone["url"].as_str().unwrap());
    assert_eq!(service.get(&path).await.status, 200);
    let beta = json!({"requests": [item("1", "GET", "/users/bas@contoso.example/authentication/signInPreferences")]});
    assert_eq!(
        status(&service.call("POST", "/beta/$batch", beta).await, "1"),
        200
    );
}

#[tokio::test]
async fn what_depends_on_a_failed_call_is_not_made() {
    let service = Service::demo().await;
    let mobile =
        "/users/adele@contoso.example/authentication/phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";
    let alternate =
        "/users/adele@contoso.example/authentication/phoneMethods/b6332ec1-7057-4abe-9331-3d72feddfe41";
    let mut second = item("b", "DELETE", alternate);
    second["dependsOn"] = json!(["a"]);
    let mut third = item("c", "GET", alternate);
    third["dependsOn"] = json!(["b"]);
    let answer = service
        .call(
            "POST",
            "/v1.0/$batch",
            json!({"requests": [item("a", "DELETE", mobile), second, third]}),
        )
        .await;
    assert_eq!(["a", "b", "c"].map(|id| status(&answer, id)), [400, 424, 424]);
    assert_eq!(service.get(&format!("/v1.0{alternate}")).await.status, 200);
}

#[tokio::test]
async fn dependencies_are_none_or_each_on_the_one_before_or_all_on_the_same() {
    let service = Service::demo().await;
    let status = async |dependencies: [&[&str]; 3]| {
        let items: Vec<Value> = ["a", "b", "c"]
            .iter()
            .zip(dependencies)
            .map(|(id, after)| {
                let mut item = item(id, "GET", "/users/adele@contoso.example");
                if !after.is_empty() {
                    item["dependsOn"] = json!(after);
                }
                item
            })
            .collect();
        let answer = service
            .call("POST", "/v1.0/$batch", json!({"requests": items}))
            .await;
        answer.status
    };
    assert_eq!(status([&[], &[], &[]]).await, 200);
    assert_eq!(status([&[], &["a"], &["b"]]).await, 200);
    assert_eq!(status([&[], &["a"], &["A"]]).await, 200);
    assert_eq!(status([&[], &[], &["b"]]).await, 200);
    assert_eq!(status([&[], &["a"], &["a", "b"]]).await, 400);
    let two = [item("a", "GET", "/users"), item("b", "GET", "/users")];
    let mut four: Vec<Value> = two.into();
    for (id, after) in [("c", "a"), ("d", "b")] {
        let mut item = item(id, "GET", "/users");
        item["dependsOn"] = json!([after]);
        four.push(item);
    }
    let refused = service
        .call("POST", "/v1.0/$batch", json!({"requests": four}))
        .await;
    assert_eq!(refused.code(), (400, "BadRequest"), "two chains in one batch");
}

#[tokio::test]
async fn a_malformed_batch_is_refused_as_a_whole() {
    let service = Service::demo().await;
    let many: Vec<Value> = (0..21).map(|n| item(&n.to_string(), "GET", "/me")).collect();
    let mut early = item("1", "GET", "/users");
    early["dependsOn"] = json!(["2"]);
    let cases = [
        json!({}),
        json!({"requests": []}),
        json!({"requests": many}),
        json!({"requests": [item("a", "GET", "/users"), item("A", "GET", "/users")]}),
        json!({"requests": [item("", "GET", "/users")]}),
        json!({"requests": [early, item("2", "GET", "/users")]}),
        json!({"requests": [{"id": "1", "url": "/users"}]}),
    ];
    for body in cases {
        assert_eq!(
            service.call("POST", "/v1.0/$batch", body.clone()).await.code(),
            (400, "BadRequest"),
            "{body}"
        );
    }
    let none = service
        .call_as(
            "",
            "POST",
            "/v1.0/$batch",
            json!({"requests": [item("1", "GET", "/users")]}),
        )
        .await;
    assert_eq!(none.status, 401);
}
