//! What is read of people and of the realm.

use serde_json::json;

use crate::realm::{self, Person, SEEDS, ask, get, place, place_of};

#[test]
fn methods_are_listed_with_the_first_as_the_default_and_without_the_password() {
    let person = Person::with_two("lister");
    let rows = place().json(&["methods", "list", &person.name]);
    // Both were stored in the same moment, so that nothing says which stands first in a list.
    let mut shown: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["kind"], row["name"], row["default"]]))
        .collect();
    shown.sort_by_key(|row| row[1] != "old");
    assert_eq!(
        shown,
        [json!(["totp", "old", true]), json!(["totp", "new", false])]
    );
}

#[test]
fn a_person_is_found_by_name_id_and_address_and_never_by_a_part_of_one() {
    let person = Person::new("finder");
    let place = place();
    let address = format!("{}@example.com", person.name);
    for typed in [&person.name, &person.id, &address, &person.name.to_uppercase()] {
        let shown = place.json(&["user", "show", typed]);
        assert_eq!(shown["user_id"], person.id.as_str(), "{typed}");
        assert_eq!(shown["sessions"]["count"], 0);
        assert_eq!(shown["locked"], false);
    }
    let part = &person.name[..4];
    place.run(&["user", "show", part]).exits(3);
    let found = place.json(&["user", "search", &person.name]);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert!(
        place
            .json(&["user", "search", "*"])
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn members_of_groups_inside_are_members() {
    let person = Person::new("member");
    let night = get("/group-by-path/staff/ops/night")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let joined = ask("PUT", &format!("/users/{}/groups/{night}", person.id), &json!({}));
    assert_eq!(joined.status, 204);
    let place = place();
    for group in ["staff", "/staff/ops", "night"] {
        let rows = place.json(&["methods", "list", "--group", group]);
        assert_eq!(rows, json!([]), "{group}");
        let told = place.run(&["methods", "list", "--group", group]).exits(0).stderr;
        assert!(
            told.contains(&person.name) || told.contains('1'),
            "{group}: {told}"
        );
    }
    place.run(&["methods", "list", "--group", "nosuch"]).exits(3);
}

#[test]
fn sessions_are_shown_online_and_offline() {
    let person = Person::with_two("session");
    person.signed_in(SEEDS[0], false);
    person.signed_in(SEEDS[0], true);
    let shown = place().json(&["user", "show", &person.name]);
    assert!(shown["sessions"]["count"].as_u64().unwrap() >= 2, "{shown}");
    let names: Vec<String> = shown["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| device["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(names.iter().any(|name| name.contains("portal")), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("offline")), "{names:?}");
}

#[test]
fn the_policy_says_what_the_realm_says() {
    let policy = place().json(&["policy", "show"]);
    let row = |kind: &str| {
        let rows = policy["methods"].as_array().unwrap();
        rows.iter().find(|row| row["kind"] == kind).unwrap().clone()
    };
    assert_eq!(row("totp")["use"], "sign_in");
    assert_eq!(row("totp")["limits"]["digits"], 6);
    assert_eq!(row("security-key")["use"], "off");
    assert_eq!(row("password")["limits"]["length"], 18);
    // Who may not see it is told which right that takes.
    let error = place_of("reader").run(&["policy", "show", "-o", "json"]).exits(4);
    assert_eq!(error.error_code(), "permission_missing");
    assert!(error.stderr.contains("view-realm"), "{}", error.stderr);
}

#[test]
fn the_report_names_who_lacks_a_second_factor() {
    let with = Person::with_two("report");
    let without = Person::new("report");
    let rows = place().json(&["report", "registration", "--without", "mfa"]);
    let names: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["user"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        names.contains(&without.name) && !names.contains(&with.name),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name.starts_with("service-account-")),
        "accounts of applications are no people: {names:?}"
    );
    assert!(!realm::url().is_empty());
}

#[test]
fn holders_of_a_role_are_found_however_they_come_by_it_and_can_be_protected() {
    let [themselves, by_group, neither] = ["vip", "vip", "plain"].map(Person::new);
    let role = get("/roles/vip");
    let given = ask(
        "POST",
        &format!("/users/{}/role-mappings/realm", themselves.id),
        &json!([role]),
    );
    assert_eq!(given.status, 204, "{}", given.body);
    let made = ask(
        "POST",
        "/groups",
        &json!({"name": format!("giving {}", by_group.name)}),
    );
    let group = made.made_id();
    let inner = ask(
        "POST",
        &format!("/groups/{group}/children"),
        &json!({"name": "inner"}),
    );
    let inner = inner.body["id"].as_str().unwrap().to_owned();
    let tail = format!("/groups/{group}/role-mappings/realm");
    assert_eq!(ask("POST", &tail, &json!([role])).status, 204);
    let joined = ask(
        "PUT",
        &format!("/users/{}/groups/{inner}", by_group.id),
        &json!({}),
    );
    assert_eq!(joined.status, 204);

    let place = place();
    let shown = place.run(&[
        "user",
        "sign-out",
        "--group",
        "role:vip",
        "--dry-run",
        "-o",
        "json",
    ]);
    let steps = shown.exits(0).value()["steps"].as_array().unwrap().clone();
    let has = |person: &Person| steps.iter().any(|step| step["user_id"] == person.id.as_str());
    assert!(has(&themselves) && has(&by_group) && !has(&neither), "{steps:?}");
    place.run(&["methods", "list", "--group", "role:nosuch"]).exits(3);

    let guarded = realm::configured(&format!(
        "service = \"keycloak\"\nurl = \"{}\"\nrealm = \"kctest\"\nclient_id = \"mfactl\"\nauth = \"client-secret\"\n",
        realm::url()
    ));
    let guarded = guarded.with("MFACTL_CLIENT_SECRET", realm::SECRET);
    let inside = Person::new("kept");
    let made = ask(
        "POST",
        "/groups",
        &json!({"name": format!("kept {}", inside.name)}),
    );
    let kept = made.made_id();
    let deep = ask(
        "POST",
        &format!("/groups/{kept}/children"),
        &json!({"name": "deep"}),
    );
    let deep = deep.body["id"].as_str().unwrap().to_owned();
    let joined = ask("PUT", &format!("/users/{}/groups/{deep}", inside.id), &json!({}));
    assert_eq!(joined.status, 204);
    let config = guarded.path("config/mfactl/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let entries = format!("protected = [\"role:vip\", \"group:/kept {}\"]\n", inside.name);
    std::fs::write(&config, text + &entries).unwrap();
    for person in [&themselves, &by_group, &inside] {
        let refused = guarded.try_change(&["user", "sign-out", &person.name]).exits(6);
        assert_eq!(refused.error_code(), "guard_protected", "{}", person.name);
    }
    guarded.change(&["user", "sign-out", &neither.name]);
}
