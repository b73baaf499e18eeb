//! Whom it finds, and what it asks for that.

use futures::TryStreamExt as _;

use super::*;

async fn found(service: &PrivacyIdeaService, query: &UserQuery) -> Result<Vec<String>> {
    let users: Vec<User> = service.users(query).try_collect().await?;
    Ok(users
        .into_iter()
        .map(|user| format!("{} {}", user.id, user.sign_in_name))
        .collect())
}

fn ids(texts: &[&str]) -> UserQuery {
    UserQuery::Ids(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[tokio::test]
async fn a_text_is_an_id_a_sign_in_name_or_an_address_and_never_a_pattern() {
    let script = Script::answering(|sent| {
        let line = sent.line.as_str();
        let hit = line.contains("userid=1")
            || line.contains("username=ANNA")
            || line.contains("email=anna@x.example");
        // An underscore is any character to a database: Anna comes although nobody asked for her.
        let near = line.contains("username=a_na");
        match line {
            "GET /realm/" => value(json!({"corp": {"resolver": [{"name": "staff"}]}})),
            _ if line.starts_with("GET /conditionalaccess") => value(Value::Null),
            _ if hit || near || line.contains("username=anna") => value(json!([anna()])),
            _ => value(json!([])),
        }
    });
    let service = service(&script);
    let query = ids(&["staff/1", "ANNA", "anna@x.example", "a_na", "an*", "nobody"]);
    let all = found(&service, &query);
    assert_eq!(all.await.unwrap(), ["staff/1 anna"; 3]);
    assert!(
        script.lines().iter().all(|line| !line.contains('*')),
        "{:?}",
        script.lines()
    );
}

#[tokio::test]
async fn a_realm_that_is_not_there_is_said_so_instead_of_nobody() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        "GET /realm/" => value(json!({"other": {"resolver": []}})),
        _ => value(json!([])),
    });
    for query in [ids(&["anna"]), UserQuery::Everyone] {
        let error = found(&service(&script), &query).await.unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (ErrorCode::NotFound, "there is no realm \"corp\"")
        );
    }
}

#[tokio::test]
async fn a_resolver_that_is_down_and_a_list_that_was_cut_are_never_taken_for_everybody() {
    let skipped = json!({"skipped_resolvers": ["ldap"]});
    let script = Script::new([
        detailed(json!([anna()]), skipped.clone()),
        detailed(json!([]), skipped),
    ]);
    let service = service(&script);
    for query in [UserQuery::Everyone, ids(&["anna"])] {
        let error = found(&service, &query).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unavailable);
        assert!(error.message().contains("\"ldap\""), "{error}");
    }
    let people: Vec<Value> = (0..500)
        .map(|n| json!({"username": format!("p{n}"), "userid": n, "resolver": "staff"}))
        .collect();
    let script = Script::new([value(json!(people))]);
    let error = found(&super::service(&script), &UserQuery::Everyone)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Incomplete);
}

#[tokio::test]
async fn a_search_looks_at_names_and_addresses_and_shows_each_once() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        line if line.starts_with("GET /conditionalaccess") => value(json!({"locked_users": []})),
        _ => value(json!([anna()])),
    });
    let all = found(&service(&script), &UserQuery::Search("An* Al".into()))
        .await
        .unwrap();
    assert_eq!(all, ["staff/1 anna"]);
    insta::assert_snapshot!(sent(&script), @"
    GET /user/?realm=corp&username=An%20%20Al*
    GET /user/?realm=corp&givenname=An&surname=Al*
    GET /user/?realm=corp&givenname=An%20%20Al*
    GET /user/?realm=corp&surname=An%20%20Al*
    GET /user/?realm=corp&email=An%20%20Al*
    GET /conditionalaccess/lock/users?realms=corp&states=permanent&causes=MANUAL&page=1&page_size=1000
    ");
}

#[tokio::test]
async fn a_group_is_the_realm_or_one_of_its_resolvers() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        "GET /realm/" => value(json!({"corp": {"resolver": [{"name": "staff"}, {"name": "empty"}]}})),
        line if line.starts_with("GET /conditionalaccess") => value(json!({"locked_users": []})),
        _ => value(json!([anna()])),
    });
    let service = service(&script);
    for (group, count) in [("corp", 1), ("staff", 1), ("empty", 0)] {
        let all = found(&service, &UserQuery::Group(group.into())).await.unwrap();
        assert_eq!(all.len(), count, "{group}");
    }
    let error = found(&service, &UserQuery::Group("nosuch".into()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_filter_that_would_reach_another_realm_or_shape_the_answer_is_refused() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        line if line.starts_with("GET /conditionalaccess") => value(json!({"locked_users": []})),
        _ => value(json!([anna()])),
    });
    let service = service(&script);
    found(
        &service,
        &UserQuery::Filter("surname=Al*&email=*@x.example".into()),
    )
    .await
    .unwrap();
    assert_eq!(
        script.lines()[0],
        "GET /user/?realm=corp&surname=Al*&email=*@x.example"
    );
    for bad in ["", "sales", "realm=other", "surname=", "page=2", "a b=c"] {
        let error = found(&service, &UserQuery::Filter(bad.into())).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidInput, "{bad}");
    }
    let unknown = detailed(json!([]), json!({"skipped_resolvers": ["staff"]}));
    let script = Script::new([unknown]);
    let error = found(&super::service(&script), &UserQuery::Filter("color=red".into()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidInput);
}

#[tokio::test]
async fn whoever_is_locked_for_good_is_not_among_everyone() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        line if line.starts_with("GET /conditionalaccess") => value(json!({"locked_users": [
            {"resolver": "staff", "uid": "1", "permanent": true, "lock_cause": "MANUAL"},
            {"resolver": "staff", "uid": "2", "permanent": true, "lock_cause": "POLICY"}]})),
        _ => value(json!([anna(), {"username": "ben", "userid": 2, "resolver": "staff"}])),
    });
    let service = service(&script);
    assert_eq!(
        found(&service, &UserQuery::Everyone).await.unwrap(),
        ["staff/2 ben"]
    );
    let all = found(&service, &UserQuery::Group("corp".into())).await.unwrap();
    assert_eq!(all.len(), 2);
}
