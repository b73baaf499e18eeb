//! Jobs: listed, shown, gone on with, cancelled, taken back, tidied away; what failed fed back into the verb.

mod again;
mod undo;

use serde_json::Value;

use crate::environment::{Environment, Started, same_job};
use crate::server::Server;

const ADELE: &str = "adele@contoso.example";
const BAS: &str = "bas@contoso.example";
const CHIDI: &str = "chidi@contoso.example";

/// What can be typed for the newest job.
#[track_caller]
fn newest(place: &Environment) -> String {
    let jobs = place.without_profile().json(&["jobs", "list"]);
    jobs[0]["ref"].as_str().unwrap().to_owned()
}

/// The numbers of somebody, with what they are.
fn numbers(place: &Environment, name: &str) -> Vec<String> {
    let rows = place.json(&["methods", "list", name]);
    let shown = |row: &Value| {
        let number = row["number"].as_str()?;
        let default = if row["default"] == true { " default" } else { "" };
        Some(format!("{} {number}{default}", row["ref"].as_str()?))
    };
    rows.as_array().unwrap().iter().filter_map(shown).collect()
}

/// Times of day are the clock's.
fn timeless(text: &str) -> String {
    let mut words = text.split("today ");
    let mut out = words.next().unwrap_or_default().to_owned();
    for rest in words {
        let time: String = rest.chars().take(5).collect();
        let is_time = time.len() == 5 && time.chars().all(|c| c.is_ascii_digit() || c == ':');
        out += if is_time { "today [time]" } else { "today " };
        out += if is_time { &rest[5..] } else { rest };
    }
    out
}

fn screen(place: &Environment, arguments: &[&str]) -> String {
    same_job(&timeless(&place.run(arguments).screen()))
}

/// Numbers for three people, of whom two fail once: what the service says to their first write is an error.
fn half_done(place: &Environment) -> (Server, Environment, String) {
    let id = |name: &str| {
        let shown = place.json(&["user", "show", name]);
        shown["user_id"].as_str().unwrap().to_owned()
    };
    let rule = |name: &str| {
        format!(
            "[[rule]]\nmethod = [\"POST\", \"PATCH\"]\npath = \"/users/{}/authentication/**\"\nfirst = 1\nstatus = 400\n",
            id(name)
        )
    };
    let faults = place.write("faults.toml", &(rule(ADELE) + &rule(BAS)));
    let server = place.serve(&["--graph-only", "--faults", &faults]);
    let remote = place.over(&server, "entra");
    place.write(
        "numbers.csv",
        &format!("user,number\n{ADELE},+1 4255550171\n{CHIDI},+1 4255550172\n{BAS},+1 4255550173\n"),
    );
    remote
        .run(&[
            "methods",
            "add",
            "phone",
            "--from",
            "../numbers.csv",
            "--replace",
            "--yes",
        ])
        .exits(7);
    let job = newest(&remote);
    (server, remote, job)
}

/// Starts a change of three people, one after the other, that takes its time, and waits until it runs.
fn slow(place: &Environment) -> (Server, Environment, Started, String) {
    let faults = place.write(
        "slow.toml",
        "[[rule]]\nmethod = \"POST\"\npath = \"/users/**\"\ndelay = \"1500ms\"\n",
    );
    let server = place.serve(&["--graph-only", "--faults", &faults]);
    let remote = place.over(&server, "entra");
    let started = remote.start(
        &[
            "user",
            "sign-out",
            ADELE,
            BAS,
            CHIDI,
            "--concurrency",
            "1",
            "--yes",
        ],
        "",
    );
    loop {
        let jobs = remote.json(&["jobs", "list"]);
        if jobs[0]["state"] == "running" {
            let job = jobs[0]["ref"].as_str().unwrap().to_owned();
            return (server, remote, started, job);
        }
    }
}

