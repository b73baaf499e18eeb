//! How long it takes to start, beside a peer in the same run: whole processes, one after the other in turn, medians.
//! Ratios and memory decide the exit status; seconds are printed beside what they should be, because a busy machine
//! cannot hold them.
//!
//! `cargo bench --bench start` · `cargo bench --bench start -- --short`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table for people is what it is for"
)]

#[path = "start/kernel.rs"]
#[expect(dead_code, reason = "processor time is for the others")]
mod kernel;
#[path = "start/memory.rs"]
mod memory;
#[path = "start/peer.rs"]
mod peer;
#[path = "start/place.rs"]
mod place;
#[path = "start/recorder.rs"]
mod recorder;

use std::io;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use place::Place;

/// `--help` beside a program that prints and exits.
const HELP_LIMIT: f64 = 4.0;
/// `methods list` on a running service beside `curl` with the same requests.
const LIST_LIMIT: f64 = 2.0;
/// What a token that is kept adds to one that is given.
const KEPT_LIMIT_MS: f64 = 5.0;
/// Peak memory of a verb. Half of it is the program's own code, as the kernel maps it around what is used.
const MEMORY_LIMIT_MIB: f64 = 20.0;
/// Peak memory where the service runs inside the same process: its server, its database and the client together. It is 23.1 to 23.5; the
/// figure moves by as much as two with how the program file lies in the page cache.
const INSIDE_LIMIT_MIB: f64 = 26.0;
/// First use of `-p local`: create, seed, list.
const FIRST_USE_LIMIT_S: f64 = 1.0;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let short = std::env::args().any(|argument| argument == "--short");
    match measure(short) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("not measured: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(short: bool) -> Result<bool> {
    let (starts, lists, first_uses) = if short { (15, 15, 3) } else { (101, 51, 11) };
    let place = Place::new()?;
    let mut rows = Vec::new();

    let peer = peer::compile("prints_and_exits")?;
    let (own, other) = in_turn(starts, || place.command(&["--help"]), || Command::new(&peer))?;
    rows.push(Row::ratio("--help", own, "prints and exits", other, HELP_LIMIT));

    let first = (0..first_uses)
        .map(|_| {
            let fresh = Place::new()?;
            time(fresh.command(&["-p", "local", "methods", "list", "adele"]))
        })
        .collect::<Result<Vec<_>>>()?;
    let first = median(first);
    rows.push(Row::seconds("first use of -p local", first, FIRST_USE_LIMIT_S));

    let server = place.serve(&[])?;
    let list = ["methods", "list", "adele@contoso.example"];
    let requests = recorder::record(&server, |address| run(server.profile(&place, &list, address)))?;
    let curl = peer::Curl::new(&place, &server, &requests)?;
    let (own, other) = in_turn(
        lists,
        || server.profile(&place, &list, &server.graph),
        || curl.command(),
    )?;
    let name = format!("curl, the same {} requests", requests.len());
    rows.push(Row::ratio(
        "methods list, running service",
        own,
        &name,
        other,
        LIST_LIMIT,
    ));

    let token = server.token(&place)?;
    server.keep(&place)?;
    run(server.kept(&place, &list))?;
    let (kept, given) = in_turn(
        lists,
        || server.kept(&place, &list),
        || server.given(&place, &list, &token),
    )?;
    rows.push(Row::adds(
        "a kept token adds",
        kept,
        "the token given",
        given,
        KEPT_LIMIT_MS,
    ));

    let runs = if short { 3 } else { 7 };
    for (name, verb) in [
        ("memory: --help", Verb::Help),
        ("memory: methods list, running service", Verb::Running),
        ("memory: methods list, -p local", Verb::BuiltIn),
    ] {
        let peaks = (0..runs)
            .map(|_| {
                memory::peak_kib(match verb {
                    Verb::Help => place.command(&["--help"]),
                    Verb::Running => server.profile(&place, &list, &server.graph),
                    Verb::BuiltIn => place.command(&["-p", "local", "methods", "list", "adele"]),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let limit = match verb {
            Verb::Help | Verb::Running => MEMORY_LIMIT_MIB,
            Verb::BuiltIn => INSIDE_LIMIT_MIB,
        };
        rows.push(Row::memory(name, peaks, limit));
    }

    println!(
        "{:<40} {:>10}  {:<28} {:>10}  {:>8}  {:>8}",
        "WHAT", "MEDIAN", "BESIDE", "MEDIAN", "RATIO", "LIMIT"
    );
    for row in &rows {
        println!("{}", row.line);
    }
    println!(
        "{starts}, {lists}, {first_uses} and {runs} runs; processes in turn; {}",
        build()
    );
    Ok(rows.iter().all(|row| row.holds))
}

enum Verb {
    Help,
    Running,
    BuiltIn,
}

fn build() -> &'static str {
    if cfg!(debug_assertions) {
        "a debug build: the limits are for release"
    } else {
        "release build"
    }
}

struct Row {
    line: String,
    holds: bool,
}

impl Row {
    fn ratio(what: &str, own: Duration, beside: &str, other: Duration, limit: f64) -> Self {
        let ratio = own.as_secs_f64() / other.as_secs_f64();
        let holds = ratio <= limit;
        let (own, other) = (ms(own), ms(other));
        let line = format!(
            "{what:<40} {own:>10}  {beside:<28} {other:>10}  {ratio:>7.2}×  {limit:>7.1}×  {}",
            word(holds)
        );
        Self { line, holds }
    }

    /// What one takes longer than the other, in milliseconds; the rest of both is the same.
    fn adds(what: &str, own: Duration, beside: &str, other: Duration, limit: f64) -> Self {
        let more = (own.as_secs_f64() - other.as_secs_f64()) * 1000.0;
        let holds = more <= limit;
        let (own, other) = (ms(own), ms(other));
        let line = format!(
            "{what:<40} {own:>10}  {beside:<28} {other:>10}  {more:>+5.1} ms  {limit:>5.1} ms  {}",
            word(holds)
        );
        Self { line, holds }
    }

    fn seconds(what: &str, own: Duration, limit: f64) -> Self {
        let word = if own.as_secs_f64() <= limit {
            "ok"
        } else {
            "slower than it should be"
        };
        let line = format!(
            "{what:<40} {:>10}  {:<28} {:>10}  {:>8}  {limit:>6.1} s  {word}",
            ms(own),
            "-",
            "-",
            "-"
        );
        Self { line, holds: true }
    }

    fn memory(what: &str, mut peaks: Vec<u64>, limit: f64) -> Self {
        peaks.sort_unstable();
        let own = peaks.get(peaks.len() / 2).copied().unwrap_or(u64::MAX) as f64 / 1024.0;
        let holds = own <= limit;
        let line = format!(
            "{what:<40} {own:>6.1} MiB  {:<28} {:>10}  {:>8}  {limit:>4} MiB  {}",
            "-",
            "-",
            "-",
            word(holds)
        );
        Self { line, holds }
    }
}

fn word(holds: bool) -> &'static str {
    if holds { "ok" } else { "OVER THE LIMIT" }
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

/// Runs both in turn, so that what else the machine does falls on both, and gives their medians.
fn in_turn(
    runs: usize,
    own: impl Fn() -> Command,
    other: impl Fn() -> Command,
) -> Result<(Duration, Duration)> {
    // The first run of each reads the program from the disk and is no part of the answer.
    time(own())?;
    time(other())?;
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..runs {
        times.0.push(time(own())?);
        times.1.push(time(other())?);
    }
    Ok((median(times.0), median(times.1)))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(Duration::MAX)
}

/// The time from start to end of one process that has to succeed.
fn time(mut command: Command) -> Result<Duration> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let took = began.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(why(command))
    }
}

fn run(mut command: Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(why(command))
    }
}

/// Runs what failed once more, to say what it says.
fn why(mut command: Command) -> Box<dyn std::error::Error> {
    let said = command.stderr(Stdio::piped()).output().map_or_else(
        |error| error.to_string(),
        |output| String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    );
    io::Error::other(format!(
        "{} failed: {said}",
        command.get_program().to_string_lossy()
    ))
    .into()
}
