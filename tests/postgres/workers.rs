//! The real binary as several workers of one job: two are killed at random moments, one comes late.

use std::time::Instant;

use mfactl::jobs::journal::JobHead;
use rustix::process::Signal;
use serde_json::Value;

use crate::crowd::Crowd;
use crate::environment::kill;
use crate::plans::head;
use crate::postgres::{Database, server};
use crate::random::Random;
use crate::run::{Run, wait_until};

/// People of the job.
const PEOPLE: usize = 240;
/// Units a second that the service serves.
const RATE: &str = "120";

/// How many people are done with.
fn ended(database: &Database<'_>) -> u64 {
    database
        .sql("select count(*) from mfactl.person where state = 2")
        .parse()
        .unwrap()
}

fn begins(database: &Database<'_>) -> bool {
    database.sql("select to_regclass('mfactl.job') is not null") == "t"
        && database.sql("select count(*) from mfactl.job where state = 'running'") == "1"
}

fn worker(crowd: &mut Crowd) -> Run {
    let secrets = crowd.secrets();
    crowd.command(&[
        "jobs",
        "work",
        "crowd",
        "--concurrency",
        "20",
        "--secrets-out",
        &secrets,
        "-o",
        "ndjson",
    ])
}

#[test]
fn four_workers_of_which_two_die_and_one_comes_late_do_everybody_once_at_one_pace() {
    let database = server().database();
    let mut crowd = Crowd::throttled(PEOPLE, RATE);
    crowd.env = crowd.env.with("MFACTL_STORE", &database.url());
    let mut random = Random::new(11);
    let mut first = crowd.begin(&["--concurrency", "20"]);
    assert!(first.until(|| begins(&database)), "{}", first.ends().screen());
    let began = Instant::now();
    let mut second = worker(&mut crowd);
    let mut third = worker(&mut crowd);
    // The one that began it dies too: a job is nobody's own.
    let (one, two) = (20 + random.below(60), 90 + random.below(60));
    assert!(
        first.until(|| ended(&database) >= one),
        "{}",
        first.ends().screen()
    );
    assert!(first.kill().0, "the first had ended");
    let late = worker(&mut crowd);
    assert!(
        second.until(|| ended(&database) >= two),
        "{}",
        second.ends().screen()
    );
    assert!(second.kill().0, "the second had ended");
    assert!(third.goes_on(), "{}", third.ends().screen());
    println!("killed when {one} and {two} of {PEOPLE} were done with");
    for worker in [third, late] {
        let ended = worker.ends().exits(0);
        let last: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
        assert_eq!(last["summary"]["users"]["failed"], 0, "{}", ended.screen());
    }
    let seconds = began.elapsed().as_secs_f64();

    assert_eq!(database.sql("select state from mfactl.job"), "ended");
    assert_eq!(
        database.sql(
            "select count(*) from mfactl.person where state <> 2 or owner is not null or lease_until is not null"
        ),
        "0",
        "no lease is left"
    );
    let workers: u64 = database
        .sql("select max(taken) from mfactl.person")
        .parse()
        .unwrap();
    assert!(workers > 1, "nobody was taken over: the kills hit nothing");
    assert_eq!(
        database.sql("select count(*) from mfactl.bucket"),
        "1",
        "one pace"
    );
    let told = crowd.faults(&crowd.server().witness().token());
    let count = |name: &str| told["throttle"][name].as_f64().unwrap();
    let (requests, refused, units) = (count("requests"), count("refused"), count("units"));
    println!("{units} units in {seconds:.1} s; {refused} of {requests} answers were 429");
    assert!(
        refused <= requests * 0.02,
        "{refused} of {requests} were refused: {told}"
    );
    crowd.verify(true);
}

