//! Journals of the parts of one selection, read one after the other as if they were one. Nothing is written.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};

use super::{Entry, JobHead, JobState, Journal, Mark, Open, Size, Taken, Which};
use crate::domain::shape::{StepRow, Summary};
use crate::domain::{Error, ErrorCode, Result};

/// The parts, in their order.
pub struct Several {
    parts: Vec<Box<dyn Journal>>,
}

impl Several {
    /// These parts.
    ///
    /// # Errors
    /// `internal` where there is none.
    pub fn new(parts: Vec<Box<dyn Journal>>) -> Result<Self> {
        if parts.is_empty() {
            return Err(Error::new(ErrorCode::Internal, "there is no part to read"));
        }
        Ok(Self { parts })
    }
}

fn only_read<T>() -> Result<T> {
    Err(Error::new(
        ErrorCode::Internal,
        "parts that are read together are not written",
    ))
}

#[async_trait]
impl Journal for Several {
    async fn head(&self) -> Result<JobHead> {
        match self.parts.first() {
            Some(first) => first.head().await,
            None => only_read(),
        }
    }

    /// Ended where all have.
    async fn state(&self) -> Result<JobState> {
        for part in &self.parts {
            let state = part.state().await?;
            if state != JobState::Ended {
                return Ok(state);
            }
        }
        Ok(JobState::Ended)
    }

    async fn set_state(&self, _state: JobState) -> Result<()> {
        only_read()
    }

    async fn add(&self, _entries: Vec<Entry>) -> Result<()> {
        only_read()
    }

    async fn take(&self, _most: usize) -> Result<Vec<Taken>> {
        only_read()
    }

    async fn keep(&self) -> Result<()> {
        only_read()
    }

    async fn mark(&self, _marks: Vec<Mark>) -> Result<()> {
        only_read()
    }

    async fn finish(&self, _people: &[u64]) -> Result<()> {
        only_read()
    }

    async fn give_back(&self, _people: &[u64]) -> Result<()> {
        only_read()
    }

    async fn reopen(&self) -> Result<u64> {
        only_read()
    }

    async fn summary(&self) -> Result<Summary> {
        let mut all = Summary::default();
        for part in &self.parts {
            let Summary { users, steps } = part.summary().await?;
            all.users.selected += users.selected;
            all.users.done += users.done;
            all.users.unchanged += users.unchanged;
            all.users.skipped += users.skipped;
            all.users.failed += users.failed;
            all.steps.planned += steps.planned;
            all.steps.done += steps.done;
            all.steps.unchanged += steps.unchanged;
            all.steps.skipped += steps.skipped;
            all.steps.failed += steps.failed;
            all.steps.unsupported += steps.unsupported;
            all.steps.unknown += steps.unknown;
        }
        Ok(all)
    }

    async fn size(&self) -> Result<Size> {
        let mut all = Size::default();
        for part in &self.parts {
            let size = part.size().await?;
            all.people += size.people;
            all.steps += size.steps;
            all.left_out += size.left_out;
            all.minting += size.minting;
        }
        Ok(all)
    }

    fn rows(&self, which: Which) -> BoxStream<'_, Result<StepRow>> {
        stream::iter(&self.parts)
            .flat_map(move |part| part.rows(which))
            .boxed()
    }

    fn people(&self) -> BoxStream<'_, Result<Taken>> {
        stream::iter(&self.parts).flat_map(|part| part.people()).boxed()
    }

    fn open(&self) -> BoxStream<'_, Result<Open>> {
        stream::iter(&self.parts).flat_map(|part| part.open()).boxed()
    }
}
