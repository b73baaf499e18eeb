//! Rights that an account lacks: each is named, exit 4, and no list, change or reset claims anything in its place.

use crate::environment::Environment;
use crate::witness::{Person, folder, place_of};

/// The account that may look at people and tokens alone, by a key, which does not say what it may.
fn by_key() -> Environment {
    let key = std::fs::read_to_string(folder().join("token-reader")).unwrap();
    place_of("reader")
        .with("MFACTL_API_TOKEN", key.trim())
        .with("MFACTL_PROFILE", "key")
}

#[test]
fn what_privacyidea_refuses_without_naming_the_right_is_named_here() {
    let person = Person::with_totp("unnamed");
    let place = by_key();
    for (line, right) in [
        (
            &["methods", "add", "totp", "--secrets-out", "-", "--qr", "none"][..],
            "enrollTOTP",
        ),
        (
            &["methods", "add", "phone", "--number", "+31612345699"],
            "enrollSMS",
        ),
        (
            &["methods", "add", "temporary-pass", "--secrets-out", "-"],
            "enrollREGISTRATION",
        ),
        (&["user", "reset-password", "--secrets-out", "-"], "updateuser"),
        (&["user", "disable"], "user_lock_set"),
    ] {
        let line = [line, &[person.name.as_str()]].concat();
        let refused = place.try_change(&line).exits(4);
        let said = refused.screen();
        assert!(
            said.contains("permission_missing") && said.contains(&format!("right {right} ")),
            "{line:?}: {said}"
        );
    }
    assert!(person.accepts(&person.code()));
}

#[test]
fn a_reset_for_which_a_right_is_missing_is_refused_and_never_left_to_hands() {
    let person = Person::with_totp("unfit");
    let refused = place_of("reader")
        .try_change(&["user", "reset", &person.name])
        .exits(4);
    assert_eq!(refused.error_code(), "permission_missing", "{}", refused.stderr);
    assert!(refused.stderr.contains("right delete"), "{}", refused.stderr);
    assert!(person.accepts(&person.code()));
}

#[test]
fn a_list_of_devices_that_may_not_be_seen_is_no_empty_list() {
    let person = Person::with_totp("unseen");
    for place in [place_of("reader"), by_key()] {
        let refused = place
            .run(&["devices", "list", &person.name, "-o", "json"])
            .exits(4);
        assert_eq!(refused.error_code(), "permission_missing");
        assert!(refused.stderr.contains("api_client_list"), "{}", refused.stderr);
        let page = place.json(&["user", "show", &person.name]);
        assert!(page["devices"].is_null(), "{page}");
        assert!(
            page["unknown"].to_string().contains("remembered_devices"),
            "{page}"
        );
    }
}
