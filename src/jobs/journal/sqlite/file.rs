//! The file of a job: making it, opening it, the lock of whoever runs it, and what its errors mean.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use crate::domain::private::{self, beside, make_folder};
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::journal::{JobHead, JobState};

const SCHEMA: &str = include_str!("schema.sql");
/// `mfaj`, as `PRAGMA application_id` has it.
const APPLICATION_ID: i32 = 0x6d66_616a;
/// The only version of the tables so far.
const VERSION: i32 = 1;
const BUSY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
/// Whoever lists jobs looks at the lock for a moment: that is waited out.
const PAUSES: u32 = 50;

/// An open journal; the lock is given back with it.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// How errors name it.
    pub(super) name: String,
    _lock: Option<File>,
}

impl Opened {
    /// An error of the database, as people are told.
    pub(super) fn told(&self, error: &rusqlite::Error) -> Error {
        from_sqlite(&self.name, error)
    }
}

/// Makes the file of a job, whole or not at all, and locks it.
///
/// # Errors
/// `file_unreadable`, `disk_full`.
pub(super) fn create(folder: &Path, head: &JobHead) -> Result<Opened> {
    make_folder(folder).map_err(|error| from_io(folder, &error))?;
    let path = folder.join(format!("{}.db", head.id));
    let lock = lock(&path)?;
    let making = folder.join(format!("{}.making", head.id));
    let made = make_file(&making, head).and_then(|()| {
        fs::rename(&making, &path)
            .and_then(|()| private::sync_folder(folder))
            .map_err(|error| from_io(&path, &error))
    });
    if let Err(error) = made {
        for name in [&making, &beside(&path, ".lock")] {
            // What went wrong first is what is told.
            let _ = fs::remove_file(name);
        }
        return Err(error);
    }
    opened(&path, Some(lock))
}

/// Opens the file of a job to run it: nobody else does so at the same time.
///
/// # Errors
/// `not_found`, `file_locked`, `file_corrupt`, `file_from_newer_version`, `file_unreadable`, `disk_full`.
pub(super) fn open(path: &Path) -> Result<Opened> {
    must_be_there(path)?;
    let lock = lock(path)?;
    opened(path, Some(lock))
}

/// Opens the file of a job to look at it, whoever runs it.
///
/// # Errors
/// As [`open`], but for `file_locked`.
pub(super) fn read(path: &Path) -> Result<Opened> {
    let opened = match join(path) {
        Err(error) if error.code() == ErrorCode::FileUnreadable => at_rest(path, error)?,
        joined => joined?,
    };
    opened
        .connection
        .pragma_update(None, "query_only", true)
        .map_err(|error| opened.told(&error))?;
    Ok(opened)
}

/// Opens the file of a job where nothing can be written, such as a volume of another machine: nobody runs it there.
///
/// # Errors
/// Why it could not be joined, where it was not closed: what its log holds can be read only where one can write.
fn at_rest(path: &Path, error: Error) -> Result<Opened> {
    if fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(
            error.hint("it was not closed: copy its folder to where you can write, and name it there")
        );
    }
    let name = path.display().to_string();
    let escaped = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection =
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).map_err(|_| error)?;
    check(&connection, &name)?;
    prepare(&connection).map_err(|error| from_sqlite(&name, &error))?;
    Ok(Opened {
        connection,
        name,
        _lock: None,
    })
}

/// Opens the file of a job beside whoever runs it.
///
/// # Errors
/// As [`read`].
pub(super) fn join(path: &Path) -> Result<Opened> {
    must_be_there(path)?;
    opened(path, None)
}

/// A journal that is gone with the process.
///
/// # Errors
/// `internal`.
pub(super) fn in_memory(head: &JobHead) -> Result<Opened> {
    let name = "in memory".to_owned();
    let told = |error: rusqlite::Error| from_sqlite("in memory", &error);
    let connection = Connection::open_in_memory().map_err(told)?;
    fill(&connection, head)?;
    prepare(&connection).map_err(told)?;
    Ok(Opened {
        connection,
        name,
        _lock: None,
    })
}

/// Whether a process runs the job now.
pub(super) fn is_run(path: &Path) -> bool {
    let lock = private::options()
        .read(true)
        .write(true)
        .open(beside(path, ".lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Deletes a job's file and what lies beside it.
///
/// # Errors
/// `file_locked` while it runs.
pub(super) fn remove(path: &Path) -> Result<()> {
    let lock = lock(path)?;
    for end in ["-wal", "-shm", ""] {
        remove_one(&beside(path, end))?;
    }
    drop(lock);
    remove_one(&beside(path, ".lock"))
}

/// Deletes a file that was to become a journal, unless a process still makes it.
pub(super) fn sweep(making: &Path) {
    let path = making.with_extension("db");
    let name = beside(&path, ".lock");
    let lock = private::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name);
    let Ok(lock) = lock else { return };
    if lock.try_lock().is_ok() {
        // What cannot be deleted is in nobody's way.
        let _ = fs::remove_file(making);
        if !path.exists() {
            let _ = fs::remove_file(name);
        }
    }
}

fn remove_one(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(from_io(path, &error)),
        _ => Ok(()),
    }
}

/// The name of a job as errors say it: the end of its id.
pub(super) fn name_of(path: &Path) -> String {
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    crate::jobs::journal::short_id(&id, &[])
}

fn make_file(path: &Path, head: &JobHead) -> Result<()> {
    remove_one(path)?;
    private::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| from_io(path, &error))?;
    let shown = path.display().to_string();
    let told = |error: rusqlite::Error| from_sqlite(&shown, &error);
    let connection = connect(path).map_err(told)?;
    to_wal(&connection).map_err(told)?;
    fill(&connection, head)?;
    // Closing takes everything into the one file, which is renamed.
    connection.close().map_err(|(_, error)| told(error))?;
    private::sync(path).map_err(|error| from_io(path, &error))
}

