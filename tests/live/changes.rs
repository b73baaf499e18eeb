//! What is changed, and what the server's own sign-in says of it before and after.

use serde_json::{Value, json};

use crate::realm::{PASSWORD, Person, SEEDS, code, otp, place, send, url, why};

#[test]
fn a_lost_phone_ends_what_was_on_it_and_asks_for_another_at_next_sign_in() {
    let person = Person::with_two("lost");
    let account = person.account();
    let (browser, program) = (
        person.signed_in(SEEDS[0], false),
        person.signed_in(SEEDS[0], true),
    );
    assert!(browser.live() && program.live());
    let result = place().change(&["user", "reset", &person.name]);
    let steps: Vec<_> = result["steps"]
        .as_array()
        .unwrap_or_else(|| panic!("{result}"))
        .iter()
        .map(|step| {
            format!(
                "{} {}",
                step["step"].as_str().unwrap(),
                step["status"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        steps,
        ["remove done", "remove done", "sign out done", "require done"],
        "{result}"
    );
    assert!(person.labels("otp").is_empty());
    assert_eq!(person.required(), ["CONFIGURE_TOTP"]);
    assert_eq!(person.account(), account, "names and address stay");
    let refused = person.sign_in(Some(SEEDS[0]));
    assert_eq!(
        (refused.status, why(&refused)),
        (400, "Account is not fully set up")
    );
    assert!(!browser.live(), "the browser's session is over");
    assert!(!program.live(), "the offline session is over");
}

#[test]
fn what_was_required_before_stays_required() {
    let person = Person::with_two("merge");
    person.write(&json!({"requiredActions": ["UPDATE_PASSWORD", "VERIFY_EMAIL"]}));
    place().change(&["user", "reset", &person.name, "--playbook", "new-phone"]);
    let mut required = person.required();
    required.sort();
    assert_eq!(required, ["CONFIGURE_TOTP", "UPDATE_PASSWORD", "VERIFY_EMAIL"]);
}

#[test]
fn an_authenticator_that_is_enrolled_signs_in() {
    let person = Person::new("enrol");
    let account = person.account();
    let place = place();
    let line = [
        "methods",
        "add",
        "totp",
        &person.name,
        "--name",
        "Pixel 9",
        "--secrets-out",
        "-",
    ];
    let made = place.change(&line);
    let seed = made["secrets"][0]["value"].as_str().unwrap();
    assert_eq!(person.labels("otp"), ["Pixel 9"]);
    assert_eq!(
        person.sign_in(None).status,
        401,
        "the password alone is not enough any more"
    );
    assert_eq!(person.sign_in(Some(seed)).status, 200);
    assert_eq!(person.account(), account);
    // Names are unique, and it is said before anything is sent twice.
    let again = place.try_change(&line);
    assert_eq!(again.exits(6).value()["steps"][0]["error"]["code"], "already_set");
    assert_eq!(person.labels("otp").len(), 1);
}

#[test]
fn the_default_is_the_one_that_a_sign_in_asks_for() {
    let person = Person::with_two("default");
    assert_eq!(person.sign_in(Some(SEEDS[0])).status, 200);
    assert_eq!(person.sign_in(Some(SEEDS[1])).status, 401);
    let place = place();
    place.change(&["methods", "set-default", &person.name, "new"]);
    assert_eq!(person.labels("otp"), ["new", "old"]);
    assert_eq!(person.sign_in(Some(SEEDS[1])).status, 200);
    let again = place.change(&["methods", "set-default", &person.name, "new"]);
    assert_eq!(again["steps"][0]["status"], "unchanged", "{again}");
}

#[test]
fn a_method_is_renamed_and_removed_and_nothing_else_is_touched() {
    let person = Person::with_two("rename");
    let account = person.account();
    let place = place();
    place.change(&["methods", "update", &person.name, "old", "--name", "Café \"9\""]);
    assert_eq!(person.labels("otp"), ["Café \"9\"", "new"]);
    let taken = place.try_change(&["methods", "update", &person.name, "new", "--name", "Café \"9\""]);
    taken.exits(6);
    place.change(&["methods", "remove", &person.name, "new"]);
    assert_eq!(person.labels("otp"), ["Café \"9\""]);
    assert_eq!(person.labels("password").len(), 1);
    assert_eq!(person.account(), account);
    place
        .try_change(&["methods", "remove", &person.name, "new"])
        .exits(3);
    place.change(&["methods", "remove", &person.name, "new", "--missing-ok"]);
}

fn key() -> Value {
    json!({"type": "webauthn", "userLabel": "YubiKey", "secretData": "{}",
        "credentialData": json!({"aaguid": "00000000-0000-0000-0000-000000000000", "credentialId": "AAAA",
            "counter": 0, "credentialPublicKey": "AAAA", "transports": ["usb"]}).to_string()})
}

/// The flow of this realm is the usual one, in which keys are off.
#[test]
fn whom_a_key_alone_is_left_for_which_no_sign_in_asks_sets_up_another_authenticator() {
    let person = Person::with("idle", &[otp("app", SEEDS[0]), key()]);
    let place = place();
    let result = place.change(&["user", "reset", &person.name]);
    assert_eq!(person.required(), ["CONFIGURE_TOTP"]);
    // The realm sets how long its tokens live, and it is no hour.
    assert_eq!(result["access_ends_within_s"], Value::Null);
    let page = place.json(&["user", "show", &person.name]);
    assert_eq!(page["methods"][0]["uses"], json!([]), "{page}");
    assert_eq!(page["registration"]["state"], "partial", "{page}");
}

#[test]
fn keys_and_codes_are_listed_by_kind_and_removed() {
    let key = key();
    let passkey = json!({"type": "webauthn-passwordless", "userLabel": "Laptop", "secretData": "{}",
        "credentialData": key["credentialData"]});
    let person = Person::with("keys", &[otp("app", SEEDS[0]), key, passkey]);
    let place = place();
    let rows = place.json(&["methods", "list", &person.name]);
    let kinds: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].clone())
        .collect();
    assert_eq!(kinds, ["totp", "passkey", "security-key"]);
    place.change(&["methods", "remove", &person.name, "--all", "--leave-none"]);
    assert_eq!(place.json(&["methods", "list", &person.name]), json!([]));
    assert_eq!(person.labels("password").len(), 1, "the password is no method");
}

#[test]
fn signing_out_ends_sessions_of_the_same_second_too() {
    let person = Person::with_two("out");
    let sessions: Vec<_> = (0..3).map(|n| person.signed_in(SEEDS[0], n != 0)).collect();
    let result = place().change(&["user", "sign-out", &person.name]);
    assert_eq!(result["steps"][0]["status"], "done", "{result}");
    for tokens in sessions {
        assert!(!tokens.live());
    }
    assert_eq!(person.read("/sessions"), json!([]));
    assert_eq!(person.read("/consents"), json!([]));
    assert_eq!(
        person.sign_in(Some(SEEDS[0])).status,
        200,
        "signing in again works"
    );
}

#[test]
fn one_session_is_ended_and_the_others_live_on() {
    let person = Person::with_two("session");
    let other = Person::with_two("session");
    let [browser, phone, program] = [false, false, true].map(|offline| person.signed_in(SEEDS[0], offline));
    let theirs = other.signed_in(SEEDS[0], false);
    let place = place();
    let listed = || -> Vec<String> {
        let rows = place.json(&["devices", "list", &person.name]);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(listed().contains(&browser.session) && listed().contains(&program.session));
    let result = place.change(&["devices", "forget", &person.name, &browser.session]);
    assert_eq!(result["steps"][0]["status"], "done", "{result}");
    assert_eq!(result["steps"][0]["detail"], "the session is over", "{result}");
    assert!(!listed().contains(&browser.session));
    assert!(!browser.live() && phone.live() && program.live());
    // One that a program keeps without a browser, by the start of its id as it is listed.
    let start = format!("device:{}", &program.session[..8]);
    place.change(&["devices", "forget", &person.name, &start]);
    assert!(!program.live() && phone.live());
    // What is over, and what is somebody else's, is none of this person's.
    for gone in [&browser.session, &theirs.session] {
        let refused = place
            .try_change(&["devices", "forget", &person.name, gone])
            .exits(3);
        assert_eq!(refused.error_code(), "device_not_found");
    }
    assert!(theirs.live());
}

#[test]
fn a_password_is_made_to_the_policy_and_changed_at_next_sign_in() {
    let person = Person::with_two("password");
    let place = place();
    for (permanent, status) in [(false, 400), (true, 200)] {
        let mut line = vec!["user", "reset-password", &person.name, "--secrets-out", "-"];
        if permanent {
            line.push("--permanent");
        }
        let made = place.change(&line);
        let password = made["secrets"][0]["value"].as_str().unwrap();
        let answer = person.sign_in_with(password, Some(&code(SEEDS[0])), "openid");
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    let weak = place.feed(
        &[
            "user",
            "reset-password",
            &person.name,
            "--password-stdin",
            "--yes",
            "-o",
            "json",
        ],
        "short\n",
    );
    let steps = weak.exits(6).value()["steps"][0].clone();
    assert_eq!(steps["error"]["code"], "policy_refused", "{steps}");
}

#[test]
fn somebody_who_is_locked_is_shown_so_and_let_in_again() {
    let person = Person::with_two("locked");
    for _ in 0..6 {
        person.sign_in_with("wrong", Some("000000"), "openid");
    }
    assert_eq!(person.sign_in(Some(SEEDS[0])).status, 401);
    let place = place();
    assert_eq!(place.json(&["user", "show", &person.name])["locked"], true);
    place.change(&["user", "unlock", &person.name]);
    assert_eq!(place.json(&["user", "show", &person.name])["locked"], false);
    assert_eq!(person.sign_in(Some(SEEDS[0])).status, 200);
    let again = place.change(&["user", "unlock", &person.name]);
    assert_eq!(again["steps"][0]["status"], "unchanged");
}

#[test]
fn a_compromised_account_is_closed_with_everything_in_it() {
    let person = Person::with_two("closed");
    let tokens = person.signed_in(SEEDS[0], true);
    let place = place();
    place.change(&[
        "user",
        "reset",
        &person.name,
        "--playbook",
        "compromised",
        "--secrets-out",
        "-",
    ]);
    assert_eq!(
        person.account(),
        json!(["Anna", "Live", format!("{}@example.com", person.name), false])
    );
    assert!(person.labels("otp").is_empty() && !tokens.live());
    person.write(&json!({"enabled": true, "requiredActions": []}));
    assert_eq!(
        person.sign_in_with(PASSWORD, None, "openid").status,
        401,
        "the old password is gone"
    );
}

#[test]
fn codes_that_are_counted_go_with_the_phone_too() {
    let mut counted = otp("app", SEEDS[0]);
    let data = counted["credentialData"]
        .as_str()
        .unwrap()
        .replace("totp", "hotp");
    counted["credentialData"] = json!(data);
    let person = Person::with("counted", &[counted]);
    let rows = place().json(&["methods", "list", &person.name]);
    assert_eq!(
        (&rows[0]["kind"], &rows[0]["on_phone"]),
        (&json!("hotp"), &json!(true))
    );
    place().change(&["user", "reset", &person.name]);
    assert!(person.labels("otp").is_empty());
    assert_eq!(person.required(), ["CONFIGURE_TOTP"]);
}

#[test]
fn whose_only_authenticator_is_removed_adds_another_in_the_account_console() {
    let person = Person::with("console", &[otp("old", SEEDS[0])]);
    let result = place().change(&["methods", "remove", &person.name, "totp", "--leave-none"]);
    let page = format!("{}/realms/kctest/account/", url());
    assert_eq!(
        result["next"][0]["text"], "adds the new phone in the Account Console",
        "{result}"
    );
    assert_eq!(result["next"][0]["url"], page.as_str(), "{result}");
    // It is there: whoever is not signed in is sent to the sign-in by its own script.
    assert_eq!(send("GET", "/realms/kctest/account/", &[], "").status, 200);
}
