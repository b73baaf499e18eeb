//! A process that is looked at from its start to its end: how long it took, what it needed of the machine, and all that it
//! printed.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::kernel;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// How it went.
pub struct Watched {
    /// From start to end.
    pub wall: Duration,
    /// Its own time on a processor at the last look, without its children's.
    pub cpu: Duration,
    /// The most memory it ever held.
    pub peak_kib: u64,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
    /// It ended well.
    pub success: bool,
}

/// Runs it, with nothing to read.
pub fn watch(mut command: Command) -> Result<Watched> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn()?;
    let stdout = all_of(child.stdout.take().ok_or("no output")?);
    let stderr = all_of(child.stderr.take().ok_or("no output")?);
    let (mut peak_kib, mut cpu) = (0, Duration::ZERO);
    let status = loop {
        // Once it is over there is nothing more to be read of it.
        peak_kib = peak_kib.max(kernel::status(child.id()).map_or(0, |(peak, _)| peak));
        cpu = cpu.max(kernel::cpu(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(PAUSE);
    };
    let wall = began.elapsed();
    Ok(Watched {
        wall,
        cpu,
        peak_kib,
        stdout: stdout.join().map_err(|_| "the reader broke off")??,
        stderr: stderr.join().map_err(|_| "the reader broke off")??,
        success: status.success(),
    })
}

/// Reads to the end beside everything else, so that no full pipe holds the process up.
fn all_of(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<std::io::Result<String>> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).map(|_| text)
    })
}
