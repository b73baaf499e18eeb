//! Jobs of many people: interrupted in the middle and gone on with, run again by their name, stopped when too much
//! fails; what they print, and what they leave behind.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::Value;

use crate::environment::{Environment, Output, kill};
use crate::gate::{Gate, Rule};
use crate::server::Server;
use crate::terminal::Terminal;

/// What a sign-out is called on the wire.
const SIGN_OUT: &str = "revokeSignInSessions";
/// More people than are shown one by one.
const MANY: usize = 25;

/// A place with people to sign out; the arguments that do it.
fn crowd() -> (Environment, Vec<String>) {
    let place = Environment::new();
    place.run(&["local", "seed", "--users", "30"]).exits(0);
    let people = (1..=MANY).map(|n| format!("user{n:05}@contoso.example"));
    let line = ["user", "sign-out"].map(str::to_owned).into_iter();
    (place, line.chain(people).collect())
}

/// The same over HTTP, with a gate before every sign-out.
fn behind_a_gate(rule: Rule) -> (Environment, Vec<String>, Server, Gate) {
    let (place, line) = crowd();
    let server = place.serve(&[]);
    let gate = Gate::new(&server.graph, SIGN_OUT, rule);
    let authority = server.authority.replace(&server.graph, &gate.url);
    let place = place
        .over(&server, "local")
        .with("MFACTL_URL", &gate.url)
        .with("MFACTL_AUTHORITY", &authority);
    (place, line, server, gate)
}

fn with<'a>(line: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    line.iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect()
}

/// The files of jobs.
fn jobs(place: &Environment) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(place.path("state/mfactl/jobs")) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "db"))
        .collect()
}