#[test]
fn a_worker_that_was_frozen_over_a_minute_sends_nothing_for_people_whom_another_took_over() {
    let database = server().database();
    // So slow that most of what it has begun waits for the pace.
    let mut crowd = Crowd::throttled(40, "30");
    crowd.env = crowd.env.with("MFACTL_STORE", &database.url());
    let token = crowd.server().witness().token();
    let mut frozen = crowd.begin(&["--concurrency", "40"]);
    assert!(
        frozen.until(|| crowd.passes(&token) > 0),
        "{}",
        frozen.ends().screen()
    );
    kill(frozen.id(), Signal::STOP);
    assert_ne!(ended(&database), 40, "it was done before it was frozen");
    let held = || database.sql("select count(*) from mfactl.person where state = 1");
    assert_ne!(held(), "0", "it holds nobody");
    // A minute passes for its leases; all that is on the wire is answered in the meantime.
    database.sql("update mfactl.person set lease_until = lease_until - interval '61 s' where state = 1");
    let other = worker(&mut crowd);
    other.ends().exits(0);
    assert_eq!(ended(&database), 40);
    let passes = crowd.passes(&token);
    kill(frozen.id(), Signal::CONT);
    let woken = frozen.ends().exits(0);
    assert!(woken.stderr.contains("took over"), "{}", woken.screen());
    assert_eq!(
        crowd.passes(&token),
        passes,
        "it made a pass once more: {}",
        woken.screen()
    );
    crowd.verify(true);
}

#[test]
fn the_verbs_on_jobs_find_and_cancel_a_job_in_the_database() {
    let database = server().database();
    let mut crowd = Crowd::start(30, "");
    crowd.env = crowd.env.with("MFACTL_STORE", &database.url());
    let first = crowd.begin(&["--first", "5"]);
    first.ends().exits(0);
    let listed = crowd.command(&["jobs", "list", "-o", "json"]).ends().exits(0);
    let jobs: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(jobs[0]["name"], "crowd");
    assert_eq!(jobs[0]["state"], "stopped");
    assert_eq!(jobs[0]["left"], 25);
    // Who stopped it goes on with it; workers do not.
    let refused = worker(&mut crowd).ends().exits(2);
    assert!(refused.stderr.contains("was stopped"), "{}", refused.screen());
    crowd.command(&["jobs", "cancel", "crowd"]).ends().exits(0);
    let refused = worker(&mut crowd).ends().exits(2);
    assert!(refused.stderr.contains("was cancelled"), "{}", refused.screen());
    crowd
        .command(&["jobs", "prune", "--older-than", "1s", "--dry-run"])
        .ends()
        .exits(0);
    assert_eq!(database.sql("select state from mfactl.job"), "cancelled");
}

#[test]
fn who_begins_a_job_that_another_plans_does_not_take_it_away() {
    let database = server().database();
    let mut crowd = Crowd::start(30, "");
    crowd.env = crowd.env.with("MFACTL_STORE", &database.url());
    let head = JobHead {
        name: Some("crowd".to_owned()),
        ..head()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let planned = runtime.block_on(async { database.store().await.make(&head).await.unwrap() });
    let refused = crowd.begin(&[]).ends().exits(8);
    assert!(
        refused.stderr.contains("is being planned by another process"),
        "{}",
        refused.screen()
    );
    assert_eq!(database.sql("select state from mfactl.job"), "planning");
    // Whoever planned it is dead.
    drop((planned, runtime));
    wait_until(|| database.sql("select count(*) from pg_locks where locktype = 'advisory'") == "0");
    crowd.begin(&[]).ends().exits(0);
    assert_eq!(database.sql("select state from mfactl.job"), "ended");
}

#[test]
fn a_job_that_is_refused_leaves_nothing_in_the_database() {
    let database = server().database();
    let mut crowd = Crowd::start(30, "");
    crowd.env = crowd.env.with("MFACTL_STORE", &database.url());
    let people = crowd.env.path("people.csv");
    let line = ["user", "sign-out", "--from", people.to_str().unwrap()];
    let refused = crowd.command(&line).ends().exits(6);
    assert!(
        refused.stderr.contains("not_confirmed") || refused.stderr.contains("--yes"),
        "{}",
        refused.screen()
    );
    assert_eq!(database.sql("select count(*) from mfactl.job"), "0");
    assert_eq!(database.sql("select count(*) from mfactl.step"), "0");
}
