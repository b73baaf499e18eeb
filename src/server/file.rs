//! The data file on disk: making it, opening it, the lock beside it, wiping and restoring it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::{demo, keys};
use crate::domain::private::{self, beside, make_folder};
use crate::domain::{Error, ErrorCode, Result};

/// The schema, version by version.
const SCHEMAS: [&str; 4] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];
/// An empty directory in memory, of the newest version.
#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&SCHEMAS.concat()).unwrap();
    connection
}

/// `mfal`, as `PRAGMA application_id` has it.
const APPLICATION_ID: i32 = 0x6d66_616c;
/// The newest schema version.
const VERSION: i32 = 4;
const BUSY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
const PAUSES: u32 = 100;

/// Opens the file under a shared lock, making, seeding and checking it. Two processes may do so at once.
///
/// # Errors
/// `FileLocked`, `FileUnreadable`, `FileCorrupt`, `FileFromNewerVersion` or `DiskFull`, with the path and a hint.
pub(crate) fn open(path: &Path, demo: bool) -> Result<(Connection, File)> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(|error| from_io(folder, &error))?;
    }
    let lock = lock_file(path)?;
    wait_for(|| lock.try_lock_shared()).map_err(|error| from_lock(path, error))?;
    private::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| from_io(path, &error))?;
    let mut connection = connect(path).map_err(|error| from_sqlite(path, &error))?;
    check(&connection, path)?;
    to_wal(&connection).map_err(|error| from_sqlite(path, &error))?;
    if version(&connection).map_err(|error| from_sqlite(path, &error))?.1 < VERSION {
        let made = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| make(&transaction, demo).and_then(|()| transaction.commit()));
        made.map_err(|error| from_sqlite(path, &error))?;
        check(&connection, path)?;
    }
    Ok((connection, lock))
}

/// One more connection to an open file.
///
/// # Errors
/// What SQLite says.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Deletes the file and what SQLite keeps beside it. The lock file stays: another process may wait on it.
///
/// # Errors
/// `FileLocked` while anybody has it open.
pub fn wipe(path: &Path) -> Result<()> {
    let _lock = exclusive(path)?;
    remove_all(path)
}

/// Puts a snapshot in the place of the file.
///
/// # Errors
/// `FileLocked` while anybody has it open; the snapshot's own errors: it is checked before anything is replaced.
pub fn restore(path: &Path, snapshot: &Path) -> Result<()> {
    if !snapshot.is_file() {
        return Err(Error::new(
            ErrorCode::FileUnreadable,
            format!("there is no file {}", snapshot.display()),
        )
        .hint("name a file that `mfactl local snapshot` wrote"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source =
        Connection::open_with_flags(snapshot, flags).map_err(|error| from_sqlite(snapshot, &error))?;
    check(&source, snapshot)?;
    let sound: String = source
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| from_sqlite(snapshot, &error))?;
    let (_, found) = version(&source).map_err(|error| from_sqlite(snapshot, &error))?;
    if sound != "ok" || found == 0 {
        return Err(not_ours(snapshot));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(|error| from_io(folder, &error))?;
    }
    let _lock = exclusive(path)?;
    let fresh = beside(path, ".restoring");
    let copied = remove_all(&fresh).and_then(|()| {
        private::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&fresh)
            .map_err(|error| from_io(&fresh, &error))?;
        let mut target = connect(&fresh).map_err(|error| from_sqlite(&fresh, &error))?;
        rusqlite::backup::Backup::new(&source, &mut target)
            .and_then(|backup| backup.run_to_completion(1024, Duration::ZERO, None))
            .map_err(|error| from_sqlite(&fresh, &error))?;
        drop(target);
        private::sync(&fresh).map_err(|error| from_io(&fresh, &error))
    });
    let placed = copied.and_then(|()| {
        for end in ["-wal", "-shm"] {
            remove(&beside(path, end))?;
        }
        fs::rename(&fresh, path).map_err(|error| from_io(path, &error))
    });
    if placed.is_err() {
        // What went wrong first is what is told; a leftover copy is replaced by the next try.
        let _ = remove_all(&fresh);
    }
    placed
}

/// Makes what an empty file lacks, or brings an older one up to this version.
fn make(transaction: &Transaction<'_>, demo: bool) -> rusqlite::Result<()> {
    let found = usize::try_from(version(transaction)?.1).unwrap_or_default();
    for schema in SCHEMAS.iter().skip(found) {
        transaction.execute_batch(schema)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    if found > 0 {
        return Ok(()); // it is older, or another process was first
    }
    let now = super::machine_ms();
    let put = |key: &str, value: &dyn rusqlite::ToSql| {
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)",
            params![key, value],
        )
    };
    put("seed", &keys::random::<32>()?.as_slice())?;
    put("tenant", &uuid::Uuid::new_v4().to_string())?;
    put("client_id", &uuid::Uuid::new_v4().to_string())?;
    put("signing_key", &keys::generate()?)?;
    put("clock_offset_ms", &0)?;
    put("created_at", &now)?;
    put("seeded_users", &0)?;
    demo::seed(transaction, now, demo)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)
}