fn fill(connection: &Connection, head: &JobHead) -> Result<()> {
    let text = serde_json::to_string(head)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("a job cannot be written: {error}")))?;
    let state = serde_json::to_string(&JobState::Planning).unwrap_or_default();
    let made = || {
        connection.execute_batch("BEGIN")?;
        connection.execute_batch(SCHEMA)?;
        for (key, value) in [("head", text.as_str()), ("state", state.as_str()), ("run", "0")] {
            connection.execute(
                "INSERT INTO meta (key, value) VALUES (?1, ?2)",
                params![key, value],
            )?;
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", VERSION)?;
        connection.execute_batch("COMMIT")
    };
    made().map_err(|error| from_sqlite(&head.id, &error))
}

fn opened(path: &Path, lock: Option<File>) -> Result<Opened> {
    let name = path.display().to_string();
    let told = |error: rusqlite::Error| from_sqlite(&name, &error);
    let connection = connect(path).map_err(told)?;
    check(&connection, &name)?;
    prepare(&connection).map_err(told)?;
    Ok(Opened {
        connection,
        name,
        _lock: lock,
    })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(32);
    // Whatever was answered survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn to_wal(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    Ok(())
}

fn check(connection: &Connection, name: &str) -> Result<()> {
    let number = |pragma: &str| -> Result<i32> {
        connection
            .pragma_query_value(None, pragma, |row| row.get(0))
            .map_err(|error| from_sqlite(name, &error))
    };
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION_ID, VERSION) => Ok(()),
        (APPLICATION_ID, newer) if newer > VERSION => Err(Error::new(
            ErrorCode::FileFromNewerVersion,
            format!(
                "journal {name} was written by a newer mfactl (format {newer}, this one reads {VERSION})"
            ),
        )
        .hint("go on with the version that made it")),
        _ => Err(damaged(name)),
    }
}

fn lock(path: &Path) -> Result<File> {
    let name = beside(path, ".lock");
    let file = private::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .map_err(|error| from_io(&name, &error))?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if tries < PAUSES => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                let job = name_of(path);
                return Err(Error::new(
                    ErrorCode::FileLocked,
                    format!("job {job} is being run by another process"),
                )
                .hint(format!("mfactl jobs watch {job}")));
            }
            Err(TryLockError::Error(error)) => return Err(from_io(&name, &error)),
        }
        tries += 1;
    }
}

fn must_be_there(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::new(
            ErrorCode::NotFound,
            format!("there is no journal {}", path.display()),
        )
        .hint("mfactl jobs list")),
        Err(error) => Err(from_io(path, &error)),
    }
}

/// What an error of SQLite means.
pub(super) fn from_sqlite(name: &str, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Sqlite;
    match error.sqlite_error_code() {
        Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => Error::new(
            ErrorCode::FileLocked,
            format!("journal {name} is in use by another process"),
        )
        .hint("try again when it has finished"),
        Some(Sqlite::DatabaseCorrupt | Sqlite::NotADatabase) => damaged(name),
        Some(Sqlite::DiskFull) => disk_full(name),
        // The index of the write-ahead log could not grow: nothing but a full disk does that.
        _ if error.sqlite_error().map(|error| error.extended_code)
            == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) =>
        {
            disk_full(name)
        }
        Some(Sqlite::ReadOnly | Sqlite::CannotOpen | Sqlite::PermissionDenied | Sqlite::SystemIoFailure) => {
            unreadable(name, &error.to_string())
        }
        // A table that is not there, or holds what this program never wrote.
        None => damaged(name),
        Some(Sqlite::Unknown) if error.to_string().contains("no such") => damaged(name),
        _ => Error::new(ErrorCode::Internal, format!("journal {name}: {error}")),
    }
}

fn from_io(path: &Path, error: &io::Error) -> Error {
    let name = path.display().to_string();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(&name),
        _ => unreadable(&name, &error.to_string()),
    }
}

fn damaged(name: &str) -> Error {
    Error::new(
        ErrorCode::FileCorrupt,
        format!("journal {name} is damaged, or no journal of mfactl"),
    )
    .hint("the audit log has what was sent; \"jobs list\" shows the other jobs")
}

fn unreadable(name: &str, why: &str) -> Error {
    Error::new(
        ErrorCode::FileUnreadable,
        format!("journal {name} cannot be read and written: {why}"),
    )
    .hint("check its owner and permissions, or name another folder in MFACTL_STATE_DIR")
}

fn disk_full(name: &str) -> Error {
    Error::new(ErrorCode::DiskFull, format!("no room to write journal {name}"))
        .hint("free some space, then try again")
}
