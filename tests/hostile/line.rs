//! Command lines that are nearly right, and those that are not.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::refused;

#[test]
fn a_near_miss_is_answered_with_the_right_command() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "add", "adele", "phone"]), @"");
    assert_snapshot!(refused(&env, 2, &["user", "reset", "password", "adele"]), @"");
    assert_snapshot!(refused(&env, 2, &["methods", "lst", "adele"]), @"");
    assert_snapshot!(refused(&env, 2, &["methods", "adele"]), @"");
    assert_snapshot!(refused(&env, 2, &["frobnicate"]), @r#"
    · error: there is no command "frobnicate"
    · hint: mfactl --help
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--outptu", "json"]), @r#"
    · error: there is no option "--outptu" here
    · hint: did you mean --output?
    exit 2
    "#);
}

#[test]
fn something_missing_is_named() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "list"]), @"
    · error: USER… is missing
    · hint: mfactl methods list USER…; more: mfactl methods list --help
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["methods", "remove", "adele"]), @"");
    assert_snapshot!(refused(&env, 2, &["methods", "add", "phone", "adele"]), @"");
    assert_snapshot!(refused(&env, 2, &["methods", "remove", "adele", "email", "--all", "--yes"]), @"");
}

#[test]
fn an_id_that_begins_with_a_dash_is_answered_with_the_command_that_takes_it() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "remove", "adele", "-3jQx9", "--yes"]), @"");
    // Behind `--` it is an id like any other.
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "--yes", "adele", "--", "-3jQx9"]), @"");
}

#[test]
fn a_value_that_is_none_is_answered_with_those_that_are() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "-o", "yaml"]), @r#"
    · error: "yaml" is not a value of --output FORM: table, json, ndjson, csv
    · hint: mfactl methods list USER…; more: mfactl methods list --help
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--timeout", "soon"]), @r#"
    · error: "soon" is not a value of --timeout DUR: write a number with its unit, such as 30s or 2m
    · hint: mfactl methods list USER…; more: mfactl methods list --help
    exit 2
    "#);
    assert_snapshot!(refused(&env.with("MFACTL_OUTPUT", "xml"), 2, &["methods", "list", "adele"]), @r#"
    · error: MFACTL_OUTPUT="xml" is not understood
    · hint: write one of: table, json, ndjson, csv
    exit 2
    "#);
}

#[test]
fn a_filter_that_is_none_is_refused_before_anything_is_sent() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--jq", ".[0"]), @r#"
    · {"error":{"code":"usage","message":"--jq is wrong at character 4: closing bracket was expected","hint":"the language is that of jq, such as: --jq '.[].user'","service_code":null,"request_id":null,"retryable":false,"retry_after_s":null,"exit_code":2,"matches":null,"file":null,"line":null,"column":null}}
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--jq", "nosuch(1)"]), @r#"
    · {"error":{"code":"usage","message":"--jq is wrong at character 1: there is no function \"nosuch\"","hint":"the language is that of jq, such as: --jq '.[].user'","service_code":null,"request_id":null,"retryable":false,"retry_after_s":null,"exit_code":2,"matches":null,"file":null,"line":null,"column":null}}
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["user", "sign-out", "adele", "--yes", "--jq", "nosuch(1)"]), @"");
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--jq", ".", "-o", "csv"]), @"
    · error: --jq filters JSON, and another form is asked for
    · hint: leave out -o, or use -o json
    exit 2
    ");
}

#[test]
fn a_number_of_people_that_was_not_expected_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes", "--expect", "2"]), @"");
    refused(
        &env,
        2,
        &["user", "sign-out", "adele", "--yes", "--expect", "two"],
    );
}

#[test]
fn a_playbook_or_a_method_to_keep_that_is_not_there_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["user", "reset", "adele", "--yes", "--playbook", "lost-phnoe"]), @"");
    assert_snapshot!(refused(&env, 3, &["user", "reset", "adele", "--yes", "--keep", "passkey"]), @"");
    assert_snapshot!(refused(&env, 3, &["user", "reset", "adele", "--yes", "--only", "passkey"]), @"");
}

#[test]
fn yes_cannot_come_from_a_variable() {
    let env = Environment::new();
    refused(&env.with("MFACTL_YES", "true"), 6, &["user", "sign-out", "adele"]);
}
