//! Phones: a call, a text, the office, an alternate number, and a new number for the default: S6, S7, S11, S12.

use crate::environment::Environment;
use crate::person::Person;

/// Sends the code of a waiting number and gives what arrived.
#[track_caller]
fn challenge(place: &Environment, person: &Person, name: &str, method: &str) -> serde_json::Value {
    let before = person.outbox().len();
    place.change(&["methods", "verify", name, method]);
    assert_eq!(person.outbox().len(), before + 1, "one code goes out");
    person.received()
}

#[test]
fn s06_a_call_to_a_mobile_counts_once_the_code_and_the_pound_key_confirmed_it() {
    let place = Environment::new();
    let chidi = place.person("chidi");
    // A number needs its country code.
    let bare = [
        "methods",
        "add",
        "phone",
        "chidi",
        "--number",
        "0612345678",
        "--via",
        "call",
    ];
    assert_eq!(place.try_change(&bare).exits(2).error_code(), "invalid_number");

    place.change(&[
        "methods",
        "add",
        "phone",
        "chidi",
        "--number",
        "+31 612345678",
        "--via",
        "call",
    ]);
    assert_eq!(chidi.method("phone:mobile")["state"], "pending");
    assert_eq!(chidi.method("phone:mobile")["usable"], false);
    chidi.signs_in(&["--factor", "call:"]).is("refused");

    let call = challenge(&place, &chidi, "chidi", "phone:mobile");
    assert_eq!(
        (call["channel"].as_str(), call["to"].as_str()),
        (Some("call"), Some("+31 612345678"))
    );
    let code = format!("{}#", call["code"].as_str().unwrap());
    place.change(&["methods", "verify", "chidi", "phone:mobile", "--code", &code]);
    assert_eq!(chidi.method("phone:mobile")["state"], "ready");
    chidi.signs_in_by("call").is("signed_in");
    assert_eq!(chidi.received()["channel"], "call");
}

#[test]
fn s07_a_text_to_a_mobile_counts_once_its_code_was_typed() {
    let place = Environment::new();
    let chidi = place.person("chidi");
    place.change(&[
        "methods",
        "add",
        "phone",
        "chidi",
        "--number",
        "+31612345678",
        "--type",
        "mobile",
        "--via",
        "sms",
    ]);
    assert_eq!(chidi.method("phone:mobile")["state"], "pending");
    chidi.signs_in(&["--factor", "sms:"]).is("refused");

    let text = challenge(&place, &chidi, "chidi", "phone:mobile");
    assert_eq!(
        (text["channel"].as_str(), text["to"].as_str()),
        (Some("sms"), Some("+31 612345678"))
    );
    let code = text["code"].as_str().unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = place.try_change(&["methods", "verify", "chidi", "phone:mobile", "--code", wrong]);
    assert_ne!(
        refused.code,
        0,
        "a wrong code is no success: {}",
        refused.screen()
    );
    assert_eq!(chidi.method("phone:mobile")["state"], "pending");
    chidi.signs_in(&["--factor", "sms:"]).is("refused");

    place.change(&["methods", "verify", "chidi", "phone:mobile", "--code", code]);
    assert_eq!(chidi.method("phone:mobile")["state"], "ready");
    chidi.signs_in_by("sms").is("signed_in");
    assert_eq!(chidi.received()["to"], "+31 612345678");
}

#[test]
fn s11_an_office_phone_takes_calls_with_its_extension() {
    let place = Environment::new();
    let tess = place.person("tess");
    tess.signs_in(&["--factor", "call-office:"]).is("refused");
    let text = [
        "methods",
        "add",
        "phone",
        "tess",
        "--type",
        "office",
        "--number",
        "+1 4255550171 x22",
        "--via",
        "sms",
    ];
    // Texts go to mobiles only.
    assert_ne!(place.try_change(&text).code, 0);
    assert!(!tess.methods().contains(&"phone:office".to_owned()));

    place.change(&[
        "methods",
        "add",
        "phone",
        "tess",
        "--type",
        "office",
        "--number",
        "+1 4255550171 x22",
    ]);
    assert_eq!(tess.method("phone:office")["number"], "+14255550171");
    assert_eq!(tess.method("phone:office")["extension"], "22");
    tess.signs_in(&["--factor", "call-office:"]).is("refused");

    let call = challenge(&place, &tess, "tess", "phone:office");
    assert_eq!(
        (call["channel"].as_str(), call["to"].as_str()),
        (Some("call"), Some("+1 4255550171x22"))
    );
    place.change(&[
        "methods",
        "verify",
        "tess",
        "phone:office",
        "--code",
        call["code"].as_str().unwrap(),
    ]);
    tess.signs_in_by("call-office").is("signed_in");
    assert_eq!(tess.received()["to"], "+1 4255550171x22");
}

#[test]
fn s12_an_alternate_phone_stands_beside_the_primary_and_a_new_default_number_is_verified_before_it_is_saved()
{
    let place = Environment::new();
    let fen = place.person("fen");
    fen.signs_in(&["--factor", "call-alternate:"]).is("refused");
    place.change(&[
        "methods",
        "add",
        "phone",
        "fen",
        "--type",
        "alternate",
        "--number",
        "+1 4255550188",
    ]);
    fen.signs_in(&["--factor", "call-alternate:"]).is("refused");
    let call = challenge(&place, &fen, "fen", "phone:alternate");
    place.change(&[
        "methods",
        "verify",
        "fen",
        "phone:alternate",
        "--code",
        call["code"].as_str().unwrap(),
    ]);
    fen.signs_in_by("call-alternate").is("signed_in");
    assert_eq!(fen.received()["to"], "+1 4255550188");
    assert_eq!(fen.methods(), ["phone:mobile", "phone:alternate"]);
    assert_eq!(fen.default().as_deref(), Some("phone:mobile"));

    // A new number of the default waits beside the old one, which goes on to work.
    place.change(&[
        "methods",
        "update",
        "fen",
        "phone:mobile",
        "--number",
        "+1 4255550177",
    ]);
    assert_eq!(fen.method("phone:mobile")["number"], "+14255550106");
    assert_eq!(fen.method("phone:mobile")["pending_number"], "+14255550177");
    fen.signs_in_by("sms").is("signed_in");
    assert_eq!(fen.received()["to"], "+1 4255550106");

    let text = challenge(&place, &fen, "fen", "phone:mobile");
    assert_eq!(text["to"], "+1 4255550177");
    place.change(&[
        "methods",
        "verify",
        "fen",
        "phone:mobile",
        "--code",
        text["code"].as_str().unwrap(),
    ]);
    assert_eq!(fen.method("phone:mobile")["number"], "+14255550177");
    assert_eq!(fen.method("phone:mobile")["default"], true);
    fen.signs_in_by("sms").is("signed_in");
    assert_eq!(fen.received()["to"], "+1 4255550177");
}
