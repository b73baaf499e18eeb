//! Whom a role does not reach: members of a restricted administrative unit, which only those change who hold a role over it.

use crate::environment::{Environment, Output};

const PIA: &str = "pia@contoso.example";

/// Adds an address to somebody, as a table.
fn add(place: &Environment, whom: &str) -> Output {
    place.run(&[
        "methods",
        "add",
        "email",
        whom,
        "--address",
        "pia@home.example",
        "--yes",
    ])
}

#[test]
fn a_member_of_a_restricted_unit_is_told_of_before_and_refused_with_the_reason() {
    let place = Environment::new();
    let passwords = ["hugo", "helpdesk"].map(|name| place.person(name).password().to_owned());
    let server = place.serve(&["--graph-only"]);
    let person = |at: usize, name: &str| {
        place
            .over(&server, "entra")
            .with("MFACTL_AUTH", "password")
            .with("MFACTL_USERNAME", &format!("{name}@contoso.example"))
            .with("MFACTL_PASSWORD", &passwords[at])
    };
    let application = place.over(&server, "entra");
    for who in [&person(1, "helpdesk"), &application] {
        // It may look.
        who.run(&["methods", "list", PIA]).exits(0);
        let refused = add(who, PIA).exits(4);
        let said = refused.stderr.replace("\n", " ");
        for text in [
            "warning: 1 person is in a restricted administrative unit (Plant Control)",
            "the person is in a restricted administrative unit",
            "only a role that is assigned for that unit acts on its members",
        ] {
            assert!(said.contains(text), "{text}\n{}", refused.screen());
        }
    }
    // Whoever holds a role over the unit does it, and `doctor` says why the token does not show it.
    let hugo = person(0, "hugo");
    add(&hugo, PIA).exits(0);
    assert_ne!(
        add(&hugo, "fen@contoso.example").code,
        0,
        "he reaches nobody else"
    );
    let doctor = hugo.run(&["doctor", "-o", "json"]);
    assert!(
        doctor.stdout.contains("over an administrative unit alone"),
        "{}",
        doctor.screen()
    );
}

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
