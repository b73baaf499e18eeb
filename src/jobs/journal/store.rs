//! Where jobs are kept: which there are, which one is meant, which are old enough to go. A folder of files, or a database.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{JobHead, JobState, Journal, Size, short_id};
use crate::domain::shape::Summary;
use crate::domain::{Bucket, Error, ErrorCode, Limits, Match, Result};

/// How long a job is kept where nobody says.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What is known of a job without its rows.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it is.
    pub head: JobHead,
    /// Where it stands.
    pub state: JobState,
    /// Whether a process runs it now.
    pub runs: bool,
    /// People and steps, counted.
    pub summary: Summary,
    /// How large it is.
    pub size: Size,
    /// When the last step ended.
    pub last_at: Option<Timestamp>,
}

/// A job of the folder.
#[derive(Debug)]
pub struct Listed {
    /// UUID v7.
    pub id: String,
    /// How it is shown: `j-4f7a`.
    pub short: String,
    /// What is known of it, or why that cannot be read.
    pub job: Result<Job>,
}

impl Job {
    /// The word for where it stands: what its process left behind when it died is told apart from what runs.
    pub fn word(&self) -> &'static str {
        match self.state {
            JobState::Planning if self.runs => "planning",
            JobState::Planning => "abandoned",
            JobState::Running if self.runs => "running",
            JobState::Running | JobState::Stopped => "stopped",
            JobState::Ready => "ready",
            JobState::Ended => "ended",
            JobState::Cancelled => "cancelled",
        }
    }

    /// People who are not ended.
    pub fn left(&self) -> u64 {
        let users = &self.summary.users;
        users
            .selected
            .saturating_sub(users.done + users.unchanged + users.skipped + users.failed)
    }

    /// Whether nothing is left in it that could be resumed.
    fn is_over(&self) -> bool {
        let over = matches!(
            self.state,
            JobState::Ended | JobState::Cancelled | JobState::Planning
        );
        over && !self.runs
    }
}

/// Where jobs are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// The ids of all jobs, the newest first.
    async fn ids(&self) -> Result<Vec<String>>;

    /// What is known of a job.
    async fn look(&self, id: &str) -> Result<Job>;

    /// The ids of the jobs with this name, the newest first. A job that cannot be read has none.
    async fn named(&self, name: &str) -> Result<Vec<String>>;

    /// Whether a process runs the job now.
    async fn runs(&self, id: &str) -> Result<bool>;

    /// As long as the answer is held, nobody else who asked for one begins a job that has a name.
    async fn alone(&self) -> Result<Box<dyn Any + Send>>;

    /// The pace that all share who keep jobs here and name it alike; `None`: nobody but this machine does. It begins
    /// with these limits.
    async fn bucket(&self, name: &str, limits: Limits) -> Result<Option<Arc<dyn Bucket>>>;

    /// Makes the journal of a job, in the state `Planning`.
    async fn create(&self, head: &JobHead) -> Result<Box<dyn Journal>>;

    /// The files of a job that was made here, for whoever ends at once; a database has none.
    fn files(&self, _id: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Opens a journal to go on with its job: in a folder nobody else does so at the same time, in a database it is one
    /// more worker.
    async fn open(&self, id: &str) -> Result<Box<dyn Journal>>;

    /// Opens a journal to look at it, also while it runs.
    async fn read(&self, id: &str) -> Result<Box<dyn Journal>>;

    /// Cancels a job, also while another process runs it: that one finishes what it has begun and takes nobody else.
    async fn cancel(&self, id: &str) -> Result<()>;

    /// Deletes what a process left that died while it made a job; nothing was sent in it.
    async fn sweep(&self) {}

    /// Deletes a job; `file_locked` while it runs.
    async fn remove(&self, id: &str) -> Result<()>;
}

