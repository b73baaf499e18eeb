//! Doing what the journal says: steps of one person in their order, people side by side, a window of them at a time.
//! Every step is in the journal before it is sent; what was sent and not answered is looked at before it is sent
//! again; in the end everything is read back. Nothing of a person stays in memory after the window.

mod answer;
mod check;
mod door;
mod person;
mod read_back;
mod window;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Semaphore, watch};

use super::journal::Journal;
use super::plan::{Deed, PlannedRow, PlannedUser};
use super::witness::Witness;
use crate::domain::shape::{Next, StepRow};
use crate::domain::{Clock, Error, ErrorCode, IdentityService, Minted, Progress, Result, Slots, Status};

use window::Window;

/// How many people one window has at most: a batch of the service.
const TOGETHER: usize = 20;
/// People in flight where nobody says: enough to keep several batches full.
pub const IN_FLIGHT: usize = 400;
/// How many windows there may be for each that sends: the others wait until the service shows what they did.
const WAITING: usize = 4;
/// How often what was taken is renewed.
const RENEWED: Duration = Duration::from_secs(15);
/// A share of failures says something once so many people have ended.
const TELLING: u64 = 20;
/// How many notices and hints of single people are kept for the last lines.
const NOTICES: usize = 100;

/// How long to wait between two looks at what was done: a delete is not visible at once.
pub const PAUSES: [Duration; 6] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(10),
];

/// Where results go while they become known.
pub trait Sink {
    /// Takes a secret that a step made.
    ///
    /// # Errors
    /// Why the secret could not be kept.
    fn secret(&self, user: &str, minted: &Minted) -> Result<()>;

    /// Makes safe what was taken; a step that made a secret counts as done only when this succeeds.
    ///
    /// # Errors
    /// Why the secrets could not be kept.
    fn sync(&self) -> Result<()>;

    /// Takes the rows of a person as far as they are known for good.
    fn rows(&self, rows: &[&StepRow]);
}

/// Nobody looks: for dry runs and tests.
#[derive(Debug)]
pub struct Unwitnessed;

#[async_trait::async_trait]
impl Witness for Unwitnessed {
    async fn before(&self, _steps: &[super::witness::About]) -> Result<()> {
        Ok(())
    }

    async fn after(&self, _ended: &[(String, StepRow)]) -> Result<()> {
        Ok(())
    }
}

/// Says that nothing new is to be begun.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// From now on nothing new is begun.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether that was said.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is said.
    async fn wait(&self) {
        if self.0.subscribe().wait_for(|set| *set).await.is_err() {
            // The sender is part of self; it cannot be gone.
            std::future::pending::<()>().await;
        }
    }
}

/// When a job that is going wrong stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MostFailures {
    /// More than so many people failed.
    People(u64),
    /// More than this share of those who have ended, from 0 to 1.
    Share(f64),
}

/// What bounds a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// People in flight.
    pub in_flight: usize,
    /// When to stop because too much fails.
    pub most_failures: Option<MostFailures>,
    /// So many people, and then stop.
    pub people: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: IN_FLIGHT,
            most_failures: None,
            people: None,
        }
    }
}

/// Why a run ended before everybody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Early {
    /// It was told to.
    Told,
    /// More people failed than may.
    TooManyFailed,
    /// As many people as were to be done are done.
    Enough,
    /// Nobody is signed in any more.
    SignedOut,
}

/// What came of a run; everything else is in the journal.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Why it ended early, where it did.
    pub early: Option<Early>,
    /// What ended the sign-in, where that is why.
    pub signed_out: Option<Error>,
    /// What the service said that stays for people, of the first of them.
    pub notices: Vec<Next>,
    /// What comes next, with its command.
    pub hints: Vec<String>,
    /// How many people another worker took over.
    pub lost: u64,
}

/// A job as it is carried out.
pub struct Job<'a> {
    /// The service.
    pub service: &'a dyn IdentityService,
    /// The machine's clock.
    pub clock: &'a dyn Clock,
    /// What is to be done, and what was.
    pub journal: &'a dyn Journal,
    /// Sees every step.
    pub witness: &'a dyn Witness,
    /// Takes secrets and rows.
    pub sink: &'a dyn Sink,
    /// How far it has come, for the screen.
    pub progress: &'a Progress,
    /// How a command begins, for hints.
    pub prefix: &'a str,
    /// Waited between two looks at what was done.
    pub pauses: &'a [Duration],
    /// What bounds it.
    pub limits: Limits,
    /// Whether what is to be removed may be gone already: in playbooks, and when a job is resumed.
    pub missing_ok: bool,
    /// Secret inputs by the ids of their steps: the journal has none.
    pub slots: &'a HashMap<String, Slots>,
}

