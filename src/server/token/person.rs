//! The person who asks for a token.

use rusqlite::{Connection, OptionalExtension as _};

use super::refusal::{Refusal, bad};
use super::{Form, field, missing};
use crate::server::AppState;
use crate::server::secrets;

/// An account as far as signing in goes.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) upn: String,
    pub(super) name: String,
    pub(super) enabled: bool,
    locked_until: Option<i64>,
    must_change: bool,
}

impl Person {
    /// The person with this `upn` or `id`.
    pub(super) fn find(
        connection: &Connection,
        by: &'static str,
        value: &str,
    ) -> rusqlite::Result<Option<Self>> {
        connection
            .prepare_cached(&format!(
                "SELECT id, upn, display_name, enabled, locked_until, must_change_password FROM users WHERE {by} = ?1"
            ))?
            .query_row([value], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    upn: row.get(1)?,
                    name: row.get(2)?,
                    enabled: row.get(3)?,
                    locked_until: row.get(4)?,
                    must_change: row.get(5)?,
                })
            })
            .optional()
    }
}

/// Who signs in with a name and a password alone.
pub(super) fn by_password(
    state: &AppState,
    connection: &Connection,
    form: &Form,
    now: i64,
) -> Result<Person, Refusal> {
    let username = field(form, "username").ok_or_else(|| missing("username"))?;
    let password = field(form, "password").ok_or_else(|| missing("password"))?;
    let Some(person) = Person::find(connection, "upn", username)? else {
        let text = format!(
            "The user account {username} does not exist in the {} directory.",
            state.tenant
        );
        return Err(bad("invalid_grant", 50034, text));
    };
    if person.locked_until.is_some_and(|until| until > now) {
        let text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.";
        return Err(bad("invalid_grant", 50053, text));
    }
    // The ephemeral password is good in this process only, and is never slow to check.
    let ephemeral = state.is_operator(&person.id, password);
    let right = ephemeral || secrets::verify_password(connection, &person.id, password)?;
    if !right {
        return Err(bad(
            "invalid_grant",
            50126,
            "Error validating credentials due to invalid username or password.",
        ));
    }
    if !person.enabled {
        return Err(bad("invalid_grant", 50057, "The user account is disabled."));
    }
    if person.must_change && !ephemeral {
        return Err(bad("invalid_grant", 50055, "The password is expired."));
    }
    Ok(person)
}
