//! The journal of a job in a file of its own: SQLite, write-ahead log, synced at each commit. One process runs it, any
//! number may look at it. A process that is killed leaves it readable, with everything that was answered.

mod file;
mod read;
mod write;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;

use super::pieces::{all_behind, placed};
use super::{Entry, JobHead, JobState, Journal, Mark, Open, Size, Taken, Which};
use crate::domain::Result;
use crate::domain::shape::{StepRow, Summary};
use writer::Writer;

/// Rows and people that are read at a time.
const CHUNK: usize = 500;

/// A job in a file.
pub struct SqliteJournal {
    writer: Writer,
    /// The seq after which people are taken next: whoever was given back waits for the next run.
    next: tokio::sync::Mutex<i64>,
}

impl SqliteJournal {
    /// Makes the journal of a job, in the state `Planning`; it is locked until it is dropped.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub fn create(folder: &Path, head: &JobHead) -> Result<Self> {
        Self::of(file::create(folder, head)?)
    }

    /// Opens a journal to go on with it; it is locked until it is dropped.
    ///
    /// # Errors
    /// `file_locked` while another process runs it; `not_found`, `file_corrupt`, `file_from_newer_version`,
    /// `file_unreadable`, `disk_full`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of(file::open(path)?)
    }

    /// Opens a journal to look at it, also while it runs. Nothing can be written.
    ///
    /// # Errors
    /// As [`Self::open`], but for `file_locked`.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of(file::read(path)?)
    }

    /// A journal that is gone with the process: for dry runs.
    ///
    /// # Errors
    /// `internal`.
    pub fn in_memory(head: &JobHead) -> Result<Self> {
        Self::of(file::in_memory(head)?)
    }

    /// Whether a process runs the job of this file now.
    pub fn is_run(path: &Path) -> bool {
        file::is_run(path)
    }

    /// Deletes the file of a job and what lies beside it.
    ///
    /// # Errors
    /// `file_locked` while it runs.
    pub fn remove(path: &Path) -> Result<()> {
        file::remove(path)
    }

    /// Deletes a file that was to become a journal, unless a process still makes it.
    pub(super) fn sweep(making: &Path) {
        file::sweep(making);
    }

    /// When the last step ended.
    ///
    /// # Errors
    /// As every other call.
    pub async fn last_at(&self) -> Result<Option<Timestamp>> {
        self.writer.call(read::last_at).await
    }

    /// Cancels a job, also while another process runs it: that one finishes what it has begun and takes nobody else.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn cancel(path: &Path) -> Result<()> {
        Self::of(file::join(path)?)?.set_state(JobState::Cancelled).await
    }

    fn of(opened: file::Opened) -> Result<Self> {
        Ok(Self {
            writer: Writer::start(opened)?,
            next: tokio::sync::Mutex::new(-1),
        })
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn head(&self) -> Result<JobHead> {
        self.writer
            .call(|connection| read::meta(connection, "head"))
            .await
    }

    async fn state(&self) -> Result<JobState> {
        self.writer
            .call(|connection| read::meta(connection, "state"))
            .await
    }

    async fn set_state(&self, state: JobState) -> Result<()> {
        self.writer
            .call(move |connection| write::state(connection, state))
            .await
    }

    async fn add(&self, entries: Vec<Entry>) -> Result<()> {
        self.writer
            .call(move |connection| write::add(connection, &entries))
            .await
    }

    async fn take(&self, most: usize) -> Result<Vec<Taken>> {
        let mut next = self.next.lock().await;
        let after = *next;
        let taken = self
            .writer
            .call(move |connection| read::open_people(connection, after, most))
            .await?;
        if let Some(last) = taken.last() {
            *next = i64::try_from(last.seq).unwrap_or(i64::MAX);
        }
        Ok(taken)
    }

    /// One process holds it: there is nothing to renew.
    async fn keep(&self) -> Result<()> {
        Ok(())
    }

    async fn mark(&self, marks: Vec<Mark>) -> Result<()> {
        self.writer
            .call(move |connection| write::marks(connection, &marks))
            .await
    }

    async fn finish(&self, people: &[u64]) -> Result<()> {
        let people = people.to_vec();
        self.writer
            .call(move |connection| write::finish(connection, &people))
            .await
    }

    /// They were never more than open, and this run has gone past them.
    async fn give_back(&self, _people: &[u64]) -> Result<()> {
        Ok(())
    }

    async fn reopen(&self) -> Result<u64> {
        let mut next = self.next.lock().await;
        *next = -1;
        self.writer.call(write::reopen).await
    }

    async fn summary(&self) -> Result<Summary> {
        self.writer.call(read::summary).await
    }

    async fn size(&self) -> Result<Size> {
        self.writer.call(read::size).await
    }

    fn rows(&self, which: Which) -> BoxStream<'_, Result<StepRow>> {
        all_behind((-1, -1), move |after| async move {
            let read = self
                .writer
                .call(move |connection| read::rows(connection, which, after, CHUNK));
            read.await.map(placed)
        })
    }

    fn people(&self) -> BoxStream<'_, Result<Taken>> {
        all_behind(-1, move |after| async move {
            let chunk = self
                .writer
                .call(move |connection| read::planned_people(connection, after, CHUNK))
                .await?;
            let next = chunk
                .last()
                .map(|taken| i64::try_from(taken.seq).unwrap_or(i64::MAX));
            Ok(next.map(|next| (chunk, next)))
        })
    }

    fn open(&self) -> BoxStream<'_, Result<Open>> {
        all_behind(-1, move |after| async move {
            let read = self
                .writer
                .call(move |connection| read::open(connection, after, CHUNK));
            read.await.map(placed)
        })
    }
}

#[cfg(test)]
mod tests;
