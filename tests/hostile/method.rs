//! Methods, devices and app passwords that are not there, that several are meant by, or that must stay.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{arrange, refused};

#[test]
fn a_kind_that_stands_for_two_methods_lists_both() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "emre", "authenticator", "--yes"]), @"");
}

#[test]
fn a_method_that_is_not_there_is_named() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "passkey", "--yes"]), @"");
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "authenticator:ffff", "--yes"]), @"");
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "phone:mobile", "totp", "--yes"]), @"");
}

#[test]
fn the_password_is_no_method_to_remove() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "password", "--yes"]), @"");
}

#[test]
fn a_start_of_an_id_needs_four_characters() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "emre", "authenticator:3d1", "--yes"]), @"");
}

#[test]
fn the_last_usable_method_stays() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["methods", "remove", "bas", "phone:mobile", "--yes"]), @"");
    assert_snapshot!(refused(&env, 6, &["methods", "remove", "emre", "--all", "--yes"]), @"");
    // An address serves password reset only, so that it does not count as usable.
    refused(
        &env,
        6,
        &["methods", "remove", "adele", "authenticator", "phone", "--yes"],
    );
    // No variable stands for the flag.
    refused(
        &env.with("MFACTL_LEAVE_NONE", "true"),
        6,
        &["methods", "remove", "bas", "phone:mobile", "--yes"],
    );
}

#[test]
fn a_default_that_cannot_be_one_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["methods", "set-default", "adele", "email", "--yes"]), @"");
    assert_snapshot!(refused(&env, 6, &["methods", "set-default", "gita", "passkey", "--yes"]), @"");
}

#[test]
fn a_pass_outside_the_policys_lifetime_is_refused() {
    let env = Environment::new();
    let places = ["--secrets-out", "pass.txt"];
    let add = |lifetime: &'static str| {
        [
            &[
                "methods",
                "add",
                "temporary-pass",
                "adele",
                "--yes",
                "--lifetime",
                lifetime,
            ],
            &places[..],
        ]
        .concat()
    };
    assert_snapshot!(refused(&env, 6, &add("9m")), @"");
    assert_snapshot!(refused(&env, 6, &add("481m")), @"");
    assert_snapshot!(refused(&env, 2, &add("soon")), @"");
    assert_snapshot!(refused(&env, 2, &add("-5m")), @"");
    assert!(
        !env.path("home/pass.txt").exists() || std::fs::read(env.path("home/pass.txt")).unwrap().is_empty()
    );
}

#[test]
fn a_pass_that_policy_forbids_is_refused() {
    let env = Environment::new();
    arrange(
        &env,
        "UPDATE policy SET json = json_set(json, '$.state', 'disabled') WHERE key = 'TemporaryAccessPass'",
    );
    assert_snapshot!(
        refused(&env, 6, &["methods", "add", "temporary-pass", "adele", "--yes", "--secrets-out", "-"]), @""
    );
}

#[test]
fn a_secret_needs_a_place_before_anything_is_made() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "add", "temporary-pass", "adele", "--yes"]), @"");
    assert_snapshot!(refused(&env, 2, &["methods", "add", "totp", "adele", "--yes"]), @"");
    assert_snapshot!(refused(&env, 2, &["user", "reset-password", "adele", "--yes"]), @"");
    assert_snapshot!(refused(&env, 2, &["app-passwords", "reset", "adele", "--all", "--reissue", "--yes"]), @"");
}

#[test]
fn devices_and_app_passwords_that_are_not_there_are_named() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["devices", "forget", "adele", "device:ffff", "--yes"]), @"");
    assert_snapshot!(refused(&env, 3, &["app-passwords", "reset", "adele", "Thunderbird", "--yes"]), @"");
    assert_snapshot!(refused(&env, 2, &["app-passwords", "reset", "adele", "--yes"]), @"");
}

#[test]
fn a_registered_device_is_never_forgotten() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["devices", "forget", "adele", "device:0b7e", "--yes"]), @"");
}

#[test]
fn a_code_for_what_waits_for_none_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["methods", "verify", "adele", "phone:mobile", "--code", "000000", "--yes"]), @"");
}

#[test]
fn too_few_answers_or_foreign_questions_are_refused() {
    let env = Environment::new();
    let add = ["methods", "add", "questions", "quinn", "--yes"];
    assert_snapshot!(crate::refusal::refused_after(&env, 2, &add, "no json\n"), @"");
    assert_snapshot!(crate::refusal::refused_after(&env, 2, &add, ""), @"");
}
