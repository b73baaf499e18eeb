//! Sign-in names whose end is a realm's name, which the server takes apart (`Split@Sign`): whoever has the first part as a
//! name is somebody else, and nothing of theirs is shown or changed.

use serde_json::{Value, json};

use crate::witness::{Person, client_key, directory, get, place, place_of, send};

/// Somebody of the realm, told apart by a realm's name behind the name of somebody else; with an authenticator of this
/// serial, which the server enrols for such a name only without it.
fn namesake(of: &Person, end: &str, serial: &str) -> String {
    let name = format!("{}@{end}", of.name);
    directory(
        "insert into users(username, mobile, email, password, givenname, surname, phone) \
         values (?1, '', '', '', 'Anna', 'Namesake', '')",
        &name,
    );
    get(
        "POST",
        "/token/init",
        &json!({"type": "totp", "genkey": 1, "serial": serial}),
    );
    let whole = format!("{name}@corp");
    get(
        "POST",
        "/token/assign",
        &json!({"serial": serial, "user": whole, "realm": "corp"}),
    );
    name
}

#[test]
fn a_name_that_ends_like_a_realm_means_that_person_alone() {
    let first = Person::with_totp("split");
    let own = first.tokens()[0]["serial"].as_str().unwrap().to_owned();
    let desk = namesake(&first, "desk", "NAMESAKE-DESK");
    let corp = namesake(&first, "corp", "NAMESAKE-CORP");
    let cookie =
        json!({"user": first.name, "realm": "corp", "pass": first.code(), "request_persistent_cookie": 1});
    let headers = [("x-api-key", client_key()), ("user-agent", "Firefox")];
    assert!(
        send("POST", "/validate/check", &headers, &cookie)
            .remembers()
            .is_some()
    );
    // Who may see which realms there are knows what is taken for one; who may not finds it out.
    for place in [place(), place_of("reader")] {
        let ids = |name: &str| -> Vec<String> {
            let rows = place.json(&["methods", "list", name]);
            let rows = rows.as_array().unwrap();
            rows.iter()
                .map(|row| row["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids(&first.name), std::slice::from_ref(&own));
        assert_eq!(ids(&desk), ["NAMESAKE-DESK"]);
        assert_eq!(ids(&corp), ["NAMESAKE-CORP"]);
    }
    let place = place();
    place.change(&["devices", "forget", &desk]);
    assert_eq!(
        place
            .json(&["devices", "list", &first.name])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for (name, serial) in [(&desk, "NAMESAKE-DESK"), (&corp, "NAMESAKE-CORP")] {
        place.change(&["methods", "disable", name, "totp", "--leave-none"]);
        place.change(&["user", "disable", name]);
        assert_eq!(
            place.json(&["user", "show", &first.name])["account"]["enabled"],
            true
        );
        place.change(&["user", "enable", name]);
        place.change(&["methods", "remove", name, "totp", "--leave-none"]);
        let left = get("GET", &format!("/token/?serial={serial}"), &Value::Null);
        assert_eq!(left["result"]["value"]["count"], 0, "{left}");
    }
    // The server enrols nothing for such a name: that is said, and nobody else gets it.
    let refused = place
        .try_change(&[
            "methods",
            "add",
            "totp",
            &desk,
            "--secrets-out",
            "-",
            "--qr",
            "none",
        ])
        .exits(6);
    assert!(refused.screen().contains("for a realm"), "{}", refused.screen());
    assert_eq!(first.tokens().len(), 1);
    assert!(first.accepts(&first.code()));
}
