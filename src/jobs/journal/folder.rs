//! The folder of jobs, one file a job. A file that cannot be read is told with its error and keeps nobody from the others.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::store::{Job, Store};
use super::{JobHead, Journal, SqliteJournal};
use crate::domain::private::{self, beside};
use crate::domain::{Bucket, Error, ErrorCode, Limits, Result};

/// Where jobs are.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
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
}

#[async_trait]
impl Store for Folder {
    async fn ids(&self) -> Result<Vec<String>> {
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

    async fn look(&self, id: &str) -> Result<Job> {
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

    async fn named(&self, name: &str) -> Result<Vec<String>> {
        let mut named = Vec::new();
        for id in self.ids().await? {
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

    async fn runs(&self, id: &str) -> Result<bool> {
        Ok(SqliteJournal::is_run(&self.file(id)))
    }

    async fn alone(&self) -> Result<Box<dyn Any + Send>> {
        let path = self.path.join("names.lock");
        let failed = |error: io::Error| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("cannot write {}: {error}", path.display()),
            )
        };
        private::make_folder(&self.path).map_err(failed)?;
        let file = private::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Box::new(file))
    }

    async fn bucket(&self, _name: &str, _limits: Limits) -> Result<Option<Arc<dyn Bucket>>> {
        Ok(None)
    }

    async fn create(&self, head: &JobHead) -> Result<Box<dyn Journal>> {
        Ok(Box::new(SqliteJournal::create(&self.path, head)?))
    }

    fn files(&self, id: &str) -> Vec<PathBuf> {
        let file = self.file(id);
        ["", "-wal", "-shm", ".lock"].map(|end| beside(&file, end)).into()
    }

    async fn open(&self, id: &str) -> Result<Box<dyn Journal>> {
        Ok(Box::new(SqliteJournal::open(&self.file(id))?))
    }

    async fn read(&self, id: &str) -> Result<Box<dyn Journal>> {
        Ok(Box::new(SqliteJournal::read(&self.file(id))?))
    }

    async fn cancel(&self, id: &str) -> Result<()> {
        SqliteJournal::cancel(&self.file(id)).await
    }

    async fn sweep(&self) {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "making") {
                SqliteJournal::sweep(&path);
            }
        }
    }

    async fn remove(&self, id: &str) -> Result<()> {
        SqliteJournal::remove(&self.file(id))
    }
}

#[cfg(test)]
mod tests;
