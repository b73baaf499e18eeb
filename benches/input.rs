//! What checking a file of a million rows takes, beside a bare loop that reads the same file with the `csv` crate and
//! parses its numbers, in the same run: processor time of whole processes in turn, and peak memory.
//!
//! `cargo bench --bench input` · `cargo bench --bench input -- --short`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table for people is what it is for"
)]

#[path = "start/kernel.rs"]
#[expect(dead_code, reason = "this bench looks at processes that are over")]
mod kernel;
#[path = "start/memory.rs"]
mod memory;
#[path = "start/place.rs"]
#[expect(dead_code, reason = "this bench needs no service")]
mod place;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use place::Place;
use rlibphonenumber::PHONE_NUMBER_UTIL;
use rlibphonenumber::enums::Region;

/// Processor time beside the bare loop.
const CPU_LIMIT: f64 = 1.5;
/// Peak memory, whatever the number of rows.
const MEMORY_LIMIT_MIB: f64 = 64.0;
/// The argument that makes this program the bare loop.
const BARE: &str = "--bare-loop";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let file_of_bare = arguments
        .iter()
        .position(|argument| argument == BARE)
        .and_then(|at| arguments.get(at + 1));
    let outcome = match file_of_bare {
        Some(file) => bare_loop(file),
        None => measure(arguments.iter().any(|argument| argument == "--short")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("not measured: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(short: bool) -> Result<bool> {
    let (rows, runs) = if short { (100_000, 3) } else { (1_000_000, 5) };
    let place = Place::new()?;
    let file = place.path("numbers.csv");
    fs::write(&file, numbers(rows)?)?;
    let name = file.to_string_lossy().into_owned();
    let check = || {
        let mut command = place.command(&[
            "methods", "add", "phone", "--from", &name, "--check", "-o", "json",
        ]);
        command.stdin(Stdio::null());
        command
    };
    let said: serde_json::Value = serde_json::from_slice(&check().output()?.stdout)?;
    if said.get("rows").and_then(serde_json::Value::as_u64) != Some(rows) {
        return Err(format!("it did not check {rows} rows: {said}").into());
    }
    let own_program = std::env::current_exe()?;
    let (mut own, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        own.push(cpu(check())?);
        let mut command = Command::new(&own_program);
        command.args([BARE, &name]);
        bare.push(cpu(command)?);
    }
    let (own, bare) = (median(own), median(bare));
    let ratio = own / bare;
    let peak = memory::peak_kib(check())? as f64 / 1024.0;
    let holds = ratio <= CPU_LIMIT && peak <= MEMORY_LIMIT_MIB;
    println!("methods add phone --from, {rows} rows, --check");
    println!(
        "  processor time     {own:>6.2} s   bare loop {bare:>6.2} s   {ratio:>5.2}×   limit {CPU_LIMIT}×"
    );
    println!(
        "  peak memory        {peak:>6.1} MiB                               limit {MEMORY_LIMIT_MIB} MiB"
    );
    println!(
        "  {runs} runs, medians: {}",
        if holds { "ok" } else { "OVER THE LIMIT" }
    );
    Ok(holds)
}

/// As many rows, every one of another person with a number of a real plan.
fn numbers(rows: u64) -> Result<String> {
    let mut text = "user,number,type\n".to_owned();
    for row in 0..rows {
        // Ten million Dutch mobile numbers, each once, in no order.
        let number = 610_000_000 + (row * 7_919) % 10_000_000;
        writeln!(text, "person{row}@contoso.example,+31 {number},mobile")?;
    }
    Ok(text)
}

/// What it takes at least: every row read, every number parsed and held against its plan.
fn bare_loop(file: &str) -> Result<bool> {
    let mut reader = csv::Reader::from_path(Path::new(file))?;
    let (mut rows, mut valid) = (0_u64, 0_u64);
    for record in reader.records() {
        let record = record?;
        rows += 1;
        let number = PHONE_NUMBER_UTIL.parse(record.get(1).unwrap_or_default(), None::<Region>)?;
        valid += u64::from(number.is_valid());
    }
    println!("{rows} {valid}");
    Ok(rows == valid)
}

/// The processor time of one process that has to succeed, in seconds.
fn cpu(mut command: Command) -> Result<f64> {
    let before = kernel::waited_for()?;
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("{command:?} failed").into());
    }
    Ok((kernel::waited_for()? - before).as_secs_f64())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::MAX)
}
