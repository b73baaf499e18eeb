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
    assert_snapshot!(refused(&env, 6, CHANGES[0]), @"
    · Add a number for Chidi Okafor <chidi@contoso.example> in local
    ·   add    phone:mobile  +31 6 12345678
    ·   stays  nothing else
    · error: not confirmed: there is no terminal to ask on
    · hint: --yes confirms what the plan says; --dry-run shows it
    exit 6
    ");
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

fn guarded(guard: &str) -> Environment {
    let env = Environment::new();
    env.configure(&format!("[profiles.local.guard]\n{guard}\n"));
    env
}

#[test]
fn a_ticket_that_is_missing_or_malformed_is_refused() {
    let env = guarded("require_ticket = true\nticket_pattern = \"INC[0-9]{4}\"");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes"]), @"
    · error: this profile asks for a ticket
    · hint: add --ticket ID
    exit 6
    ");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes", "--ticket", "CHG1"]), @r#"
    · error: "CHG1" is no ticket of the form INC[0-9]{4}
    exit 6
    "#);
    env.run(&["user", "sign-out", "adele", "--yes", "--ticket", "INC0042"])
        .exits(0);
}

#[test]
fn more_people_than_the_guard_allows_are_refused() {
    let env = guarded("max_users = 1");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "fen", "--yes", "--expect", "2"]), @"
    · error: 2 people are more than the 1 that the guard allows
    · hint: write a plan with --plan-out FILE, and apply it; or raise max_users in the profile's guard
    exit 6
    ");
}

#[test]
fn a_read_only_profile_changes_nothing() {
    let env = Environment::new();
    env.configure("[profiles.local]\nread_only = true\n");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "adele", "--yes"]), @"
    · error: profile local is read-only
    · hint: use a profile that may change people, or --dry-run
    exit 6
    ");
}

#[test]
fn members_of_a_protected_group_and_holders_of_a_protected_role_are_refused() {
    let env = guarded("protected = [\"group:Executives\", \"role:Helpdesk Administrator\"]");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "eva", "--yes"]), @"
    · error: eva@contoso.example (group:Executives) is protected by the profile's guard
    · hint: no flag loosens this; nothing was sent
    exit 6
    ");
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "hugo", "--yes"]), @"
    · error: hugo@contoso.example (role:Helpdesk Administrator) is protected by the profile's guard
    · hint: no flag loosens this; nothing was sent
    exit 6
    ");
    // The list of the built-in profile is replaced key by key: that is what the file says.
    env.run(&["user", "sign-out", "fen", "--yes"]).exits(0);
}

#[test]
fn a_privileged_person_is_refused_unless_guard_and_flag_agree() {
    let change = ["user", "sign-out", "hugo", "--yes"];
    let with_flag = ["user", "sign-out", "hugo", "--yes", "--allow-privileged"];
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &change), @"
    · error: hugo@contoso.example (Helpdesk Administrator) is privileged, and the guard does not allow that
    · hint: it takes allow_privileged = true in the profile's guard, and --allow-privileged
    exit 6
    ");
    refused(&env, 6, &with_flag);
    let env = guarded("allow_privileged = true");
    assert_snapshot!(refused(&env, 6, &change), @"
    · error: hugo@contoso.example (Helpdesk Administrator) is privileged
    · hint: --allow-privileged allows it
    exit 6
    ");
    env.run(&with_flag).exits(0);
}

#[test]
fn whom_the_guard_holds_back_is_left_out_of_a_group_and_the_rest_is_done() {
    let env = guarded("protected = [\"group:Executives\", \"fen@contoso.example\"]");
    let done = env.run(&[
        "user",
        "sign-out",
        "--group",
        "All Staff",
        "--yes",
        "--expect",
        "9",
        "-o",
        "json",
    ]);
    assert_eq!(done.code, 7, "{}", done.screen());
    let result = done.value();
    let with = |status: &str| -> Vec<&str> {
        let rows = result["steps"].as_array().unwrap().iter();
        rows.filter(|row| row["status"] == status)
            .map(|row| row["user"].as_str().unwrap())
            .collect()
    };
    assert_eq!(with("skipped"), ["eva@contoso.example", "fen@contoso.example"]);
    assert_eq!(with("done").len(), 7, "{result}");
    // Whoever is named stops it all.
    let named = ["user", "sign-out", "adele", "fen", "--yes", "--expect", "2"];
    refused(&env, 6, &named);
    // A plan says whom it leaves out.
    let file = env.path("staff.plan");
    let file = file.to_str().unwrap();
    env.run(&["user", "sign-out", "--group", "All Staff", "--plan-out", file]);
    let shown = env.run(&["plan", "show", file]).exits(0);
    assert!(shown.stderr.contains("left out: 2;"), "{}", shown.screen());
}
