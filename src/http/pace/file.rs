//! A bucket that all processes of one machine share: its state in a small file, under the file's lock while it is used
//! for some microseconds. A process that dies holds nothing: the system gives its lock back, and what it took refills.
//!
//! What was seen in the file serves for some calls more, which are written down the next time: a file that is read and
//! written for each call costs more than the call. Others may then be let through once too often; that becomes a debt.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::private;
use crate::domain::{Bucket, Clock, Cost, Grant, Limits, Meter, Result, Told};

/// Between two tries to get the lock.
const PAUSE: Duration = Duration::from_millis(1);
/// So many tries; who holds it longer was stopped in the middle, and nobody waits for that.
const TRIES: u32 = 100;
/// What was seen in the file serves for so many seconds, and for so many calls.
const SERVES: f64 = 0.02;
const CALLS: u32 = 16;
/// A state of more bytes than this is none.
const LARGEST: u64 = 1 << 16;

/// In a file.
pub(crate) struct FileBucket {
    clock: Arc<dyn Clock>,
    limits: Limits,
    kept: Mutex<Kept>,
}

struct Kept {
    file: File,
    /// As it was seen last: what serves for some calls more, and while the file cannot be had.
    last: Meter,
    /// When it was seen.
    seen: f64,
    /// What was taken since then and is not in the file yet.
    owed: Cost,
    /// For so many calls.
    calls: u32,
}

impl Kept {
    /// Takes this from what was seen, where that is fresh and has it.
    fn take(&mut self, now: f64, cost: Cost) -> Option<Grant> {
        let fresh = (0.0..SERVES).contains(&(now - self.seen)) && self.calls < CALLS;
        if !fresh || !self.last.look(now, cost).is_zero() {
            return None;
        }
        self.owed.units += cost.units;
        self.owed.writes += cost.writes;
        self.calls += 1;
        Some(self.last.take(now, cost))
    }
}

impl FileBucket {
    /// The bucket in this file, which is made where it is not there.
    ///
    /// # Errors
    /// The folder or the file cannot be made or opened.
    pub(crate) fn open(path: &Path, clock: Arc<dyn Clock>, limits: Limits) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        let file = private::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        Ok(Self {
            clock,
            limits,
            kept: Mutex::new(Kept {
                file,
                last: Meter::new(limits),
                seen: f64::NEG_INFINITY,
                owed: Cost::default(),
                calls: 0,
            }),
        })
    }

    fn now(&self) -> f64 {
        self.clock.now().as_duration().as_secs_f64()
    }

    async fn with<T>(&self, use_it: impl Fn(&mut Meter, f64) -> T + Send) -> T {
        for _ in 0..TRIES {
            {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                match kept.file.try_lock() {
                    Ok(()) => {
                        let answer = self.locked(&mut kept, &use_it);
                        // Closing it would unlock it too.
                        let _ = kept.file.unlock();
                        return answer;
                    }
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(_)) => break,
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        use_it(&mut kept.last, self.now())
    }

    fn locked<T>(&self, kept: &mut Kept, use_it: &impl Fn(&mut Meter, f64) -> T) -> T {
        // What cannot be read was torn by a death in the middle, or is of another version: it begins anew.
        let mut meter = read(&mut kept.file).unwrap_or_else(|| Meter::new(self.limits));
        let now = self.now();
        meter.owe(now, std::mem::take(&mut kept.owed));
        let answer = use_it(&mut meter, now);
        (kept.seen, kept.calls) = (now, 0);
        if let Err(error) = write(&mut kept.file, &meter) {
            tracing::debug!(%error, "pace");
        }
        kept.last = meter;
        answer
    }
}

#[async_trait]
impl Bucket for FileBucket {
    async fn take(&self, cost: Cost) -> Result<Grant> {
        let served = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.take(self.now(), cost)
        };
        match served {
            Some(grant) => Ok(grant),
            None => Ok(self.with(|meter, now| meter.take(now, cost)).await),
        }
    }

    async fn learned(&self, told: Told) -> Result<()> {
        self.with(|meter, now| meter.learned(now, told)).await;
        Ok(())
    }
}

fn read(file: &mut File) -> Option<Meter> {
    let mut text = Vec::with_capacity(1024);
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn write(file: &mut File, meter: &Meter) -> io::Result<()> {
    let text = serde_json::to_vec(meter)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&text)?;
    file.set_len(text.len() as u64)
}
