//! Somebody is helped by IT staff: a lost phone, a new number, app passwords, a password: S17 with S15, S18, S19, S20.

use serde_json::{Value, json};

use crate::environment::Environment;

/// The statuses of a result, step by step.
fn steps(result: &Value) -> Vec<String> {
    let text = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
    let steps = result["steps"].as_array().unwrap().iter();
    steps
        .map(|step| {
            format!(
                "{} {}: {}",
                text(step, "step"),
                text(step, "target"),
                text(step, "status")
            )
        })
        .collect()
}

#[test]
fn s17_and_s15_a_lost_phone_is_put_right() {
    let place = Environment::new();
    let adele = place.person("adele");
    let laptop = adele.device();
    let seed = adele.seed("iPhone 14");
    let mails = ["Outlook 2013", "iPhone Mail"].map(|name| adele.app_password(name));

    // Before: the laptop is not asked, the mail clients get in, the phone approves and types codes.
    let session = adele
        .signs_in(&["--device", &laptop])
        .is("signed_in")
        .token("session_token");
    adele.tries(&["--session", &session]).is("signed_in");
    for mail in &mails {
        adele.tries(&["--app-password", mail]).is("signed_in");
    }
    adele.signs_in_by("approve").is("signed_in");
    adele.signs_in_by_code_of(&seed).is("signed_in");
    adele.signs_in_by("sms").is("signed_in");
    assert_eq!(adele.received()["to"], "+1 4255550100");
    adele.signs_in_by("call-alternate").is("signed_in");
    // A notification that is still on the dead phone when the reset comes.
    adele
        .signs_in(&["--factor", "approve:"])
        .is("verification_required");
    let open = adele.received()["code"].as_str().unwrap().to_owned();

    let result = place.change(&[
        "user",
        "reset",
        "adele",
        "--playbook",
        "lost-phone",
        "--ticket",
        "INC0042",
    ]);
    assert_eq!(
        steps(&result),
        [
            "change phone:mobile: done",
            "remove phone:alternate: done",
            "remove authenticator: done",
            "revoke app passwords: done",
            "forget remembered devices: done",
            "sign out everywhere: done",
        ]
    );
    assert_eq!(
        (&result["playbook"], &result["ticket"]),
        (&json!("lost-phone"), &json!("INC0042"))
    );
    assert_eq!(result["by_hand"], json!([]));
    assert!(
        !result["next"].as_array().unwrap().is_empty(),
        "it says what remains for her to do"
    );

    // After: the laptop is asked, the mail clients are refused, the phone opens nothing, nobody is still inside.
    adele.signs_in(&["--device", &laptop]).is("verification_required");
    adele.tries(&["--session", &session]).is("verification_required");
    for mail in &mails {
        adele.tries(&["--app-password", mail]).is("refused");
    }
    adele
        .signs_in(&["--factor", &format!("approve:{open}")])
        .is("refused");
    adele.signs_in(&["--factor", "approve:"]).is("refused");
    place.advance("1m");
    adele.signs_in_by_code_of(&seed).is("refused");

    // The alternate number still verifies, as the mobile one now, and is the default.
    assert_eq!(adele.methods(), ["phone:mobile", "email"]);
    assert_eq!(adele.method("phone:mobile")["number"], "+14255550199");
    assert_eq!(adele.method("phone:mobile")["state"], "ready");
    assert_eq!(adele.default().as_deref(), Some("phone:mobile"));
    for factor in ["sms", "call"] {
        adele.signs_in_by(factor).is("signed_in");
        assert_eq!(adele.received()["to"], "+1 4255550199");
    }
    // What was not on the phone stays.
    adele.recovers_by("email").is("recovered");
}

