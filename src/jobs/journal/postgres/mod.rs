//! The journal of a job in PostgreSQL, which any number of workers on any machines share. A worker leases people; what
//! it writes counts only while the lease is its own, so that one that slept does not write over whoever took over.

mod address;
mod bucket;
mod link;
mod pgpass;
mod read;
mod schema;
mod store;
mod tls;
mod write;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use uuid::Uuid;

use super::pieces::{all_behind, placed};
use super::{Entry, JobHead, JobState, Journal, Mark, Open, Size, Taken, Which};
use crate::domain::shape::{StepRow, Summary};
use crate::domain::{Error, ErrorCode, Result, Secret};
use link::Link;

use bucket::SharedBucket;
pub use store::PostgresStore;

/// A database, and what lets us in. The password is never part of the URL: other people can read a command line.
#[derive(Clone, Debug)]
pub struct Login {
    /// `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// The password, from a variable.
    pub password: Option<Secret>,
    /// The password file.
    pub passfile: Option<PathBuf>,
}

/// Rows and people that are read at a time.
const CHUNK: i64 = 500;

/// A job in a database, as one worker sees it.
pub struct PostgresJournal {
    link: Arc<Link>,
    job: Uuid,
    /// Who this worker is: made anew each time a journal is opened.
    owner: Uuid,
    hands: Mutex<Hands>,
    /// The next person's place, while people are added.
    next: tokio::sync::Mutex<Option<i64>>,
    /// The lock of whoever plans it, until it is planned.
    planning: Mutex<Option<Link>>,
}

/// What this worker has of the job.
#[derive(Default)]
struct Hands {
    /// Whom it holds.
    held: BTreeSet<i64>,
    /// Whom it gave back: they wait for another worker, or for the next run.
    returned: BTreeSet<i64>,
}

impl PostgresJournal {
    fn new(link: Arc<Link>, job: Uuid) -> Self {
        Self {
            link,
            job,
            owner: Uuid::new_v4(),
            hands: Mutex::default(),
            next: tokio::sync::Mutex::new(None),
            planning: Mutex::default(),
        }
    }

