//! A job of many people on a running service: beside a raw generator that sends the very same requests, and under a
//! service that allows only so much. Ratios decide the exit status.
//!
//! `cargo bench --bench jobs` · `cargo bench --bench jobs -- --short` · `… -- --people 1000` · `… -- --series` and
//! `… -- --resume`, which take up to 100,000 people and a quarter of an hour
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table for people is what it is for"
)]

#[path = "jobs/generator.rs"]
mod generator;
#[path = "start/kernel.rs"]
#[expect(
    dead_code,
    reason = "two processes run at once here, and each is looked at by itself"
)]
mod kernel;
#[path = "start/place.rs"]
#[allow(dead_code, reason = "the bench of starting uses the rest")]
mod place;
#[path = "jobs/recorder.rs"]
mod recorder;
#[path = "jobs/run.rs"]
mod run;
#[path = "jobs/scale.rs"]
mod scale;
#[path = "jobs/tally.rs"]
mod tally;
#[path = "jobs/watched.rs"]
mod watched;
#[path = "jobs/wire.rs"]
mod wire;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use place::Place;
use recorder::Recorder;
use run::Ran;
use tally::Tally;

/// The raw generator's time over the program's.
const WALL_LIMIT: f64 = 0.6;
/// The same for so few people that starting, planning and reporting weigh, which the generator does not do.
const SHORT_WALL_LIMIT: f64 = 0.4;
/// From so many on it is not few.
const MANY: usize = 2000;
/// Calls over those that the plan needs.
const CALLS_LIMIT: f64 = 1.1;
/// Calls to a batch, on average.
const FILLED_LIMIT: f64 = 18.0;
/// Requests for a token in one run, which is shorter than a token's life.
const TOKENS_LIMIT: f64 = 1.0;
/// Units used over those that were allowed.
const USED_LIMIT: f64 = 0.95;
/// Refusals over answers.
const REFUSED_LIMIT: f64 = 0.01;

