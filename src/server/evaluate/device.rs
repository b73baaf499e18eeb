//! Remembered devices ("Don't ask again for X days") and open sessions: listed, opened, believed, ended.

use rusqlite::{Connection, params};

use super::person::Person;
use super::policy;
use crate::server::clock::{self, DAY};
use crate::server::error::ApiError;
use crate::server::secrets::{self, Seed};

/// How a sign-in that this service evaluates is named in lists.
const HERE: &str = "mfactl local sign-in";

/// A device that is not asked for a second factor until a day.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its browser.
    pub(crate) browser: Option<String>,
    /// Its operating system.
    pub(crate) os: Option<String>,
    /// When it was remembered.
    pub(crate) created_at: i64,
    /// When it last spared its owner a question.
    pub(crate) last_used_at: Option<i64>,
    /// Until when it is believed.
    pub(crate) trusted_until: i64,
    token_hash: Option<Vec<u8>>,
    seed_n: Option<i64>,
}

impl Remembered {
    /// What its token hashes to.
    fn hash(&self, seed: &Seed, user_id: &str) -> Option<Vec<u8>> {
        self.token_hash.clone().or_else(|| {
            self.token(seed, user_id)
                .map(|t| secrets::sha256(t.as_bytes()).to_vec())
        })
    }

    /// Its token, where the seed gives it; else nobody but the device knows.
    pub(crate) fn token(&self, seed: &Seed, user_id: &str) -> Option<String> {
        self.seed_n
            .filter(|_| self.token_hash.is_none())
            .map(|n| seed.remembered_token(user_id, n))
    }
}

/// The devices that are believed now: policy allows it, their days are not over, and no sign-out came after them.
pub(crate) fn remembered(conn: &Connection, person: &Person) -> Result<Vec<Remembered>, ApiError> {
    let policy = policy::remembered_devices(conn)?;
    if !policy.allowed {
        return Ok(Vec::new());
    }
    let now = clock::now_ms(conn)?;
    let mut statement = conn.prepare_cached(
        "SELECT id, name, browser, os, created_at, last_used_at, token_hash, seed_n FROM remembered_devices
         WHERE user_id = ?1 ORDER BY created_at, id",
    )?;
    let rows = statement
        .query_map([&person.id], |row| {
            let created_at: i64 = row.get(4)?;
            Ok(Remembered {
                id: row.get(0)?,
                name: row.get(1)?,
                browser: row.get(2)?,
                os: row.get(3)?,
                created_at,
                last_used_at: row.get(5)?,
                trusted_until: created_at.saturating_add(policy.days.saturating_mul(DAY)),
                token_hash: row.get(6)?,
                seed_n: row.get(7)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(rows
        .into_iter()
        .filter(|device| now < device.trusted_until && person.still_counts(device.created_at))
        .collect())
}

/// Forgets one device; whether it was there.
pub(crate) fn forget(conn: &Connection, person: &Person, id: &str) -> Result<bool, ApiError> {
    let there = remembered(conn, person)?.iter().any(|device| device.id == id);
    conn.execute(
        "DELETE FROM remembered_devices WHERE user_id = ?1 AND id = ?2",
        [&person.id, id],
    )?;
    Ok(there)
}

/// Forgets every device; how many there were.
pub(crate) fn forget_all(conn: &Connection, person: &Person) -> Result<usize, ApiError> {
    let there = remembered(conn, person)?.len();
    conn.execute("DELETE FROM remembered_devices WHERE user_id = ?1", [&person.id])?;
    Ok(there)
}

/// Whether a token is one of a device that is believed now.
pub(crate) fn believes(conn: &Connection, person: &Person, token: &str) -> Result<bool, ApiError> {
    let seed = Seed::load(conn)?;
    let typed = secrets::sha256(token.as_bytes());
    let mut hit = None;
    for device in remembered(conn, person)? {
        if device
            .hash(&seed, &person.id)
            .is_some_and(|hash| secrets::same(&hash, &typed))
        {
            hit = Some(device.id);
        }
    }
    let Some(id) = hit else { return Ok(false) };
    conn.execute(
        "UPDATE remembered_devices SET last_used_at = ?3 WHERE user_id = ?1 AND id = ?2",
        params![person.id, id, clock::now_ms(conn)?],
    )?;
    Ok(true)
}

/// Remembers a device and gives its token; `None` where policy does not allow it.
pub(crate) fn remember(conn: &Connection, person: &Person) -> Result<Option<String>, ApiError> {
    if !policy::remembered_devices(conn)?.allowed {
        return Ok(None);
    }
    let token = secrets::generate_token()?;
    let now = clock::now_ms(conn)?;
    conn.execute(
        "INSERT INTO remembered_devices (user_id, id, name, token_hash, created_at, last_used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![
            person.id,
            uuid::Uuid::new_v4().to_string(),
            HERE,
            secrets::sha256(token.as_bytes()).as_slice(),
            now
        ],
    )?;
    Ok(Some(token))
}

/// An open session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Its id.
    pub(crate) id: String,
    /// The device that it is on.
    pub(crate) device: Option<String>,
    /// When it began.
    pub(crate) created_at: i64,
    /// When it was last used.
    pub(crate) last_used_at: i64,
}

/// The sessions that no sign-out has ended.
pub(crate) fn sessions(conn: &Connection, person: &Person) -> Result<Vec<Session>, ApiError> {
    let mut statement = conn.prepare_cached(
        "SELECT id, device, created_at, last_used_at FROM sessions WHERE user_id = ?1 AND created_at >= ?2
         ORDER BY created_at, id",
    )?;
    let rows = statement.query_map(params![person.id, person.sessions_valid_from], |row| {
        Ok(Session {
            id: row.get(0)?,
            device: row.get(1)?,
            created_at: row.get(2)?,
            last_used_at: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Opens a session and gives its token.
pub(crate) fn open_session(conn: &Connection, person: &Person) -> Result<String, ApiError> {
    let token = secrets::generate_token()?;
    let now = clock::now_ms(conn)?;
    conn.execute(
        "INSERT INTO sessions (user_id, id, token_hash, device, created_at, last_used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![
            person.id,
            uuid::Uuid::new_v4().to_string(),
            secrets::sha256(token.as_bytes()).as_slice(),
            HERE,
            now
        ],
    )?;
    Ok(token)
}

/// Whether a token is one of a session that still lives.
pub(crate) fn session_lives(conn: &Connection, person: &Person, token: &str) -> Result<bool, ApiError> {
    // The hash is looked up as it is: a token has 256 random bits, so its digest gives nothing away.
    let changed = conn.execute(
        "UPDATE sessions SET last_used_at = ?4 WHERE user_id = ?1 AND token_hash = ?2 AND created_at >= ?3",
        params![
            person.id,
            secrets::sha256(token.as_bytes()).as_slice(),
            person.sessions_valid_from,
            clock::now_ms(conn)?
        ],
    )?;
    Ok(changed > 0)
}

#[cfg(test)]
mod tests;
