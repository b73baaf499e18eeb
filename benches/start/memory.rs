//! The most memory that a process ever held. Linux keeps it as `VmHWM` until the process ends, so that the process is
//! held at its last step, writing into a full pipe, while it is read.

use std::io::{PipeReader, Read, Write, pipe};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::kernel::status;

/// How long it must stand still to count as held.
const STILL: Duration = Duration::from_millis(150);
/// How long nothing more goes into a pipe that counts as full.
const FULL: Duration = Duration::from_millis(20);
/// A process that does not come to write is no measurement.
const PATIENCE: Duration = Duration::from_secs(120);

/// The peak of a command that prints something and succeeds, in KiB.
pub fn peak_kib(mut command: Command) -> Result<u64> {
    let (reader, mut writer) = pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(Stdio::null());
    // More than any pipe holds: this thread and the process both wait until somebody reads.
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let filler = thread::spawn(move || {
        (0..256).try_for_each(|_| {
            writer.write_all(&[b' '; 4096])?;
            counter.fetch_add(1, Ordering::SeqCst);
            Ok::<(), std::io::Error>(())
        })
    });
    // A process that is over before the pipe is full would hold nothing.
    let mut filled = 0;
    loop {
        thread::sleep(FULL);
        let now = written.load(Ordering::SeqCst);
        if now > 0 && now == filled {
            break;
        }
        filled = now;
    }
    let mut child = command.spawn()?;
    // The command keeps the pipe open as long as it lives.
    drop(command);
    let (mut peak, mut last_change, began) = (0, Instant::now(), Instant::now());
    loop {
        let (now, waits) = status(child.id())?;
        if now > peak || !waits {
            peak = peak.max(now);
            last_change = Instant::now();
        }
        if last_change.elapsed() > STILL {
            break;
        }
        if began.elapsed() > PATIENCE {
            child.kill()?;
            return Err("it never came to print".into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    let drain = thread::spawn(move || drain(reader));
    // What it still does after printing counts as well.
    while child.try_wait()?.is_none() {
        if let Ok((now, _)) = status(child.id()) {
            peak = peak.max(now);
        }
    }
    filler.join().map_err(|_| "the filler broke off")??;
    drain.join().map_err(|_| "the reader broke off")??;
    if child.wait()?.success() {
        Ok(peak)
    } else {
        Err("it failed".into())
    }
}

fn drain(mut reader: PipeReader) -> std::io::Result<usize> {
    let mut sink = Vec::new();
    reader.read_to_end(&mut sink)
}
