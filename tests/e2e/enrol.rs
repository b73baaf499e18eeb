//! What an administrator registers for somebody: hardware tokens out of the inventory, methods of other providers, QR
//! codes with PIN, passkeys.

use serde_json::Value;

use crate::authenticator::{Answers, register};
use crate::environment::Environment;
use crate::person::shown;

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn statuses(result: &Value) -> Vec<&str> {
    let steps = result["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect()
}

fn file(place: &Environment) -> String {
    let text = format!(
        "upn,serial number,secret key,time interval,manufacturer,model\n,7100,{SEED},30,Contoso,C-300\n\
         gita@contoso.example,7101,{SEED},30,Contoso,C-300\n,2309,{SEED},30,Contoso,C-200\n"
    );
    place.write("tokens.csv", &text)
}

#[test]
fn tokens_are_imported_given_activated_and_taken_back() {
    let place = Environment::new();
    let tokens = file(&place);
    let planned = place.json(&["hardware-tokens", "import", &tokens, "--dry-run"]);
    assert_eq!(statuses(&planned), ["planned", "planned", "unchanged"]);
    let result = place.change(&["hardware-tokens", "import", &tokens]);
    assert_eq!(statuses(&result), ["done", "done", "unchanged"]);
    assert_eq!(
        statuses(&place.change(&["hardware-tokens", "import", &tokens])),
        ["unchanged"; 3]
    );
    insta::assert_snapshot!(place.run(&["hardware-tokens", "list"]).screen(), @r"
    SERIAL  STATUS     FOR          MODEL          CODES
    2308    activated  Omar Haddad  Contoso C-200  every 30 s
    2309    available  -            Contoso C-200  every 30 s
    2310    available  -            Contoso C-200  every 30 s
    7100    available  -            Contoso C-300  every 30 s
    7101    assigned   Gita Rao     Contoso C-300  every 30 s
    · local: 5 hardware tokens
    exit 0
    ");

    // Without a code it waits; the code counts once.
    let bas = place.person("bas");
    let add = |serial: &str, more: &[&str]| {
        let line = ["methods", "add", "hardware-token", "bas", "--serial", serial];
        place.try_change(&[&line[..], more].concat())
    };
    add("7100", &[]).exits(0);
    assert_eq!(bas.method("hardware-token")["state"], "pending");
    assert_eq!(add("9999", &[]).exits(3).error_code(), "not_found");
    let verify =
        |code: &str| place.try_change(&["methods", "verify", "bas", "hardware-token", "--code", code]);
    verify("000001").exits(6);
    let code = shown(SEED, place.now());
    verify(&code).exits(0);
    assert_eq!(bas.method("hardware-token")["state"], "ready");

    // With a code both at once; what somebody has is not given again.
    let gita = place.person("gita");
    assert_eq!(gita.method("hardware-token")["state"], "pending");
    let taken = add("7101", &["--code", &shown(SEED, place.now())]).exits(6);
    assert_eq!(taken.error_code(), "already_set");
    place.change(&["methods", "remove", "bas", "hardware-token"]);
    let tokens = place.json(&["hardware-tokens", "list", "--available"]);
    let serials: Vec<&str> = tokens
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["serial"].as_str().unwrap())
        .collect();
    assert_eq!(serials, ["2309", "2310", "7100"]);
    add("7100", &["--code", &shown(SEED, place.now())]).exits(0);
    assert_eq!(bas.method("hardware-token")["state"], "ready");
}

#[test]
fn a_file_of_tokens_that_is_wrong_is_told_by_its_places_and_sends_nothing() {
    let place = Environment::new();
    let text = "upn,serial number,secret key,time interval,manufacturer,model\n,1,HUNTER2!,30,A,B\n,2,GEZADGNB,31,A,B\n";
    let refused = place.feed(&["hardware-tokens", "import", "-", "--yes"], text);
    insta::assert_snapshot!(refused.screen(), @r#"
    · error: standard input:2:3: 2 rows are wrong; nothing was sent
    ·   standard input:2:3  secret key is not Base32 of 128 characters at most (it is not shown)
    ·   standard input:3:4  time interval is "31", and can be 30 or 60
    exit 2
    "#);
    let nobody = "upn,serial number,secret key,time interval,manufacturer,model\nx@contoso.example,1,GEZADGNB,30,A,B\n";
    place
        .feed(&["hardware-tokens", "import", "-", "--yes"], nobody)
        .exits(3);
    assert_eq!(
        place.json(&["hardware-tokens", "list"]).as_array().unwrap().len(),
        3
    );
}

#[test]
fn a_method_of_another_provider_is_registered_once() {
    let place = Environment::new();
    let add =
        |more: &[&str]| place.try_change(&[&["methods", "add", "external", "adele"][..], more].concat());
    let planned = place
        .run(&["methods", "add", "external", "adele", "--dry-run"])
        .exits(0);
    assert!(
        planned
            .stderr
            .contains("policy does not let adele@contoso.example use it yet: off for everyone"),
        "{}",
        planned.stderr
    );
    assert_eq!(add(&["--provider", "Nobody"]).exits(3).error_code(), "not_found");
    assert_eq!(
        statuses(&add(&["--provider", "fabrikam id"]).exits(0).value()),
        ["done"]
    );
    assert_eq!(place.person("adele").method("external")["name"], "Fabrikam ID");
    assert_eq!(statuses(&add(&[]).exits(0).value()), ["unchanged"]);
}

#[test]
fn a_qr_code_and_its_pin_are_shown_once() {
    let place = Environment::new();
    let line = ["methods", "add", "qr-pin", "chidi", "--days", "30"];
    assert_eq!(
        place.try_change(&line).exits(2).error_code(),
        "secrets_need_a_place"
    );
    let image = place.path("badge.png");
    let image = image.to_str().unwrap();
    assert_eq!(
        place
            .try_change(&[&line[..], &["--qr", image]].concat())
            .exits(2)
            .error_code(),
        "secrets_need_a_place",
        "the image alone has no PIN"
    );
    let result = place.change(&[&line[..], &["--qr", image, "--secrets-out", "-"]].concat());
    let secret = &result["secrets"][0];
    assert_eq!(
        (&secret["kind"], &secret["user"]),
        (&"qr-pin".into(), &"chidi@contoso.example".into())
    );
    let pin = secret["value"].as_str().unwrap();
    assert!(
        pin.len() == 8 && pin.bytes().all(|byte| byte.is_ascii_digit()),
        "{pin}"
    );
    assert!(std::fs::read(image).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(place.person("chidi").methods(), ["qr-pin"]);
    assert_eq!(
        statuses(&place.change(&["methods", "remove", "chidi", "qr-pin", "--leave-none"])),
        ["done"]
    );
}

#[test]
fn a_passkey_is_registered_by_the_response_to_its_options() {
    let place = Environment::new();
    let add = ["methods", "add", "passkey", "adele"];
    let planned = place.run(&[&add[..], &["--dry-run"]].concat()).exits(0);
    assert!(
        planned.stdout.is_empty() && planned.stderr.contains("no options were asked for"),
        "{}",
        planned.screen()
    );
    let options = place.run(&add).exits(0);
    assert!(
        options
            .stderr
            .contains("within five minutes, then: mfactl -p local methods add passkey adele@contoso.example --response FILE"),
        "{}",
        options.stderr
    );
    let respond = |options: &Value| register(options, &Answers::default()).to_string();
    let give = |text: &str| {
        place.feed(
            &[
                &add[..],
                &["--response", "-", "--name", "Key", "--yes", "-o", "json"],
            ]
            .concat(),
            text,
        )
    };
    assert_eq!(give("hunter2").exits(2).error_code(), "invalid_input");
    // A signature of other bytes is found out, and the challenge can still be answered rightly.
    let spoilt = Answers {
        spoilt: true,
        ..Answers::default()
    };
    let refused = give(&register(&options.value(), &spoilt).to_string()).exits(6);
    assert!(
        refused
            .stdout
            .contains("the signature of the attestation does not match"),
        "{}",
        refused.screen()
    );
    let elsewhere = Answers {
        origin: "https://login.evil.example",
        ..Answers::default()
    };
    give(&register(&options.value(), &elsewhere).to_string()).exits(6);
    assert!(!place.person("adele").methods().contains(&"passkey".to_owned()));
    let response = respond(&options.value());
    let result = give(&response).exits(0).value();
    assert_eq!(statuses(&result), ["done"]);
    assert_eq!(place.person("adele").method("passkey")["name"], "Key");
    // The same response again answers no challenge.
    give(&response).exits(6);

    // Too late is too late.
    let file = place.path("options.json");
    place
        .run(&[&add[..], &["--options-out", file.to_str().unwrap()]].concat())
        .exits(0);
    let options: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    place.advance("6m");
    give(&respond(&options)).exits(6);
}

#[test]
fn a_type_of_method_that_nobody_knows_is_shown_and_kept() {
    let place = Environment::new();
    let faults = place.write("faults.toml", "[[rule]]\nunknown_method = true\n");
    let server = place.serve(&["--graph-only", "--faults", &faults]);
    let entra = place.over(&server, "entra");
    let rows = entra.json(&["methods", "list", "adele@contoso.example"]);
    let unknown = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["kind"] == "unknown")
        .unwrap();
    assert_eq!(
        (&unknown["id"], &unknown["service_type"], &unknown["removable"]),
        (
            &"7e1e9a7c-0000-4000-8000-000000000001".into(),
            &"resourceAccountKeyAuthenticationMethod".into(),
            &false.into()
        )
    );
    // A reset does the rest, and says what it leaves.
    let result = entra.try_change(&["user", "reset", "emre@contoso.example", "--playbook", "new-phone"]);
    let result = result.exits(0).value();
    let by_hand: Vec<&str> = result["by_hand"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert!(by_hand.contains(&"remove unknown"), "{by_hand:?}");
}

#[test]
fn a_number_that_is_stored_with_a_complaint_is_done() {
    let place = Environment::new();
    let rule = "[[rule]]\npath = \"/users/*/authentication/phoneMethods/**\"\nhalf_success = true\n";
    let faults = place.write("faults.toml", rule);
    let server = place.serve(&["--graph-only", "--faults", &faults]);
    let entra = place.over(&server, "entra");
    let add = [
        "methods",
        "add",
        "phone",
        "chidi@contoso.example",
        "--number",
        "+1 4255550188",
    ];
    let result = entra.change(&add);
    assert_eq!(statuses(&result), ["done"]);
    let detail = result["steps"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("not for sign-in by text"), "{detail}");
    let rows = entra.json(&["methods", "list", "chidi@contoso.example"]);
    assert_eq!(rows[0]["number"], "+14255550188");
    assert_eq!(statuses(&entra.change(&add)), ["unchanged"]);
}
