//! Methods switched off and on, replaced while they are lost, and enrolled in the other ways.

use serde_json::{Value, json};

use crate::witness::{Person, ask, place, place_of};

#[test]
fn a_method_that_is_off_is_rejected_and_on_again_is_accepted() {
    let person = Person::with_totp("switch");
    person.enrol(json!({"type": "sms", "phone": "+31612340007"}));
    let place = place();
    let result = place.change(&["methods", "disable", &person.name, "totp"]);
    assert_eq!(result["steps"][0]["status"], "done", "{result}");
    assert_eq!(
        place.json(&["methods", "list", &person.name])[0]["state"],
        "disabled"
    );
    assert!(!person.accepts(&person.code()));
    let again = place.change(&["methods", "disable", &person.name, "totp"]);
    assert_eq!(again["steps"][0]["status"], "unchanged", "{again}");
    place.change(&["methods", "enable", &person.name, "totp"]);
    assert!(person.accepts(&person.code()));
    // The last one that signs in stays on unless that is said.
    place.change(&["methods", "remove", &person.name, "phone:mobile"]);
    let refused = place
        .try_change(&["methods", "disable", &person.name, "totp"])
        .exits(6);
    assert_eq!(refused.error_code(), "last_method", "{}", refused.screen());
    place.change(&["methods", "disable", &person.name, "totp", "--leave-none"]);
}

#[test]
fn a_password_stands_in_for_a_lost_token() {
    let person = Person::with_totp("stand");
    let made = place().change(&[
        "methods",
        "disable",
        &person.name,
        "totp",
        "--lost",
        "--secrets-out",
        "-",
    ]);
    let password = made["secrets"][0]["value"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"));
    assert!(!made["secrets"][0]["expires_at"].is_null(), "{made}");
    assert!(!person.accepts(&person.code()), "the lost one");
    assert!(person.accepts(password), "what stands in for it");
    let rows = place().json(&["methods", "list", &person.name]);
    let shown: Vec<Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["kind"], row["state"]]))
        .collect();
    assert_eq!(
        json!(shown),
        json!([["totp", "disabled"], ["temporary-pass", "ready"]])
    );
}

#[test]
fn an_authenticator_that_counts_signs_in_code_by_code() {
    let person = Person::new("hotp");
    let made = place().change(&["methods", "add", "hotp", &person.name, "--secrets-out", "-"]);
    let uri = made["secrets"][0]["uri"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"));
    assert!(uri.starts_with("otpauth://hotp/"), "{uri}");
    assert_eq!(person.kinds(), ["hotp"]);
    let seed = made["secrets"][0]["value"].as_str().unwrap();
    assert!(person.accepts(&crate::witness::counted(seed, 0)));
    assert!(
        !person.accepts(&crate::witness::counted(seed, 0)),
        "each code works once"
    );
    assert!(person.accepts(&crate::witness::counted(seed, 1)));
}

#[test]
fn a_telephone_that_approves_waits_for_its_app() {
    let person = Person::new("push");
    let place = place_of("mfactl");
    let made = place.change(&[
        "methods",
        "add",
        "push",
        &person.name,
        "--name",
        "Pixel 9",
        "--secrets-out",
        "-",
    ]);
    let link = made["secrets"][0]["value"].as_str().unwrap();
    assert!(link.starts_with("otpauth://pipush/"), "{link}");
    let rows = place.json(&["methods", "list", &person.name]);
    assert_eq!(
        (&rows[0]["kind"], &rows[0]["state"]),
        (&json!("push"), &json!("pending"))
    );
    assert_eq!(person.kinds(), ["push Pixel 9"]);
}

#[test]
fn questions_are_set_and_take_the_place_of_those_that_were() {
    let person = Person::new("questions");
    let place = place();
    let answers = |pet: &str| {
        let all: Vec<Value> = [
            ("Pet?", pet),
            ("Car?", "Volvo"),
            ("Street?", "Oak"),
            ("Food?", "Soup"),
            ("Song?", "None"),
        ]
        .iter()
        .map(|(question, answer)| json!({"question": question, "answer": answer}))
        .collect();
        json!(all).to_string()
    };
    for pet in ["Rex the dog", "Tom the cat"] {
        let line = ["methods", "add", "questions", &person.name, "--yes", "-o", "json"];
        let output = place.feed(&line, &answers(pet)).exits(0);
        assert!(!output.screen().contains(pet), "{}", output.screen());
    }
    assert_eq!(person.kinds(), ["question"]);
    let asked = person.check("", &Value::Null);
    let number = asked.body["detail"]["transaction_id"].clone();
    let question = asked.body["detail"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let answer = match question.trim() {
        text if text.contains("Pet?") => "Tom the cat",
        text if text.contains("Car?") => "Volvo",
        text if text.contains("Street?") => "Oak",
        text if text.contains("Food?") => "Soup",
        _ => "None",
    };
    let given = person.check(answer, &json!({"transaction_id": number}));
    assert_eq!(*given.value(), json!(true), "{question}: {}", given.body);
}

#[test]
fn an_app_password_is_made_anew_in_its_place() {
    let person = Person::new("anew");
    let made = person.enrol(json!({"type": "applspec", "service_id": "mail", "description": "Thunderbird"}));
    let old = made["password"].as_str().unwrap().to_owned();
    let serial = person.tokens()[0]["serial"].clone();
    let result = place().change(&[
        "app-passwords",
        "reset",
        &person.name,
        "Thunderbird",
        "--reissue",
        "--secrets-out",
        "-",
    ]);
    let new = result["secrets"][0]["value"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"));
    let mail = json!({"service_id": "mail"});
    assert_ne!(*person.check(&old, &mail).value(), json!(true));
    assert_eq!(*person.check(new, &mail).value(), json!(true));
    let tokens = person.tokens();
    assert_eq!((tokens.len(), &tokens[0]["serial"]), (1, &serial), "{tokens:?}");
    assert_eq!(tokens[0]["description"], "Thunderbird");
}

#[test]
fn an_account_is_closed_and_opened_where_privacyidea_is_asked() {
    let person = Person::with_totp("closed");
    let place = place();
    place.change(&["user", "disable", &person.name]);
    assert!(!person.accepts(&person.code()), "kept out");
    assert_eq!(
        place.json(&["user", "show", &person.name])["account"]["enabled"],
        false
    );
    let lock = ask(
        "GET",
        &format!("/conditionalaccess/lock/user?user={}&realm=corp", person.name),
        &Value::Null,
    );
    assert_eq!(lock.value()["permanent"], true, "{}", lock.body);
    place.change(&["user", "enable", &person.name]);
    assert!(person.accepts(&person.code()));
    assert_eq!(
        place.json(&["user", "show", &person.name])["account"]["enabled"],
        true
    );
}
