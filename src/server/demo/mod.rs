//! The demo directory: the people that examples and tests rely on, their groups, roles and policy. Ids are the same
//! in every file; secrets derive from the file's own seed.

mod crowd;
mod people;
mod policy;
mod rows;
mod staff;

use rusqlite::Connection;

pub(crate) use crowd::seed_users;

/// Fills a new file: policy and the administrator always, the other people where `demo` says so.
///
/// # Errors
/// What SQLite says.
pub(crate) fn seed(connection: &Connection, now: i64, demo: bool) -> rusqlite::Result<()> {
    policy::seed(connection, now)?;
    people::administrator(connection, now)?;
    if demo {
        people::seed(connection, now)?;
        staff::seed(connection, now)?;
        staff::groups(connection)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
