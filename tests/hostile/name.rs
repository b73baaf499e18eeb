//! Names that hold escapes for a terminal, formulas for a spreadsheet, and letters outside ASCII: harmless on the
//! screen, intact in data.

use crate::environment::Environment;
use crate::refusal::refused;

/// As they stand in the demo directory.
const NAME: &str = "=HYPERLINK(\"http://evil.example\",\"Mallory\")\u{1b}[2J\u{1b}]0;owned\u{7}";
const DEVICE: &str = "+cmd|' /C calc'!A0\u{1b}[31m\u{202e}";

/// Whether nothing in it steers a terminal, rewrites a line, or turns the direction of letters.
#[track_caller]
fn is_harmless(text: &str) {
    let bad = text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    });
    assert_eq!(bad, None, "{text:?}");
}

#[test]
fn escapes_in_names_are_harmless_on_the_screen() {
    let env = Environment::new();
    for arguments in [
        &["user", "show", "mallory"][..],
        &["user", "search", "mallory"],
        &["methods", "list", "mallory"],
        &["devices", "list", "mallory"],
        &["report", "registration"],
        &["user", "sign-out", "mallory", "--dry-run"],
        &[
            "methods",
            "remove",
            "mallory",
            "authenticator",
            "--leave-none",
            "--dry-run",
        ],
        &["user", "reset", "mallory", "--dry-run"],
    ] {
        for more in [&[][..], &["--accessible"], &["--color", "never"]] {
            let output = env.run(&[arguments, more].concat()).exits(0);
            is_harmless(&output.stdout);
            is_harmless(&output.stderr);
        }
    }
    let screen = env.run(&["user", "sign-out", "mallory", "--yes"]).exits(0);
    is_harmless(&screen.stdout);
    is_harmless(&screen.stderr);
    let wrong = env.run(&["methods", "list", "mallory\u{1b}[2J"]).exits(3);
    is_harmless(&wrong.stderr);
    let wrong = env.run(&["methods", "\u{1b}]0;owned\u{7}"]).exits(2);
    is_harmless(&wrong.stderr);
}

#[test]
fn escapes_in_names_are_intact_in_json() {
    let env = Environment::new();
    let user = env.json(&["user", "show", "mallory"]);
    assert_eq!(user["display_name"], NAME);
    assert_eq!(user["methods"][0]["name"], DEVICE);
    let methods = env.json(&["methods", "list", "mallory"]);
    assert_eq!(methods[0]["name"], DEVICE);
    let output = env.run(&["methods", "list", "mallory", "-o", "json"]).exits(0);
    is_harmless(&output.stdout);
    let raw = env
        .run(&["methods", "list", "mallory", "--jq", ".[0].name"])
        .exits(0);
    assert_eq!(raw.stdout.trim_end_matches('\n'), DEVICE);
}

#[test]
fn formulas_in_names_are_safe_in_csv() {
    let env = Environment::new();
    for arguments in [
        &["user", "search", "mallory"][..],
        &["methods", "list", "mallory"],
        &["report", "registration"],
    ] {
        let output = env.run(&[arguments, &["-o", "csv"]].concat()).exits(0);
        let mut reader = csv::ReaderBuilder::new().from_reader(output.stdout.as_bytes());
        let mut seen = 0;
        for record in reader.records() {
            for cell in &record.unwrap() {
                seen += usize::from(cell.contains("evil.example") || cell.contains("calc"));
                let first = cell.chars().next();
                let number = cell
                    .strip_prefix('-')
                    .is_some_and(|rest| rest.parse::<f64>().is_ok());
                assert!(
                    number || !first.is_some_and(|c| "=+-@\t\r".contains(c)),
                    "{arguments:?}: {cell:?}"
                );
            }
        }
        assert!(
            seen > 0,
            "{arguments:?}: the name is not in it:\n{}",
            output.stdout
        );
    }
}

#[test]
fn letters_outside_ascii_stay_as_they_are_and_columns_stay_straight() {
    let env = Environment::new();
    assert_eq!(
        env.json(&["user", "show", "zoe"])["display_name"],
        "Zoë Müller-Çelik 李"
    );
    let output = env.run(&["user", "show", "zoe"]).exits(0);
    assert!(output.stdout.contains("Zoë Müller-Çelik 李"), "{}", output.stdout);
    let found = env.run(&["user", "search", "Müller"]).exits(0);
    assert!(found.stdout.contains("zoe@contoso.example"), "{}", found.screen());
}

#[test]
fn a_name_that_is_too_long_for_any_service_is_not_asked_for() {
    let env = Environment::new();
    let name = "a".repeat(70_000);
    insta::assert_snapshot!(refused(&env, 2, &["methods", "list", &name]), @"
    · error: a user of 70000 characters: no name is longer than 1000
    exit 2
    ");
    insta::assert_snapshot!(refused(&env, 2, &["user", "search", &name]), @"
    · error: no request can be made of this: parsed url is not a valid uri
    · hint: a name or a filter is too long, or the url of the profile is none
    exit 2
    ");
}
