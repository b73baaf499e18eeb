//! Several processes on one data file at once: each is right, and nothing is lost.

use crate::environment::{Environment, Output};

/// Starts all of them before it waits for the first.
fn at_once(place: &Environment, commands: &[&[&str]]) -> Vec<Output> {
    let started: Vec<_> = commands.iter().map(|command| place.start(command, "")).collect();
    started.into_iter().map(|command| command.finish()).collect()
}

#[test]
fn several_processes_change_one_file_and_nothing_is_lost() {
    let place = Environment::new();
    let outputs = at_once(
        &place,
        &[
            &[
                "methods",
                "add",
                "phone",
                "chidi",
                "--number",
                "+31 612345678",
                "--yes",
                "-o",
                "json",
            ],
            &[
                "methods",
                "add",
                "email",
                "chidi",
                "--address",
                "chidi@home.example",
                "--yes",
                "-o",
                "json",
            ],
            &[
                "methods",
                "add",
                "phone",
                "chidi",
                "--type",
                "office",
                "--number",
                "+31 201234567",
                "--yes",
                "-o",
                "json",
            ],
            &["user", "reset", "adele", "--yes", "-o", "json"],
            &[
                "methods",
                "remove",
                "emre",
                "authenticator:b2f7",
                "--yes",
                "-o",
                "json",
            ],
            &["devices", "forget", "omar", "--yes", "-o", "json"],
        ],
    );
    for output in outputs {
        assert_eq!(output.code, 0, "{}", output.screen());
        let steps = output.value()["steps"].clone();
        assert!(
            steps
                .as_array()
                .unwrap()
                .iter()
                .all(|step| step["status"] == "done"),
            "{steps}"
        );
    }
    let (adele, chidi, emre) = (place.person("adele"), place.person("chidi"), place.person("emre"));
    assert_eq!(chidi.methods(), ["phone:mobile", "phone:office", "email"]);
    assert_eq!(adele.methods(), ["phone:mobile", "email"]);
    assert_eq!(emre.methods(), ["authenticator"]);
    adele.signs_in_by("sms").is("signed_in");
}

#[test]
fn two_processes_that_remove_the_same_method_agree() {
    let place = Environment::new();
    let remove: &[&str] = &[
        "methods",
        "remove",
        "emre",
        "authenticator:b2f7",
        "--missing-ok",
        "--yes",
        "-o",
        "json",
    ];
    let outputs = at_once(&place, &[remove, remove]);
    let mut done = 0;
    for output in &outputs {
        assert_eq!(output.code, 0, "{}", output.screen());
        let status = output.value()["steps"][0]["status"].clone();
        assert!(
            ["done", "unchanged"].contains(&status.as_str().unwrap()),
            "{status}"
        );
        done += usize::from(status == "done");
    }
    assert!(done >= 1, "one of them did it");
    assert_eq!(place.person("emre").methods(), ["authenticator"]);
}

#[test]
fn two_processes_make_a_new_file_together() {
    let place = Environment::empty();
    let outputs = at_once(
        &place,
        &[
            &["methods", "list", "adele", "-o", "json"],
            &[
                "methods",
                "remove",
                "emre",
                "authenticator:b2f7",
                "--yes",
                "-o",
                "json",
            ],
            &["methods", "list", "adele", "-o", "json"],
        ],
    );
    for output in &outputs {
        assert_eq!(output.code, 0, "{}", output.screen());
    }
    assert_eq!(outputs[0].value(), outputs[2].value(), "there is one directory");
    assert_eq!(outputs[0].value().as_array().unwrap().len(), 4);
    assert_eq!(place.person("emre").methods(), ["authenticator"]);
}

#[test]
fn a_server_and_the_built_in_service_share_a_file() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let remote = place.over(&server, "local");
    remote.change(&[
        "methods",
        "add",
        "email",
        "fen@contoso.example",
        "--address",
        "fen@home.example",
    ]);
    place.change(&[
        "methods",
        "add",
        "phone",
        "fen@contoso.example",
        "--type",
        "office",
        "--number",
        "+1 4255550171",
    ]);
    let both = ["phone:mobile", "phone:office", "email"];
    assert_eq!(place.person("fen@contoso.example").methods(), both);
    assert_eq!(remote.person("fen@contoso.example").methods(), both);
}
