//! The guard file of the machine: what it makes strict no profile, variable or flag loosens, and while it is wrong nothing
//! is changed. Each command has its own view of `/etc`, in a namespace that is gone with it.

use std::process::{Command, Stdio};

use crate::disk::everything;
use crate::environment::Environment;
use crate::refusal::rows;

/// What a command said under a machine-wide file, and how it ended.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs a command where `prepare` made `/etc/mfactl`, if the machine permits that; else nothing.
#[expect(
    clippy::print_stdout,
    reason = "a reader of the run learns that nothing was tested"
)]
fn prepared(env: &Environment, prepare: &str, arguments: &[&str]) -> Option<Said> {
    let line = env.command(arguments);
    let run = |script: &str, more: &[&std::ffi::OsStr]| {
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-euc", script, "sh"])
            .args(more)
            .env_clear()
            .envs(line.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("MFACTL", env!("CARGO_BIN_EXE_mfactl"))
            .stdin(Stdio::null())
            .output()
    };
    let mount = "mount -t tmpfs none /etc; mkdir /etc/mfactl";
    if !run(mount, &[]).is_ok_and(|output| output.status.success()) {
        assert!(!everything(), "this machine permits no mount in a namespace");
        println!("this machine permits no mount in a namespace: the file is tested by its functions alone");
        return None;
    }
    let arguments: Vec<_> = line.get_args().collect();
    let output = run(
        &format!("{mount}; {prepare}; exec \"$MFACTL\" \"$@\""),
        &arguments,
    )
    .unwrap();
    Some(Said {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

/// The same with this text in the file.
fn under(env: &Environment, text: &str, arguments: &[&str]) -> Option<Said> {
    prepared(
        env,
        &format!("printf '{text}' > /etc/mfactl/guard.toml"),
        arguments,
    )
}

/// A place whose own guard is as loose as it can be.
fn loose() -> Environment {
    let env = Environment::new();
    env.configure("[profiles.local.guard]\nmax_users = 1000\nmax_users_planned = 1000\nprotected = []\nallow_privileged = true\n\
         allow_everyone = true\nrequire_ticket = false\nrequire_caller_check = false\n",
    );
    env
}

#[test]
fn what_the_machine_makes_strict_nothing_loosens() {
    let env = loose()
        .with("MFACTL_TICKET", "INC1")
        .with("MFACTL_REASON", "because");
    let before = rows(&env.data_file());
    let everything = [
        "--yes",
        "--allow-privileged",
        "--include-self",
        "--secrets-out",
        "-",
    ];
    for (guard, change) in [
        ("max_users = 1", &["user", "sign-out", "adele", "fen"][..]),
        (
            "protected = [\"fen@contoso.example\"]",
            &["user", "sign-out", "fen"],
        ),
        ("protected = [\"group:Executives\"]", &["user", "sign-out", "eva"]),
        ("allow_privileged = false", &["user", "sign-out", "hugo"]),
        ("ticket_pattern = \"CHG[0-9]+\"", &["user", "sign-out", "fen"]),
        ("require_caller_check = true", &["user", "reset-password", "fen"]),
        ("two_person_over = 1", &["user", "sign-out", "adele", "fen"]),
        ("read_only = true", &["user", "sign-out", "fen"]),
    ] {
        let Some(said) = under(&env, &format!("{guard}\\n"), &[change, &everything].concat()) else {
            return;
        };
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (6, ""),
            "{guard}: {}",
            said.stderr
        );
        assert!(
            said.stderr.contains("by /etc/mfactl/guard.toml"),
            "{guard}: {}",
            said.stderr
        );
        assert_eq!(before, rows(&env.data_file()), "{guard}");
    }
    // The same place without the file: it was the file that refused.
    env.run(&["user", "sign-out", "hugo", "--yes", "--allow-privileged"])
        .exits(0);
}

#[test]
fn a_looser_file_of_the_machine_loosens_nothing() {
    let env = Environment::new();
    let generous = "max_users = 1000\\nallow_privileged = true\\nallow_everyone = true\\nprotected = []\\n";
    let change = ["user", "sign-out", "hugo", "--yes", "--allow-privileged"];
    if let Some(said) = under(&env, generous, &change) {
        assert_eq!(said.code, 6, "{}", said.stderr);
        assert!(said.stderr.contains("the profile's guard"), "{}", said.stderr);
        let breakglass = under(&env, generous, &["user", "sign-out", "breakglass", "--yes"]).unwrap();
        assert_eq!(breakglass.code, 6, "{}", breakglass.stderr);
    }
}

#[test]
fn while_the_file_is_wrong_nothing_is_changed_and_everything_can_be_read() {
    let env = loose();
    let before = rows(&env.data_file());
    for (prepare, place) in [
        (
            "printf 'max_users = 5\\nmax_user = 5\\n' > /etc/mfactl/guard.toml",
            "/etc/mfactl/guard.toml:2:1: there is no key \"max_user\" here",
        ),
        (
            "printf 'max_users = ' > /etc/mfactl/guard.toml",
            "/etc/mfactl/guard.toml:1:",
        ),
        (
            "printf '\\377' > /etc/mfactl/guard.toml",
            "/etc/mfactl/guard.toml: ",
        ),
        (
            "mkdir /etc/mfactl/guard.toml",
            "/etc/mfactl/guard.toml: cannot be read",
        ),
        (
            "ln -s nowhere /etc/mfactl/guard.toml",
            "/etc/mfactl/guard.toml: cannot be read",
        ),
    ] {
        let Some(said) = prepared(&env, prepare, &["user", "sign-out", "fen", "--yes"]) else {
            return;
        };
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (2, ""),
            "{prepare}: {}",
            said.stderr
        );
        assert!(said.stderr.contains(place), "{prepare}: {}", said.stderr);
        assert_eq!(before, rows(&env.data_file()), "{prepare}");
        for read in [
            &["methods", "list", "fen"][..],
            &["user", "sign-out", "fen", "--dry-run"],
        ] {
            let said = prepared(&env, prepare, read).unwrap();
            assert_eq!(said.code, 0, "{prepare}: {}", said.stderr);
        }
    }
}
