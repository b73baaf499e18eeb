//! Directory roles.
use rusqlite::Connection;
/// Template ids of the roles that a person holds, directly or through role-assignable groups.
pub(crate) fn of_user(_connection: &Connection, _user_id: &str) -> rusqlite::Result<Vec<String>> {
    Ok(Vec::new())
}
