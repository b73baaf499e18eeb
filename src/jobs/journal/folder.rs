//! The folder of jobs, one file a job: which there are, which one is meant, which are old enough to go. A file that
//! cannot be read is told with its error and keeps nobody from the others.

use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{JobHead, JobState, Journal, Size, SqliteJournal, short_id};
use crate::domain::shape::Summary;
use crate::domain::{Error, ErrorCode, Match, Result};

/// How long a job is kept where nobody says.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Where jobs are.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

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

impl Folder {
    /// The jobs in this folder of state.
    pub fn new(state: &Path) -> Self {
        Self {
            path: state.join("jobs"),
        }
    }

    /// Where files of jobs are made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a job.
    pub fn file(&self, id: &str) -> PathBuf {
        self.path.join(format!("{id}.db"))
    }

    /// The ids of all jobs, the newest first.
    ///
    /// # Errors
    /// `file_unreadable` for a folder that cannot be read; there need not be one.
    pub fn ids(&self) -> Result<Vec<String>> {
        let told = |error: io::Error| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("cannot read {}: {error}", self.path.display()),
            )
        };
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(told(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(told)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".db"));
            ids.extend(
                id.filter(|id| uuid::Uuid::try_parse(id).is_ok())
                    .map(str::to_owned),
            );
        }
        // Ids of version 7 are in the order in which they were made.
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    }

    /// How a job is shown: the shortest end of its id that no other here has.
    pub fn short(&self, id: &str) -> String {
        short_id(id, &self.ids().unwrap_or_default())
    }

    /// All jobs, the newest first.
    ///
    /// # Errors
    /// As [`Self::ids`].
    pub async fn list(&self) -> Result<Vec<Listed>> {
        let ids = self.ids()?;
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

    /// What is known of a job.
    ///
    /// # Errors
    /// As [`SqliteJournal::read`].
    pub async fn look(&self, id: &str) -> Result<Job> {
        let path = self.file(id);
        let journal = SqliteJournal::read(&path)?;
        Ok(Job {
            head: journal.head().await?,
            // In this order: who has ended in between is not taken for one that died.
            runs: SqliteJournal::is_run(&path),
            state: journal.state().await?,
            summary: journal.summary().await?,
            size: journal.size().await?,
            last_at: journal.last_at().await?,
        })
    }

    /// The id of the job that is meant: `j-4f7a`, a whole id, any end of one, or the name of `--job`.
    ///
    /// # Errors
    /// `not_found`; `ambiguous` with all that match.
    pub async fn find(&self, meant: &str) -> Result<String> {
        let ids = self.ids()?;
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

    /// The ids of the jobs with this name, the newest first. A job that cannot be read has none.
    ///
    /// # Errors
    /// As [`Self::ids`].
    pub async fn named(&self, name: &str) -> Result<Vec<String>> {
        let mut named = Vec::new();
        for id in self.ids()? {
            let Ok(journal) = SqliteJournal::read(&self.file(&id)) else {
                continue;
            };
            if journal
                .head()
                .await
                .is_ok_and(|head| head.name.as_deref() == Some(name))
            {
                named.push(id);
            }
        }
        Ok(named)
    }

    async fn ambiguous(&self, meant: &str, several: &[&String], ids: &[String]) -> Error {
        let mut matches = Vec::with_capacity(several.len());
        for id in several {
            let detail = match self.look(id).await {
                Ok(job) => format!("{}, {}, made {}", job.head.verb, job.word(), job.head.made_at),
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
    /// resumed never is among them, nor one that runs.
    ///
    /// # Errors
    /// As [`Self::ids`].
    pub async fn old(
        &self,
        now: Timestamp,
        keep: &dyn Fn(&JobHead) -> SignedDuration,
    ) -> Result<Vec<Listed>> {
        let listed = self.list().await?;
        let is_old = |job: &Job| {
            let age = now.duration_since(job.last_at.unwrap_or(job.head.made_at));
            job.is_over() && age > keep(&job.head)
        };
        Ok(listed
            .into_iter()
            .filter(|one| one.job.as_ref().is_ok_and(is_old))
            .collect())
    }

    /// Deletes a job.
    ///
    /// # Errors
    /// `file_locked` while it runs; `file_unreadable`.
    pub fn remove(&self, id: &str) -> Result<()> {
        SqliteJournal::remove(&self.file(id))
    }
}

#[cfg(test)]
mod tests;