/// A person in the largest crowd over one in the smallest.
const SERIES_LIMIT: f64 = 1.25;
/// Seconds until a resumed job asks its service.
const RESUME_LIMIT_S: f64 = 2.0;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| -> Option<usize> {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    let short = arguments.iter().any(|argument| argument == "--short");
    let people = number("--people").unwrap_or(if short { 300 } else { 10_000 });
    let rate = number("--rate").unwrap_or(if short { 400 } else { 1000 });
    let only = |name: &str| arguments.iter().any(|argument| argument == name);
    let alone = ["--beside", "--throttled", "--series", "--resume"];
    let all = !alone.iter().any(|name| only(name));
    let mut holds = true;
    for outcome in [
        (all || only("--beside")).then(|| beside_a_generator(people)),
        (all || only("--throttled")).then(|| throttled(people, rate)),
        only("--series").then(|| series(number("--people").unwrap_or(100_000))),
        only("--resume").then(|| resume(number("--people").unwrap_or(100_000))),
    ]
    .into_iter()
    .flatten()
    {
        match outcome {
            Ok(good) => holds &= good,
            Err(error) => {
                eprintln!("not measured: {error}");
                holds = false;
            }
        }
    }
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The reset of many people beside a generator that sends the same requests, as many at once, to the same data.
fn beside_a_generator(people: usize) -> Result<bool> {
    let place = Place::new()?;
    let snapshot = run::prepare(&place, people)?;
    println!(
        "reset of {people} people, lost-phone; the service in a process of its own; {}",
        build()
    );

    run::restore(&place, &snapshot)?;
    let server = place.serve(&[])?;
    let ran = Ran::reset(&place, &server, &server.graph, "people.csv")?;
    drop(server);
    ran.must_be_well()?;

    run::restore(&place, &snapshot)?;
    let server = place.serve(&[])?;
    let recorder = Recorder::start(&server.graph)?;
    let recorded = Ran::reset(&place, &server, &recorder.address, "people.csv")?;
    recorded.must_be_well()?;
    let (asked, at_once, tokens) = (recorder.asked(), recorder.at_once(), recorder.tokens());
    drop(server);

    run::restore(&place, &snapshot)?;
    let server = place.serve(&[])?;
    let (raw, bad) = generator::replay(&server, &asked, at_once)?;
    drop(server);

    let tally = Tally::of(&asked);
    let needed = tally.needed(recorded.steps);
    println!(
        "{} requests with {} calls, {at_once} at once; {} steps; replayed with {bad} refused",
        asked.len(),
        tally.calls,
        recorded.steps
    );
    for (kind, count) in &tally.kinds {
        println!("    {count:>8}  {kind}");
    }
    let wall = raw.as_secs_f64() / ran.wall.as_secs_f64();
    let rows = [
        Row::at_least(
            &format!("wall: generator {} / mfactl {}", seconds(raw), seconds(ran.wall)),
            wall,
            if people < MANY {
                SHORT_WALL_LIMIT
            } else {
                WALL_LIMIT
            },
        ),
        Row::at_most(
            &format!("calls: {} / needed {needed}", tally.calls),
            tally.calls as f64 / needed as f64,
            CALLS_LIMIT,
        ),
        Row::at_least(
            &format!("slots of a batch filled, {} batches", tally.batches),
            tally.filled(),
            FILLED_LIMIT,
        ),
        Row::at_most("requests for a token", tokens as f64, TOKENS_LIMIT),
    ];
    println!(
        "peak memory {:.1} MiB; CPU {}",
        ran.peak_kib as f64 / 1024.0,
        seconds(ran.cpu)
    );
    Ok(print(&rows))
}

/// One process, then two at once, on a service that allows so many units a second.
fn throttled(people: usize, rate: usize) -> Result<bool> {
    let place = Place::new()?;
    let snapshot = run::prepare(&place, people)?;
    let throttle = format!("{rate}/s");
    let mut rows = Vec::new();
    let halves = run::halves(&place)?;
    for (name, files) in [
        ("one process", vec!["people.csv".to_owned()]),
        ("two processes", halves),
    ] {
        run::restore(&place, &snapshot)?;
        let server = place.serve(&["--throttle", &throttle])?;
        let before = run::told(&server)?;
        let began = std::time::Instant::now();
        let runs: Vec<Result<Ran>> = std::thread::scope(|scope| {
            let running: Vec<_> = files
                .iter()
                .map(|file| {
                    scope.spawn(|| {
                        Ran::reset(&place, &server, &server.graph, file).map_err(|error| error.to_string())
                    })
                })
                .collect();
            running
                .into_iter()
                .map(|one| match one.join() {
                    Ok(ran) => ran.map_err(Into::into),
                    Err(_) => Err("a run broke off".into()),
                })
                .collect()
        });
        let took = began.elapsed();
        let mut longest = Duration::ZERO;
        for ran in runs {
            let ran = ran?;
            ran.must_be_well()?;
            longest = longest.max(ran.wall);
        }
        let after = run::told(&server)?;
        let (units, answers, refused) = (
            after.units - before.units,
            after.requests - before.requests,
            after.refused - before.refused,
        );
        println!(
            "{name}, {rate} units/s: {units} units in {}, {refused} of {answers} answers 429",
            seconds(took)
        );
        rows.push(Row::at_least(
            &format!("{name}: units used of those allowed"),
            units / (rate as f64 * longest.as_secs_f64()),
            USED_LIMIT,
        ));
        rows.push(Row::at_most(
            &format!("{name}: answers that are 429"),
            refused / answers.max(1.0),
            REFUSED_LIMIT,
        ));
    }
    fs::remove_file(snapshot)?;
    Ok(print(&rows))
}

/// The time that a person takes, from 1,000 people to so many.
fn series(most: usize) -> Result<bool> {
    let numbers: Vec<usize> = [1000, 10_000, 100_000, 1_000_000]
        .into_iter()
        .take_while(|number| *number <= most)
        .collect();
    let each = scale::series(&numbers)?;
    let (Some(first), Some(last)) = (each.first(), each.last()) else {
        return Err("the series begins with 1000 people".into());
    };
    Ok(print(&[Row::at_most(
        "a person among the most / among the fewest",
        last / first,
        SERIES_LIMIT,
    )]))
}

/// How soon a job of so many people goes on.
fn resume(people: usize) -> Result<bool> {
    let took = scale::resume(people)?;
    Ok(print(&[Row::at_most(
        &format!("first request of a resumed job, {people} people, seconds"),
        took.as_secs_f64(),
        RESUME_LIMIT_S,
    )]))
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
    fn at_least(what: &str, value: f64, limit: f64) -> Self {
        Self::new(what, value, "≥", limit, value >= limit)
    }

    fn at_most(what: &str, value: f64, limit: f64) -> Self {
        Self::new(what, value, "≤", limit, value <= limit)
    }

    fn new(what: &str, value: f64, sign: &str, limit: f64, holds: bool) -> Self {
        let word = if holds { "ok" } else { "OVER THE LIMIT" };
        Self {
            line: format!("{what:<56} {value:>8.3}  {sign} {limit:>6}  {word}"),
            holds,
        }
    }
}

fn print(rows: &[Row]) -> bool {
    for row in rows {
        println!("{}", row.line);
    }
    rows.iter().all(|row| row.holds)
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