/// Another process may be switching at this moment; SQLite then does not always wait.
fn to_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        let answer =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match answer {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Err(error) if !is_busy(&error) || tries >= PAUSES => return Err(error),
            Ok(_) if tries >= PAUSES => return Ok(()),
            _ => std::thread::sleep(PAUSE),
        }
        tries += 1;
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

fn version(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok((
        application,
        connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
    ))
}

fn check(connection: &Connection, path: &Path) -> Result<()> {
    let told = |error: rusqlite::Error| from_sqlite(path, &error);
    let (application, found) = version(connection).map_err(told)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(told)?;
    match (application, found) {
        (0, 0) if tables == 0 => Ok(()),
        (APPLICATION_ID, 1..=VERSION) => {
            let known: i64 = connection
                .query_row(
                    "SELECT count(*) FROM meta WHERE key IN ('seed', 'tenant', 'signing_key')",
                    [],
                    |row| row.get(0),
                )
                .map_err(told)?;
            if known == 3 { Ok(()) } else { Err(not_ours(path)) }
        }
        (APPLICATION_ID, newer) if newer > VERSION => Err(Error::new(
            ErrorCode::FileFromNewerVersion,
            format!(
                "{} was written by a newer mfactl (format {newer}, this one reads {VERSION})",
                path.display()
            ),
        )
        .hint("update mfactl, or name another file with --data")),
        _ => Err(not_ours(path)),
    }
}

fn not_ours(path: &Path) -> Error {
    Error::new(
        ErrorCode::FileCorrupt,
        format!("{} is damaged, or no data file of mfactl", path.display()),
    )
    .hint("restore a snapshot with `mfactl local restore FILE`, or start afresh with `mfactl local wipe`")
}

fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Sqlite;
    let shown = path.display();
    match error.sqlite_error_code() {
        Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => Error::new(
            ErrorCode::FileLocked,
            format!("{shown} is in use by another process"),
        )
        .hint("try again when it has finished"),
        Some(Sqlite::DatabaseCorrupt | Sqlite::NotADatabase) => not_ours(path),
        Some(Sqlite::DiskFull) => disk_full(path),
        // The index of the write-ahead log could not grow: nothing but a full disk does that.
        _ if extended(error) == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => disk_full(path),
        Some(Sqlite::ReadOnly | Sqlite::CannotOpen | Sqlite::PermissionDenied | Sqlite::SystemIoFailure) => {
            unreadable(path, &error.to_string())
        }
        _ => Error::new(
            ErrorCode::Internal,
            format!("{shown} could not be opened: {error}"),
        ),
    }
}

fn extended(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

fn from_io(path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(path),
        _ => unreadable(path, &error.to_string()),
    }
}

fn from_lock(path: &Path, error: TryLockError) -> Error {
    match error {
        TryLockError::WouldBlock => Error::new(
            ErrorCode::FileLocked,
            format!("{} is in use by another process", path.display()),
        )
        .hint("stop `mfactl local serve` and other commands on this file first"),
        TryLockError::Error(error) => from_io(path, &error),
    }
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorCode::FileUnreadable,
        format!("{} cannot be read and written: {why}", path.display()),
    )
    .hint("check its owner and permissions, or name another file with --data")
}

fn disk_full(path: &Path) -> Error {
    Error::new(
        ErrorCode::DiskFull,
        format!("no room to write {}", path.display()),
    )
    .hint("free some space, then try again: nothing was lost")
}

fn wait_for(mut lock: impl FnMut() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 0..PAUSES {
        match lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    lock()
}

fn exclusive(path: &Path) -> Result<File> {
    let lock = lock_file(path)?;
    lock.try_lock().map_err(|error| from_lock(path, error))?;
    Ok(lock)
}

fn lock_file(path: &Path) -> Result<File> {
    let name = beside(path, ".lock");
    private::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .map_err(|error| from_io(&name, &error))
}

fn remove_all(path: &Path) -> Result<()> {
    ["-wal", "-shm", ""]
        .iter()
        .try_for_each(|end| remove(&beside(path, end)))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(from_io(path, &error)),
        _ => Ok(()),
    }
}
