//! Verification of methods before they count: a number by its code or a confirmed call, an app by its first code.
//!
//! What waits is a method that is pending, or a ready one with a new number that replaces the old one when its code
//! is typed. A code goes to the number that waits and to nowhere else.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::ApiError;
use super::evaluate::challenge::{self, Channel, Line, Purpose, Verdict};
use super::evaluate::person::Person;
use super::evaluate::{policy, refusal, registration};
use crate::domain::MethodKind;

/// A method that waits for a code.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// The method.
    pub(crate) method_id: String,
    /// `pending`, or `ready` where only a replacement waits.
    pub(crate) state: String,
    /// How its code goes out.
    pub(crate) channel: Channel,
    /// The number or address that waits; none for an app.
    pub(crate) pending: Option<String>,
    kind: MethodKind,
}

/// A code that went out.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// How.
    pub(crate) channel: Channel,
    /// To which number, address or device.
    pub(crate) to: String,
    /// Until when it is good.
    pub(crate) expires_at: i64,
}

const COLUMNS: &str = "id, kind, state, channel, pending_value, value, name";
const WAITS: &str = "(state = 'pending' OR pending_value IS NOT NULL)";

/// Every method of a person that waits for a code.
pub(crate) fn list(conn: &Connection, person: &Person) -> Result<Vec<Waiting>, ApiError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM methods WHERE user_id = ?1 AND {WAITS} ORDER BY created_at, id"
    ))?;
    let rows = statement
        .query_map([&person.id], Waiting::read)?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().map(|(waiting, _)| waiting).collect())
}

/// Says how codes of a waiting number go out.
pub(crate) fn set_channel(
    conn: &Connection,
    person: &Person,
    method_id: &str,
    channel: &str,
) -> Result<(), ApiError> {
    let (waiting, _) = find(conn, person, method_id)?;
    match channel {
        "sms" if waiting.kind == MethodKind::PhoneMobile => policy::demand(conn, "Sms", &person.id)?,
        "sms" if waiting.kind.is_phone() => {
            return Err(refusal::bad_request(
                "Texts go to the mobile number only; use \"call\".",
            ));
        }
        "call" if waiting.kind.is_phone() => policy::demand(conn, "Voice", &person.id)?,
        "sms" | "call" => {
            return Err(refusal::bad_request(
                "Only codes of a phone number go by text or call.",
            ));
        }
        _ => return Err(refusal::bad_request("channel is \"sms\" or \"call\".")),
    }
    conn.execute(
        "UPDATE methods SET channel = ?3 WHERE user_id = ?1 AND id = ?2",
        params![person.id, method_id, channel],
    )?;
    Ok(())
}

/// Sends a code to what waits. An app shows its own: nothing goes out.
pub(crate) fn send(conn: &Connection, person: &Person, method_id: &str) -> Result<Sent, ApiError> {
    let (waiting, name) = find(conn, person, method_id)?;
    let to = waiting.pending.clone().or(name).unwrap_or_default();
    let line = waiting.line(person, &to);
    let expires_at = match waiting.channel {
        Channel::App | Channel::Approve => challenge::expect(conn, line)?,
        Channel::Sms => policy::demand(conn, "Sms", &person.id).and_then(|()| challenge::send(conn, line))?,
        Channel::Call => {
            policy::demand(conn, "Voice", &person.id).and_then(|()| challenge::send(conn, line))?
        }
        Channel::Email => challenge::send(conn, line)?,
    };
    Ok(Sent {
        channel: waiting.channel,
        to,
        expires_at,
    })
}

/// Checks a code. A right one makes the method count, or puts the new number in the place of the old one.
pub(crate) fn answer(
    conn: &Connection,
    person: &Person,
    method_id: &str,
    code: &str,
) -> Result<Verdict, ApiError> {
    let (waiting, name) = find(conn, person, method_id)?;
    let to = waiting.pending.clone().or(name).unwrap_or_default();
    let line = waiting.line(person, &to);
    let verdict = challenge::answer(conn, line, code)?;
    if verdict == Verdict::Accepted {
        conn.execute(
            "UPDATE methods SET state = 'ready', value = coalesce(pending_value, value), pending_value = NULL
             WHERE user_id = ?1 AND id = ?2",
            params![person.id, method_id],
        )?;
        if !waiting.kind.reset_only() {
            registration::settle(conn, &person.id)?;
        }
    }
    Ok(verdict)
}

impl Waiting {
    fn line<'a>(&'a self, person: &'a Person, to: &'a str) -> Line<'a> {
        Line {
            user_id: &person.id,
            method_id: &self.method_id,
            purpose: Purpose::Verify,
            channel: self.channel,
            to,
        }
    }

    /// The row, and the name that stands where there is no number.
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Option<String>)> {
        let kind: MethodKind = row.get::<_, String>(1)?.parse().unwrap_or(MethodKind::Unknown);
        let said: Option<String> = row.get(3)?;
        let channel = match (kind, said.as_deref()) {
            (MethodKind::PhoneMobile, Some("call")) => Channel::Call,
            (MethodKind::PhoneMobile, _) => Channel::Sms,
            (kind, _) if kind.is_phone() => Channel::Call,
            (MethodKind::Email, _) => Channel::Email,
            _ => Channel::App,
        };
        let pending: Option<String> = row.get(4)?;
        let value: Option<String> = row.get(5)?;
        let waiting = Self {
            method_id: row.get(0)?,
            state: row.get(2)?,
            channel,
            pending: pending.or(value),
            kind,
        };
        Ok((waiting, row.get(6)?))
    }
}

fn find(conn: &Connection, person: &Person, method_id: &str) -> Result<(Waiting, Option<String>), ApiError> {
    let row = conn
        .query_row(
            &format!("SELECT {COLUMNS}, {WAITS} FROM methods WHERE user_id = ?1 AND id = ?2"),
            [&person.id, method_id],
            |row| Ok((Waiting::read(row)?, row.get::<_, bool>(7)?)),
        )
        .optional()?;
    match row {
        Some((waiting, true)) => Ok(waiting),
        Some((_, false)) => Err(refusal::not_pending()),
        None => Err(ApiError::no_method()),
    }
}

#[cfg(test)]
mod tests;
