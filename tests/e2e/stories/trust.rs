//! What lets a device skip the second factor, and its end: S14, S15, S16.

use serde_json::Value;

use crate::environment::Environment;

fn remembered(rows: &Value) -> usize {
    rows.as_array()
        .unwrap()
        .iter()
        .filter(|row| row["kind"] == "remembered")
        .count()
}

#[test]
fn s14_a_remembered_device_is_not_asked_again_for_the_days_of_the_policy() {
    let place = Environment::new();
    let fen = place.person("fen");
    let days = place.json(&["policy", "show"])["remembered_devices"]["days"]
        .as_i64()
        .unwrap();
    assert_eq!(days, 14);
    assert_eq!(remembered(&place.json(&["devices", "list", "fen"])), 0);

    fen.signs_in(&["--factor", "sms:"]).is("verification_required");
    let code = format!("sms:{}", fen.received()["code"].as_str().unwrap());
    let device = fen
        .signs_in(&["--factor", &code, "--remember"])
        .is("signed_in")
        .token("device_token");
    let rows = place.json(&["devices", "list", "fen"]);
    assert_eq!(remembered(&rows), 1);
    let moment = |name: &str| {
        rows[0][name]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_second()
    };
    assert_eq!(
        moment("trusted_until") - moment("created_at"),
        days * 24 * 60 * 60
    );

    fen.signs_in(&["--device", &device]).is("signed_in");
    place.advance("335h");
    fen.signs_in(&["--device", &device]).is("signed_in");
    // The days are over: asked again, however often it was used in between.
    place.advance("1h");
    fen.signs_in(&["--device", &device]).is("verification_required");
    assert_eq!(remembered(&place.json(&["devices", "list", "fen"])), 0);
}

#[test]
fn s15_every_forgotten_device_asks_again_at_its_next_sign_in() {
    let place = Environment::new();
    let omar = place.person("omar");
    let tokens: Vec<String> = omar.secrets["remembered_devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| device["token"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens.len(), 2);
    for token in &tokens {
        omar.signs_in(&["--device", token]).is("signed_in");
    }
    // Somebody else's token opens nothing.
    omar.signs_in(&["--device", &place.person("adele").device()])
        .is("verification_required");

    place.change(&["devices", "forget", "omar", "OMAR-DESKTOP"]);
    let named = |name: &str| {
        let all = omar.secrets["remembered_devices"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    omar.signs_in(&["--device", &named("OMAR-DESKTOP")])
        .is("verification_required");
    omar.signs_in(&["--device", &named("Omar's MacBook")])
        .is("signed_in");

    place.change(&["devices", "forget", "omar"]);
    for token in &tokens {
        omar.signs_in(&["--device", token]).is("verification_required");
    }
    let rows = place.json(&["devices", "list", "omar"]);
    assert_eq!(remembered(&rows), 0);
    assert_eq!(
        rows.as_array().unwrap().len(),
        1,
        "the registered device stays: {rows}"
    );

    // Several hundred at once, of a kiosk.
    let kim = place.person("kim");
    assert!(remembered(&place.json(&["devices", "list", "kim"])) >= 400);
    kim.signs_in(&["--device", &kim.device()]).is("signed_in");
    place.change(&["devices", "forget", "kim"]);
    kim.signs_in(&["--device", &kim.device()])
        .is("verification_required");
    assert_eq!(remembered(&place.json(&["devices", "list", "kim"])), 0);
}

#[test]
fn s16_sign_out_ends_every_session_at_once() {
    let place = Environment::new();
    let fen = place.person("fen");
    let sessions: Vec<String> = (0..2)
        .map(|_| fen.signs_in_by("sms").is("signed_in").token("session_token"))
        .collect();
    for session in &sessions {
        fen.tries(&["--session", session]).is("signed_in");
    }
    assert_eq!(place.json(&["user", "show", "fen"])["sessions"]["count"], 3);

    place.change(&["user", "sign-out", "fen"]);
    for session in &sessions {
        fen.tries(&["--session", session]).is("verification_required");
    }
    assert_eq!(place.json(&["user", "show", "fen"])["sessions"]["count"], 0);
    // Only the sessions: a new sign-in goes as before.
    let again = fen.signs_in_by("sms").is("signed_in").token("session_token");
    fen.tries(&["--session", &again]).is("signed_in");
}
