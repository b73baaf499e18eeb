//! Changes that nobody confirmed, and guards of a profile.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::refused;
use crate::terminal::Terminal;

/// One change of each verb; none of them makes a secret that needs a place.
const CHANGES: &[&[&str]] = &[
    &["methods", "add", "phone", "chidi", "--number", "+31 612345678"],
    &[
        "methods",
        "add",
        "email",
        "chidi",
        "--address",
        "chidi@home.example",
    ],
    &[
        "methods",
        "update",
        "adele",
        "email",
        "--address",
        "new@home.example",
    ],
    &["methods", "remove", "adele", "email"],
    &["methods", "set-default", "adele", "authenticator"],
    &["devices", "forget", "adele"],
    &["app-passwords", "reset", "adele", "--all"],
    &["user", "sign-out", "adele"],
    &["user", "reset", "adele"],
];

#[test]
fn without_a_terminal_every_change_is_refused_with_the_flags_that_would_do() {
    let env = Environment::new();
    for change in CHANGES {
        let said = refused(&env, 6, change);
        assert!(said.contains("--yes"), "{change:?}: {said}");
    }
    assert_snapshot!(refused(&env, 6, CHANGES[0]), @"");
}

#[test]
fn a_yes_on_stdin_is_no_confirmation() {
    let env = Environment::new();
    for change in CHANGES {
        crate::refusal::refused_after(&env, 6, change, "y\ny\n1\n");
    }
}

#[test]
fn where_nobody_is_asked_a_terminal_makes_no_difference() {
    for (env, more) in [
        (Environment::new().with("CI", "true"), None),
        (Environment::new(), Some("--no-input")),
        (Environment::new().with("MFACTL_NO_INPUT", "true"), None),
    ] {
        let before = crate::refusal::rows(&env.data_file());
        let arguments: Vec<&str> = ["user", "sign-out", "adele"].into_iter().chain(more).collect();
        let (screen, code) = Terminal::start(&env, &arguments).ends();
        assert_eq!(code, 6, "{screen}");
        assert!(screen.contains("--yes"), "{screen}");
        assert_eq!(before, crate::refusal::rows(&env.data_file()));
    }
}

#[test]
fn ctrl_c_at_a_question_ends_with_130_and_changes_nothing() {
    let env = Environment::new();
    let before = crate::refusal::rows(&env.data_file());
    let mut terminal = Terminal::start(&env, &["user", "reset", "adele"]);
    terminal.shows("[y/N]").types("\u{3}");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    assert_eq!(before, crate::refusal::rows(&env.data_file()));
}

fn guarded(guard: &str) -> Environment {
    let env = Environment::new();
    std::fs::create_dir_all(env.path("config/mfactl")).unwrap();
    env.write(
        "config/mfactl/config.toml",
        &format!("[profiles.local.guard]\n{guard}\n"),
    );
    env
}

#[test]
fn a_ticket_that_is_missing_or_malformed_is_refused() {
    let env = guarded("require_ticket = true\nticket_pattern = \"INC####\"");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes"]), @"");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes", "--ticket", "CHG1"]), @"");
    env.run(&["user", "sign-out", "adele", "--yes", "--ticket", "INC0042"])
        .exits(0);
}

#[test]
fn more_people_than_the_guard_allows_are_refused() {
    let env = guarded("max_users = 1");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "fen", "--yes", "--expect", "2"]), @"");
}

#[test]
fn a_read_only_profile_changes_nothing() {
    let env = Environment::new();
    std::fs::create_dir_all(env.path("config/mfactl")).unwrap();
    env.write(
        "config/mfactl/config.toml",
        "[profiles.local]\nread_only = true\n",
    );
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes"]), @"");
}

#[test]
fn members_of_a_protected_group_and_holders_of_a_protected_role_are_refused() {
    let env = guarded("protected = [\"group:Executives\", \"role:Helpdesk Administrator\"]");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "eva", "--yes"]), @"");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "hugo", "--yes"]), @"");
    // The list of the built-in profile is replaced key by key: that is what the file says.
    env.run(&["user", "sign-out", "fen", "--yes"]).exits(0);
}

#[test]
fn a_protected_entry_that_names_nothing_protects_by_refusing() {
    let env = guarded("protected = [\"group:No Such Group\"]");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "fen", "--yes"]), @"");
}