#[test]
fn what_was_done_is_listed_and_shown() {
    let place = Environment::new();
    place.change(&["user", "reset", "adele", "--ticket", "INC0042"]);
    place.change(&["methods", "set-default", "dora", "authenticator"]);
    insta::assert_snapshot!(screen(&place, &["jobs", "list"]), @r"
    JOB     STATE  VERB                   WHO    PEOPLE  DONE  FAILED  SKIPPED  LEFT  MADE         PROFILE
    j-4f7a  ended  methods set-default    dora   1       1     0       0        0     today [time]  local
    j-4f7a  ended  user reset lost-phone  adele  1       1     0       0        0     today [time]  local
    · 2 jobs
    exit 0
    ");
    let job = place.json(&["jobs", "list"])[1]["ref"]
        .as_str()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(screen(&place, &["jobs", "show", &job]), @r"
    Job        j-4f7a, ended
    Verb       user reset, playbook lost-phone
    Who        adele
    Profile    local
    Made       today [time] by admin@contoso.example
    Last step  today [time]
    Ticket     INC0042
    People     1 done

    STEP      TARGET              STATUS  DETAIL
    change    phone:mobile        done    +1 425 555 0199
    remove    phone:alternate     done    read back: gone
    remove    authenticator       done    read back: gone
    revoke    app passwords       done    2
    forget    remembered devices  done    1
    sign out  everywhere          done    open pages may work 60 minutes more
    exit 0
    ");
    let shown = place.json(&["jobs", "show", &job]);
    assert_eq!(shown["ref"], job.as_str());
    assert_eq!(shown["steps"].as_array().unwrap().len(), 6);
    assert_eq!(shown["summary"]["users"]["done"], 1);
    assert_eq!(shown["ticket"], "INC0042");
    // By any end of its id, and the whole.
    let id = shown["id"].as_str().unwrap();
    for meant in [id, &id[id.len() - 8..], &job.to_uppercase()] {
        assert_eq!(place.json(&["jobs", "show", meant])["id"], id, "{meant}");
    }
    let csv = place.run(&["jobs", "show", &job, "-o", "csv"]).exits(0).stdout;
    assert_eq!(csv.lines().count(), 7, "{csv}");
    let lines = place.run(&["jobs", "show", &job, "-o", "ndjson"]).exits(0).stdout;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(
        (last["type"].as_str(), last["id"].as_str()),
        (Some("summary"), Some(id))
    );
    place.run(&["jobs", "watch", &job]).exits(0);
}

#[test]
fn a_job_that_is_not_there_or_not_readable_says_so_and_hides_no_other() {
    let place = Environment::new();
    insta::assert_snapshot!(screen(&place, &["jobs", "list"]), @r"
    · no jobs
    exit 0
    ");
    let missing = place.run(&["jobs", "show", "j-4f7a", "-o", "json"]).exits(3);
    assert_eq!(missing.error_code(), "not_found");
    place.change(&["user", "sign-out", "adele"]);
    let damaged = "01999999-0000-7000-8000-00000000dead";
    std::fs::write(
        place.path(&format!("state/mfactl/jobs/{damaged}.db")),
        "no journal at all, whatever its name says",
    )
    .unwrap();
    let jobs = place.json(&["jobs", "list"]);
    let states: Vec<_> = jobs
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["state"].clone())
        .collect();
    assert_eq!(states, ["ended", "unreadable"]);
    assert_eq!(jobs[1]["error"]["code"], "file_corrupt");
    let shown = place.run(&["jobs", "show", "j-dead", "-o", "json"]).exits(1);
    assert_eq!(shown.error_code(), "file_corrupt");
}

#[test]
fn what_failed_goes_back_into_the_verb() {
    let place = Environment::new();
    let (_server, remote, job) = half_done(&place);
    let failed = remote
        .run(&["jobs", "show", &job, "--failed", "-o", "csv"])
        .exits(0);
    insta::assert_snapshot!(failed.stdout, @r"
    user,number,type,via,step,target,status,detail
    adele@contoso.example,+14255550171,mobile,,change,phone:mobile,failed,the service refused: the request was refused on purpose
    bas@contoso.example,+14255550173,mobile,,change,phone:mobile,failed,the service refused: the request was refused on purpose
    ");
    let file = place.write("again.csv", &failed.stdout);
    let again = remote.change(&["methods", "add", "phone", "--from", &file, "--replace"]);
    assert_eq!(again["summary"]["users"]["done"], 2, "{again}");
    assert!(numbers(&remote, ADELE).contains(&"phone:mobile +14255550171 default".to_owned()));
    // The first job is as it was.
    let watched = remote.run(&["jobs", "watch", &job, "-o", "json"]).exits(7);
    assert_eq!(watched.error_code(), "incomplete");
}

#[test]
fn what_failed_is_resumed_and_what_is_left_can_be_cancelled() {
    let place = Environment::new();
    let (_server, remote, job) = half_done(&place);
    let elsewhere = place
        .run(&["jobs", "resume", &job, "--yes", "-o", "json"])
        .exits(6);
    assert_eq!(elsewhere.error_code(), "job_elsewhere");
    insta::assert_snapshot!(screen(&remote, &["jobs", "resume", &job, "--dry-run"]), @r"
    USER                   STEP    TARGET        STATUS   DETAIL
    adele@contoso.example  change  phone:mobile  planned  +1 425 555 0100 to +1 425 555 0171
    bas@contoso.example    change  phone:mobile  planned  +31 6 12345601 to +1 425 555 0173
    · Dry run: 2 people of job j-4f7a would be gone on with (1 done, 2 failed); nothing was sent
    exit 0
    ");
    let dry = remote.run(&["jobs", "resume", &job, "--dry-run", "--first", "1", "-o", "json"]);
    let dry = dry.exits(0).value();
    assert_eq!(
        (&dry["dry_run"], &dry["summary"]["users"]["selected"]),
        (&true.into(), &1.into())
    );
    let rows = dry["steps"].as_array().unwrap();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row["status"] == "planned"),
        "{dry}"
    );

    let one = remote.change(&["jobs", "resume", &job, "--first", "1"]);
    assert_eq!(one["summary"]["users"]["done"], 2, "{one}");
    insta::assert_snapshot!(screen(&remote, &["jobs", "list"]), @r"
    JOB     STATE    VERB               WHO                    PEOPLE  DONE  FAILED  SKIPPED  LEFT  MADE         PROFILE
    j-4f7a  stopped  methods add phone  --from ../numbers.csv  3       2     0       0        1     today [time]  env
    · 1 job
    · 1 stopped; go on with: mfactl jobs resume j-4f7a
    exit 0
    ");
    remote.run(&["jobs", "cancel", &job]).exits(0);
    let refused = remote.try_change(&["jobs", "resume", &job]).exits(2);
    assert!(
        refused.error()["message"]
            .as_str()
            .unwrap()
            .contains("was cancelled")
    );
    insta::assert_snapshot!(screen(&remote, &["jobs", "cancel", &job]), @r"
    JOB     STATE      VERB               WHO                    PEOPLE  DONE  FAILED  SKIPPED  LEFT  MADE         PROFILE
    j-4f7a  cancelled  methods add phone  --from ../numbers.csv  3       2     0       0        1     today [time]  env
    · Job j-4f7a is cancelled already
    exit 0
    ");
}

#[test]
fn a_job_that_is_resumed_to_its_end_has_nothing_left() {
    let place = Environment::new();
    let (_server, remote, job) = half_done(&place);
    let all = remote.change(&["jobs", "resume", &job]);
    assert_eq!(all["summary"]["users"]["done"], 3, "{all}");
    let over = remote.run(&["jobs", "resume", &job, "--yes"]).exits(0);
    assert!(over.stderr.contains("nothing is left"), "{}", over.screen());
    remote.run(&["jobs", "watch", &job]).exits(0);
}

#[test]
fn a_job_that_runs_is_watched_to_its_end_and_nobody_else_touches_it() {
    let place = Environment::new();
    let (_server, remote, started, job) = slow(&place);
    let second = remote.try_change(&["jobs", "resume", &job]);
    assert_eq!((second.code, second.error_code().as_str()), (8, "file_locked"));
    let undo = remote.try_change(&["jobs", "undo", &job]);
    assert_eq!((undo.code, undo.error_code().as_str()), (8, "file_locked"));
    let watched = remote.run(&["jobs", "watch", &job]).exits(0);
    assert!(watched.stderr.contains("/3, 0 failed"), "{}", watched.screen());
    assert!(
        watched.stderr.contains("has ended: 3 done"),
        "{}",
        watched.screen()
    );
    started.finish().exits(0);
}

#[test]
fn a_job_that_is_cancelled_while_it_runs_takes_nobody_else() {
    let place = Environment::new();
    let (_server, remote, started, job) = slow(&place);
    remote.run(&["jobs", "cancel", &job]).exits(0);
    let ended = started.finish().exits(7);
    assert!(ended.stderr.contains("cancelled: "), "{}", ended.screen());
    assert!(!ended.stderr.contains("jobs resume"), "{}", ended.screen());
    let listed = remote.json(&["jobs", "list"]);
    assert_eq!(listed[0]["state"], "cancelled");
    assert!(listed[0]["left"].as_u64().unwrap() > 0, "{listed}");
}

#[test]
fn old_jobs_go_and_those_that_can_be_resumed_stay() {
    let place = Environment::new();
    place.change(&["user", "sign-out", "adele"]);
    let none = place.run(&["jobs", "prune"]).exits(0);
    assert!(
        none.stderr.contains("no job is over and old enough"),
        "{}",
        none.screen()
    );
    let job = newest(&place);
    let folder = place.path("state/mfactl/jobs");
    let files = || std::fs::read_dir(&folder).unwrap().count();
    let shown = place
        .run(&["jobs", "prune", "--older-than", "1ms", "--dry-run"])
        .exits(0);
    assert!(shown.stdout.contains(&job), "{}", shown.screen());
    assert!(files() > 0);
    // They are younger than retention keeps them: that is asked about.
    let refused = place.run(&["jobs", "prune", "--older-than", "1ms"]).exits(6);
    assert!(
        refused.stderr.contains("younger than retention keeps them"),
        "{}",
        refused.screen()
    );
    place
        .run(&["jobs", "prune", "--older-than", "1ms", "--yes"])
        .exits(0);
    assert_eq!(place.json(&["jobs", "list"]).as_array().unwrap().len(), 0);
    assert!(
        !std::fs::read_dir(&folder)
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().contains(".db") })
    );
}

#[test]
fn jobs_that_were_kept_long_enough_go_when_another_begins() {
    let place = Environment::new();
    place.configure("[profiles.local]\nretention = \"1ms\"\n");
    place.change(&["user", "sign-out", "adele"]);
    let first = newest(&place);
    place.change(&["user", "sign-out", "bas"]);
    let jobs = place.json(&["jobs", "list"]);
    assert_eq!(jobs.as_array().unwrap().len(), 1, "{jobs}");
    assert_ne!(jobs[0]["ref"], first.as_str());

    place.write(
        "config/mfactl/config.toml",
        "[profiles.local]\nretention = \"soon\"\n",
    );
    let wrong = place.run(&["jobs", "prune", "-o", "json"]).exits(2);
    assert_eq!(wrong.error_code(), "config_invalid");
    place.change(&["user", "sign-out", "adele"]);
    assert_eq!(place.json(&["jobs", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_name_does_not_stand_for_rows_that_were_added_since() {
    let place = Environment::new();
    let run = |rows: &str| {
        let file = place.write("people.csv", rows);
        place.run(&["user", "sign-out", "--from", &file, "--job", "weekly", "--yes"])
    };
    run("user\nbas\nfen\n").exits(0);
    let other = run("user\nbas\nfen\nadele\n").exits(2);
    assert!(
        other.stderr.contains("people.csv has changed since") && other.stderr.contains("jobs resume j-"),
        "{}",
        other.screen()
    );
    // However it is written, in whatever order.
    let same = run("User;Note\r\nFEN;x\r\nbas;y\r\n").exits(0);
    assert!(same.stderr.contains("is done already"), "{}", same.screen());
}

#[test]
fn some_first_stay_some_when_the_pipeline_runs_again_and_then_the_rest_goes_by_the_same_name() {
    let place = Environment::new();
    let run = |more: &[&str]| {
        let line = [
            "user", "sign-out", ADELE, BAS, CHIDI, "--job", "canary", "--yes", "-o", "json",
        ];
        let result = place.run(&[&line[..], more].concat()).exits(0).value();
        result["summary"]["users"]["done"].as_u64().unwrap()
    };
    let first = ["--first", "1"];
    assert_eq!((run(&first), run(&first)), (1, 2));
    assert_eq!(run(&[]), 3);
}

#[test]
fn a_plan_that_was_applied_before_says_so() {
    let place = Environment::new();
    let file = place.path("x.plan");
    let file = file.to_str().unwrap();
    place
        .run(&["user", "reset-password", "bas", "--plan-out", file])
        .exits(0);
    let apply = || {
        place
            .run(&["plan", "apply", file, "--yes", "--secrets-out", "-"])
            .exits(0)
            .stderr
    };
    assert!(!apply().contains("applied before"));
    let job = newest(&place);
    let again = apply();
    assert!(
        again.contains(&format!("applied before, as job {job}")),
        "{again}"
    );
}