fn lines(output: &Output) -> Vec<Value> {
    output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_interrupted_job_finishes_what_is_in_flight_and_goes_on_by_its_name() {
    let (place, line, _server, gate) = behind_a_gate(Rule::Wait);
    let line = with(&line, &["--job", "inc9", "--yes"]);
    let first = with_owned(&line, &["--concurrency", "5", "-o", "ndjson"]);
    let started = place.start(&first.iter().map(String::as_str).collect::<Vec<_>>(), "");
    gate.waits();
    let second = place.run(&line);
    assert_eq!(second.code, 8, "one process at a time: {}", second.screen());

    kill(started.id(), Signal::INT);
    gate.open();
    let output = started.finish().exits(130);
    let lines = lines(&output);
    let summary = lines.last().unwrap();
    assert_eq!(summary["type"], "summary", "{}", output.screen());
    assert_eq!(summary["exit_code"], 130);
    assert_eq!(summary["summary"]["users"]["selected"], MANY);
    let done = summary["summary"]["users"]["done"].as_u64().unwrap();
    assert!((1..=5).contains(&done), "{}", output.screen());
    assert_eq!(summary["summary"]["users"]["skipped"], MANY as u64 - done);
    assert_eq!(output.error_code(), "interrupted");
    let hint = output.error()["hint"].as_str().unwrap().to_owned();
    assert!(hint.starts_with("mfactl jobs resume j-"), "{hint}");

    let output = place.run(&[&line, &["-o", "json"][..]].concat()).exits(0);
    let result = output.value();
    assert_eq!(result["summary"]["users"]["done"], MANY, "{}", output.screen());
    assert_eq!(result["job"], summary["job"]);
    for step in result["steps"].as_array().unwrap() {
        assert_eq!((&step["status"], &step["attempts"]), (&"done".into(), &1.into()));
    }

    let output = place.run(&[&line, &["-o", "json"][..]].concat()).exits(0);
    assert!(output.stderr.contains("is done already"), "{}", output.screen());
    assert_eq!(output.value()["steps"], result["steps"], "nothing was sent");
    assert_eq!(jobs(&place).len(), 1);

    let other = place
        .run(&["user", "sign-out", "adele", "--job", "inc9", "--yes"])
        .exits(2);
    assert!(
        other.stderr.contains("is of another command"),
        "{}",
        other.screen()
    );
}

fn with_owned(line: &[&str], more: &[&str]) -> Vec<String> {
    line.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_second_signal_ends_at_once_and_the_next_run_looks_at_what_was_in_flight() {
    let (place, line, _server, gate) = behind_a_gate(Rule::Wait);
    let line = with(&line, &["--job", "inc9", "--yes"]);
    let started = place.start(&line, "");
    gate.waits();
    kill(started.id(), Signal::HUP);
    // The other signal is taken only once the first was: that is when nothing new is begun.
    std::thread::scope(|scope| {
        let id = started.id();
        scope.spawn(move || kill_until_gone(id));
        let output = started.finish().exits(130);
        assert!(output.stderr.contains("stopped at once"), "{}", output.screen());
        assert!(
            output.stderr.contains("mfactl jobs resume j-"),
            "{}",
            output.screen()
        );
    });
    gate.open();
    let result = place.run(&[&line, &["-o", "json"][..]].concat()).exits(0).value();
    assert_eq!(result["summary"]["users"]["done"], MANY);
}

#[test]
fn what_was_in_flight_when_a_job_was_killed_is_unknown_and_never_said_to_be_untouched() {
    let (place, line, _server, gate) = behind_a_gate(Rule::Wait);
    let started = place.start(&with(&line, &["--shard", "1/1", "--yes"]), "");
    gate.waits();
    let statuses = |shown: &Value, wanted: &str| {
        let steps = shown["steps"].as_array().unwrap().iter();
        steps.filter(|step| step["status"] == wanted).count()
    };
    let job = place.json(&["jobs", "list"])[0]["ref"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = place.json(&["jobs", "show", &job]);
    assert_eq!(statuses(&shown, "planned"), MANY, "it runs: {shown}");
    kill(started.id(), Signal::KILL);
    started.finish().exits(-1);

    let shown = place.json(&["jobs", "show", &job]);
    let unknown = statuses(&shown, "unknown");
    assert!(unknown > 0, "{shown}");
    assert_eq!(shown["summary"]["steps"]["unknown"], unknown);
    let screen = place.run(&["jobs", "show", &job]).exits(0).screen();
    assert!(
        screen.contains("may have been sent; nobody saw the answer"),
        "{screen}"
    );
    assert!(
        screen.contains("to look, and go on: mfactl jobs resume j-"),
        "{screen}"
    );

    let merged = place.run(&["jobs", "merge", &job, "-o", "json"]).exits(7).value();
    assert_eq!(statuses(&merged, "unknown"), unknown);
    assert_eq!(merged["summary"]["users"]["failed"], unknown);
    assert_eq!(merged["summary"]["users"]["skipped"], MANY - unknown);
    let cancelled = place.run(&["jobs", "cancel", &job]).exits(0);
    assert!(
        cancelled.stderr.contains("may have been sent"),
        "{}",
        cancelled.screen()
    );
    gate.open();
}

/// Signals may fall together: as many as it takes.
fn kill_until_gone(id: u32) {
    while std::path::Path::new(&format!("/proc/{id}")).exists() {
        kill(id, Signal::TERM);
        std::thread::yield_now();
    }
}

#[test]
fn a_job_that_is_going_wrong_stops_and_what_failed_is_tried_again() {
    let (place, line, _server, gate) = behind_a_gate(Rule::Refuse);
    let line = with(&line, &["--job", "inc9", "--yes", "--concurrency", "5"]);
    let stopped = place
        .run(&[&line, &["--max-failures", "3", "-o", "json"][..]].concat())
        .exits(7);
    let result = stopped.value();
    let users = &result["summary"]["users"];
    let (failed, skipped) = (
        users["failed"].as_u64().unwrap(),
        users["skipped"].as_u64().unwrap(),
    );
    assert!((4..=10).contains(&failed), "{}", stopped.screen());
    assert_eq!(failed + skipped, MANY as u64);
    assert_eq!(result["steps"].as_array().unwrap().len(), MANY);
    assert!(
        stopped.error()["message"]
            .as_str()
            .unwrap()
            .contains("--max-failures"),
        "{}",
        stopped.screen()
    );
    gate.open();
    let result = place.run(&[&line, &["-o", "json"][..]].concat()).exits(0).value();
    assert_eq!(result["summary"]["users"]["done"], MANY);
}

#[test]
fn over_twenty_people_the_table_shows_only_who_is_not_done() {
    let (place, line) = crowd();
    let output = place.run(&with(&line, &["--yes"])).exits(0);
    assert_eq!(output.stdout, "", "{}", output.screen());
    let screen = output.screen();
    let last = screen.lines().rev().nth(1).unwrap();
    assert!(last.starts_with("· 25 people done. Job j-4f7a"), "{screen}");
    assert!(screen.contains("and 5 more; --dry-run shows all"), "{screen}");
    let csv = place.run(&with(&line, &["--yes", "-o", "csv"])).exits(0);
    assert_eq!(csv.stdout.lines().count(), 1 + MANY, "data has every row");
}

#[test]
fn a_terminal_shows_how_far_it_is_and_nothing_of_it_in_the_end() {
    let (place, line, _server, gate) = behind_a_gate(Rule::Wait);
    let line = with(&line, &["--yes"]);
    let mut terminal = Terminal::start(&place, &line);
    gate.waits();
    terminal.shows("] 0/25");
    gate.open();
    terminal.shows("25 people done. Job j-");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");

    let place = place.with("MFACTL_NO_PROGRESS", "1");
    let (screen, code) = Terminal::start(&place, &line).ends();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("/25"), "{screen}");
}

#[test]
fn results_stream_as_lines_and_end_with_the_summary() {
    let (place, line) = crowd();
    let output = place.run(&with(&line, &["--yes", "-o", "ndjson"])).exits(0);
    let lines = lines(&output);
    assert_eq!(lines.len(), MANY + 1);
    assert!(lines[..MANY].iter().all(|line| line["type"] == "step"));
    assert_eq!(lines[MANY]["type"], "summary");
    assert_eq!(lines[MANY]["summary"]["steps"]["done"], MANY);
    assert_eq!(
        lines[MANY]["next"].as_array().unwrap().len(),
        MANY,
        "what stays for each"
    );
}

#[test]
fn a_job_is_kept_for_its_owner_alone_and_a_refused_change_leaves_none() {
    let place = Environment::new();
    place.run(&["user", "sign-out", "adele"]).exits(6);
    place.run(&["user", "sign-out", "adele", "--dry-run"]).exits(0);
    place.run(&["user", "sign-out", "nobody", "--yes"]).exits(3);
    let mut terminal = Terminal::start(&place, &["user", "sign-out", "adele"]);
    terminal.shows("Go on? [y/N]").types("n");
    assert_eq!(terminal.ends().1, 6);
    let mut terminal = Terminal::start(&place, &["user", "sign-out", "adele"]);
    terminal.shows("Go on? [y/N]").presses(3);
    assert_eq!(terminal.ends().1, 130);
    assert_eq!(jobs(&place), Vec::<PathBuf>::new());

    let result = place.change(&["user", "sign-out", "adele"]);
    let [job] = &jobs(&place)[..] else {
        panic!("{:?}", jobs(&place))
    };
    assert_eq!(
        job.file_stem().unwrap().to_str(),
        result["job"].as_str(),
        "the result names it"
    );
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(job), mode(job.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn without_a_place_for_the_journal_nothing_is_sent() {
    let place = Environment::new();
    let session = place.person("fen").signs_in_by("sms").token("session_token");
    std::fs::write(place.path("state"), "a file where a folder should be").unwrap();
    let output = place.try_change(&["user", "sign-out", "fen"]).exits(1);
    assert_eq!(output.error_code(), "file_unreadable", "{}", output.screen());
    place
        .person("fen")
        .tries(&["--session", &session])
        .is("signed_in");
}

#[test]
fn secrets_of_several_people_need_a_file_also_on_a_terminal() {
    let place = Environment::new();
    let line = ["user", "reset-password", "adele", "bas", "--yes"];
    let (screen, code) = Terminal::start(&place, &line).ends();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("--secrets-out FILE"), "{screen}");
    let file = place.path("secrets.ndjson");
    let output = place.run(&[&line, &["--secrets-out", file.to_str().unwrap()][..]].concat());
    output.exits(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
}
