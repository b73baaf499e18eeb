//! Types of token that are made elsewhere than here: each is listed as what it is nearest to, switched off and removed.

use serde_json::{Value, json};

use crate::witness::{Person, place, place_of, url};

/// Types that the server ships and this program never makes, with what one is made of.
fn made_elsewhere() -> Vec<Value> {
    let zeros = "00".repeat(20);
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me";
    vec![
        json!({"type": "4eyes", "4eyes": "corp", "required_realms": "corp:2", "separator": " "}),
        json!({"type": "daplug", "otpkey": zeros}),
        json!({"type": "daypassword", "genkey": 1}),
        json!({"type": "indexedsecret", "otpkey": "mysecret"}),
        json!({"type": "motp", "otpkey": "31".repeat(16), "motppin": "1234"}),
        json!({"type": "ocra", "otpkey": zeros, "ocrasuite": "OCRA-1:HOTP-SHA256-8:C-QN08"}),
        json!({"type": "paper"}),
        json!({"type": "pw", "otpkey": "secret12"}),
        json!({"type": "radius", "radius.server": "127.0.0.1", "radius.secret": "x", "radius.user": "x"}),
        json!({"type": "remote", "remote.server": "http://127.0.0.1", "remote.serial": "X", "remote.realm": "",
            "remote.resolver": "", "remote.user": "", "remote.local_checkpin": 0}),
        json!({"type": "spass"}),
        json!({"type": "sshkey", "sshkey": key}),
        json!({"type": "tan"}),
        json!({"type": "tiqr"}),
        json!({"type": "vasco", "otpkey": "00".repeat(248)}),
        json!({"type": "yubico", "yubico.tokenid": "vvbtbtndhtlf"}),
        json!({"type": "yubikey", "otpkey": "00112233445566778899aabbccddeeff"}),
    ]
}

#[test]
fn every_type_that_is_made_elsewhere_is_listed_switched_off_and_removed() {
    let person = Person::new("types");
    let serials: Vec<String> = made_elsewhere()
        .into_iter()
        .map(|body| person.enrol(body)["serial"].as_str().unwrap().to_owned())
        .collect();
    let place = place();
    let rows = place.json(&["methods", "list", &person.name]);
    let mut shown: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let factor = if row["uses"] == json!([]) {
                ", no factor"
            } else {
                ""
            };
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            format!("{}: {}{factor}", text("service_type"), text("kind"))
        })
        .collect();
    shown.sort();
    insta::assert_snapshot!(shown.join("\n"), @"
    4eyes: unknown
    daplug: hardware-token
    daypassword: totp
    indexedsecret: unknown
    motp: totp
    ocra: hardware-token
    paper: backup-codes
    pw: unknown, no factor
    radius: external
    remote: external
    spass: unknown, no factor
    sshkey: unknown, no factor
    tan: backup-codes
    tiqr: authenticator
    vasco: hardware-token
    yubico: hardware-token
    yubikey: hardware-token
    ");
    for what in ["disable", "remove"] {
        let mut line = vec!["methods", what, person.name.as_str()];
        line.extend(serials.iter().map(String::as_str));
        line.push("--leave-none");
        let result = place.change(&line);
        let steps = result["steps"].as_array().unwrap();
        assert_eq!(steps.len(), serials.len(), "{result}");
        assert!(
            steps.iter().all(|step| step["status"] == "done"),
            "{what}: {result}"
        );
        if what == "disable" {
            assert!(
                person
                    .tokens()
                    .iter()
                    .all(|token| token["active"] == json!(false))
            );
        }
    }
    assert!(person.tokens().is_empty());
}

#[test]
fn a_code_for_one_sign_in_and_what_is_no_factor_leave_somebody_unregistered() {
    let person = Person::new("unregistered");
    person.enrol(json!({"type": "registration"}));
    person.enrol(json!({"type": "spass"}));
    let place = place_of("mfactl");
    let shown = place.json(&["user", "show", &person.name]);
    assert_eq!(shown["registration"]["state"], "partial", "{shown}");
    assert_eq!(shown["registration"]["mfa_capable"], false);
    let without = |name: &str| {
        let rows = place.json(&["report", "registration", "--without", "mfa"]);
        rows.as_array().unwrap().iter().any(|row| row["user"] == name)
    };
    assert!(without(&person.name));
    person.enrol(json!({"type": "hotp", "genkey": 1}));
    let shown = place.json(&["user", "show", &person.name]);
    assert_eq!(shown["registration"]["state"], "complete", "{shown}");
    assert!(!without(&person.name));
}

#[test]
fn whoever_loses_a_phone_is_sent_to_the_web_page_of_the_server() {
    let person = Person::with_totp("page");
    let result = place().change(&["user", "reset", &person.name, "--pass", "never"]);
    let page =
        json!({"text": "adds the new phone on the web page of privacyIDEA", "url": format!("{}/", url())});
    let next = result["next"].as_array().unwrap();
    assert!(
        next.iter()
            .any(|next| (&next["text"], &next["url"]) == (&page["text"], &page["url"])),
        "{result}"
    );
}
