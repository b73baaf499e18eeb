//! What is read of people and of the realm.

use serde_json::{Value, json};

use crate::witness::{Person, client_key, place, place_of, send};

#[test]
fn a_person_is_found_by_name_id_and_address_and_never_by_a_part_of_one() {
    let person = Person::new("finder");
    let place = place_of("mfactl");
    let address = format!("{}@example.com", person.name);
    let id = place.json(&["user", "show", &person.name])["user_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.starts_with("corpusers/"), "{id}");
    for typed in [&id, &address, &person.name.to_uppercase()] {
        assert_eq!(
            place.json(&["user", "show", typed])["user_id"],
            id.as_str(),
            "{typed}"
        );
    }
    let wild = format!("{}*", &person.name[..4]);
    for typed in [&person.name[..4], &wild, &person.name.replace('d', "_")] {
        place.run(&["user", "show", typed]).exits(3);
    }
    let found = place.json(&["user", "search", &person.name]);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(place.json(&["user", "search", "*"]), json!([]));
}

#[test]
fn methods_are_listed_by_kind_with_what_tells_them_apart() {
    let person = Person::with_totp("lister");
    person.enrol(json!({"type": "sms", "phone": "+31612340001"}));
    person.enrol(json!({"type": "email", "email": "l@home.example"}));
    person.enrol(json!({"type": "applspec", "service_id": "mail", "description": "Thunderbird"}));
    let rows = place().json(&["methods", "list", &person.name]);
    let shown: Vec<Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["kind"],
                row["name"],
                row["number"],
                row["address"],
                row["state"]
            ])
        })
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            ["totp", "old", null, null, "ready"],
            ["phone:mobile", null, "+31612340001", null, "ready"],
            ["email", null, null, "l@home.example", "ready"],
        ]),
        "app passwords are no methods"
    );
}

#[test]
fn groups_are_the_realm_and_its_resolvers() {
    let person = Person::new("member");
    let place = place();
    for group in ["corp", "corpusers"] {
        let told = place.run(&["methods", "list", "--group", group]).exits(0).stderr;
        assert!(!told.is_empty() && !person.name.is_empty(), "{group}: {told}");
    }
    place.run(&["methods", "list", "--group", "nosuch"]).exits(3);
    let found = place.json(&[
        "methods",
        "list",
        "--filter",
        &format!("username={}", person.name),
    ]);
    assert_eq!(found, json!([]));
    place.run(&["methods", "list", "--filter", "color=red"]).exits(2);
}

#[test]
fn the_report_names_who_lacks_a_second_factor() {
    let with = Person::with_totp("report");
    let without = Person::new("report");
    let rows = place().json(&["report", "registration", "--without", "mfa"]);
    let names: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["user"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&without.name.as_str()) && !names.contains(&with.name.as_str()),
        "{names:?}"
    );
}

#[test]
fn the_policy_says_what_the_policies_say() {
    client_key();
    let place = place_of("mfactl");
    let policy = place.json(&["policy", "show"]);
    let row = |policy: &Value, kind: &str| {
        let rows = policy["methods"].as_array().unwrap();
        rows.iter().find(|row| row["kind"] == kind).unwrap().clone()
    };
    assert_eq!(row(&policy, "push")["use"], "sign_in");
    assert_eq!(row(&policy, "passkey")["use"], "off");
    assert_eq!(policy["remembered_devices"]["allowed"], true);
    assert_eq!(policy["remembered_devices"]["days"], 30);
    assert_eq!(policy["app_passwords"]["allowed"], true);
    let verified = Person::new("verify");
    let policy = place.json(&["policy", "show", &verified.name]);
    assert_eq!(row(&policy, "totp")["limits"]["verified"], true);
    // Who may not see it is told which right that takes.
    let error = place_of("reader").run(&["policy", "show", "-o", "json"]);
    assert!(error.stderr.contains("policyread"), "{}", error.stderr);
}

#[test]
fn remembered_devices_of_every_program_are_shown() {
    let person = Person::with_totp("device");
    let body = json!({"user": person.name, "realm": "corp", "pass": person.code(),
        "request_persistent_cookie": 1});
    let answer = send(
        "POST",
        "/validate/check",
        &[("x-api-key", client_key()), ("user-agent", "Firefox")],
        &body,
    );
    assert!(answer.remembers().is_some(), "{}", answer.body);
    let rows = place().json(&["devices", "list", &person.name]);
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["kind"], "remembered");
    assert!(rows[0]["name"].as_str().unwrap().contains("portal"), "{rows:?}");
}