#[test]
fn s18_a_new_number_and_no_other_method_means_registering_again() {
    let place = Environment::new();
    let bas = place.person("bas");
    let session = bas.signs_in_by("sms").is("signed_in").token("session_token");
    assert_eq!(
        bas.received()["to"],
        "+31 612345601",
        "the code goes to the number that he no longer has"
    );

    let said = place
        .run(&["user", "reset", "bas", "--playbook", "new-phone", "--yes"])
        .exits(0);
    assert!(
        said.stderr.contains("--pass always"),
        "the risk is said, with the way out:\n{}",
        said.screen()
    );
    assert!(bas.methods().is_empty());
    assert_eq!(
        place.json(&["user", "show", "bas"])["registration"]["state"],
        "none"
    );
    bas.signs_in(&[]).is("registration_required");
    bas.signs_in(&["--factor", "sms:"]).is("refused");
    bas.tries(&["--session", &session]).is("verification_required");
    bas.recovers(&["--factor", "sms:"]).is("refused");

    // With the new number registered he is in again.
    place.change(&["methods", "add", "phone", "bas", "--number", "+31 612345602"]);
    place.change(&["methods", "verify", "bas", "phone:mobile"]);
    let code = bas.received()["code"].as_str().unwrap().to_owned();
    place.change(&["methods", "verify", "bas", "phone:mobile", "--code", &code]);
    bas.signs_in_by("sms").is("signed_in");
    assert_eq!(bas.received()["to"], "+31 612345602");
}

#[test]
fn s19_app_passwords_are_for_old_apps_only_and_end_when_they_are_reset() {
    let place = Environment::new();
    let adele = place.person("adele");
    let (outlook, phone) = (
        adele.app_password("Outlook 2013"),
        adele.app_password("iPhone Mail"),
    );
    let names = |rows: &Value| -> Vec<String> {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&place.json(&["app-passwords", "list", "adele"])),
        ["Outlook 2013", "iPhone Mail"]
    );
    adele.tries(&["--app-password", &outlook]).is("signed_in");
    adele.tries(&["--app-password", &phone]).is("signed_in");
    // It is no password for a page that can ask for a second factor.
    adele.tries(&["--password", &outlook]).is("refused");

    place.change(&["app-passwords", "reset", "adele", "iPhone Mail"]);
    adele.tries(&["--app-password", &phone]).is("refused");
    adele.tries(&["--app-password", &outlook]).is("signed_in");

    let again = place.change(&[
        "app-passwords",
        "reset",
        "adele",
        "Outlook 2013",
        "--reissue",
        "--secrets-out",
        "-",
    ]);
    let fresh = again["secrets"][0]["value"].as_str().unwrap();
    adele.tries(&["--app-password", &outlook]).is("refused");
    adele.tries(&["--app-password", fresh]).is("signed_in");

    place.change(&["app-passwords", "reset", "adele", "--all"]);
    adele.tries(&["--app-password", fresh]).is("refused");
    assert_eq!(place.json(&["app-passwords", "list", "adele"]), json!([]));
}

#[test]
fn s20_a_lost_password_is_replaced_and_the_old_one_is_refused() {
    let place = Environment::new();
    let fen = place.person("fen");
    fen.signs_in(&[]).is("verification_required");
    let result = place.change(&["user", "reset-password", "fen", "--secrets-out", "-"]);
    let made = result["secrets"][0]["value"].as_str().unwrap();
    fen.signs_in(&[]).is("refused");
    fen.tries(&["--password", made, "--factor", "sms:"])
        .is("verification_required");
    let code = format!("sms:{}", fen.received()["code"].as_str().unwrap());
    let entered = fen
        .tries(&["--password", made, "--factor", &code])
        .is("signed_in");
    assert!(
        entered.reason().contains("password"),
        "she is asked to choose another: {}",
        entered.0
    );

    // One that the administrator chose and that stays, from stdin and never from the command line.
    let chosen = "correct horse battery 9";
    let set = [
        "user",
        "reset-password",
        "fen",
        "--password-stdin",
        "--permanent",
        "--yes",
        "-o",
        "json",
    ];
    let printed = place.feed(&set, &format!("{chosen}\n")).exits(0);
    assert!(!printed.screen().contains(chosen));
    fen.tries(&["--password", made]).is("refused");
    fen.tries(&["--password", chosen, "--factor", "sms:"])
        .is("verification_required");
    let code = format!("sms:{}", fen.received()["code"].as_str().unwrap());
    let entered = fen
        .tries(&["--password", chosen, "--factor", &code])
        .is("signed_in");
    assert_eq!(entered.0["reason"], Value::Null);
}
