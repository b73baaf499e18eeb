//! The journal of a job: who is planned, what was begun, how it ended. A trait, because one machine keeps it in a file of
//! its own and several machines share one in a database. It holds no secrets.

mod folder;
mod pieces;
#[cfg(feature = "postgres")]
mod postgres;
mod several;
mod sqlite;
mod store;

use std::path::PathBuf;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::PlannedUser;
use crate::domain::shape::{PlanRef, StepRow, Summary};
use crate::domain::{MethodId, Result, Status, UserId};

pub use folder::Folder;
#[cfg(feature = "postgres")]
pub use postgres::{Login, PostgresJournal, PostgresStore};
pub use several::Several;
pub use sqlite::SqliteJournal;
pub use store::{Job, Listed, RETENTION, Store};

/// What a job is, written once when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHead {
    /// UUID v7, in its usual form.
    pub id: String,
    /// `--job NAME`: who runs the same command with the same name goes on with this job.
    pub name: Option<String>,
    /// The version of the program that made it.
    pub version: String,
    /// The service's name in the registry.
    pub service: String,
    /// The profile.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// The verb, such as `user reset`.
    pub verb: String,
    /// The playbook.
    pub playbook: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// How people were selected: `adele bas`, `--from new.csv`, `--group Sales`.
    pub selection: String,
    /// The command, without secrets.
    pub argv: Vec<String>,
    /// Whose account it runs under.
    pub operator: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The plan file that it applies.
    pub plan: Option<PlanRef>,
    /// `--shard I/N`: which part of how many this is, from 1.
    pub part: Option<(u32, u32)>,
    /// The id of the job that this one takes back.
    pub undoes: Option<String>,
    /// `--from`: a mark of the rows that the file had. Jobs of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// `--notify`: the message that is wanted, so that whoever goes on with the job writes it too. Jobs of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<MessageWish>,
}

/// A message of what was done that somebody wants. Only where it goes and how it is made: never what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageWish {
    /// The file, from the root on; `None`: stdout.
    pub to: Option<PathBuf>,
    /// The file of its template, from the root on; `None`: the one that comes with the program.
    pub template: Option<PathBuf>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// People are still being planned: nothing was sent, and it cannot be resumed.
    Planning,
    /// Everybody is planned, and it waits to be run.
    Ready,
    /// It runs, or its program died while it did.
    Running,
    /// It was interrupted, or stopped because too much failed: `jobs resume` goes on.
    Stopped,
    /// Everybody's steps have ended, well or not.
    Ended,
    /// Somebody cancelled it: it is not resumed.
    Cancelled,
}

/// What is written of a person when planning.
#[derive(Clone, Debug)]
pub enum Entry {
    /// To be carried out. Its `state` is kept: it says what stood there before, for undoing.
    Planned(PlannedUser),
    /// Left out, with the row that says why: it is only reported.
    Left(StepRow),
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not sent.
    Planned,
    /// It may have been sent: it is looked at before it is sent again.
    Started,
    /// It has ended, as its row says.
    Ended,
}

/// A step as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Its place in [`PlannedUser::steps`].
    pub place: u16,
    /// How far it has come.
    pub standing: Standing,
    /// How often it was sent, how it ended, the request ids: as results show it.
    pub row: StepRow,
    /// The id of what it made.
    pub created: Option<MethodId>,
    /// Whether a secret of it may have been made that nobody saw: then the next one is reported as reissued.
    pub reissued: bool,
}

/// What the row of a step says that was begun and whose end nobody wrote.
pub const MAY_HAVE_BEEN_SENT: &str = "may have been sent; nobody saw the answer";

impl StepRecord {
    /// The row as it is shown. A step that was begun, and whose end nobody wrote, is no planned one: its program may have
    /// died after the service did it.
    pub fn shown(self) -> StepRow {
        let mut row = self.row;
        if self.standing == Standing::Started {
            row.status = Status::Unknown;
            row.detail = match row.detail.as_str() {
                "" => MAY_HAVE_BEEN_SENT.to_owned(),
                detail => format!("{detail}; {MAY_HAVE_BEEN_SENT}"),
            };
        }
        row
    }
}

/// A person who was taken to be worked on.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The person's place in the job, from 0.
    pub seq: u64,
    /// The plan.
    pub person: PlannedUser,
    /// What is known of each of its steps, in their order.
    pub steps: Vec<StepRecord>,
}

/// A step of a person whose record changes.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The person's place in the job.
    pub seq: u64,
    /// What is known of it now.
    pub record: StepRecord,
}

