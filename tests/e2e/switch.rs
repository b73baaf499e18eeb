//! What may sign in: accounts and registered devices disabled and enabled, per-user MFA; told by a sign-in or an
//! independent reader.

use serde_json::Value;

use crate::environment::Environment;

/// The statuses of a result's rows.
fn statuses(result: &Value) -> Vec<&str> {
    let steps = result["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect()
}

#[test]
fn a_disabled_account_does_not_sign_in_until_it_is_enabled_again() {
    let place = Environment::new();
    let adele = place.person("adele");
    adele.signs_in_by("sms").is("signed_in");
    let result = place.change(&["user", "disable", "adele"]);
    assert_eq!(statuses(&result), ["done"]);
    assert_eq!(result["access_ends_within_s"], 3600);
    assert_eq!(
        result["next"][0]["text"],
        "cannot sign in until the account is enabled again: mfactl -p local user enable adele@contoso.example"
    );
    adele.signs_in(&[]).is("refused");
    assert_eq!(adele.signs_in(&[]).reason(), "the account is disabled");
    assert_eq!(
        statuses(&place.change(&["user", "disable", "adele"])),
        ["unchanged"],
        "a second run changes nothing"
    );
    assert_eq!(
        adele.methods(),
        ["authenticator", "phone:mobile", "phone:alternate", "email"]
    );

    assert_eq!(statuses(&place.change(&["user", "enable", "adele"])), ["done"]);
    adele.signs_in_by("sms").is("signed_in");
    assert_eq!(
        statuses(&place.change(&["user", "enable", "adele"])),
        ["unchanged"]
    );
}

#[test]
fn one_s_own_account_and_a_protected_one_are_not_disabled() {
    let place = Environment::new();
    for name in ["admin", "breakglass"] {
        let refused = place.try_change(&["user", "disable", name]).exits(6);
        assert!(
            refused.error_code().starts_with("guard_"),
            "{}",
            refused.error_code()
        );
        assert_eq!(place.json(&["user", "show", name])["account"]["enabled"], true);
    }
}

#[test]
fn a_registered_device_is_stopped_and_stays_registered() {
    let place = Environment::new();
    let devices = || place.json(&["devices", "list", "adele"]);
    let registered = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter();
        rows.clone()
            .find(|row| row["kind"] == "registered")
            .cloned()
            .unwrap()
    };
    assert_eq!(registered(&devices())["enabled"], true);
    let result = place.change(&["devices", "disable", "adele", "device:0b7e"]);
    assert_eq!(result["steps"][0]["detail"], "iPhone 14, iOS 18");
    assert_eq!(registered(&devices())["enabled"], false);
    let shown = place.run(&["devices", "list", "adele"]).exits(0).stdout;
    assert!(shown.contains("registered, disabled"), "{shown}");
    let again = place.change(&["devices", "disable", "adele", "device:0b7e"]);
    assert_eq!(statuses(&again), ["unchanged"]);

    // Forgetting what is remembered touches nothing that is registered.
    place.change(&["devices", "forget", "adele"]);
    assert_eq!(devices().as_array().unwrap().len(), 1);
    assert_eq!(registered(&devices())["enabled"], false);
    place.change(&["devices", "enable", "adele", "iPhone 14"]);
    assert_eq!(registered(&devices())["enabled"], true);
}

#[test]
fn a_remembered_browser_is_no_device_of_the_directory() {
    let place = Environment::new();
    insta::assert_snapshot!(place.run(&["devices", "disable", "adele", "device:91ac"]).screen(), @r#"
    · error: "device:91ac" is a remembered device: only registered ones can be disabled and enabled
    · hint: mfactl -p local devices forget adele@contoso.example device:91ac
    exit 5
    "#);
    place
        .try_change(&["devices", "disable", "adele", "device:ffff"])
        .exits(3);
    place.try_change(&["devices", "disable", "adele"]).exits(2);
}

#[test]
fn per_user_mfa_is_set_and_read_back() {
    let place = Environment::new();
    let state = |name: &str| place.json(&["user", "show", name])["registration"]["mfa_state"].clone();
    assert_eq!(
        (state("adele"), state("gita")),
        ("enforced".into(), "disabled".into())
    );
    let result = place.change(&["user", "set-mfa-state", "adele", "gita", "disabled"]);
    assert_eq!(statuses(&result), ["done", "unchanged"]);
    assert_eq!(state("adele"), "disabled");
    // Somebody with a method is never only enabled.
    let result = place.change(&["user", "set-mfa-state", "adele", "enabled"]);
    assert_eq!(statuses(&result), ["done"]);
    assert_eq!(state("adele"), "enforced");
    let again = place.change(&["user", "set-mfa-state", "adele", "enabled"]);
    assert_eq!(statuses(&again), ["unchanged"]);
    let wrong = place
        .try_change(&["user", "set-mfa-state", "adele", "on"])
        .exits(2);
    assert_eq!(
        wrong.error()["hint"],
        "STATE is one of: disabled, enabled, enforced"
    );
}