    /// Keeps the lock of whoever plans it.
    fn is_planned_here(&self, lock: Link) {
        *self.planning.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    async fn head(&self) -> Result<JobHead> {
        let found = self.link.run(|client| read::head(client, self.job)).await?;
        let (head, _) = found.ok_or_else(|| gone(self.job))?;
        Ok(head)
    }

    async fn state(&self) -> Result<JobState> {
        let found = self.link.run(|client| read::head(client, self.job)).await?;
        let (_, state) = found.ok_or_else(|| gone(self.job))?;
        Ok(state)
    }

    async fn set_state(&self, state: JobState) -> Result<()> {
        if state == JobState::Running {
            // Another run begins: whoever this worker gave back may be taken again.
            self.hands().returned.clear();
        }
        let word = read::word(&state);
        self.link
            .run(|client| write::state(client, self.job, word.clone()))
            .await?;
        if state != JobState::Planning {
            let lock = self
                .planning
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(lock) = lock {
                store::is_planned(&lock).await?;
            }
        }
        Ok(())
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn add(&self, entries: Vec<Entry>) -> Result<()> {
        let mut next = self.next.lock().await;
        let first = match *next {
            Some(next) => next,
            None => self.link.run(|client| read::next_seq(client, self.job)).await?,
        };
        let rows = write::Adding::new(first, &entries);
        self.link
            .run(|client| write::add(client, self.job, rows.clone()))
            .await?;
        *next = Some(first + i64::try_from(entries.len()).unwrap_or(i64::MAX));
        Ok(())
    }

    async fn take(&self, most: usize) -> Result<Vec<Taken>> {
        let returned: Arc<[i64]> = self.hands().returned.iter().copied().collect();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let taken = self
            .link
            .run(|client| write::take(client, self.job, self.owner, most, returned.clone()))
            .await?;
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        self.hands().held.extend(&taken);
        let taken: Arc<[i64]> = taken.into();
        self.link
            .run(|client| read::some(client, self.job, taken.clone()))
            .await
    }

    async fn keep(&self) -> Result<()> {
        let held: Arc<[i64]> = self.hands().held.iter().copied().collect();
        if held.is_empty() {
            return Ok(());
        }
        self.link
            .run(|client| write::keep(client, self.job, self.owner, held.clone()))
            .await
    }

    async fn holds(&self, people: &[u64]) -> Result<Vec<u64>> {
        let asked: Arc<[i64]> = people.iter().copied().map(signed).collect();
        let mine = self
            .link
            .run(|client| write::holds(client, self.job, self.owner, asked.clone()))
            .await?;
        self.hands()
            .held
            .retain(|seq| !asked.contains(seq) || mine.contains(seq));
        Ok(mine
            .into_iter()
            .map(|seq| u64::try_from(seq).unwrap_or_default())
            .collect())
    }

    async fn mark(&self, marks: Vec<Mark>) -> Result<()> {
        let rows = write::Marking::new(&marks);
        let people: BTreeSet<i64> = marks.iter().map(|mark| signed(mark.seq)).collect();
        let mine = self
            .link
            .run(|client| write::mark(client, self.job, self.owner, rows.clone()))
            .await?;
        let lost: Vec<i64> = people.difference(&mine.into_iter().collect()).copied().collect();
        if lost.is_empty() {
            return Ok(());
        }
        self.hands().held.retain(|seq| !lost.contains(seq));
        Err(Error::new(
            ErrorCode::LeaseLost,
            format!(
                "another worker took over {} of the people of this one",
                lost.len()
            ),
        )
        .hint("it was silent for a minute; what it sent is looked at by the other"))
    }

    async fn finish(&self, people: &[u64]) -> Result<()> {
        let people: Arc<[i64]> = people.iter().copied().map(signed).collect();
        self.link
            .run(|client| write::finish(client, self.job, self.owner, people.clone()))
            .await?;
        self.hands().held.retain(|seq| !people.contains(seq));
        Ok(())
    }

    async fn give_back(&self, people: &[u64]) -> Result<()> {
        let people: Arc<[i64]> = people.iter().copied().map(signed).collect();
        self.link
            .run(|client| write::give_back(client, self.job, self.owner, people.clone()))
            .await?;
        let mut hands = self.hands();
        hands.held.retain(|seq| !people.contains(seq));
        hands.returned.extend(people.iter());
        Ok(())
    }

    async fn reopen(&self) -> Result<u64> {
        self.hands().returned.clear();
        self.link.run(|client| write::reopen(client, self.job)).await?;
        self.link.run(|client| read::open_people(client, self.job)).await
    }

    async fn summary(&self) -> Result<Summary> {
        self.link.run(|client| read::summary(client, self.job)).await
    }

    async fn size(&self) -> Result<Size> {
        self.link.run(|client| read::size(client, self.job)).await
    }

    fn rows(&self, which: Which) -> BoxStream<'_, Result<StepRow>> {
        all_behind((-1, -1), move |after| async move {
            let read = self
                .link
                .run(|client| read::rows(client, self.job, which, after, CHUNK));
            read.await.map(placed)
        })
    }

    fn people(&self) -> BoxStream<'_, Result<Taken>> {
        all_behind(-1, move |after| async move {
            let seqs = self
                .link
                .run(|client| read::planned(client, self.job, after, CHUNK))
                .await?;
            let Some(next) = seqs.last().copied() else {
                return Ok(None);
            };
            let seqs: Arc<[i64]> = seqs.into();
            let chunk = self
                .link
                .run(|client| read::some(client, self.job, seqs.clone()))
                .await?;
            Ok(Some((chunk, next)))
        })
    }

    fn open(&self) -> BoxStream<'_, Result<Open>> {
        all_behind(-1, move |after| async move {
            let read = self.link.run(|client| read::open(client, self.job, after, CHUNK));
            read.await.map(placed)
        })
    }
}

fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn gone(job: Uuid) -> Error {
    Error::new(
        ErrorCode::NotFound,
        format!("there is no job {job} in the database"),
    )
    .hint("mfactl jobs list --store URL")
}
