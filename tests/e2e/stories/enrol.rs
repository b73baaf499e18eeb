//! What is set up anew: any allowed kind, an authenticator app, an address, questions: S2, S8, S9, S10.

use serde_json::{Value, json};

use crate::environment::Environment;
use crate::person::shown;

/// The secret of this kind that a change made, from its result.
#[track_caller]
fn minted(result: &Value, kind: &str) -> String {
    let secrets = result["secrets"]
        .as_array()
        .unwrap_or_else(|| panic!("no secrets in {result}"));
    let one = secrets
        .iter()
        .find(|secret| secret["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {result}"));
    one["value"].as_str().unwrap().to_owned()
}

#[test]
fn s02_a_method_of_an_allowed_kind_is_added_and_lets_its_owner_in() {
    let place = Environment::new();
    let gita = place.person("gita");
    let before = gita.signs_in(&[]).is("verification_required");
    assert_eq!(before.factors(), ["passkey"]);

    // A pass stands for password and second factor, until its time is over.
    let pass = minted(
        &place.change(&[
            "methods",
            "add",
            "temporary-pass",
            "gita",
            "--lifetime",
            "30m",
            "--secrets-out",
            "-",
        ]),
        "temporary-pass",
    );
    assert_eq!(gita.signs_in(&[]).factors(), ["passkey", "pass"]);
    gita.tries(&["--factor", &format!("pass:{pass}")]).is("signed_in");
    gita.tries(&["--factor", "pass:never-this"]).is("refused");
    place.advance("31m");
    gita.tries(&["--factor", &format!("pass:{pass}")]).is("refused");

    // A number is another kind that policy allows.
    place.change(&["methods", "add", "phone", "gita", "--number", "+91 9812345678"]);
    place.change(&["methods", "verify", "gita", "phone:mobile"]);
    let code = gita.received()["code"].as_str().unwrap().to_owned();
    place.change(&["methods", "verify", "gita", "phone:mobile", "--code", &code]);
    assert_eq!(gita.signs_in(&[]).factors(), ["passkey", "sms", "call"]);
    gita.signs_in_by("sms").is("signed_in");
}

#[test]
fn s08_an_authenticator_app_is_set_up_by_its_qr_code_and_then_types_codes() {
    let place = Environment::new();
    let chidi = place.person("chidi");
    let picture = place.path("chidi.svg");
    let qr = picture.to_str().unwrap();
    let added = place.change(&[
        "methods",
        "add",
        "totp",
        "chidi",
        "--name",
        "Pixel 9",
        "--qr",
        qr,
        "--secrets-out",
        "-",
    ]);
    let seed = minted(&added, "totp");
    assert!(
        std::fs::read_to_string(&picture).unwrap().contains("<svg"),
        "the QR code is a picture"
    );

    // It waits for its first code.
    assert_eq!(chidi.method("totp")["state"], "pending");
    assert_eq!(chidi.method("totp")["name"], "Pixel 9");
    chidi.signs_in_by_code_of(&seed).is("refused");
    place.change(&[
        "methods",
        "verify",
        "chidi",
        "totp",
        "--code",
        &shown(&seed, place.now()),
    ]);
    assert_eq!(chidi.method("totp")["state"], "ready");

    place.advance("30s");
    let code = format!("totp:{}", shown(&seed, place.now()));
    chidi.signs_in(&["--factor", &code]).is("signed_in");
    // A code works once, and an old one never.
    chidi.signs_in(&["--factor", &code]).is("refused");
    place.advance("5m");
    chidi.signs_in(&["--factor", &code]).is("refused");
    chidi.signs_in_by_code_of(&seed).is("signed_in");

    // Or the app approves: emre taps the number that the sign-in shows.
    let emre = place.person("emre");
    emre.signs_in_by("approve").is("signed_in");
}

#[test]
fn s09_an_address_resets_the_password_and_is_no_second_factor() {
    let place = Environment::new();
    let fen = place.person("fen");
    fen.recovers(&["--factor", "email:"]).is("refused");
    place.change(&["methods", "add", "email", "fen", "--address", "fen@home.example"]);
    assert_eq!(fen.method("email")["uses"], json!(["reset"]));

    let asked = fen.signs_in(&[]).is("verification_required");
    assert!(!asked.factors().contains(&"email"), "{:?}", asked.factors());
    fen.signs_in(&["--factor", "email:"]).is("refused");

    let password = fen.recovers_by("email").is("recovered").token("new_password");
    assert_eq!(fen.received()["to"], "fen@home.example");
    fen.signs_in(&[]).is("refused");
    fen.tries(&["--password", &password]).is("verification_required");
}

#[test]
fn s10_security_questions_reset_the_password_and_are_no_second_factor() {
    let place = Environment::new();
    let fen = place.person("fen");
    let asked = [
        ("What was the name of your first pet?", "Rex the Third"),
        ("In which street did you live as a child?", "Acacia Avenue"),
        ("What was the make of your first car?", "Trabant"),
        ("In which town did your parents meet?", "Utrecht"),
        ("What was your first job?", "Paper round"),
    ];
    let answers = |of: &[(&str, &str)]| {
        let pairs: Vec<Value> = of
            .iter()
            .map(|(question, answer)| json!({"question": question, "answer": answer}))
            .collect();
        Value::from(pairs).to_string()
    };
    let three = place.write("three.json", &answers(&asked[..3]));
    fen.recovers(&["--answers", &three]).is("refused");

    let add = ["methods", "add", "questions", "fen", "--yes", "-o", "json"];
    place.feed(&add, &answers(&asked)).exits(0);
    assert_eq!(fen.method("questions")["uses"], json!(["reset"]));
    assert!(!fen.signs_in(&[]).factors().contains(&"questions"));

    let wrong = place.write(
        "wrong.json",
        &answers(&[
            asked[0],
            asked[1],
            ("What was the make of your first car?", "Lada"),
        ]),
    );
    fen.recovers(&["--answers", &wrong]).is("refused");
    let two = place.write("two.json", &answers(&asked[..2]));
    fen.recovers(&["--answers", &two]).is("refused");
    let password = fen
        .recovers(&["--answers", &three])
        .is("recovered")
        .token("new_password");
    fen.tries(&["--password", &password]).is("verification_required");
}
