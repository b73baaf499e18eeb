//! Whom it finds, and what it asks for that.

use futures::TryStreamExt as _;
use serde_json::{Value, json};

use super::*;

const ALICE: &str = "0a0a0a0a-0000-4000-8000-000000000001";

async fn found(service: &KeycloakService, query: &UserQuery) -> Result<Vec<String>> {
    let users: Vec<User> = service.users(query).try_collect().await?;
    Ok(users.into_iter().map(|user| user.sign_in_name).collect())
}

fn people(from: usize, count: usize) -> Value {
    (from..from + count)
        .map(|n| json!({"id": format!("u{n}"), "username": format!("name{n}"), "enabled": n % 2 == 0}))
        .collect()
}

#[tokio::test]
async fn a_text_is_an_id_a_sign_in_name_or_an_address() {
    let script = Script::answering(|sent| {
        let line = sent.line.as_str();
        if line.ends_with(&format!("/users/{ALICE}")) {
            return answer(200, &json!({"id": ALICE, "username": "alice"}).to_string());
        }
        if line.contains("/users/") {
            return answer(404, NOBODY);
        }
        if line.contains("email=") {
            return answer(200, r#"[{"id":"u2","username":"bob"}]"#);
        }
        answer(200, "[]")
    });
    let stranger = "0a0a0a0a-0000-4000-8000-000000000002";
    let query = UserQuery::Ids(
        [ALICE, "b+b@x.example", "nobody", stranger]
            .map(str::to_owned)
            .into(),
    );
    let names = found(&service(&script), &query).await.unwrap();
    assert_eq!(names, ["alice", "bob"]);
    let mut lines: Vec<String> = sent(&script).lines().map(str::to_owned).collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @"
    GET R/users/0a0a0a0a-0000-4000-8000-000000000001
    GET R/users/0a0a0a0a-0000-4000-8000-000000000002
    GET R/users?email=b%2Bb@x.example&exact=true
    GET R/users?username=0a0a0a0a-0000-4000-8000-000000000002&exact=true
    GET R/users?username=b%2Bb@x.example&exact=true
    GET R/users?username=nobody&exact=true
    ");
}

#[tokio::test]
async fn everybody_is_read_by_hundreds_and_the_disabled_are_left_out_here() {
    let script = Script::new([
        answer(200, &people(0, 100).to_string()),
        // Somebody was added before the second page: one is shown twice.
        answer(200, &people(98, 4).to_string()),
    ]);
    let names = found(&service(&script), &UserQuery::Everyone).await.unwrap();
    assert_eq!(names.len(), 51);
    insta::assert_snapshot!(sent(&script), @"
    GET R/users?briefRepresentation=true&first=0&max=100
    GET R/users?briefRepresentation=true&first=99&max=100
    ");
}

#[tokio::test]
async fn whoever_is_deleted_during_a_listing_hides_nobody_else() {
    // How many go from the front of a realm of 250 after the first page, and after the third request.
    for (early, late) in [(1, 0), (0, 1), (1, 2), (40, 7), (99, 99), (100, 100), (150, 60)] {
        let mut all: Vec<Value> = people(0, 250).as_array().unwrap().clone();
        let mut asked = 0;
        let script = Script::answering(move |sent| {
            asked += 1;
            match asked {
                2 => drop(all.drain(..early)),
                4 => drop(all.drain(..late)),
                _ => {}
            }
            let (_, first) = sent.line.split_once("first=").unwrap();
            let first: usize = first.split('&').next().unwrap().parse().unwrap();
            let page: Vec<Value> = all.iter().skip(first).take(100).cloned().collect();
            answer(200, &Value::Array(page).to_string())
        });
        let query = UserQuery::Search("name".into());
        let mut names = found(&service(&script), &query).await.unwrap();
        assert!(names.len() >= 250 - early - late, "{early} {late}");
        names.sort();
        names.dedup();
        let stay: Vec<String> = (early + late..250).map(|n| format!("name{n}")).collect();
        for name in &stay {
            assert!(names.contains(name), "{name} is missing: {early} {late}");
        }
        assert!(script.requests().len() <= 9, "{early} {late}: {}", sent(&script));
    }
}

#[tokio::test]
async fn where_people_may_be_left_out_a_short_page_is_not_the_last() {
    let script = Script::new([
        answer(200, &people(0, 60).to_string()),
        answer(200, &people(100, 1).to_string()),
        answer(200, "[]"),
    ]);
    let silent = service_as(&script, TokenClaims::default());
    let names = found(&silent, &UserQuery::Search("name".into())).await.unwrap();
    assert_eq!(names.len(), 61);
}

/// What an account that may only look is offered, and what is asked for that.
#[tokio::test]
async fn who_may_only_look_is_refused_changes_where_no_permission_can_give_them() {
    let off = r#"{"realm":"staff","otpPolicyType":"totp","adminPermissionsEnabled":false}"#;
    let on = r#"{"realm":"staff","otpPolicyType":"totp","adminPermissionsEnabled":true}"#;
    let unseen = r#"{"realm":"staff"}"#;
    let cases = [
        ("neither version", off, 501, false),
        ("the first version", off, 403, true),
        ("the second version", on, 501, true),
        ("who may not see the realm", unseen, 501, true),
    ];
    for (what, realm, first, offered) in cases {
        let script = Script::answering(move |sent| match sent.line.as_str() {
            line if line.ends_with("users-management-permissions") => answer(first, "{}"),
            _ => answer(200, realm),
        });
        let service = service_as(&script, rights(&["view-users", "view-realm"]))
            .settled()
            .await;
        let native = service.capabilities().get(Capability::SignOut) == Answer::Native;
        assert_eq!(native, offered, "{what}");
        assert_eq!(script.requests().len(), 2, "{what}");
    }
    // Whoever may change everybody is asked about nothing.
    let script = Script::new([]);
    service_as(&script, rights(&["manage-users"])).settled().await;
    assert!(script.lines().is_empty());
}

#[tokio::test]
async fn an_empty_list_of_who_may_see_nobody_is_an_error() {
    for query in [
        UserQuery::Search("a".into()),
        UserQuery::Ids(vec!["alice".into()]),
        UserQuery::Everyone,
    ] {
        let script = Script::answering(|_| answer(200, "[]"));
        let service = service_as(&script, rights(&["query-users"]));
        let error = found(&service, &query).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::PermissionMissing, "{query:?}");
    }
}

#[tokio::test]
async fn what_would_be_an_operator_of_a_search_is_left_out() {
    let script = Script::new([answer(200, "[]"), answer(200, "[]")]);
    let service = service(&script);
    for text in ["*li\"c*", "id:alice"] {
        found(&service, &UserQuery::Search(text.into())).await.unwrap();
    }
    assert!(
        found(&service, &UserQuery::Search("**".into()))
            .await
            .unwrap()
            .is_empty()
    );
    insta::assert_snapshot!(sent(&script), @"
    GET R/users?search=li%20c&briefRepresentation=true&first=0&max=100
    GET R/users?search=alice&briefRepresentation=true&first=0&max=100
    ");
}

#[tokio::test]
async fn members_of_a_group_are_those_of_the_groups_inside_too_each_once() {
    let script = Script::answering(|sent| {
        let line = sent.line.as_str();
        let body = if line.contains("/groups?search=ops") {
            json!([{"id": "g0", "name": "staff", "path": "/staff", "subGroups": [
                {"id": "g1", "name": "ops", "path": "/staff/ops"}]}])
        } else if line.contains("/groups/g1/children") {
            json!([{"id": "g2", "name": "night"}])
        } else if line.contains("/groups/g1/members") {
            people(0, 2)
        } else if line.contains("/groups/g2/members") {
            people(1, 2)
        } else {
            json!([])
        };
        answer(200, &body.to_string())
    });
    let names = found(&service(&script), &UserQuery::Group("ops".into()))
        .await
        .unwrap();
    assert_eq!(names, ["name0", "name1", "name2"]);
    insta::assert_snapshot!(sent(&script), @"
    GET R/groups?search=ops&exact=true&briefRepresentation=true&first=0&max=100
    GET R/groups/g1/children?briefRepresentation=true&first=0&max=100
    GET R/groups/g2/children?briefRepresentation=true&first=0&max=100
    GET R/groups/g1/members?briefRepresentation=true&first=0&max=100
    GET R/groups/g2/members?briefRepresentation=true&first=0&max=100
    ");
}

#[tokio::test]
async fn a_group_name_that_several_have_is_told_apart_by_path() {
    let groups = json!([{"id": "g1", "name": "ops", "path": "/ops", "subGroups": [
        {"id": "g2", "name": "ops", "path": "/ops/ops"}]}]);
    let script = Script::new([answer(200, &groups.to_string())]);
    let error = found(&service(&script), &UserQuery::Group("ops".into()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Ambiguous);
    let matches: Vec<_> = error
        .matching()
        .iter()
        .map(|one| one.reference.as_str())
        .collect();
    assert_eq!(matches, ["/ops/ops", "/ops"]);
    let script = Script::new([answer(404, r#"{"error":"Group path does not exist"}"#)]);
    let error = found(&service(&script), &UserQuery::Group("/a b/c".into()))
        .await
        .unwrap_err();
    assert_eq!(error.message(), "there is no group \"/a b/c\"");
    assert_eq!(sent(&script), "GET R/group-by-path/a%20b/c");
}

#[tokio::test]
async fn a_realm_that_is_not_there_and_an_address_that_is_not_keycloak_are_told_apart() {
    let query = UserQuery::Ids(vec!["alice".into()]);
    for (body, said) in [
        (
            r#"{"error":"Realm not found."}"#,
            "there is no realm \"staff\", or the account may not see it",
        ),
        ("<html>", "the service answered 404 without Keycloak's error body"),
    ] {
        let script = Script::new([answer(404, body)]);
        let error = found(&service(&script), &query).await.unwrap_err();
        assert_eq!(error.message(), said);
    }
}
