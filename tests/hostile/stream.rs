//! What is printed where: a reader that goes away, errors as data, stdout empty or complete.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::environment::Environment;
use crate::refusal::screen;

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let env = Environment::new();
    env.run(&["local", "seed", "--users", "3000"]).exits(0);
    for format in ["table", "json", "ndjson", "csv"] {
        let mut command = env.command(&["report", "registration", "-o", format]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        drop(reader);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{format}: {said}");
        assert!(
            !said.contains("panicked") && !said.contains("error"),
            "{format}: {said}"
        );
    }
}

#[test]
fn a_change_whose_reader_went_away_is_made_all_the_same() {
    let env = Environment::new();
    let mut command = env.command(&["methods", "remove", "adele", "email", "--yes"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(
        !env.json(&["methods", "list", "adele"])
            .to_string()
            .contains("home.example")
    );
}

#[test]
fn without_stderr_and_stdin_it_works_all_the_same() {
    let env = Environment::new();
    let line = env.command(&["methods", "list", "adele", "-o", "json"]);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "exec \"$@\" <&- 2>&-", "sh"])
        .arg(line.get_program())
        .args(line.get_args())
        .env_clear();
    command.envs(line.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout)
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn an_error_is_one_line_of_json_where_json_was_asked_for() {
    let env = Environment::new();
    for format in ["json", "ndjson"] {
        let output = env
            .run(&[
                "methods",
                "remove",
                "emre",
                "authenticator",
                "--yes",
                "-o",
                format,
            ])
            .exits(3);
        let error = output.error();
        assert_eq!(error["code"], "ambiguous");
        assert_eq!(error["exit_code"], 3);
        assert_eq!(error["retryable"], false);
        assert_eq!(error["matches"][0]["ref"], "authenticator:3d10");
        assert!(
            error["hint"].as_str().unwrap().contains("authenticator:b2f7"),
            "{error}"
        );
        for line in output.stdout.lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }
    }
    let output = env
        .run(&[
            "methods",
            "remove",
            "emre",
            "authenticator",
            "--yes",
            "-o",
            "json",
        ])
        .exits(3);
    assert_eq!(output.stdout, "");
    assert_snapshot!(screen(&env, &output), @r#"
    · {"error":{"code":"ambiguous","message":"\"authenticator\" matches 2 methods of emre@contoso.example","hint":"mfactl -p local methods remove emre authenticator:b2f7","service_code":null,"request_id":null,"retryable":false,"retry_after_s":null,"exit_code":3,"matches":[{"ref":"authenticator:3d10","detail":"\"Pixel 9\"  used today"},{"ref":"authenticator:b2f7","detail":"\"Pixel 5\"  used 4 Jan 2025"}],"file":null,"line":null,"column":null}}
    exit 3
    "#);
}

#[test]
fn errors_before_the_format_is_known_are_json_too() {
    let env = Environment::new();
    for arguments in [
        &["methods", "frobnicate", "-o", "json"][..],
        &["-o", "json", "methods", "list"],
        &["methods", "list", "adele", "-o=json", "--nonsense"],
        &[
            "methods",
            "list",
            "adele",
            "--output",
            "json",
            "--jq",
            "nosuch(1)",
        ],
    ] {
        let output = env.run(arguments).exits(2);
        assert_eq!(output.stdout, "");
        assert_eq!(output.error()["exit_code"], 2, "{arguments:?}");
    }
    let output = env
        .with("MFACTL_OUTPUT", "json")
        .run(&["methods", "frobnicate"])
        .exits(2);
    assert_eq!(output.error()["exit_code"], 2);
}

#[test]
fn an_error_in_csv_and_table_is_plain_text() {
    let env = Environment::new();
    for format in ["table", "csv"] {
        let output = env.run(&["methods", "list", "nobody", "-o", format]).exits(3);
        assert!(output.stderr.starts_with("error: "), "{}", output.screen());
        // The headings of a CSV may stand; nothing else.
        assert!(output.stdout.lines().count() <= 1, "{}", output.screen());
    }
}

#[test]
fn some_found_and_some_not_gives_the_rows_and_the_error() {
    let env = Environment::new();
    let output = env.run(&["methods", "list", "adele", "nobody", "-o", "json"]);
    assert!([3, 7].contains(&output.code), "{}", output.screen());
    if !output.stdout.is_empty() {
        output.value();
    }
    assert_eq!(output.error_code(), "user_not_found");
}
