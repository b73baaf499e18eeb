//! Every verb twice: what sets a state is `unchanged`, what mints or acts again is `done`, what is named and gone is not
//! found, and another value where one stands needs `--replace`.

use serde_json::{Value, json};

use crate::environment::{Environment, Output};

/// The statuses of a result.
fn statuses(result: &Value) -> Vec<&str> {
    result["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect()
}

/// Runs the change twice; the first has to do something, and the second's output is given back.
#[track_caller]
fn twice(place: &Environment, change: &[&str]) -> Output {
    let first = place.change(change);
    assert!(statuses(&first).contains(&"done"), "{change:?}: {first}");
    place.try_change(change)
}

/// Runs the change twice; the second finds everything so already, and is no failure.
#[track_caller]
fn unchanged(place: &Environment, change: &[&str]) {
    let second = twice(place, change).exits(0).value();
    assert!(
        statuses(&second).iter().all(|status| *status == "unchanged"),
        "{change:?}: {second}"
    );
    assert_eq!(second["summary"]["users"]["unchanged"], 1, "{second}");
    assert_eq!(second["summary"]["users"]["done"], 0, "{second}");
}

/// Runs the change twice; the second does it again.
#[track_caller]
fn done(place: &Environment, change: &[&str]) -> Value {
    let second = twice(place, change).exits(0).value();
    assert!(statuses(&second).contains(&"done"), "{change:?}: {second}");
    second
}

/// Runs the change twice; the second is an error.
#[track_caller]
fn fails(place: &Environment, change: &[&str], code: i32, error: &str) {
    assert_eq!(twice(place, change).exits(code).error_code(), error, "{change:?}");
}

#[test]
fn adding_what_stands_is_unchanged_and_another_value_needs_replace() {
    let place = Environment::new();
    unchanged(
        &place,
        &["methods", "add", "phone", "chidi", "--number", "+31 612345678"],
    );
    let other = ["methods", "add", "phone", "chidi", "--number", "+31 612345679"];
    assert_eq!(place.try_change(&other).exits(6).error_code(), "already_set");
    assert_eq!(
        place.person("chidi").method("phone:mobile")["number"],
        "+31612345678"
    );
    place.change(&[&other[..], &["--replace"]].concat());
    assert_eq!(
        place.person("chidi").method("phone:mobile")["number"],
        "+31612345679"
    );

    unchanged(
        &place,
        &["methods", "add", "email", "fen", "--address", "fen@home.example"],
    );
    let other = ["methods", "add", "email", "fen", "--address", "fen@work.example"];
    assert_eq!(place.try_change(&other).exits(6).error_code(), "already_set");
    place.change(&[&other[..], &["--replace"]].concat());
    assert_eq!(place.person("fen").method("email")["address"], "fen@work.example");
}

#[test]
fn changing_to_what_stands_is_unchanged() {
    let place = Environment::new();
    unchanged(
        &place,
        &[
            "methods",
            "update",
            "adele",
            "phone:alternate",
            "--number",
            "+1 4255550155",
        ],
    );
    unchanged(
        &place,
        &[
            "methods",
            "update",
            "adele",
            "email",
            "--address",
            "adele@new.example",
        ],
    );
    unchanged(&place, &["methods", "set-default", "dora", "authenticator"]);
}

#[test]
fn removing_what_is_gone_is_not_found_unless_it_may_be_missing() {
    let place = Environment::new();
    fails(
        &place,
        &["methods", "remove", "emre", "authenticator:b2f7"],
        3,
        "method_not_found",
    );
    let missing = ["methods", "remove", "emre", "authenticator:b2f7", "--missing-ok"];
    assert_eq!(statuses(&place.change(&missing)), ["unchanged"]);
    unchanged(&place, &["methods", "remove", "adele", "--all", "--leave-none"]);

    fails(
        &place,
        &["devices", "forget", "omar", "Omar's MacBook"],
        3,
        "device_not_found",
    );
    unchanged(&place, &["devices", "forget", "omar"]);
    fails(
        &place,
        &["app-passwords", "reset", "adele", "iPhone Mail"],
        3,
        "not_found",
    );
    unchanged(&place, &["app-passwords", "reset", "adele", "--all"]);
}

#[test]
fn what_mints_or_acts_does_so_again() {
    let place = Environment::new();
    done(&place, &["methods", "add", "totp", "chidi", "--secrets-out", "-"]);
    let pass = ["methods", "add", "temporary-pass", "chidi", "--secrets-out", "-"];
    let second = done(&place, &pass);
    let pass = second["secrets"][0]["value"].as_str().unwrap();
    place
        .person("chidi")
        .tries(&["--factor", &format!("pass:{pass}")])
        .is("signed_in");
    done(&place, &["user", "sign-out", "fen"]);
    let second = done(&place, &["user", "reset-password", "fen", "--secrets-out", "-"]);
    let password = second["secrets"][0]["value"].as_str().unwrap();
    place
        .person("fen")
        .tries(&["--password", password])
        .is("verification_required");
}

#[test]
fn a_reset_run_twice_ends_in_the_same_state_with_0() {
    let place = Environment::new();
    for (name, playbook) in [("dora", "lost-phone"), ("bas", "new-phone")] {
        place.change(&["user", "reset", name, "--playbook", playbook]);
        let state = place.json(&["user", "show", name]);
        let second = place.change(&["user", "reset", name, "--playbook", playbook]);
        assert!(
            statuses(&second)
                .iter()
                .all(|status| ["done", "unchanged"].contains(status)),
            "{second}"
        );
        assert_eq!(place.json(&["user", "show", name]), state);
    }
    assert_eq!(place.person("dora").methods(), ["phone:office"]);
    place.person("dora").signs_in_by("call").is("signed_in");
}

#[test]
fn verifying_twice_says_that_nothing_waits() {
    let place = Environment::new();
    place.change(&["methods", "add", "phone", "chidi", "--number", "+31 612345678"]);
    let chidi = place.person("chidi");
    // Asking for a code acts: another one goes out, and the older is no longer good.
    place.change(&["methods", "verify", "chidi", "phone:mobile"]);
    let older = chidi.received()["code"].as_str().unwrap().to_owned();
    place.change(&["methods", "verify", "chidi", "phone:mobile"]);
    let newer = chidi.received()["code"].as_str().unwrap().to_owned();
    if older != newer {
        let refused = place.try_change(&["methods", "verify", "chidi", "phone:mobile", "--code", &older]);
        assert_ne!(refused.code, 0, "{}", refused.screen());
    }
    let check = ["methods", "verify", "chidi", "phone:mobile", "--code", &newer];
    assert_eq!(statuses(&place.change(&check)), ["done"]);
    assert_eq!(statuses(&place.change(&check)), ["unchanged"]);
    assert_eq!(chidi.outbox().len(), 2);
}

#[test]
fn a_plan_applied_twice_skips_whoever_changed_since() {
    let place = Environment::new();
    let plan = place.path("adele.plan");
    let plan = plan.to_str().unwrap();
    place
        .run(&["user", "reset", "adele", "--plan-out", plan])
        .exits(0);
    assert_eq!(
        place.person("adele").methods().len(),
        4,
        "writing a plan changes nothing"
    );
    let shown = place.json(&["plan", "show", plan]);
    assert!(
        statuses(&shown).iter().all(|status| *status == "planned"),
        "{shown}"
    );

    let applied = place.change(&["plan", "apply", plan]);
    assert!(
        statuses(&applied).iter().all(|status| *status == "done"),
        "{applied}"
    );
    assert_eq!(applied["plan"]["id"], shown["plan"]["id"]);
    assert_eq!(place.person("adele").methods(), ["phone:mobile", "email"]);

    let again = place.try_change(&["plan", "apply", plan]);
    assert!([6, 7].contains(&again.code), "{}", again.screen());
    assert_eq!(
        again.value()["summary"]["users"]["skipped"],
        json!(1),
        "{}",
        again.screen()
    );
    assert!(
        statuses(&again.value()).iter().all(|status| *status == "skipped"),
        "{}",
        again.screen()
    );
}

#[test]
fn an_altered_plan_is_refused_and_nothing_is_sent() {
    let place = Environment::new();
    let plan = place.path("emre.plan");
    let path = plan.to_str().unwrap();
    place
        .run(&[
            "methods",
            "remove",
            "emre",
            "authenticator:b2f7",
            "--plan-out",
            path,
        ])
        .exits(0);
    let text = std::fs::read_to_string(&plan).unwrap();
    assert!(text.lines().count() == 3, "head, one person, digest:\n{text}");
    assert!(text.contains("b2f7"), "{text}");
    let kept = place.person("emre").method("authenticator:3d10")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let named = place.person("emre").method("authenticator:b2f7")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(&plan, text.replace(&named, &kept)).unwrap();
    assert_eq!(
        place.try_change(&["plan", "apply", path]).exits(6).error_code(),
        "plan_invalid"
    );
    assert_eq!(place.person("emre").methods().len(), 2);
}
