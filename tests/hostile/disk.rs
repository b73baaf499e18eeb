//! A disk that is full: a small one of its own, in a namespace of its own, so that it is gone with the test.

use std::fs;
use std::process::{Command, Stdio};

use crate::environment::Environment;
use crate::refusal::rows;

/// Runs a script with a disk of 1 MiB on the folder `disk`, where the machine permits that; else nothing.
#[expect(
    clippy::print_stdout,
    reason = "a reader of the run learns which of the two ways was taken"
)]
pub(crate) fn on_a_small_disk(env: &Environment, script: &str) -> Option<String> {
    fs::create_dir(env.path("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=1m none \"$DISK\"";
    let run = |script: &str| {
        let line = env.command(&[]);
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-euc", script])
            .env_clear()
            .envs(line.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("MFACTL", env!("CARGO_BIN_EXE_mfactl"))
            .env("DISK", env.path("disk"))
            .env("SEEDED", env.data_file())
            .stdin(Stdio::null())
            .output()
    };
    let permitted = run(mount).is_ok_and(|output| output.status.success());
    if !permitted {
        assert!(!everything(), "this machine permits no mount in a namespace");
        println!(
            "this machine permits no mount in a namespace: the limit on file sizes stands for a full disk"
        );
        return None;
    }
    let output = run(&format!("{mount}\n{script}")).unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    Some(stdout.into_owned())
}

/// Whether a case that this machine cannot run is a failure, as in the gate.
#[expect(
    clippy::disallowed_methods,
    reason = "the gate says so to the tests and not to the program"
)]
pub(crate) fn everything() -> bool {
    std::env::var_os("MFACTL_TEST_EVERYTHING").is_some()
}

/// Fills the disk to the last byte.
pub(crate) const FILL: &str = "cat /dev/zero > \"$DISK/filler\" 2>/dev/null || true";

#[test]
fn a_full_disk_is_told_and_the_file_is_as_it_was() {
    let env = Environment::new();
    let script = format!(
        "export XDG_DATA_HOME=\"$DISK\"
        mkdir \"$DISK/mfactl\"
        cp \"$SEEDED\" \"$DISK/mfactl/local.db\"
        show() {{ \"$MFACTL\" -p local methods list kim adele -o json; \"$MFACTL\" -p local devices list kim -o json; }}
        show > \"$HOME/before\"
        {FILL}
        for n in 1 2 3; do
            \"$MFACTL\" -p local devices forget kim --yes > \"$HOME/out\" 2> \"$HOME/err\" && echo exit 0 || echo \"exit $?\"
        done
        cat \"$HOME/out\" \"$HOME/err\"
        rm \"$DISK/filler\"
        show > \"$HOME/after\"
        cmp \"$HOME/before\" \"$HOME/after\" && echo same"
    );
    if let Some(told) = on_a_small_disk(&env, &script) {
        assert!(told.starts_with("exit 1\nexit 1\nexit 1\n"), "{told}");
        assert!(told.contains("no room to write"), "{told}");
        assert!(told.ends_with("same\n"), "{told}");
    }
}

#[test]
fn first_use_on_a_full_disk_is_told_and_leaves_nothing_half_made() {
    let env = Environment::new();
    let script = format!(
        "export XDG_DATA_HOME=\"$DISK\"
        {FILL}
        \"$MFACTL\" -p local methods list adele 2>&1 && echo exit 0 || echo \"exit $?\"
        rm \"$DISK/filler\"
        \"$MFACTL\" -p local methods list adele -o csv | head -n 1"
    );
    if let Some(told) = on_a_small_disk(&env, &script) {
        assert!(told.contains("no room to write"), "{told}");
        assert!(told.contains("exit 1\n"), "{told}");
        assert!(
            told.lines().last().unwrap().starts_with("profile,tenant,user"),
            "{told}"
        );
    }
}

#[test]
fn a_file_that_may_not_grow_is_told_and_stays() {
    let env = Environment::new();
    let before = rows(&env.data_file());
    let line = env.command(&["devices", "forget", "kim", "--yes"]);
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 8; exec \"$@\"")
        .arg("sh")
        .arg(line.get_program());
    command.args(line.get_args()).env_clear();
    command.envs(line.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error: "), "{stderr}");
    assert_eq!(before, rows(&env.data_file()));
}

#[test]
fn an_answer_that_cannot_be_written_is_told() {
    let env = Environment::new();
    for format in ["table", "json", "ndjson", "csv"] {
        let mut command = env.command(&["methods", "list", "adele", "-o", format]);
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{format}: {stderr}");
        assert!(stderr.contains("No space left"), "{format}: {stderr}");
    }
}

#[test]
fn a_change_whose_answer_cannot_be_written_says_that_it_was_made_and_what_nobody_saw() {
    let env = Environment::new();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for (change, lost) in [
        (&["user", "sign-out", "bas", "--yes"][..], false),
        (
            &["user", "reset-password", "bas", "--yes", "--secrets-out", "-"],
            true,
        ),
    ] {
        let mut command = env.command(change);
        let output = command.stdin(Stdio::null()).stdout(full()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains("the job was carried out all the same"),
            "{stderr}"
        );
        assert!(stderr.contains("jobs show j-"), "{stderr}");
        assert_eq!(
            stderr.contains("1 secret that was made is lost"),
            lost,
            "{stderr}"
        );
    }
    let listed = env.json(&["jobs", "list"]);
    assert_eq!(
        (&listed[0]["state"], &listed[1]["state"]),
        (&"ended".into(), &"ended".into())
    );
}

#[test]
fn a_plan_or_a_secret_that_cannot_be_written_stops_the_change() {
    let env = Environment::new();
    let before = rows(&env.data_file());
    let plan = env.run(&["user", "sign-out", "adele", "--plan-out", "/dev/full"]);
    assert_eq!((plan.code, plan.stdout.as_str()), (1, ""), "{}", plan.screen());
    let nowhere = env.path("nowhere/plan");
    let plan = env.run(&[
        "user",
        "sign-out",
        "adele",
        "--plan-out",
        nowhere.to_str().unwrap(),
    ]);
    assert_eq!((plan.code, plan.stdout.as_str()), (1, ""), "{}", plan.screen());
    let nowhere = env.path("nowhere/secrets");
    let pass = [
        "methods",
        "add",
        "temporary-pass",
        "adele",
        "--yes",
        "--secrets-out",
        nowhere.to_str().unwrap(),
    ];
    let pass = env.run(&pass);
    assert!([1, 2].contains(&pass.code), "{}", pass.screen());
    assert_eq!(pass.stdout, "");
    assert_eq!(before, rows(&env.data_file()));
}

#[test]
fn jobs_that_lie_where_nothing_can_be_written_are_read() {
    let env = Environment::new();
    let script = "export XDG_STATE_HOME=\"$DISK\"
        \"$MFACTL\" -p local user sign-out bas --shard 1/1 --yes > \"$HOME/out\" 2> \"$HOME/err\"
        mount -o remount,ro \"$DISK\"
        \"$MFACTL\" jobs list -o json --jq '.[] | \"\\(.state) \\(.summary.users.done)\"'
        \"$MFACTL\" jobs merge \"$DISK\"/mfactl/jobs/*.db -o json --jq '.steps[0].status'
        \"$MFACTL\" -p local user sign-out bas --yes 2> \"$HOME/err\" || echo \"exit $?\"
        cat \"$HOME/err\"";
    let Some(said) = on_a_small_disk(&env, script) else {
        return;
    };
    let mut lines = said.lines();
    let mut next = || lines.next().unwrap_or_default();
    assert_eq!((next(), next(), next()), ("ended 1", "done", "exit 1"), "{said}");
    assert!(next().contains("Read-only file system"), "{said}");
}
