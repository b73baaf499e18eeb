//! Somebody else on the same machine. Root may read everything, so that a test that runs as root runs the program as
//! nobody; otherwise permissions alone keep it out.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::environment::{Environment, Output};
use crate::refusal::{rows, screen};

/// `nobody`, everywhere.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The program where everybody may run it: the folder that it was built in may be closed.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PROGRAM.get_or_init(|| {
        let folder = TempDir::with_prefix("mfactl-program-").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let path = folder.path().join("mfactl");
        fs::copy(env!("CARGO_BIN_EXE_mfactl"), &path).unwrap();
        (folder, path)
    });
    path
}

/// Opens the folders of a test to everybody, but not the files in them.
fn open(env: &Environment) {
    for folder in ["", "home", "data", "data/mfactl"] {
        fs::set_permissions(env.path(folder), Permissions::from_mode(0o755)).unwrap();
    }
}

fn run_as_nobody(env: &Environment, arguments: &[&str]) -> Output {
    let line = env.command(arguments);
    let mut command = if is_root() {
        Command::new(program())
    } else {
        Command::new(line.get_program())
    };
    command
        .args(line.get_args())
        .env_clear()
        .current_dir(line.get_current_dir().unwrap());
    command.envs(line.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    Output {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Runs a command as somebody who may write everywhere in the folder of the test, but for this one folder.
pub(crate) fn run_where_nobody_may_write(env: &Environment, closed: &str, arguments: &[&str]) -> Output {
    fn own(path: &Path) {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                own(&entry.unwrap().path());
            }
        }
    }
    let (top, closed) = (env.path(""), env.path(closed));
    fs::set_permissions(&top, Permissions::from_mode(0o755)).unwrap();
    if is_root() {
        own(&top);
        chown(&closed, Some(0), Some(0)).unwrap();
    } else {
        fs::set_permissions(&closed, Permissions::from_mode(0o500)).unwrap();
        for entry in fs::read_dir(&closed).unwrap() {
            fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o400)).unwrap();
        }
    }
    let output = run_as_nobody(env, arguments);
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    output
}

#[test]
fn a_file_of_somebody_else_is_not_read() {
    let env = Environment::new();
    env.run(&["methods", "list", "adele"]).exits(0);
    open(&env);
    let closed = if is_root() { 0o600 } else { 0o000 };
    fs::set_permissions(env.data_file(), Permissions::from_mode(closed)).unwrap();
    let output = run_as_nobody(&env, &["methods", "list", "adele"]).exits(1);
    assert_eq!(output.stdout, "");
    assert_snapshot!(screen(&env, &output), @"
    · error: [DIR]/data/mfactl/local.db.lock cannot be read and written: Permission denied (os error 13)
    · hint: check its owner and permissions, or name another file with --data
    exit 1
    ");
    let output = run_as_nobody(&env, &["methods", "list", "adele", "-o", "json"]).exits(1);
    assert_eq!(output.error_code(), "file_unreadable");
}

#[test]
fn a_read_only_file_is_told_and_stays() {
    let env = Environment::new();
    open(&env);
    if is_root() {
        for path in [env.data_file(), env.path("data/mfactl")] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    fs::set_permissions(env.data_file(), Permissions::from_mode(0o400)).unwrap();
    let before = rows(&env.data_file());
    let output = run_as_nobody(&env, &["user", "sign-out", "adele", "--yes"]).exits(1);
    assert_eq!(output.stdout, "");
    assert_snapshot!(screen(&env, &output), @"
    · error: [DIR]/data/mfactl/local.db cannot be read and written: Permission denied (os error 13)
    · hint: check its owner and permissions, or name another file with --data
    exit 1
    ");
    assert_eq!(before, rows(&env.data_file()));
}

#[test]
fn a_folder_that_may_not_be_written_is_told() {
    let env = Environment::empty();
    fs::create_dir_all(env.path("data/mfactl")).unwrap();
    open(&env);
    if !is_root() {
        fs::set_permissions(env.path("data/mfactl"), Permissions::from_mode(0o555)).unwrap();
    }
    let output = run_as_nobody(&env, &["methods", "list", "adele"]).exits(1);
    assert_snapshot!(screen(&env, &output), @"
    · error: [DIR]/data/mfactl/local.db.lock cannot be read and written: Permission denied (os error 13)
    · hint: check its owner and permissions, or name another file with --data
    exit 1
    ");
}

#[test]
fn a_secrets_file_that_cannot_be_made_is_told_before_anything_is_sent() {
    let env = Environment::new();
    open(&env);
    if is_root() {
        for path in [env.data_file(), env.path("data/mfactl")] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    } else {
        fs::set_permissions(env.path("home"), Permissions::from_mode(0o555)).unwrap();
    }
    let before = rows(&env.data_file());
    let output = run_as_nobody(
        &env,
        &[
            "methods",
            "add",
            "temporary-pass",
            "adele",
            "--yes",
            "--secrets-out",
            "pass.txt",
        ],
    );
    let output = if output.code == 2 {
        output.exits(2)
    } else {
        output.exits(1)
    };
    assert_eq!(output.stdout, "");
    assert_eq!(before, rows(&env.data_file()));
    fs::set_permissions(env.path("home"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_configuration_that_may_not_be_read_is_told() {
    let env = Environment::new();
    env.configure("");
    open(&env);
    for folder in ["config", "config/mfactl"] {
        fs::set_permissions(env.path(folder), Permissions::from_mode(0o755)).unwrap();
    }
    let closed = if is_root() { 0o600 } else { 0o000 };
    fs::set_permissions(
        env.path("config/mfactl/config.toml"),
        Permissions::from_mode(closed),
    )
    .unwrap();
    let output = run_as_nobody(&env, &["methods", "list", "adele"]).exits(1);
    assert_eq!(output.stdout, "");
    assert_snapshot!(screen(&env, &output), @"
    · error: [DIR]/config/mfactl/config.toml: cannot be read: Permission denied (os error 13)
    exit 1
    ");
}