impl dyn Store + '_ {
    /// How a job is shown: the shortest end of its id that no other here has.
    pub async fn short(&self, id: &str) -> String {
        short_id(id, &self.ids().await.unwrap_or_default())
    }

    /// All jobs, the newest first.
    ///
    /// # Errors
    /// As [`Self::ids`].
    pub async fn list(&self) -> Result<Vec<Listed>> {
        let ids = self.ids().await?;
        let mut listed = Vec::with_capacity(ids.len());
        for id in &ids {
            listed.push(Listed {
                id: id.clone(),
                short: short_id(id, &ids),
                job: self.look(id).await,
            });
        }
        Ok(listed)
    }

    /// The id of the job that is meant: `j-4f7a`, a whole id, any end of one, or the name of `--job`.
    ///
    /// # Errors
    /// `not_found`; `ambiguous` with all that match.
    pub async fn find(&self, meant: &str) -> Result<String> {
        let ids = self.ids().await?;
        let end = meant.trim().to_lowercase();
        let end = end.strip_prefix("j-").unwrap_or(&end);
        let is_end = !end.is_empty() && end.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let mut found: Vec<&String> = ids.iter().filter(|id| is_end && id.ends_with(end)).collect();
        if found.is_empty() {
            let named = self.named(meant).await?;
            found = ids.iter().filter(|id| named.contains(id)).collect();
        }
        match found.as_slice() {
            [id] => Ok((*id).clone()),
            [] => Err(
                Error::new(ErrorCode::NotFound, format!("there is no job \"{meant}\""))
                    .hint("mfactl jobs list"),
            ),
            several => Err(self.ambiguous(meant, several, &ids).await),
        }
    }

    async fn ambiguous(&self, meant: &str, several: &[&String], ids: &[String]) -> Error {
        let mut matches = Vec::with_capacity(several.len());
        for id in several {
            let detail = match self.look(id).await {
                Ok(job) => {
                    let part = job.head.part.map(|(part, of)| format!(", part {part}/{of}"));
                    format!(
                        "{}{}, {}, made {}",
                        job.head.verb,
                        part.unwrap_or_default(),
                        job.word(),
                        job.head.made_at
                    )
                }
                Err(error) => error.message().to_owned(),
            };
            matches.push(Match {
                reference: short_id(id, ids),
                detail,
            });
        }
        let message = format!("\"{meant}\" matches {} jobs", several.len());
        let hint = matches
            .first()
            .map(|first| format!("mfactl jobs show {}", first.reference));
        Error::new(ErrorCode::Ambiguous, message)
            .matches(matches)
            .hint(hint.unwrap_or_default())
    }

    /// The jobs that are over and whose last step is older than `keep` says for their profile. One that can be
    /// resumed never is among them, nor one that runs. `least`: what `keep` never falls below; younger jobs are not
    /// even looked at.
    ///
    /// # Errors
    /// As [`Self::ids`].
    pub async fn old(
        &self,
        now: Timestamp,
        least: SignedDuration,
        keep: &dyn Fn(&JobHead) -> SignedDuration,
    ) -> Result<Vec<Listed>> {
        let ids = self.ids().await?;
        let mut old = Vec::new();
        for id in ids.iter().filter(|id| is_older(id, now, least)) {
            let job = self.look(id).await;
            let is_old = job.as_ref().is_ok_and(|job| {
                let age = now.duration_since(job.last_at.unwrap_or(job.head.made_at));
                job.is_over() && age > keep(&job.head)
            });
            if is_old {
                old.push(Listed {
                    id: id.clone(),
                    short: short_id(id, &ids),
                    job,
                });
            }
        }
        Ok(old)
    }
}

/// Whether a job was made before then: its id says when.
pub(super) fn is_older(id: &str, now: Timestamp, least: SignedDuration) -> bool {
    let made = uuid::Uuid::try_parse(id)
        .ok()
        .and_then(|id| id.get_timestamp())
        .and_then(|at| i64::try_from(at.to_unix().0).ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    made.is_none_or(|made| now.duration_since(made) >= least)
}
