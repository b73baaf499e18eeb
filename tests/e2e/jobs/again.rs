//! What is said of those for whom a job cannot be gone on with.

use super::newest;
use crate::environment::Environment;

#[test]
fn who_could_not_be_planned_is_listed_and_not_said_to_be_tried_again() {
    let place = Environment::new();
    let line = [
        "methods",
        "set-default",
        "--group",
        "Seattle Office",
        "authenticator",
        "--yes",
    ];
    let output = place.run(&line).exits(7);
    let job = newest(&place);
    let list = format!("mfactl -p local jobs show {job} --failed -o csv");
    assert!(
        output
            .stderr
            .contains(&format!("2 people could not be planned:  {list}\n"))
            && !output.stderr.contains("Try again what failed"),
        "{}",
        output.screen()
    );
    let again = place.run(&["jobs", "resume", &job, "--yes"]).exits(7);
    assert!(
        again.stderr.contains(&format!(
            "2 people could never be planned, and are not tried again: {list}\n"
        )),
        "{}",
        again.screen()
    );
}

#[test]
fn a_second_reset_tells_of_the_number_that_the_first_one_left() {
    let place = Environment::new();
    place.change(&["user", "reset", "adele"]);
    let job = newest(&place);
    let warning = format!(
        "warning: phone:mobile +1 425 555 0199 of adele@contoso.example is what job {job} left to sign in with: this takes \
         it away; --keep phone:mobile keeps it\n"
    );
    let again = place.run(&["user", "reset", "adele", "--dry-run"]).exits(0);
    assert!(again.stderr.contains(&warning), "{}", again.screen());
    let kept = place
        .run(&["user", "reset", "adele", "--keep", "phone:mobile", "--dry-run"])
        .exits(0);
    assert!(!kept.stderr.contains("left to sign in with"), "{}", kept.screen());
    let other = place.run(&["user", "reset", "fen", "--dry-run"]).exits(0);
    assert!(
        !other.stderr.contains("left to sign in with"),
        "{}",
        other.screen()
    );
}
