use std::ffi::OsString;

use super::*;
use crate::cli::explain::{Parsed, explain, near};
use crate::domain::ErrorCode;

fn answer(line: &str) -> (String, String) {
    let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
    let error = match crate::cli::parse(&args) {
        Ok((_, _, tree)) => near(tree, &args).unwrap_or_else(|| panic!("{line} is a command")),
        Err(error) => match explain(&error, &args) {
            Parsed::Wrong(error) => error,
            Parsed::Answer(text) => panic!("{line}: {text}"),
        },
    };
    assert_eq!(error.code(), ErrorCode::Usage);
    assert_eq!(error.code().exit_code(), 2);
    (
        error.message().to_owned(),
        error.hint_text().unwrap_or_default().to_owned(),
    )
}

#[test]
fn the_command_that_was_meant_is_shown() {
    for (typed, meant) in [
        ("mfactl methods adele list", "mfactl methods list adele"),
        (
            "mfactl methods remove --from people.csv -dJk3",
            "mfactl methods remove --from people.csv -- -dJk3",
        ),
        ("mfactl adele methods list", "mfactl methods list adele"),
        ("mfactl list methods adele", "mfactl methods list adele"),
        (
            "mfactl -p local list methods adele",
            "mfactl -p local methods list adele",
        ),
        ("mfactl methds list adele", "mfactl methods list adele"),
        (
            "mfactl methods lst adele -o json",
            "mfactl methods list adele -o json",
        ),
        (
            "mfactl app passwords list adele",
            "mfactl app-passwords list adele",
        ),
        ("mfactl search adele", "mfactl user search adele"),
        ("mfactl show adele", "mfactl user show adele"),
        (
            "mfactl methods add adele phone",
            "mfactl methods add phone adele --number NUMBER",
        ),
        (
            "mfactl methods add adele phone --number +14255550100",
            "mfactl methods add phone adele --number +14255550100",
        ),
        (
            "mfactl add phone adele --number 1",
            "mfactl methods add phone adele --number 1",
        ),
        (
            "mfactl methods add temporary pass adele",
            "mfactl methods add temporary-pass adele",
        ),
        (
            "mfactl user reset password adele",
            "mfactl user reset-password adele",
        ),
        (
            "mfactl -p local user reset password adele -y",
            "mfactl -p local user reset-password adele -y",
        ),
        ("mfactl user sign out adele", "mfactl user sign-out adele"),
        ("mfactl sign out adele", "mfactl user sign-out adele"),
        ("mfactl reset adele", "mfactl user reset adele"),
        ("mfactl reset password adele", "mfactl user reset-password adele"),
        (
            "mfactl methods set default adele phone",
            "mfactl methods set-default adele phone",
        ),
        (
            "mfactl methods remove phone adele",
            "mfactl methods remove adele phone",
        ),
        (
            "mfactl methods set-default phone:mobile adele",
            "mfactl methods set-default adele phone:mobile",
        ),
        (
            "mfactl methods remove adele -Ab3Cd",
            "mfactl methods remove adele -- -Ab3Cd",
        ),
        (
            "mfactl methods remove adele -nqAb",
            "mfactl methods remove adele -- -nqAb",
        ),
        (
            "mfactl methods remove -y adele -Ab3Cd",
            "mfactl methods remove -y adele -- -Ab3Cd",
        ),
        ("mfactl devices adele", "mfactl devices --help"),
        ("mfactl user show", "mfactl user show USER…"),
        (
            "mfactl -p local methods add phone adele --via call",
            "mfactl -p local methods add phone adele --via call --number NUMBER",
        ),
        (
            "mfactl -p local user show adele -o xml",
            "mfactl -p local user show USER…; more: mfactl user show --help",
        ),
        ("mfactl methods list -Ab3Cd", "mfactl methods list -- -Ab3Cd"),
        (
            "mfactl methods list adele -Ab3Cd -o json",
            "mfactl methods list adele -o json -- -Ab3Cd",
        ),
    ] {
        assert_eq!(answer(typed).1, meant, "{typed}");
    }
}

#[test]
fn a_command_is_left_alone() {
    for typed in [
        "mfactl methods remove adele phone",
        "mfactl methods remove adele phone email",
        "mfactl method remove adele phone --all",
        "mfactl methods add tap adele",
        "mfactl users reset -- password adele",
        "mfactl user show phone",
        "mfactl methods remove adele -- -Ab3Cd",
    ] {
        let args: Vec<OsString> = typed.split(' ').map(Into::into).collect();
        match crate::cli::parse(&args) {
            Ok((_, _, tree)) => assert!(near(tree, &args).is_none(), "{typed}"),
            Err(error) => assert_ne!(error.kind(), ErrorKind::InvalidSubcommand, "{typed}: {error}"),
        }
    }
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    for (typed, message) in [
        ("mfactl methods", "\"methods\" needs one of: list"),
        ("mfactl bogus", "there is no command \"bogus\""),
        ("mfactl methods bogus", "there is no \"bogus\" under \"methods\""),
        ("mfactl user show", "USER… is missing"),
        (
            "mfactl user show adele --bogus",
            "there is no option \"--bogus\" here",
        ),
        ("mfactl user search a b", "\"b\" is one word too many"),
        (
            "mfactl user show a -o xml",
            "\"xml\" is not a value of --output FORM: table, json, ndjson, csv",
        ),
        (
            "mfactl user show a --timeout 60",
            "\"60\" is not a value of --timeout DUR: write a number with its unit, such as 30s or 2m",
        ),
    ] {
        let said = answer(typed).0;
        assert!(said.starts_with(message), "{typed}: {said}");
    }
}
