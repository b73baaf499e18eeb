//! What is changed, and what the server's own check says of it before and after.

use serde_json::json;

use crate::witness::{Person, ask, client_key, place, place_of, send};

#[test]
fn a_token_that_is_removed_is_rejected_and_nothing_else_is_touched() {
    let person = Person::with_totp("remove");
    person.enrol(json!({"type": "sms", "phone": "+31612340002"}));
    assert!(person.accepts(&person.code()));
    let place = place();
    let result = place.change(&["methods", "remove", &person.name, "totp"]);
    assert_eq!(result["steps"][0]["status"], "done", "{result}");
    assert!(!person.accepts(&person.code()));
    assert_eq!(person.kinds(), ["sms"]);
    place
        .try_change(&["methods", "remove", &person.name, "totp"])
        .exits(3);
    place.change(&["methods", "remove", &person.name, "totp", "--missing-ok"]);
}

#[test]
fn an_authenticator_that_is_enrolled_signs_in() {
    let person = Person::new("enrol");
    let made = place_of("mfactl").change(&[
        "methods",
        "add",
        "totp",
        &person.name,
        "--name",
        "Pixel 9",
        "--secrets-out",
        "-",
    ]);
    let seed = made["secrets"][0]["value"].as_str().unwrap();
    assert_eq!(person.kinds(), ["totp Pixel 9"]);
    assert!(person.accepts(&person.code_of(seed)));
    assert!(!person.accepts("000000"));
}

#[test]
fn a_number_is_added_changed_in_place_and_gets_the_code() {
    let person = Person::new("phone");
    let place = place();
    place.change(&[
        "methods",
        "add",
        "phone",
        &person.name,
        "--number",
        "+31 6 12340003",
    ]);
    let serial = person.tokens()[0]["serial"].clone();
    let again = place.change(&[
        "methods",
        "add",
        "phone",
        &person.name,
        "--number",
        "+31612340003",
    ]);
    assert_eq!(again["steps"][0]["status"], "unchanged", "{again}");
    place.change(&[
        "methods",
        "update",
        &person.name,
        "phone:mobile",
        "--number",
        "+31612340004",
    ]);
    let tokens = person.tokens();
    assert_eq!(
        (tokens.len(), &tokens[0]["serial"]),
        (1, &serial),
        "the same token: {tokens:?}"
    );
    assert_eq!(tokens[0]["info"]["phone"], "+31612340004");
    // An empty PIN asks for the code, and it goes to the new number.
    assert!(person.accepts_sent("sms", "+31612340004"));
}

#[test]
fn a_second_number_stands_beside_the_first_and_takes_its_place_when_the_phone_is_lost() {
    let person = Person::new("second");
    let place = place();
    let add = |number: &str, kind: &str| {
        let line = [
            "methods",
            "add",
            "phone",
            &person.name,
            "--number",
            number,
            "--type",
            kind,
        ];
        place.try_change(&line)
    };
    let refused = add("+31612340021", "alternate").exits(6);
    assert!(
        refused.stderr.contains("has no mobile number"),
        "{}",
        refused.screen()
    );
    add("+31612340020", "mobile").exits(0);
    add("+31612340021", "alternate").exits(0);
    add("+31612340022", "alternate").exits(6);
    let rows = place.json(&["methods", "list", &person.name]);
    let kinds: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].clone())
        .collect();
    assert_eq!(kinds, ["phone:mobile", "phone:alternate"], "{rows}");
    // Either gets a code, and either lets in.
    for number in ["+31612340020", "+31612340021"] {
        assert!(person.accepts_sent("sms", number));
    }
    let change = [
        "methods",
        "update",
        &person.name,
        "phone:alternate",
        "--number",
        "+31612340023",
    ];
    place.change(&change);
    let result = place.change(&["user", "reset", &person.name, "--pass", "never"]);
    assert_eq!(result["summary"]["steps"]["failed"], 0, "{result}");
    let tokens = person.tokens();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(
        tokens[0]["info"]["phone"], "+31612340023",
        "the number that is left"
    );
    assert!(person.accepts_sent("sms", "+31612340023"));
}

#[test]
fn a_mail_address_gets_the_code() {
    let person = Person::new("mail");
    let address = format!("{}@home.example", person.name);
    place().change(&["methods", "add", "email", &person.name, "--address", &address]);
    assert!(person.accepts_sent("mail", &address));
}

#[test]
fn a_registration_code_signs_in_once() {
    let person = Person::new("pass");
    let made = place().change(&[
        "methods",
        "add",
        "temporary-pass",
        &person.name,
        "--lifetime",
        "60m",
        "--secrets-out",
        "-",
    ]);
    let code = made["secrets"][0]["value"].as_str().unwrap();
    assert!(!made["secrets"][0]["expires_at"].is_null(), "{made}");
    assert!(person.accepts(code));
    assert!(!person.accepts(code), "it works once");
    assert!(person.kinds().is_empty());
}

