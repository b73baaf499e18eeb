//! The pipeline as those see it who send a great deal: that a job runs, how fast it may go, who hears of waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::pace::Limiter;
use super::pipeline::{Core, TokenLeft};
use crate::domain::{Bucket, Waiting};

/// The traffic of one connection.
#[derive(Clone)]
pub struct Traffic {
    core: Arc<Core>,
    limiter: Arc<Limiter>,
}

impl Traffic {
    pub(super) const fn new(core: Arc<Core>, limiter: Arc<Limiter>) -> Self {
        Self { core, limiter }
    }

    /// From now on, until the answer is dropped, a job of several people runs: calls are gathered into batches across
    /// people, and one that the service throttles waits as long as it takes instead of failing at its deadline.
    #[must_use]
    pub fn job(&self) -> RunningJob {
        self.core.jobs.fetch_add(1, Ordering::Relaxed);
        RunningJob(self.core.clone())
    }

    /// Writes a second, as far as the service documents or was heard to allow, and as somebody wished.
    pub fn writes_per_second(&self) -> Option<f64> {
        self.limiter.writes_per_second()
    }

    /// How long the token is still good; `None`: nobody knows.
    pub fn token_left(&self) -> Option<TokenLeft> {
        self.core.tokens.as_ref()?.left()
    }

    /// From now on this bucket counts instead of this machine's, because other machines share it.
    pub fn share(&self, bucket: Arc<dyn Bucket>) {
        self.limiter.share(bucket);
    }

    /// From now on this one hears of waits of a second or more.
    pub fn tell(&self, listener: Arc<dyn Waiting>) {
        self.limiter.tell(listener);
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traffic").finish_non_exhaustive()
    }
}

/// A job that runs, until this is dropped.
pub struct RunningJob(Arc<Core>);

impl fmt::Debug for RunningJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningJob")
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        self.0.jobs.fetch_sub(1, Ordering::Relaxed);
    }
}
