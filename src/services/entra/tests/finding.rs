//! Finding people, over a scripted Graph.

use futures::TryStreamExt as _;

use super::*;

#[tokio::test]
async fn people_are_found_by_id_then_name_then_mail() {
    let user =
        |id: &str| json!({"id": id, "userPrincipalName": format!("{id}@c.example"), "accountEnabled": true});
    let script = Script::answering(move |sent| {
        batch(sent, |url| match url {
            url if url.starts_with("/users/known") || url.starts_with("/users('%24odd") => {
                (200, user("known"))
            }
            url if url.starts_with("/users?") => (200, json!({"value": [user("m1"), user("m2")]})),
            _ => (
                404,
                json!({"error": {"code": "Request_ResourceNotFound", "message": "x"}}),
            ),
        })
    });
    let query = UserQuery::Ids(
        [
            "known",
            "nobody",
            "by@mail.example",
            "also.by@mail.example",
            "$odd@c.example",
        ]
        .map(str::to_owned)
        .into(),
    );
    let service = service(&script);
    let found: Vec<String> = service
        .users(&query)
        .map_ok(|user| user.id.0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found, ["known", "m1", "m2", "m1", "m2", "known"]);
    assert_eq!(script.lines().len(), 2);
    let by_mail = script.requests()[1].body["requests"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        by_mail.starts_with("/users?$filter=mail%20eq%20'by@mail.example'&"),
        "{by_mail}"
    );
}

#[tokio::test]
async fn a_guests_name_is_one_segment() {
    let script = Script::new([answer(200, r#"{"id": "g"}"#)]);
    let query = UserQuery::Ids(vec!["g_x.example#EXT#@c.example".into()]);
    let service = service(&script);
    let found: Vec<User> = service.users(&query).try_collect().await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(script.lines()[0].starts_with("GET /v1.0/users/g_x.example%23EXT%23@c.example?$select=id,"));
}

#[tokio::test]
async fn a_service_without_search_is_asked_with_a_filter() {
    let script = Script::new([
        answer(400, &refused(400, "Request_UnsupportedQuery", "no search")),
        answer(200, r#"{"value": [{"id": "o", "displayName": "O'Hara"}]}"#),
    ]);
    let query = UserQuery::Search("O'Ha\"".into());
    let service = service(&script);
    let found: Vec<User> = service.users(&query).try_collect().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(script.requests()[0].header("consistencylevel"), "eventual");
    assert!(
        script.lines()[1].contains("startswith(displayName,%27O%27%27Ha%27)"),
        "{}",
        script.lines()[1]
    );
}

#[tokio::test]
async fn groups_of_one_name_are_told_apart_by_id() {
    let two = json!({"value": [{"id": "g1", "description": "one"}, {"id": "g2", "description": "two"}]});
    let script = Script::new([answer(200, &two.to_string())]);
    let service = service(&script);
    let query = UserQuery::Group("Sales".into());
    let error = service
        .users(&query)
        .try_collect::<Vec<User>>()
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Ambiguous);
    assert_eq!(error.matching()[1].reference, "g2");
}

#[tokio::test]
async fn a_guest_of_another_organization_is_found_by_a_name_with_a_hash_in_it() {
    let script = Script::answering(|_| answer(200, r#"{"id": "u1", "userType": "Guest"}"#));
    let service = service(&script);
    let query = UserQuery::Ids(vec!["a_fabrikam.example#EXT#@contoso.example".to_owned()]);
    let _: Vec<User> = service.users(&query).try_collect().await.unwrap();
    assert!(
        script.lines()[0].contains("a_fabrikam.example%23EXT%23@contoso.example"),
        "{:?}",
        script.lines()
    );
}
