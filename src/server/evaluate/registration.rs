//! Registration of security info: how far a person is, whether it may wait, and when it is done.

use rusqlite::{Connection, params};

use super::challenge::Purpose;
use super::factor;
use super::person::Person;
use super::policy;
use crate::server::clock::{self, DAY};
use crate::server::error::ApiError;

/// How far a person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    /// `complete`: there is a method for sign-in; `partial`: only what serves a reset, or waits for its code; `none`.
    pub(crate) state: &'static str,
    /// Whether the next sign-in asks for it and lets nobody past.
    pub(crate) required: bool,
    /// Until when it may wait; `None` where it may not, or was not asked for yet.
    pub(crate) grace_until: Option<i64>,
}

/// How far a person is.
pub(crate) fn state(conn: &Connection, person: &Person) -> Result<Registration, ApiError> {
    let complete = !factor::ways(conn, person, Purpose::SignIn)?.is_empty();
    let some: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM methods WHERE user_id = ?1 AND kind <> 'temporary-pass')
         OR EXISTS (SELECT 1 FROM questions WHERE user_id = ?1)",
        [&person.id],
        |row| row.get(0),
    )?;
    let state = match (complete, some) {
        (true, _) => "complete",
        (false, true) => "partial",
        (false, false) => "none",
    };
    if person.registration_required {
        return Ok(Registration {
            state,
            required: true,
            grace_until: None,
        });
    }
    if complete || !asked(conn, person)? {
        return Ok(Registration {
            state,
            required: false,
            grace_until: None,
        });
    }
    let days = policy::registration(conn)?.postpone_days;
    let now = clock::now_ms(conn)?;
    let grace_until = person.grace_from.map(|from| end_of_grace(from, days));
    let required = days <= 0 || grace_until.is_some_and(|until| now >= until);
    Ok(Registration {
        state,
        required,
        grace_until: grace_until.filter(|_| !required),
    })
}

/// Whether this person has to have a second factor at all.
pub(crate) fn asked(conn: &Connection, person: &Person) -> Result<bool, ApiError> {
    Ok(person.mfa_state != "disabled" || policy::mfa_for_all(conn)?)
}

/// Days of grace that are left, begun ones counted whole. The first time starts the count.
pub(crate) fn grace_days_left(conn: &Connection, person: &Person) -> Result<i64, ApiError> {
    let days = policy::registration(conn)?.postpone_days;
    let now = clock::now_ms(conn)?;
    let from = match person.grace_from {
        Some(from) => from,
        None => {
            conn.execute(
                "UPDATE users SET grace_from = ?2 WHERE id = ?1",
                params![person.id, now],
            )?;
            now
        }
    };
    let left = end_of_grace(from, days) - now;
    Ok(if left <= 0 { 0 } else { (left + DAY - 1) / DAY })
}

/// Asks for registration at the next sign-in, without postponing.
pub(crate) fn require(conn: &Connection, person: &Person) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE users SET registration_required = 1 WHERE id = ?1",
        [&person.id],
    )?;
    Ok(())
}

/// Notes that a method counts from now on: registration is done, and per-user MFA goes from enabled to enforced, as
/// the real service has it (api/entra 2.2).
pub(crate) fn settle(conn: &Connection, user_id: &str) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE users SET registration_required = 0, grace_from = NULL,
         mfa_state = CASE mfa_state WHEN 'enabled' THEN 'enforced' ELSE mfa_state END WHERE id = ?1",
        [user_id],
    )?;
    Ok(())
}

fn end_of_grace(from: i64, days: i64) -> i64 {
    from.saturating_add(days.max(0).saturating_mul(DAY))
}
