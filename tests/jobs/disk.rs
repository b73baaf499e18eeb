//! The disk of the state folder fills up in the middle of a job: a small one of its own, in a namespace of its own.

use std::process::{Command, Stdio};

use crate::crowd::{Crowd, NAMED, reset};
use crate::environment::Environment;
use crate::run::Run;

/// A script that has a disk of 16 MiB under `$DISK`; `None` where the machine permits no such thing.
fn on_a_small_disk(env: &Environment, script: &str) -> Option<Command> {
    std::fs::create_dir_all(env.path("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=16m none \"$DISK\"";
    let line = |script: &str| {
        let own = env.command(&[]);
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-uc", script])
            .env_clear()
            .envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("MFACTL", env!("CARGO_BIN_EXE_mfactl"))
            .env("DISK", env.path("disk"))
            .env("PLACE", env.path(""))
            .env("XDG_STATE_HOME", env.path("disk"));
        command
    };
    let permitted = line(mount)
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if !permitted {
        assert!(!everything(), "this machine permits no mount in a namespace");
        println!("this machine permits no mount in a namespace: no disk was filled");
        return None;
    }
    Some(line(&format!("{mount} || exit 99\n{script}")))
}

/// Whether a case that this machine cannot run is a failure, as in CI.
#[expect(
    clippy::disallowed_methods,
    reason = "CI says so to the tests and not to the program"
)]
fn everything() -> bool {
    std::env::var_os("MFACTL_TEST_EVERYTHING").is_some()
}

/// When the disk is full.
#[derive(Debug)]
enum Moment {
    /// After so many calls.
    Calls(u64),
    /// Once so many passes were asked for.
    Passes(u64),
}

/// Fills the disk in the middle of a reset, then makes room and goes on; gives whether there was a job to go on with,
/// or nothing where this machine does not let a disk be made.
fn filled(people: usize, moment: &Moment) -> Option<bool> {
    let mut crowd = Crowd::start(people, "");
    let (list, secrets) = (crowd.env.path("people.csv"), crowd.secrets());
    let named = |secrets: &str| {
        [&reset(list.to_str().unwrap(), secrets)[..], &NAMED]
            .concat()
            .join(" ")
    };
    let words = named(&secrets);
    let more = secrets.replace("-1.", "-2.");
    let again = named(&more);
    let script = format!(
        "\"$MFACTL\" -p crowd {words} > \"$PLACE/first.out\" 2> \"$PLACE/first.err\" &
        while [ ! -e \"$PLACE/full\" ] && kill -0 $! 2> /dev/null; do sleep 0.01; done
        cat /dev/zero > \"$DISK/filler\" 2> /dev/null
        wait $!; echo \"first $?\"
        rm \"$DISK/filler\"
        if \"$MFACTL\" -p crowd jobs show crowd > /dev/null 2>&1; then
            echo resumed; set -- jobs resume crowd --yes -o ndjson --secrets-out '{more}'
        else
            echo anew; set -- {again}
        fi
        \"$MFACTL\" -p crowd \"$@\" > \"$PLACE/then.out\" 2> \"$PLACE/then.err\"
        echo \"then $?\"
        mkdir -p \"$PLACE/state\" && cp -r \"$DISK/mfactl\" \"$PLACE/state/\""
    );
    let command = on_a_small_disk(&crowd.env, &script)?;
    let mut run = Run::start(command, crowd.env.path("disk-script"));
    let token = crowd.server().witness().token();
    let begun = crowd.calls(&token);
    let in_time = run.until(|| match moment {
        Moment::Calls(calls) => crowd.calls(&token) >= begun + calls,
        Moment::Passes(passes) => crowd.passes(&token) >= *passes,
    });
    assert!(in_time, "the job ended before the disk was full");
    crowd.env.write("full", "");
    let ended = run.ends();
    let said = |name: &str| std::fs::read_to_string(crowd.env.path(name)).unwrap_or_default();
    let resumed = ended.stdout.contains("resumed");
    let way = if resumed { "resumed" } else { "anew" };
    assert_eq!(
        ended.stdout,
        format!("first 1\n{way}\nthen 0\n"),
        "{}\n{}\n{}",
        ended.stderr,
        said("first.err"),
        said("then.err")
    );
    let last = said("first.err");
    // The log is written before the job is there: without it nothing was sent, and there is nothing to go on with.
    let full = last.contains("disk_full") || last.contains("audit_unwritable");
    let told = full && last.contains(if resumed { "jobs resume" } else { "try again" });
    assert!(told, "{way}: {last}");
    println!("the disk was full: {moment:?}, {way}");
    crowd.commands_were(2);
    crowd.verify(true);
    Some(resumed)
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_job_loses_nothing() {
    assert_ne!(filled(150, &Moment::Passes(50)), Some(false));
}

#[test]
#[ignore = "long: just soak"]
fn soak_a_disk_that_fills_up_at_any_moment_loses_nothing() {
    let mut random = crate::random::Random::new(9);
    let mut resumed = 0;
    for _ in 0..20 {
        let moment = if random.below(2) == 0 {
            Moment::Calls(random.below(1500))
        } else {
            Moment::Passes(1 + random.below(280))
        };
        resumed += usize::from(filled(300, &moment).expect("a disk can be made where the soak runs"));
    }
    assert!(resumed > 5, "too few were in the middle of sending: {resumed}");
}
