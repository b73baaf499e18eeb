//! Command lines that are nearly right, and those that are not.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::refused;

#[test]
fn a_near_miss_is_answered_with_the_right_command() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "add", "adele", "phone"]), @r#"
    · error: there is no "adele" under "methods add"
    · hint: mfactl -p local methods add phone adele --number NUMBER
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["user", "reset", "password", "adele"]), @r#"
    · error: "user reset password" is written "user reset-password"
    · hint: mfactl -p local user reset-password adele
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "lst", "adele"]), @r#"
    · error: there is no "lst" under "methods"
    · hint: mfactl -p local methods list adele
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "adele"]), @r#"
    · error: there is no "adele" under "methods"
    · hint: mfactl methods --help
    exit 2
    "#);
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
    · hint: mfactl -p local methods list USER…
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["methods", "remove", "adele"]), @"
    · error: METHOD… is missing
    · hint: name the methods, or --all for every one of them
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["methods", "add", "phone", "adele"]), @"
    · error: --number NUMBER is missing
    · hint: mfactl -p local methods add phone adele --number NUMBER
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["methods", "add", "phone"]), @"
    · error: --number NUMBER and USER… are missing
    · hint: mfactl -p local methods add phone --number NUMBER USER…
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["methods", "remove", "adele", "email", "--all", "--yes"]), @"
    · error: METHOD… does not go with --all
    · hint: mfactl -p local methods remove [USER] [METHOD…]; more: mfactl methods remove --help
    exit 2
    ");
}

#[test]
fn an_id_that_begins_with_a_dash_is_answered_with_the_command_that_takes_it() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "remove", "adele", "-3jQx9", "--yes"]), @r#"
    · error: there is no option "-3" here
    · hint: mfactl -p local methods remove adele --yes -- -3jQx9
    exit 2
    "#);
    // Behind `--` it is an id like any other.
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "--yes", "adele", "--", "-3jQx9"]), @r#"
    · error: adele@contoso.example has no method "-3jQx9"
    · hint: there are: authenticator, phone:mobile, phone:alternate, email
    exit 3
    "#);
}

#[test]
fn a_value_that_is_none_is_answered_with_those_that_are() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "-o", "yaml"]), @r#"
    · error: "yaml" is not a value of --output FORM: table, json, ndjson, csv
    · hint: mfactl -p local methods list USER…; more: mfactl methods list --help
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--timeout", "soon"]), @r#"
    · error: "soon" is not a value of --timeout DUR: write a number with its unit, such as 30s or 2m
    · hint: mfactl -p local methods list USER…; more: mfactl methods list --help
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["local", "seed", "--users", "many"]), @r#"
    · error: "many" is not a value of --users N: write a whole number
    · hint: mfactl -p local local seed --users N; more: mfactl local seed --help
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["local", "serve", "--listen", "localhost"]), @r#"
    · error: "localhost" is not a value of --listen ADDRESS:PORT: write an address of numbers and a port, such as 127.0.0.1:8080
    · hint: mfactl -p local local serve; more: mfactl local serve --help
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
    assert_snapshot!(refused(&env, 2, &["user", "sign-out", "adele", "--yes", "--jq", "nosuch(1)"]), @r#"
    · {"error":{"code":"usage","message":"--jq is wrong at character 1: there is no function \"nosuch\"","hint":"the language is that of jq, such as: --jq '.[].user'","service_code":null,"request_id":null,"retryable":false,"retry_after_s":null,"exit_code":2,"matches":null,"file":null,"line":null,"column":null}}
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele", "--jq", ".", "-o", "csv"]), @"
    · error: --jq filters JSON, and another form is asked for
    · hint: leave out -o, or use -o json
    exit 2
    ");
}

#[test]
fn a_number_of_people_that_was_not_expected_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes", "--expect", "2"]), @"
    · error: 1 person was selected, and --expect says 2
    exit 6
    ");
    refused(
        &env,
        2,
        &["user", "sign-out", "adele", "--yes", "--expect", "two"],
    );
}

#[test]
fn a_playbook_or_a_method_to_keep_that_is_not_there_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["user", "reset", "adele", "--yes", "--playbook", "lost-phnoe"]), @r#"
    · error: there is no playbook "lost-phnoe"
    · hint: did you mean --playbook lost-phone?
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["user", "reset", "adele", "--yes", "--keep", "authenticator:ffff"]), @r#"
    · error: adele@contoso.example has no method "authenticator:ffff"
    · hint: there are: authenticator, phone:mobile, phone:alternate, email
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["user", "reset", "adele", "--yes", "--only", "fido"]), @r#"
    · error: adele@contoso.example has no method "fido"
    · hint: there are: authenticator, phone:mobile, phone:alternate, email
    exit 3
    "#);
}

#[test]
fn yes_cannot_come_from_a_variable() {
    let env = Environment::new();
    refused(&env.with("MFACTL_YES", "true"), 6, &["user", "sign-out", "adele"]);
}
