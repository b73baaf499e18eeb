//! What another directory, another organization or policy does not let happen: reckoned with before anything is sent.

use crate::environment::Environment;
use crate::terminal::Terminal;

#[test]
fn what_an_application_cannot_write_back_is_said_before_anything_is_sent() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let there = place.over(&server, "entra");
    let sven = "sven@contoso.example";
    for dry in [true, false] {
        let line = ["user", "reset-password", sven, "--secrets-out", "-", "-o", "json"];
        let how = if dry { "--dry-run" } else { "--yes" };
        let refused = there.run(&[&line[..], &[how]].concat()).exits(5);
        let error = refused.error();
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("is not written back to it"),
            "{error}"
        );
        assert!(
            error["hint"].as_str().unwrap().contains("mfactl auth login"),
            "{error}"
        );
    }
    // The rest of a reset is done, and what is not is for somebody's hands.
    let line = ["user", "reset", sven, "--playbook", "compromised"];
    let result = there.change(&line);
    let of = |step: &str| {
        let steps = result["steps"].as_array().unwrap();
        let found = steps.iter().find(|row| row["step"] == step);
        found.unwrap_or_else(|| panic!("{result}"))["status"].clone()
    };
    assert_eq!(
        (of("reset"), of("disable"), of("remove")),
        ("unsupported".into(), "done".into(), "done".into())
    );
    let by_hand = result["by_hand"].to_string();
    assert!(by_hand.contains("in the other directory"), "{by_hand}");
}

#[test]
fn a_guest_is_not_offered_a_pass_that_guests_do_not_get() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let there = place.over(&server, "entra");
    let output = there
        .run(&[
            "user",
            "reset",
            "ines_fabrikam.example#EXT#@contoso.example",
            "--dry-run",
        ])
        .exits(0);
    assert!(
        output.stderr.contains("no method for sign-in is left"),
        "{}",
        output.screen()
    );
    assert!(!output.stderr.contains("--pass always"), "{}", output.screen());
}

#[test]
fn a_method_that_policy_lets_nobody_use_is_no_way_to_sign_in_after_a_reset() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let there = place.over(&server, "entra");
    let kim = "kim@contoso.example";
    there.change(&["methods", "add", "qr-pin", kim, "--secrets-out", "-"]);
    let shown = there.run(&["user", "reset", kim, "--dry-run"]).exits(0);
    assert!(
        shown
            .stderr
            .contains("policy does not let kim@contoso.example use qr-pin"),
        "{}",
        shown.screen()
    );
    let result = there.change(&["user", "reset", kim, "--secrets-out", "-"]);
    let steps = result["steps"].as_array().unwrap();
    let pass = steps.iter().find(|row| row["target"] == "temporary-pass");
    assert_eq!(pass.unwrap_or_else(|| panic!("{result}"))["status"], "done");
    assert!(
        !result["next"].to_string().contains("verified by qr-pin"),
        "{result}"
    );
}

#[test]
fn nobody_is_asked_for_answers_that_the_service_does_not_take() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let there = place.over(&server, "entra");
    let terminal = Terminal::start(&there, &["methods", "add", "questions", "adele@contoso.example"]);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 5, "{screen}");
    assert!(
        screen.contains("security questions are not in Microsoft Graph"),
        "{screen}"
    );
}
