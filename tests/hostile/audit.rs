//! An audit log that cannot be written: the change stops before it is sent, and nothing is half done.

use std::fs;

use insta::assert_snapshot;

use crate::disk::{FILL, on_a_small_disk};
use crate::environment::Environment;
use crate::refusal::{rows, screen};
use crate::stranger::run_where_nobody_may_write;

/// Some changes, of different kinds.
const CHANGES: &[&[&str]] = &[
    &["user", "sign-out", "adele", "--yes"],
    &["methods", "remove", "adele", "email", "--yes"],
];

#[test]
fn where_the_folder_of_the_log_is_a_file_nothing_is_sent() {
    let env = Environment::new();
    fs::create_dir_all(env.path("state/mfactl")).unwrap();
    fs::write(env.path("state/mfactl/audit"), "").unwrap();
    let before = rows(&env.data_file());
    for change in CHANGES {
        let output = env.run(change).exits(1);
        assert!(!output.stdout.contains("done"), "{}", output.screen());
        assert!(
            output
                .stderr
                .contains("error: the audit log cannot be written to"),
            "{}",
            output.screen()
        );
        assert_eq!(before, rows(&env.data_file()), "{change:?}");
    }
    let output = env.run(&[CHANGES[0], &["-o", "json"]].concat()).exits(1);
    assert_eq!(output.error_code(), "audit_unwritable");
}

#[test]
fn where_somebody_else_owns_the_log_nothing_is_sent() {
    let env = Environment::new();
    env.run(&["user", "sign-out", "fen", "--yes"]).exits(0);
    let before = rows(&env.data_file());
    let output = run_where_nobody_may_write(&env, "state/mfactl/audit", CHANGES[0]).exits(1);
    assert_snapshot!(screen(&env, &output), @"
    · Sign out Adele Vance <adele@contoso.example> in local
    ·   sign out  everywhere  4 sessions
    · error: the audit log cannot be written to [DIR]/state/mfactl/audit: Permission denied (os error 13)
    · hint: check its owner and permissions, or name another folder in MFACTL_STATE_DIR; the job goes on with: mfactl -p local jobs resume j-4f7a
    exit 1
    ");
    assert_eq!(before, rows(&env.data_file()));
}

#[test]
fn a_full_disk_under_the_log_stops_the_change_and_leaves_the_chain_whole() {
    let env = Environment::new();
    let script = format!(
        "mkdir -p \"$XDG_STATE_HOME/mfactl\" \"$DISK/audit\"
        ln -s \"$DISK/audit\" \"$XDG_STATE_HOME/mfactl/audit\"
        \"$MFACTL\" -p local user sign-out adele --yes > /dev/null 2>&1
        show() {{ \"$MFACTL\" -p local user show fen -o json; }}
        show > \"$HOME/before\"
        {FILL}
        for n in 1 2 3; do
            \"$MFACTL\" -p local user sign-out fen --yes > \"$HOME/out\" 2> \"$HOME/err\" && echo exit 0 || echo \"exit $?\"
        done
        cat \"$HOME/err\"
        show > \"$HOME/after\"
        rm \"$DISK/filler\"
        cmp \"$HOME/before\" \"$HOME/after\" && echo same
        \"$MFACTL\" -p local user sign-out fen --yes > /dev/null 2>&1
        \"$MFACTL\" audit verify"
    );
    if let Some(told) = on_a_small_disk(&env, &script) {
        assert!(told.starts_with("exit 1\nexit 1\nexit 1\n"), "{told}");
        assert!(told.contains("the audit log cannot be written"), "{told}");
        assert!(told.contains("same\nLines  1 to 4 in 1 file\n"), "{told}");
    }
}

#[test]
fn a_refusal_that_cannot_be_written_down_is_a_refusal_all_the_same() {
    let env = Environment::new();
    fs::create_dir_all(env.path("state/mfactl")).unwrap();
    fs::write(env.path("state/mfactl/audit"), "").unwrap();
    let output = env.run(&["user", "sign-out", "breakglass", "--yes"]).exits(6);
    assert!(
        output
            .stderr
            .contains("warning: the refusal is not in the audit log"),
        "{}",
        output.screen()
    );
}
