//! Who may, and what is said to those who may not: one clear line each, naming what is missing.

use serde_json::json;

use crate::behind::under_a_path;
use crate::witness::{Person, folder, place, place_at, place_of, url};

#[test]
fn both_ways_to_sign_in_do_the_same() {
    let person = Person::with_totp("ways");
    let by_password = place_of("mfactl").json(&["methods", "list", &person.name]);
    let by_key = place().json(&["methods", "list", &person.name]);
    assert_eq!(by_password[0]["id"], by_key[0]["id"]);
}

#[test]
fn a_missing_right_is_named() {
    let person = Person::with_totp("rights");
    let place = place_of("reader");
    let refused = place
        .try_change(&["methods", "remove", &person.name, "totp", "--leave-none"])
        .exits(4);
    assert!(refused.stderr.contains("delete"), "{}", refused.stderr);
    // A key does not say what it may: the service refuses, and names it.
    let key = std::fs::read_to_string(folder().join("token-reader")).unwrap();
    let place = place
        .with("MFACTL_API_TOKEN", key.trim())
        .with("MFACTL_PROFILE", "key");
    let refused = place.try_change(&["methods", "remove", &person.name, "totp", "--leave-none"]);
    assert!(
        refused.stdout.contains("permission_missing"),
        "{}",
        refused.screen()
    );
    assert!(refused.stdout.contains("right delete"), "{}", refused.screen());
    let refused = place_of("lister")
        .run(&["methods", "list", &person.name])
        .exits(4);
    assert!(refused.stderr.contains("tokenlist"), "{}", refused.stderr);
    assert!(person.accepts(&person.code()));
}

#[test]
fn what_is_wrong_with_a_profile_is_said_in_one_line() {
    let said = |place: crate::environment::Environment, code: i32| {
        let output = place.run(&["user", "show", "anna"]).exits(code);
        let lines: Vec<&str> = output.stderr.lines().collect();
        let errors = lines.iter().filter(|line| line.starts_with("error:")).count();
        assert!(errors == 1 && lines.len() <= 4, "{}", output.stderr);
        lines[0].to_owned()
    };
    let url = url();
    let by = |place: crate::environment::Environment| place.with("MFACTL_PASSWORD", "mfactl-password");
    let told = [
        said(
            place_at(&url, "corp", "mfactl").with("MFACTL_PASSWORD", "wrong"),
            4,
        ),
        said(by(place_at(&url, "corp", "nosuch")), 4),
        said(by(place_at(&url, "nosuch", "mfactl")), 3),
        said(by(place_at(&url, "branch", "mfactl")), 4),
        said(by(place_at(&format!("{url}/nosuch"), "corp", "mfactl")), 4),
        said(by(place_at("http://pi.example", "corp", "mfactl")), 2),
        said(place_at(&url, "corp", "mfactl"), 4),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    error: not signed in: sign-in name or password is wrong
    error: not signed in: sign-in name or password is wrong
    error: there is no realm "nosuch"
    error: the account has the right userlist, but not for this realm or person
    error: not signed in: there is no sign-in service at this address
    error: profile "corp": url = "http://pi.example": plain http is for this machine only: use https
    error: not signed in as mfactl
    "#);
}

#[test]
fn https_to_its_plain_port_is_said_in_one_line_at_once() {
    // It reads lines, takes a handshake for the beginning of one, and never answers.
    let secure = url().replace("http://", "https://");
    let began = std::time::Instant::now();
    let refused = place_at(&secure, "corp", "mfactl")
        .with("MFACTL_PASSWORD", "mfactl-password")
        .run(&["user", "show", "anna", "--timeout", "60s"])
        .exits(8);
    let host = secure.replace("https://", "");
    insta::assert_snapshot!(refused.stderr.replace(&host, "HOST"), @r"
    error: cannot connect securely to HOST: it does not speak TLS
    hint: it may be http://HOST: correct the address in the profile
    ");
    assert!(began.elapsed().as_secs() < 30, "it waited: {:?}", began.elapsed());
}

#[test]
fn what_privacyidea_lacks_is_refused_with_what_to_do_instead() {
    let person = Person::with_totp("lacks");
    let place = place();
    for line in [
        &["methods", "set-default", &person.name, "totp"][..],
        &["user", "sign-out", &person.name],
        &[
            "methods",
            "add",
            "phone",
            &person.name,
            "--number",
            "+31201234567",
            "--type",
            "office",
        ],
    ] {
        let refused = place.try_change(line).exits(5);
        assert_eq!(refused.error_code(), "unsupported", "{line:?}");
        assert!(
            refused.error()["hint"]
                .as_str()
                .is_some_and(|hint| !hint.is_empty())
        );
    }
    assert_eq!(person.kinds(), ["totp old"]);
}

#[test]
fn the_doctor_tells_each_right() {
    let rows = place_of("mfactl").run(&["doctor", "-o", "json"]).exits(0).value();
    let rights: Vec<_> = rows
        .as_array()
        .unwrap_or_else(|| panic!("{rows}"))
        .iter()
        .filter(|row| row["check"] == "right")
        .map(|row| row["state"].clone())
        .collect();
    assert!(
        rights.len() > 15 && rights.iter().all(|state| *state == json!("ok")),
        "{rows}"
    );
}

#[test]
fn a_server_under_a_path_is_asked_there_alone() {
    let under = under_a_path(&url());
    let by_password = |url: &str| place_at(url, "corp", "mfactl").with("MFACTL_PASSWORD", "mfactl-password");
    let person = Person::with_totp("under");
    let place = by_password(&under);
    assert_eq!(
        place
            .json(&["methods", "list", &person.name])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let result = place.change(&["methods", "remove", &person.name, "totp", "--leave-none"]);
    let page = format!("{under}/");
    assert_eq!(result["next"][0]["url"], page.as_str(), "{result}");
    assert!(person.kinds().is_empty());
    let rows = place.run(&["doctor", "-o", "json"]).exits(0).value();
    let failed = |row: &&serde_json::Value| row["state"] == "fail";
    assert_eq!(rows.as_array().unwrap().iter().find(failed), None, "{rows}");
    for wrong in [
        under.strip_suffix("/some/where").unwrap().to_owned(),
        format!("{under}/auth"),
    ] {
        let refused = by_password(&wrong).run(&["user", "show", &person.name]).exits(4);
        let said = "error: not signed in: there is no sign-in service at this address";
        assert_eq!(refused.stderr.lines().next(), Some(said), "{wrong}");
    }
}
