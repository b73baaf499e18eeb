//! Pace: how fast a service may be asked. One bucket a tenant, shared by everything that asks it; where its state is
//! kept (in memory, in a file, in a database) is for each [`Bucket`] to say, and the rule is [`Meter`]'s alone.

mod meter;

use std::time::Duration;

use async_trait::async_trait;

pub use meter::{Limits, Meter};

use super::error::Result;
use super::progress::Progress;

/// How fast to go, as somebody wishes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many requests a second.
    PerSecond(f64),
    /// This share, over 0 and up to 1, of what the service allows.
    Share(f64),
}

/// What calls cost, as the service counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Of its allowance for everything: Graph's resource units.
    pub units: f64,
    /// Of its allowance for writes.
    pub writes: f64,
}

/// Which allowance a service says is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one for everything.
    Units,
    /// The one for writes alone.
    Writes,
}

/// What an answer told of the service's limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// So much of the limit is used.
    Used {
        /// The share, from 0; over 1 it refuses.
        used: f64,
        /// What the call cost.
        cost: Cost,
    },
    /// It refused: nothing more before this time has passed, where it says one.
    Refused {
        /// How long to wait.
        wait: Option<Duration>,
        /// Which allowance, where it says.
        kind: Option<Kind>,
        /// What the refused call cost.
        cost: Cost,
    },
}

/// The answer of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grant {
    /// Zero: it was taken. Else nothing was, and to ask again before that is in vain.
    pub wait: Duration,
    /// Whether the service asked to wait, rather than the pace.
    pub refused: bool,
    /// Units a second as far as known; `None`: without a limit.
    pub units: Option<f64>,
    /// Writes a second as far as known; `None`: without a limit.
    pub writes: Option<f64>,
}

/// A bucket that somebody keeps: one for everybody who asks the same service with the same application.
#[async_trait]
pub trait Bucket: Send + Sync {
    /// Takes this, or says how long to wait before asking again.
    ///
    /// # Errors
    /// Those of its store.
    async fn take(&self, cost: Cost) -> Result<Grant>;

    /// Takes in what an answer told.
    ///
    /// # Errors
    /// Those of its store.
    async fn learned(&self, told: Told) -> Result<()>;
}

/// Why calls wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// The service asked for it.
    Throttled,
    /// The pace that was asked for, or that the service is known to allow.
    Pace,
}

impl WaitReason {
    /// In a word: `waiting 12 s: throttled`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Pace => "pace",
        }
    }
}

/// Hears of waits, so that somebody can be told.
pub trait Waiting: Send + Sync {
    /// From now on calls wait so long.
    fn waiting(&self, time: Duration, why: WaitReason);
}

impl Waiting for Progress {
    fn waiting(&self, time: Duration, why: WaitReason) {
        Self::waiting(self, time, why.as_str());
    }
}