impl Job<'_> {
    /// Runs until everybody has ended, or until `stop`: then what is in flight is finished and recorded, and the rest
    /// is given back.
    ///
    /// # Errors
    /// Journal or witness cannot be written: nothing more is sent, and what is in flight is recorded where it can be.
    pub async fn run(&self, stop: &Stop) -> Result<Ran> {
        let size = self.limits.in_flight.clamp(1, TOGETHER);
        let sending = self.limits.in_flight.div_ceil(TOGETHER).max(1);
        let permits = Arc::new(Semaphore::new(sending));
        let mut windows = FuturesUnordered::new();
        let mut ran = Ran::default();
        let mut outcome = Ok(());
        let mut more = true;
        let (mut taken, mut ended, mut failed) = (0_u64, 0_u64, 0_u64);
        let mut renewal = tokio::time::interval(RENEWED);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            more &= !stop.is_set() && outcome.is_ok() && ran.early.is_none();
            let room = more && windows.len() < sending * WAITING;
            if windows.is_empty() && !room {
                break;
            }
            let permit = tokio::select! {
                biased;
                Some(done) = windows.next(), if !windows.is_empty() => {
                    let done: Result<window::Ended> = done;
                    match done {
                        Ok(done) => {
                            ended += done.people;
                            failed += done.failed;
                            ran.lost += done.lost;
                            keep_some(&mut ran.notices, done.notices);
                            keep_some(&mut ran.hints, done.hints);
                            if done.signed_out.is_some() {
                                ran.signed_out = ran.signed_out.or(done.signed_out);
                                ran.early.get_or_insert(Early::SignedOut);
                                stop.set();
                            }
                            if self.too_many(failed, ended) {
                                ran.early.get_or_insert(Early::TooManyFailed);
                                stop.set();
                            }
                        }
                        Err(error) => {
                            outcome = outcome.and(Err(error));
                            stop.set();
                        }
                    }
                    continue;
                }
                _ = renewal.tick() => {
                    if let Err(error) = self.journal.keep().await {
                        outcome = outcome.and(Err(error));
                        stop.set();
                    }
                    continue;
                }
                permit = Arc::clone(&permits).acquire_owned(), if room => permit,
                () = stop.wait(), if more => continue,
            };
            let left = self
                .limits
                .people
                .map_or(u64::MAX, |most| most.saturating_sub(taken));
            let most = size.min(usize::try_from(left).unwrap_or(usize::MAX));
            if most == 0 {
                ran.early.get_or_insert(Early::Enough);
                more = false;
                continue;
            }
            match self.journal.take(most).await {
                Ok(people) if people.is_empty() => more = false,
                Ok(people) => {
                    taken += people.len() as u64;
                    windows.push(Window::new(self, people, stop).run(permit.ok()));
                }
                Err(error) => {
                    outcome = outcome.and(Err(error));
                    stop.set();
                }
            }
        }
        outcome?;
        if stop.is_set() {
            ran.early.get_or_insert(Early::Told);
        }
        Ok(ran)
    }

    fn too_many(&self, failed: u64, ended: u64) -> bool {
        match self.limits.most_failures {
            None => false,
            Some(MostFailures::People(most)) => failed > most,
            #[expect(
                clippy::cast_precision_loss,
                reason = "people are counted in far less than 2^52"
            )]
            Some(MostFailures::Share(share)) => ended >= TELLING && failed as f64 > share * ended as f64,
        }
    }
}

/// Adds what is new, while there is little.
fn keep_some<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if all.len() < NOTICES && !all.contains(&one) {
            all.push(one);
        }
    }
}

/// The row of a plan as a result shows it before anything is sent, and whether that is how it ends.
pub fn planned_row(person: &PlannedUser, planned: &PlannedRow) -> (StepRow, bool) {
    let (status, detail, ended) = match &planned.deed {
        Deed::Send(_) => (Status::Planned, planned.detail.clone(), false),
        Deed::Unchanged => (Status::Unchanged, planned.detail.clone(), true),
        Deed::ByHand { why, .. } => (Status::Unsupported, why.clone(), true),
        Deed::Skip { why } => (Status::Skipped, why.clone(), true),
    };
    let error = matches!(planned.deed, Deed::Skip { .. })
        .then(|| Error::new(ErrorCode::PlanChanged, detail.clone()).to_body());
    let row = StepRow {
        user: person.user.clone(),
        user_id: person.user_id.0.clone(),
        step: planned.step.clone(),
        target: planned.target.clone(),
        status,
        detail,
        error,
        attempts: 0,
        request_id: None,
        at: None,
    };
    (row, ended)
}

#[cfg(test)]
mod tests;
