//! The person that a decision is about: looked up, locked after wrong tries, unlocked after the right one.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::refusal;
use crate::server::clock::{self, LOCKOUT};
use crate::server::error::ApiError;

/// After so many wrong tries in a row an account is locked for a while.
const TRIES: i64 = 10;

/// What decisions need to know of a person.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Object id.
    pub(crate) id: String,
    /// Sign-in name.
    pub(crate) upn: String,
    /// Whether the account may sign in.
    pub(crate) enabled: bool,
    /// Sessions and remembered devices from before this moment were ended by a sign-out.
    pub(crate) sessions_valid_from: i64,
    /// When registration was asked for the first time.
    pub(crate) grace_from: Option<i64>,
    /// Whether an administrator asked for registration, without postponing.
    pub(crate) registration_required: bool,
    /// Per-user MFA: disabled, enabled, enforced.
    pub(crate) mfa_state: String,
    /// Whether the service picks the strongest method itself.
    pub(crate) system_preferred: bool,
    /// The default method, in Graph's words.
    pub(crate) preferred: Option<String>,
    /// Whether another password must be chosen.
    pub(crate) must_change_password: bool,
    locked_until: Option<i64>,
}

impl Person {
    /// The person of this object id or sign-in name.
    pub(crate) fn find(conn: &Connection, id: &str) -> rusqlite::Result<Option<Self>> {
        conn.query_row(
            "SELECT id, upn, enabled, sessions_valid_from, grace_from, registration_required, mfa_state,
             system_preferred, preferred, must_change_password, locked_until
             FROM users WHERE id = lower(?1) OR upn = ?1",
            [id],
            Self::read,
        )
        .optional()
    }

    /// The same, where nobody is an error that the caller sees.
    pub(crate) fn get(conn: &Connection, id: &str) -> Result<Self, ApiError> {
        Self::find(conn, id)?.ok_or_else(|| refusal::no_such_person(id))
    }

    /// How long the account stays locked, in milliseconds.
    pub(crate) fn locked_for(&self, now: i64) -> Option<i64> {
        self.locked_until
            .map(|until| until - now)
            .filter(|left| *left > 0)
    }

    /// Whether sessions and remembered devices of this age still count.
    pub(crate) fn still_counts(&self, created_at: i64) -> bool {
        created_at >= self.sessions_valid_from
    }

    /// Notes a wrong password, code or answer, and locks the account after too many.
    pub(crate) fn failed(&self, conn: &Connection) -> rusqlite::Result<()> {
        let until = clock::now_ms(conn)? + LOCKOUT;
        conn.execute(
            "UPDATE users SET locked_until = CASE WHEN failed + 1 >= ?2 THEN ?3 ELSE locked_until END,
             failed = (failed + 1) % ?2 WHERE id = ?1",
            params![self.id, TRIES, until],
        )?;
        Ok(())
    }

    /// Notes that the person signed in: wrong tries are forgotten.
    pub(crate) fn signed_in(&self, conn: &Connection, now: i64) -> rusqlite::Result<()> {
        conn.execute(
            "UPDATE users SET failed = 0, locked_until = NULL, last_sign_in_at = ?2 WHERE id = ?1",
            params![self.id, now],
        )?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            upn: row.get(1)?,
            enabled: row.get(2)?,
            sessions_valid_from: row.get(3)?,
            grace_from: row.get(4)?,
            registration_required: row.get(5)?,
            mfa_state: row.get(6)?,
            system_preferred: row.get(7)?,
            preferred: row.get(8)?,
            must_change_password: row.get(9)?,
            locked_until: row.get(10)?,
        })
    }
}
