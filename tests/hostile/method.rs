//! Methods, devices and app passwords that are not there, that several are meant by, or that must stay.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{arrange, refused};

#[test]
fn a_kind_that_stands_for_two_methods_lists_both() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "emre", "authenticator", "--yes"]), @r#"
    · error: "authenticator" matches 2 methods of emre@contoso.example
    ·   authenticator:3d10  "Pixel 9"  used today
    ·   authenticator:b2f7  "Pixel 5"  used 4 Jan 2025
    · hint: mfactl -p local methods remove emre authenticator:b2f7
    exit 3
    "#);
}

#[test]
fn a_method_that_is_not_there_is_named() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "passkey", "--yes"]), @r#"
    · error: adele@contoso.example has no method "passkey"
    · hint: there are: authenticator, phone:mobile, phone:alternate, email
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "authenticator:ffff", "--yes"]), @r#"
    · error: adele@contoso.example has no method "authenticator:ffff"
    · hint: there are: authenticator, phone:mobile, phone:alternate, email
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "phone:mobile", "totp", "--yes"]), @r#"
    · error: adele@contoso.example has no method "totp"
    · hint: there are: authenticator, phone:mobile, phone:alternate, email
    exit 3
    "#);
}

#[test]
fn the_password_is_no_method_to_remove() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "adele", "password", "--yes"]), @"
    · error: the password is not among the methods, and nothing removes it
    · hint: mfactl -p local user reset-password adele@contoso.example
    exit 3
    ");
}

#[test]
fn a_start_of_an_id_needs_four_characters() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "remove", "emre", "authenticator:3d1", "--yes"]), @r#"
    · error: emre@contoso.example has no method "authenticator:3d1"
    · hint: there are: authenticator:b2f7, authenticator:3d10
    exit 3
    "#);
}

#[test]
fn the_last_usable_method_stays() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["methods", "remove", "bas", "phone:mobile", "--yes"]), @"
    · error: bas@contoso.example would have no method left to sign in with
    · hint: mfactl -p local methods remove bas phone:mobile --leave-none
    exit 6
    ");
    assert_snapshot!(refused(&env, 6, &["methods", "remove", "emre", "--all", "--yes"]), @"
    · error: emre@contoso.example would have no method left to sign in with
    · hint: mfactl -p local methods remove emre --all --leave-none
    exit 6
    ");
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
    assert_snapshot!(refused(&env, 6, &["methods", "set-default", "adele", "email", "--yes"]), @"
    · error: email of adele@contoso.example cannot be the default
    · hint: these can: authenticator, phone:mobile, phone:alternate
    exit 6
    ");
    assert_snapshot!(refused(&env, 6, &["methods", "set-default", "gita", "passkey", "--yes"]), @"
    · error: passkey of gita@contoso.example cannot be the default
    · hint: this person has no method that can be the default
    exit 6
    ");
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
    assert_snapshot!(refused(&env, 6, &add("9m")), @"
    · error: by policy a temporary pass works 10 to 480 minutes, not 9
    · hint: choose another --lifetime, or leave it out
    exit 6
    ");
    assert_snapshot!(refused(&env, 6, &add("481m")), @"
    · error: by policy a temporary pass works 10 to 480 minutes, not 481
    · hint: choose another --lifetime, or leave it out
    exit 6
    ");
    assert_snapshot!(refused(&env, 2, &add("soon")), @r#"
    · error: "soon" is not a span of time
    · hint: write a number with its unit, such as 60m or 2h
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("-5m")), @r#"
    · error: there is no option "-5" here
    · hint: mfactl -p local methods add temporary-pass USER…; more: mfactl methods add temporary-pass --help
    exit 2
    "#);
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
        refused(&env, 6, &["methods", "add", "temporary-pass", "adele", "--yes", "--secrets-out", "-"]), @"
    · error: policy does not allow temporary-pass for adele@contoso.example: off for everyone
    · hint: mfactl -p local policy show adele@contoso.example
    exit 6
    "
    );
}

#[test]
fn a_secret_needs_a_place_before_anything_is_made() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["methods", "add", "temporary-pass", "adele", "--yes"]), @"
    · error: this makes a secret, and there is no terminal to show it on
    · hint: --secrets-out FILE writes it to a new file; --secrets-out - puts it into the answer
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["methods", "add", "totp", "adele", "--yes"]), @"
    · error: this makes a secret, and there is no terminal to show it on
    · hint: --secrets-out FILE writes it to a new file; --secrets-out - puts it into the answer
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["user", "reset-password", "adele", "--yes"]), @"
    · error: this makes a secret, and there is no terminal to show it on
    · hint: --secrets-out FILE writes it to a new file; --secrets-out - puts it into the answer
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["app-passwords", "reset", "adele", "--all", "--reissue", "--yes"]), @"
    · error: this makes a secret, and there is no terminal to show it on
    · hint: --secrets-out FILE writes it to a new file; --secrets-out - puts it into the answer
    exit 2
    ");
}

#[test]
fn devices_and_app_passwords_that_are_not_there_are_named() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["devices", "forget", "adele", "device:ffff", "--yes"]), @r#"
    · error: adele@contoso.example has no device "device:ffff"
    · hint: mfactl -p local devices list adele@contoso.example
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["app-passwords", "reset", "adele", "Thunderbird", "--yes"]), @r#"
    · error: adele@contoso.example has no app password "Thunderbird"
    · hint: mfactl -p local app-passwords list adele@contoso.example
    exit 3
    "#);
    assert_snapshot!(refused(&env, 2, &["app-passwords", "reset", "adele", "--yes"]), @"
    · error: NAME… is missing
    · hint: name the app passwords, or --all for every one of them
    exit 2
    ");
}

#[test]
fn a_registered_device_is_never_forgotten() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 5, &["devices", "forget", "adele", "device:0b7e", "--yes"]), @r#"
    · error: "device:0b7e" is a registered device: only remembered ones can be forgotten
    · hint: mfactl -p local devices disable adele@contoso.example device:0b7e
    exit 5
    "#);
}

#[test]
fn too_few_answers_or_foreign_questions_are_refused() {
    let env = Environment::new();
    let add = ["methods", "add", "questions", "quinn", "--yes"];
    assert_snapshot!(crate::refusal::refused_after(&env, 2, &add, "no json\n"), @"
    · error: standard input:1: the answers are neither JSON nor lines of QUESTION, a tab, ANSWER
    exit 2
    ");
    assert_snapshot!(crate::refusal::refused_after(&env, 2, &add, ""), @r#"
    · error: there are no answers on standard input
    · hint: run it on a terminal to be asked, or give {"question", "answer"} objects
    exit 2
    "#);
}
