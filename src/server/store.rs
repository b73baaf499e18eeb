//! The open data file: one writer, a few readers, every write one `BEGIN IMMEDIATE`.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::Semaphore;

use super::error::ApiError;
use super::file;
use crate::domain::Result;

/// How many reads run side by side.
const READERS: usize = 4;

/// A handle on the data file; clones share it. Holds the shared lock on `FILE.lock` while it lives.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>);

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    reading: Semaphore,
    writing: Semaphore,
    _lock: File,
}

/// A panic under the lock leaves a connection whose transaction was rolled back: it can be used on.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens the file, making and seeding it if it is not there.
    ///
    /// # Errors
    /// As [`file::open`].
    pub(crate) fn open(path: PathBuf, demo: bool) -> Result<Self> {
        let (writer, lock) = file::open(&path, demo)?;
        Ok(Self(Arc::new(Inner {
            path,
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::with_capacity(READERS)),
            reading: Semaphore::new(READERS),
            writing: Semaphore::new(1),
            _lock: lock,
        })))
    }

    /// Reads: all statements of `job` see one state of the file.
    ///
    /// # Errors
    /// What `job` answers, or that the file cannot be read.
    pub(crate) async fn read<T, F>(&self, job: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ApiError> + Send + 'static,
    {
        let _turn = self.0.reading.acquire().await.map_err(|_| ApiError::internal())?;
        let store = self.clone();
        run(move || {
            let spare = held(&store.0.readers).pop();
            let connection = match spare {
                Some(connection) => connection,
                None => file::connect(&store.0.path)?,
            };
            let answer = {
                let snapshot = connection.unchecked_transaction()?;
                job(&snapshot)
            };
            held(&store.0.readers).push(connection);
            answer
        })
        .await
    }

    /// Writes: `job` runs in one `BEGIN IMMEDIATE`, kept if it answers `Ok`, undone if not.
    ///
    /// # Errors
    /// What `job` answers, or that the file cannot be written.
    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    {
        let _turn = self.0.writing.acquire().await.map_err(|_| ApiError::internal())?;
        let store = self.clone();
        run(move || {
            let mut writer = held(&store.0.writer);
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = job(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
        .await
    }
}

async fn run<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(job).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a call to the store broke off");
        Err(ApiError::internal())
    })
}
