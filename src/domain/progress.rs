//! How far a job has come, as it is shown while it runs: execution counts, requests that have to wait say so, the
//! screen looks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Shared by whoever works and whoever shows it.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Counts>);

/// How far it has come at a moment.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// People in all.
    pub people: u64,
    /// People who have ended.
    pub ended: u64,
    /// Those of them who failed.
    pub failed: u64,
    /// Steps that were answered.
    pub writes: u64,
    /// Requests wait until then.
    waits: Option<(Instant, String)>,
}

impl Counts {
    /// What requests wait for, and how long still.
    pub fn waiting(&self) -> Option<(Duration, &str)> {
        let (until, why) = self.waits.as_ref()?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some((left, why.as_str()))
    }
}

impl Progress {
    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// So many people are to be worked on.
    pub fn begin(&self, people: u64) {
        self.change(|counts| {
            *counts = Counts {
                people,
                ..Counts::default()
            }
        });
    }

    /// So many people more have ended, of whom some failed.
    pub fn ended(&self, people: u64, failed: u64) {
        self.change(|counts| {
            counts.ended += people;
            counts.failed += failed;
        });
    }

    /// So many steps more were answered.
    pub fn wrote(&self, steps: u64) {
        self.change(|counts| counts.writes += steps);
    }

    /// Requests wait so long, for this reason, such as `throttled`.
    pub fn waiting(&self, time: Duration, why: &str) {
        let until = Instant::now() + time;
        self.change(|counts| {
            if counts.waits.as_ref().is_none_or(|(known, _)| *known < until) {
                counts.waits = Some((until, why.to_owned()));
            }
        });
    }

    /// How far it has come.
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_is_shown_until_it_is_over() {
        let progress = Progress::default();
        progress.begin(3);
        progress.ended(1, 1);
        progress.waiting(Duration::from_secs(3600), "throttled");
        progress.waiting(Duration::from_secs(60), "unavailable");
        let counts = progress.counts();
        assert_eq!((counts.people, counts.ended, counts.failed), (3, 1, 1));
        let (left, why) = counts.waiting().unwrap();
        assert!(left > Duration::from_secs(3500) && why == "throttled");
        let progress = Progress::default();
        progress.waiting(Duration::ZERO, "throttled");
        assert_eq!(progress.counts().waiting(), None);
    }
}
