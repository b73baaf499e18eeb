//! What Linux says of a process: the most memory that it ever held, whether it waits, and its time on a processor.

use std::fmt::Display;
use std::fs;
use std::time::Duration;

use crate::Result;

/// Peak memory so far, in KiB, and whether the process waits for something.
///
/// # Errors
/// There is no such process any more.
pub fn status(id: u32) -> Result<(u64, bool)> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
            .trim()
    };
    let peak = field("VmHWM:").trim_end_matches("kB").trim().parse().unwrap_or(0);
    Ok((peak, field("State:").starts_with('S')))
}

/// Time on a processor so far of the process with this number; `self` is this one.
///
/// # Errors
/// There is no such process any more.
pub fn cpu(id: impl Display) -> Result<Duration> {
    ticks(id, 11)
}

/// The same of every child of this process that has ended and was waited for, with its own children.
///
/// # Errors
/// The kernel does not say.
pub fn waited_for() -> Result<Duration> {
    ticks("self", 13)
}

/// Time in the program and in the kernel: two numbers, in hundredths of a second, from `at` on behind the name of the
/// process, which may hold anything.
fn ticks(id: impl Display, at: usize) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let behind_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = behind_name.split_whitespace().skip(at);
    let mut next = || -> Result<u64> { Ok(fields.next().ok_or("no such field")?.parse()?) };
    Ok(Duration::from_millis((next()? + next()?) * 10))
}
