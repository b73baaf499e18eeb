//! What the number of people does: the time a person takes, and how soon a job that was interrupted goes on.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::place::Place;
use crate::recorder::Recorder;
use crate::run::{self, Ran};

/// The name of the job that is resumed.
const JOB: &str = "scale";
/// A resume that asks nothing for so long is none.
const PATIENCE: Duration = Duration::from_secs(60);

/// Resets so many people, each number on fresh data; gives the milliseconds that one took, in the same order.
pub fn series(numbers: &[usize]) -> Result<Vec<f64>> {
    let mut each = Vec::new();
    for people in numbers {
        let place = Place::new()?;
        let snapshot = run::prepare(&place, *people)?;
        std::fs::remove_file(snapshot)?;
        let server = place.serve(&[])?;
        let ran = Ran::reset(&place, &server, &server.graph, "people.csv")?;
        ran.must_be_well()?;
        let millis = ran.wall.as_secs_f64() * 1000.0 / *people as f64;
        println!(
            "{people:>8} people: {:>8.2} s, {millis:.2} ms a person, peak {:.1} MiB, CPU {:.2} s",
            ran.wall.as_secs_f64(),
            ran.peak_kib as f64 / 1024.0,
            ran.cpu.as_secs_f64()
        );
        each.push(millis);
    }
    Ok(each)
}

/// Plans so many people, does few of them, resumes the rest, and gives the time until the service was asked something
/// other than a token.
pub fn resume(people: usize) -> Result<Duration> {
    let place = Place::new()?;
    let snapshot = run::prepare(&place, people)?;
    std::fs::remove_file(snapshot)?;
    let server = place.serve(&[])?;
    run::profile(&place, &server, &server.graph, "people.csv")?;
    let secrets = place.path("more.secrets");
    let (list, secrets) = (
        place.path("people.csv").display().to_string(),
        secrets.display().to_string(),
    );
    let begin = [
        "-p",
        "crowd",
        "user",
        "reset",
        "--from",
        &list,
        "--first",
        "20",
        "--job",
        JOB,
        "--yes",
        "-o",
        "ndjson",
        "--secrets-out",
        &secrets,
    ];
    let mut command = place.command(&begin);
    command.env("MFACTL_CLIENT_SECRET", &server.client_secret);
    let began = command.stdin(Stdio::null()).output()?;
    if !began.status.success() {
        return Err(String::from_utf8_lossy(&began.stderr).into_owned().into());
    }
    std::fs::remove_file(&secrets)?;

    let recorder = Recorder::start(&server.graph)?;
    run::profile(&place, &server, &recorder.address, "people.csv")?;
    let again = [
        "-p",
        "crowd",
        "jobs",
        "resume",
        JOB,
        "--yes",
        "-o",
        "ndjson",
        "--secrets-out",
        &secrets,
    ];
    let mut command = place.command(&again);
    command
        .env("MFACTL_CLIENT_SECRET", &server.client_secret)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn()?;
    let first = loop {
        if let Some(first) = recorder.first() {
            break first;
        }
        if let Some(status) = child.try_wait()? {
            let said = child.wait_with_output()?.stderr;
            return Err(format!("it ended with {status}: {}", String::from_utf8_lossy(&said)).into());
        }
        if began.elapsed() > PATIENCE {
            child.kill()?;
            return Err("it asked nothing".into());
        }
        thread::sleep(Duration::from_millis(1));
    };
    child.kill()?;
    child.wait()?;
    Ok(first.duration_since(began))
}