/// Somebody who is not done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The sign-in name.
    pub user: String,
    /// The service's id.
    pub user_id: UserId,
    /// Whether the plan makes a secret.
    pub mints: bool,
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All, also of those who were left out.
    All,
    /// Those of people with a step that failed or is unknown.
    Failed,
    /// Those that are neither done nor unchanged.
    NotDone,
}

/// The journal of one job. Everything that a call wrote is on the disk when it returns.
///
/// Errors are those of its store: `disk_full`, `file_unreadable`, `file_corrupt`, `unavailable` for a database.
#[async_trait]
pub trait Journal: Send + Sync {
    /// What the job is.
    async fn head(&self) -> Result<JobHead>;

    /// Where it stands.
    async fn state(&self) -> Result<JobState>;

    /// Says where it stands from now on.
    async fn set_state(&self, state: JobState) -> Result<()>;

    /// Whether several workers may share it: then nobody left to take does not say that everybody is done with, and what
    /// one worker comes to is not what the job comes to.
    fn is_shared(&self) -> bool {
        false
    }

    /// Adds people in the order in which they are worked on, in one commit.
    async fn add(&self, entries: Vec<Entry>) -> Result<()>;

    /// Takes at most so many people who are neither ended nor taken, in order. Where several machines share the
    /// journal they are leased to this worker until [`Journal::keep`] is not called for a minute.
    async fn take(&self, most: usize) -> Result<Vec<Taken>>;

    /// Renews what this worker has taken.
    async fn keep(&self) -> Result<()>;

    /// Which of these people this worker still holds, each for half a minute more at the least; one process by itself
    /// holds everybody. Who is missing is somebody else's now: nothing more is sent for them here.
    async fn holds(&self, people: &[u64]) -> Result<Vec<u64>> {
        Ok(people.to_vec())
    }

    /// Records steps: `Started` before anything is sent, `Ended` as soon as the outcome is known. One commit. Where it
    /// does not hold all of their people any more it says `lease_lost`, and what it wrote is that of the others.
    async fn mark(&self, marks: Vec<Mark>) -> Result<()>;

    /// These people are finished with: whatever is left of their steps is not to be sent in this run.
    async fn finish(&self, people: &[u64]) -> Result<()>;

    /// These people were not begun, or not to their end: the next run takes them again.
    async fn give_back(&self, people: &[u64]) -> Result<()>;

    /// Opens again, for another run, every person with a step that failed, is unknown or was skipped; gives how many
    /// people are open now. What is done stays done.
    async fn reopen(&self) -> Result<u64>;

    /// People and steps, counted; people who are not ended count as selected alone, their steps as planned, or as unknown
    /// where they were begun.
    async fn summary(&self) -> Result<Summary>;

    /// Steps to send in all, and people with at least one.
    async fn size(&self) -> Result<Size>;

    /// Rows as they are shown, in the order of people and steps, read as they are wanted.
    fn rows(&self, which: Which) -> BoxStream<'_, Result<StepRow>>;

    /// Planned people with their records, in order, read as they are wanted: for undoing, and for what remains.
    fn people(&self) -> BoxStream<'_, Result<Taken>>;

    /// People who are not done with, without their plans: whoever goes on with a job asks the guards about them, and
    /// does not read a hundred thousand plans for it.
    fn open(&self) -> BoxStream<'_, Result<Open>>;
}

/// How large a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// People with something to send.
    pub people: u64,
    /// Steps to send.
    pub steps: u64,
    /// People who were left out.
    pub left_out: u64,
    /// People whose plan makes a secret.
    pub minting: u64,
}

/// How a job is shown: `j-` and the shortest end of its id, four digits or more, that no other id has.
pub fn short_id(id: &str, others: &[String]) -> String {
    let end = |length: usize| id.get(id.len().saturating_sub(length)..).unwrap_or(id);
    let taken = |end: &str| others.iter().any(|other| other != id && other.ends_with(end));
    let length = (4..=id.len())
        .find(|length| !taken(end(*length)))
        .unwrap_or(id.len());
    format!("j-{}", end(length))
}

#[cfg(test)]
mod tests {
    use super::short_id;

    #[test]
    fn a_job_is_shown_by_the_shortest_end_that_no_other_has() {
        let others: Vec<String> = ["x-00004f7a", "x-00014f7a", "x-00004f7b"]
            .map(str::to_owned)
            .into();
        assert_eq!(short_id("x-00004f7b", &others), "j-4f7b");
        assert_eq!(short_id("x-00004f7a", &others), "j-04f7a");
    }
}