#[test]
fn app_passwords_are_listed_and_refused_once_they_are_ended() {
    let person = Person::new("apps");
    let mut secrets = Vec::new();
    for name in ["Thunderbird", "Phone"] {
        let made = person.enrol(json!({"type": "applspec", "service_id": "mail", "description": name}));
        secrets.push(made["password"].as_str().unwrap().to_owned());
    }
    let mail = json!({"service_id": "mail"});
    let accepts = |secret: &str| *person.check(secret, &mail).value() == json!(true);
    assert!(accepts(&secrets[0]) && accepts(&secrets[1]));
    let place = place();
    let rows = place.json(&["app-passwords", "list", &person.name]);
    let mut names: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["Phone", "Thunderbird"]);
    place.change(&["app-passwords", "reset", &person.name, "Phone"]);
    assert!(accepts(&secrets[0]) && !accepts(&secrets[1]));
    place.change(&["app-passwords", "reset", &person.name, "--all"]);
    assert!(!accepts(&secrets[0]));
}

#[test]
fn a_remembered_device_is_asked_again_once_it_is_forgotten() {
    let person = Person::with_totp("forget");
    let key = [("x-api-key", client_key())];
    let cookie = || {
        let body = json!({"user": person.name, "realm": "corp", "pass": person.code(),
            "request_persistent_cookie": 1});
        let answer = send("POST", "/validate/check", &key, &body);
        let cookie = answer.remembers();
        cookie.unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    };
    let remembered = |cookie: &str| {
        let body = json!({"user": person.name, "realm": "corp"});
        let headers = [key[0], ("cookie", cookie)];
        *send("POST", "/validate/remember_device", &headers, &body).value() == json!(true)
    };
    // Checking a cookie renews it, so that each is looked at once before and once after.
    let (one, two, three) = (cookie(), cookie(), cookie());
    assert!(remembered(&one));
    let place = place();
    let rows = place.json(&["devices", "list", &person.name]);
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    let id = rows[0]["id"].as_str().unwrap();
    place.change(&["devices", "forget", &person.name, id]);
    assert_eq!(
        place
            .json(&["devices", "list", &person.name])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let result = place.change(&["devices", "forget", &person.name]);
    assert_eq!(result["steps"][0]["status"], "done", "{result}");
    assert!(!remembered(&one) && !remembered(&two) && !remembered(&three));
}

#[test]
fn somebody_who_is_locked_is_shown_so_and_let_in_again() {
    let person = Person::with_totp("locked");
    for _ in 0..10 {
        person.accepts("000000");
    }
    assert!(!person.accepts(&person.code()), "too many wrong tries");
    let lock = ask(
        "POST",
        "/conditionalaccess/lock/user",
        &json!({"user": person.name, "realm": "corp"}),
    );
    assert_eq!(lock.status, 200, "{}", lock.body);
    let place = place();
    let page = place.json(&["user", "show", &person.name]);
    assert_eq!(
        (&page["locked"], &page["account"]["enabled"]),
        (&json!(true), &json!(false))
    );
    let result = place.change(&["user", "unlock", &person.name]);
    assert!(
        result["next"][0]["text"]
            .as_str()
            .unwrap()
            .contains("user enable"),
        "{result}"
    );
    // What somebody did by hand, user disable among it, no unlocking takes back.
    let page = place.json(&["user", "show", &person.name]);
    assert_eq!(
        (&page["locked"], &page["account"]["enabled"]),
        (&json!(false), &json!(false))
    );
    assert!(!person.accepts(&person.code()));
    place.change(&["user", "enable", &person.name]);
    assert!(person.accepts(&person.code()));
    let again = place.change(&["user", "unlock", &person.name]);
    assert_eq!(again["steps"][0]["status"], "unchanged", "{again}");
}

#[test]
fn a_password_is_set_and_that_it_stays_is_told() {
    let person = Person::new("password");
    let place = place();
    let made = place.change(&["user", "reset-password", &person.name, "--secrets-out", "-"]);
    let password = made["secrets"][0]["value"].as_str().unwrap();
    let login = |password: &str| {
        let body = json!({"username": format!("{}@corp", person.name), "password": password});
        send("POST", "/auth", &[], &body).status
    };
    assert_eq!((login(password), login(crate::witness::PASSWORD)), (200, 401));
}

#[test]
fn a_method_that_waits_for_its_code_counts_once_it_is_typed() {
    let person = Person::new("verify");
    let place = place();
    let made = place.change(&["methods", "add", "totp", &person.name, "--secrets-out", "-"]);
    let seed = made["secrets"][0]["value"].as_str().unwrap();
    assert_eq!(
        place.json(&["methods", "list", &person.name])[0]["state"],
        "pending"
    );
    assert!(!person.accepts(&person.code_of(seed)));
    let verify = |code: &str| place.try_change(&["methods", "verify", &person.name, "totp", "--code", code]);
    verify("000000").exits(6);
    verify(&person.code_of(seed)).exits(0);
    assert_eq!(
        place.json(&["methods", "list", &person.name])[0]["state"],
        "ready"
    );
    assert!(person.accepts(&person.code_of(seed)));
    // A number: the code went out when it was added, and goes out again.
    place.change(&[
        "methods",
        "add",
        "phone",
        &person.name,
        "--number",
        "+31612340005",
    ]);
    place.change(&["methods", "verify", &person.name, "phone:mobile"]);
    let code = Person::received("sms", "+31612340005");
    place.change(&["methods", "verify", &person.name, "phone:mobile", "--code", &code]);
    assert!(
        person
            .tokens()
            .iter()
            .all(|token| token["rollout_state"] == "enrolled")
    );
}
