//! The one thread that holds a job's connection. Whoever asks at the same time is answered after the same commit: a
//! disk that takes its time to sync does so once for all of them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::file::Opened;
use crate::domain::{Error, ErrorCode, Result};

/// Most requests of one commit.
const TOGETHER: usize = 256;

/// Gives the answer, once it is known how the commit ended.
type Answer = Box<dyn FnOnce(Option<&Error>) + Send>;
/// Does the work inside the transaction, where one began; says whether it went well.
type Work = Box<dyn FnOnce(Option<&Connection>) -> (Answer, bool) + Send>;

pub(super) struct Writer {
    queue: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
    /// How errors name the journal.
    name: String,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// `internal` where the system gives none.
    pub(super) fn start(opened: Opened) -> Result<Self> {
        let (queue, requests) = channel();
        let name = opened.name.clone();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || serve(&opened, &requests))
            .map_err(|error| {
                Error::new(ErrorCode::Internal, format!("no thread for the journal: {error}"))
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            name,
        })
    }

    /// Runs `work` on the connection; what it wrote is on the disk when this returns.
    ///
    /// # Errors
    /// Those of the work, and those of the commit.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let name = self.name.clone();
        let work: Work = Box::new(move |connection| {
            let outcome = match connection {
                Some(connection) => {
                    within(connection, work).map_err(|error| super::file::from_sqlite(&name, &error))
                }
                None => Err(Error::new(ErrorCode::Internal, "no transaction began")),
            };
            let well = outcome.is_ok();
            let give: Answer = Box::new(move |commit| {
                // Nobody waits any more where the caller was dropped.
                let _ = answer.send(match commit {
                    Some(error) => Err(error.clone()),
                    None => outcome,
                });
            });
            (give, well)
        });
        let gone = || Error::new(ErrorCode::Internal, "the thread of the journal has ended");
        self.queue
            .as_ref()
            .and_then(|queue| queue.send(work).ok())
            .ok_or_else(gone)?;
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    /// The file is closed and its lock given back when this returns.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so; everything that was answered is on the disk.
            let _ = thread.join();
        }
    }
}

/// Takes one piece of work back where it fails, without touching that of the others.
fn within<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT one")?;
    let outcome = work(connection);
    if outcome.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK TO one")?;
    }
    if !connection.is_autocommit() {
        connection.execute_batch("RELEASE one")?;
    }
    outcome
}

fn serve(opened: &Opened, requests: &Receiver<Work>) {
    let connection = &opened.connection;
    while let Ok(first) = requests.recv() {
        let began = connection.execute_batch("BEGIN");
        let within = began.is_ok().then_some(connection);
        let mut answers = Vec::new();
        let mut lost = false;
        for work in std::iter::once(first).chain(requests.try_iter()).take(TOGETHER) {
            let (answer, well) = work(within);
            answers.push(answer);
            // SQLite gave the whole transaction up, as it does on a full disk: that of the others is gone too.
            lost = !well && within.is_some_and(Connection::is_autocommit);
            if lost {
                break;
            }
        }
        let ended = began.and_then(|()| {
            if lost {
                let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
                return Err(rusqlite::Error::SqliteFailure(full, None));
            }
            connection.execute_batch("COMMIT")
        });
        if ended.is_err() && !connection.is_autocommit() {
            // What went wrong first is what is told.
            let _ = connection.execute_batch("ROLLBACK");
        }
        let error = ended.err().map(|error| opened.told(&error));
        for answer in answers {
            answer(error.as_ref());
        }
    }
}
