//! Signals and a terminal: what is in flight is finished and recorded, the last lines say how to go on, and going on
//! ends it.

use rustix::process::Signal;

use crate::crowd::{Crowd, reset, summary};
use crate::environment::kill;
use crate::run::wait_until;
use crate::terminal::Terminal;

/// Slow enough that a signal comes in the middle.
const SLOWLY: &str = "[[rule]]\nmethod = [\"POST\", \"DELETE\", \"PATCH\"]\ndelay = \"150ms\"\n";
/// How many passes are made when the signal comes: some people are done then, and some are not begun.
const SOME: u64 = 30;
/// So that there are people who are not begun.
const FEW_AT_ONCE: [&str; 2] = ["--concurrency", "20"];
/// Ctrl-C on a terminal.
const CTRL_C: u8 = 3;

/// Starts the reset on a terminal and waits until people are done and people are left.
fn on_a_terminal(crowd: &mut Crowd) -> Terminal {
    let (people, secrets) = (crowd.env.path("people.csv"), crowd.secrets());
    crowd.commands_were(1);
    let mut line = vec!["-p", "crowd"];
    // A person reads a table.
    let words = reset(people.to_str().unwrap(), &secrets);
    line.extend(words.iter().filter(|word| !["-o", "ndjson"].contains(word)));
    line.extend(FEW_AT_ONCE);
    let terminal = Terminal::start(&crowd.env, &line);
    let token = crowd.server().witness().token();
    wait_until(|| crowd.passes(&token) >= SOME);
    terminal
}

/// Goes on until it has ended, and looks at everybody.
fn goes_on(mut crowd: Crowd) {
    let job = crowd.job().expect("a job that can be gone on with");
    assert!(!job.is_over, "the signal came too late: {}", job.row);
    assert!(job.row["left"].as_u64().unwrap() > 0, "{}", job.row);
    crowd.go_on(&[]).expect("a job").ends().exits(0);
    crowd.verify(true);
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on() {
    let mut crowd = Crowd::start(100, SLOWLY);
    let mut terminal = on_a_terminal(&mut crowd);
    terminal.presses(CTRL_C);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    let last: Vec<&str> = screen.trim_end().lines().rev().take(4).collect();
    assert!(
        last.iter().any(|line| line.contains("jobs resume j-")),
        "{screen}"
    );
    goes_on(crowd);
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_loses_nothing() {
    let mut crowd = Crowd::start(100, SLOWLY);
    let mut terminal = on_a_terminal(&mut crowd);
    terminal.presses(CTRL_C).presses(CTRL_C);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    goes_on(crowd);
}

#[test]
fn progress_is_told_on_a_terminal() {
    let mut crowd = Crowd::start(100, SLOWLY);
    let mut terminal = on_a_terminal(&mut crowd);
    terminal.shows(" writes/s").shows(" left");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    crowd.verify(true);
}

#[test]
fn a_hang_up_and_sigterm_are_taken_like_ctrl_c() {
    for signal in [Signal::HUP, Signal::TERM] {
        let mut crowd = Crowd::start(100, SLOWLY);
        let token = crowd.server().witness().token();
        let mut run = crowd.begin(&FEW_AT_ONCE);
        assert!(
            run.until(|| crowd.passes(&token) >= SOME),
            "the job ended too early"
        );
        kill(run.id(), signal);
        let ended = run.ends().exits(130);
        assert!(ended.stderr.contains("jobs resume j-"), "{}", ended.screen());
        let last = summary(&ended);
        assert_eq!(
            (&last["type"], &last["exit_code"]),
            (&"summary".into(), &130.into())
        );
        goes_on(crowd);
    }
}
