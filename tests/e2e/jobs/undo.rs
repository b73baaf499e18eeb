//! Taking a job back: what it set and still stands goes back; what changed since, or cannot come back, does not.

use serde_json::Value;

use super::{ADELE, BAS, newest, numbers, screen};
use crate::environment::Environment;

#[test]
fn a_reset_gives_its_numbers_back_and_the_undo_can_be_undone() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    let before = numbers(&entra, ADELE);
    let reset = entra.change(&["user", "reset", ADELE]);
    assert_eq!(reset["undo"]["possible"], "partial");
    assert_eq!(reset["undo"]["what"][0], "numbers");
    let after = numbers(&entra, ADELE);
    assert_ne!(after, before);
    let job = newest(&entra);
    assert_eq!(reset["undo"]["command"], format!("mfactl jobs undo {job}"));
    entra.run(&["jobs", "undo", &job, "--dry-run"]).exits(0);
    assert_eq!(numbers(&entra, ADELE), after, "a dry run changes nothing");
    entra.change(&["jobs", "undo", &job]);
    assert_eq!(numbers(&entra, ADELE), before);
    let undo = entra.json(&["jobs", "list"])[0].clone();
    assert_eq!(undo["undoes"], reset["job"]);
    // Once more, and nothing is left of it to undo.
    let twice = entra.change(&["jobs", "undo", &job]);
    assert_eq!(twice["summary"]["steps"]["done"], 0, "{twice}");

    let redo = entra.change(&["jobs", "undo", undo["ref"].as_str().unwrap()]);
    assert_eq!(redo["undo"]["possible"], "full");
    assert_eq!(numbers(&entra, ADELE), after);
}

#[test]
fn the_hints_of_jobs_name_the_profile_that_was_named() {
    let place = Environment::new();
    place.change(&["user", "sign-out", "bas"]);
    let job = newest(&place);
    for (line, hint) in [
        (
            &["jobs", "undo", &job][..],
            format!("hint: mfactl -p local jobs show {job}\n"),
        ),
        (
            &["jobs", "show", "j-ffff"],
            "hint: mfactl -p local jobs list\n".to_owned(),
        ),
        (
            &["app-passwords", "reset", "adele", "Outlook", "--yes"],
            "hint: mfactl -p local app-passwords list adele@contoso.example\n".to_owned(),
        ),
    ] {
        let refused = place.run(line);
        assert!(
            refused.code != 0 && refused.stderr.ends_with(&hint),
            "{}",
            refused.screen()
        );
    }
}

#[test]
fn where_numbers_wait_for_a_code_the_undo_does_too() {
    let place = Environment::new();
    place.change(&["user", "reset", "adele"]);
    let job = newest(&place);
    insta::assert_snapshot!(screen(&place, &["jobs", "undo", &job, "--yes"]), @r"
    STEP    TARGET                     STATUS       DETAIL
    add     phone:alternate            done         +1 425 555 0199
    change  phone:mobile               done         +1 425 555 0100, waits for its code
    undo    remove authenticator       unsupported  it cannot come back
    undo    revoke app passwords       unsupported  it cannot come back
    undo    forget remembered devices  unsupported  it cannot come back
    undo    sign out everywhere        unsupported  it cannot come back
    · Take back job j-4f7a for Adele Vance <adele@contoso.example> in local
    ·   add     phone:alternate            +1 425 555 0199
    ·   change  phone:mobile               +1 425 555 0199 to +1 425 555 0100
    ·   undo    remove authenticator       by hand: it cannot come back
    ·   undo    revoke app passwords       by hand: it cannot come back
    ·   undo    forget remembered devices  by hand: it cannot come back
    ·   undo    sign out everywhere        by hand: it cannot come back
    ·   stays   email; default phone:mobile
    · Done. Job j-4f7a, audit 1042:9be1. Undo (numbers): mfactl -p local jobs undo j-4f7a
    · By hand: undo remove authenticator: the person registers it again
    · By hand: undo revoke app passwords: the person makes new app passwords
    · By hand: undo forget remembered devices: the person is asked once on each
    · device, and may have it remembered again
    · By hand: undo sign out everywhere: the person signs in again
    · It counts once its code is confirmed: mfactl -p local methods verify adele@contoso.example phone:mobile
    exit 0
    ");
    let mobile = || place.person("adele").method("phone:mobile");
    assert_eq!(mobile()["pending_number"], "+14255550100");
    // Taken back again, nothing waits any more.
    place.change(&["jobs", "undo", &newest(&place)]);
    assert_eq!(mobile()["pending_number"], Value::Null);
    assert_eq!(mobile()["number"], "+14255550199");
}

#[test]
fn a_number_that_comes_back_and_waits_is_not_made_the_default_too_early() {
    let place = Environment::new();
    place.change(&["methods", "remove", "fen", "phone:mobile", "--leave-none"]);
    let undone = place.change(&["jobs", "undo", &newest(&place)]);
    let steps: Vec<(&str, &str)> = undone["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["status"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [("add", "done"), ("default", "unsupported")], "{undone}");
    let by_hand = undone["by_hand"][0]["where"].as_str().unwrap();
    assert_eq!(
        by_hand,
        "once its code is confirmed: methods set-default USER phone:mobile"
    );
}

#[test]
fn the_way_back_can_be_a_plan_that_somebody_else_applies() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    let before = numbers(&entra, ADELE);
    entra.change(&["user", "reset", ADELE]);
    let after = numbers(&entra, ADELE);
    let file = place.path("back.plan");
    let file = file.to_str().unwrap();
    let jobs = || entra.json(&["jobs", "list"]).as_array().unwrap().len();
    let kept = jobs();
    entra
        .run(&["jobs", "undo", &newest(&entra), "--plan-out", file])
        .exits(0);
    assert_eq!(
        (numbers(&entra, ADELE), jobs()),
        (after, kept),
        "it is only written"
    );
    let applied = entra.change(&["plan", "apply", file]);
    assert_eq!(applied["verb"], "jobs undo");
    assert_eq!(numbers(&entra, ADELE), before);
}

#[test]
fn what_changed_since_is_not_taken_back() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    let set = |number: &str| entra.change(&["methods", "add", "phone", BAS, "--replace", "--number", number]);
    set("+31 612345671");
    let job = newest(&entra);
    set("+31 612345672");
    let undo = entra.try_change(&["jobs", "undo", &job]).exits(6);
    assert_eq!(undo.error_code(), "plan_changed");
    assert_eq!(undo.value()["steps"][0]["status"], "skipped");
    assert_eq!(numbers(&entra, BAS), ["phone:mobile +31612345672 default"]);
}

#[test]
fn what_cannot_come_back_is_refused_before_anything_is_sent() {
    let place = Environment::new();
    place.change(&["user", "sign-out", "adele"]);
    let job = newest(&place);
    let refused = place.try_change(&["jobs", "undo", &job]).exits(5);
    assert_eq!(refused.error_code(), "unsupported");
    // Nobody says yes: as with every change.
    place.change(&["methods", "set-default", "dora", "authenticator"]);
    let asked = place
        .run(&["jobs", "undo", &newest(&place), "-o", "json"])
        .exits(6);
    assert_eq!(asked.error_code(), "not_confirmed");
    assert_eq!(place.json(&["jobs", "list"]).as_array().unwrap().len(), 2);
}
