//! The demo directory: the people that examples and tests rely on.

use rusqlite::Connection;

/// Fills a new file.
///
/// # Errors
/// What SQLite says.
pub(crate) fn seed(_connection: &Connection, _now: i64, _demo: bool) -> rusqlite::Result<()> {
    Ok(())
}

/// Adds people until `users` were made by this function: the same ones for the same number, whatever was there.
/// Gives how many were added.
///
/// # Errors
/// What SQLite says.
pub(crate) fn seed_users(_connection: &Connection, _now: i64, _users: u64) -> rusqlite::Result<u64> {
    Ok(0)
}
