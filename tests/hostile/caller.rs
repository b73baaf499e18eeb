//! Callers who were not checked, or not in a way that says anything.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{refused, rows};

fn strict() -> Environment {
    let env = Environment::new();
    env.configure("[profiles.local.guard]\nrequire_caller_check = true\n");
    env
}

#[test]
fn a_change_for_a_caller_whom_nobody_checked_is_refused_with_the_command() {
    let env = strict();
    for change in [
        &["methods", "add", "phone", "chidi", "--number", "+31 612345678"][..],
        &["methods", "remove", "adele", "email"],
        &["methods", "set-default", "adele", "authenticator"],
        &["app-passwords", "reset", "adele", "--all"],
        &["user", "reset-password", "adele", "--secrets-out", "-"],
        &["user", "reset", "adele"],
        &[
            "user",
            "reset",
            "adele",
            "fen",
            "--playbook",
            "new-phone",
            "--expect",
            "2",
        ],
    ] {
        let said = refused(&env, 6, &[change, &["--yes"]].concat());
        assert!(said.contains("user check-caller"), "{change:?}: {said}");
    }
    assert_snapshot!(refused(&env, 6, &["user", "reset", "adele", "--yes"]), @"
    · error: nobody checked in the last 30 minutes that the caller is adele@contoso.example
    · hint: mfactl -p local user check-caller adele@contoso.example --lost phone:mobile
    exit 6
    ");
    // What only locks somebody out does not wait, and a dry run shows the plan.
    env.run(&["user", "sign-out", "adele", "--yes"]).exits(0);
    env.run(&["user", "reset", "adele", "--dry-run"]).exits(0);
}

#[test]
fn a_caller_is_not_asked_by_what_is_lost_or_was_added_a_moment_ago() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["user", "check-caller", "fen", "--lost", "phone:mobile"]), @"
    · error: fen@contoso.example cannot be asked: phone:mobile: it is lost
    · hint: mfactl -p local user check-caller fen@contoso.example --lost phone:mobile --by in-person
    exit 6
    ");
    env.change(&["methods", "add", "phone", "chidi", "--number", "+31 612345678"]);
    env.change(&["methods", "verify", "chidi", "phone:mobile"]);
    let received = env.person("chidi").received();
    let code = received["code"].as_str().unwrap();
    env.change(&["methods", "verify", "chidi", "phone:mobile", "--code", code]);
    let said = refused(&env, 6, &["user", "check-caller", "chidi", "--by", "code"]);
    assert!(said.contains("phone:mobile: it was added today"), "{said}");
}

#[test]
fn a_wrong_code_checks_nobody() {
    let env = strict();
    let change = ["user", "reset", "adele", "--yes"];
    env.run(&["user", "check-caller", "adele", "--lost", "authenticator"])
        .exits(0);
    refused(&env, 6, &change);
    let wrong = env.run(&[
        "user",
        "check-caller",
        "adele",
        "--lost",
        "authenticator",
        "--by",
        "callback",
        "--code",
        "0000000",
    ]);
    assert_eq!(wrong.code, 6, "{}", wrong.screen());
    assert!(wrong.stderr.contains("is not the code"), "{}", wrong.screen());
    refused(&env, 6, &change);
    assert!(!env.path("state/mfactl/callers.jsonl").exists());
}

#[test]
fn ones_own_word_takes_a_reason_and_a_yes_and_is_no_challenge() {
    let env = Environment::new();
    let server = env.serve(&["--graph-only"]);
    let entra = env.over(&server, "entra");
    let who = "adele@contoso.example";
    let before = rows(&env.data_file());
    let said = entra.run(&["user", "check-caller", who]);
    assert_eq!(said.code, 5, "{}", said.screen());
    assert!(said.stderr.contains("--by callback"), "{}", said.screen());
    let said = entra.run(&["user", "check-caller", who, "--by", "push"]);
    assert_eq!(said.code, 5, "{}", said.screen());
    let callback = [
        "user",
        "check-caller",
        who,
        "--lost",
        "phone:mobile",
        "--by",
        "callback",
    ];
    for more in [&["--yes"][..], &["--reason", "I know the voice"]] {
        let said = entra.run(&[&callback[..], more].concat());
        assert_eq!((said.code, said.stdout.as_str()), (6, ""), "{}", said.screen());
    }
    assert!(!env.path("state/mfactl/callers.jsonl").exists());
    let said = entra
        .run(&[&callback[..], &["--yes", "--reason", "called back"]].concat())
        .exits(0);
    assert!(
        said.stdout.contains("by call-back to phone:alternate (attested)"),
        "{}",
        said.screen()
    );
    assert_eq!(before, rows(&env.data_file()), "the service was told");
}
