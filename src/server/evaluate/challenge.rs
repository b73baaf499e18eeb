//! Codes that are out: made, sent to the outbox, checked. A code is kept as a keyed digest bound to the person, the
//! method, the purpose and the channel, so that a code of a call is none of a text.

use rusqlite::{Connection, OptionalExtension, params};

use super::authenticator::{self, Code};
use super::refusal;
use crate::server::clock::{self, MINUTE};
use crate::server::error::ApiError;
use crate::server::secrets::{self, Seed};

/// How long a code lives.
pub(crate) const LIFE: i64 = 10 * MINUTE;
/// How many wrong tries a code stands.
pub(crate) const ATTEMPTS: i64 = 5;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A method is to count.
    Verify,
    /// A second factor at sign-in.
    SignIn,
    /// A reset of one's own password.
    Recover,
    /// The help desk asks whether a caller is the person.
    CheckCaller,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::SignIn => "sign_in",
            Self::Recover => "recover",
            Self::CheckCaller => "check_caller",
        }
    }
}

/// How a code goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// A text message.
    Sms,
    /// A call, answered with the pound key.
    Call,
    /// A mail.
    Email,
    /// A notification, answered with the number that the sign-in shows.
    Approve,
    /// Nothing goes out: an app shows the code.
    App,
}

impl Channel {
    /// As the outbox and the extensions spell it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Call => "call",
            Self::Email => "email",
            Self::Approve => "approve",
            Self::App => "app",
        }
    }

    const fn digits(self) -> usize {
        match self {
            Self::Sms | Self::Email | Self::App => 6,
            Self::Call => 4,
            Self::Approve => 2,
        }
    }

    fn text(self, code: &str, purpose: Purpose) -> String {
        match self {
            Self::Approve if purpose == Purpose::CheckCaller => {
                format!("Are you on the phone with the help desk? Tell them {code}.")
            }
            _ if purpose == Purpose::CheckCaller => {
                format!("Your code for the help desk is {code}. Tell it only if you called them.")
            }
            Self::Sms | Self::App => {
                format!("Use {code} to verify that it is you. Contoso never asks for this code.")
            }
            Self::Email => format!("Your code is {code}. It is good for 10 minutes."),
            Self::Call => format!("Your code is {code}. Type it and press the pound key."),
            Self::Approve if purpose == Purpose::Recover => {
                format!("Resetting your password? Approve with {code}.")
            }
            Self::Approve => format!("Are you signing in? Approve with {code}."),
        }
    }
}

/// One method of one person, as a code goes to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Whose.
    pub(crate) user_id: &'a str,
    /// Which method.
    pub(crate) method_id: &'a str,
    /// What for.
    pub(crate) purpose: Purpose,
    /// How.
    pub(crate) channel: Channel,
    /// To which number, address or device: a code for the old number is none for the new one.
    pub(crate) to: &'a str,
}

/// What came of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was right.
    Accepted,
    /// It was wrong; so many tries are left.
    Wrong(i64),
    /// Too late, or nothing was out.
    Expired,
    /// Too many wrong tries: another one must be sent.
    TooMany,
}

/// Makes a code, puts it in the outbox, and gives the moment until which it is good. An older one no longer is.
pub(crate) fn send(conn: &Connection, line: Line<'_>) -> Result<i64, ApiError> {
    let code = secrets::generate_digits(line.channel.digits())?;
    let now = clock::now_ms(conn)?;
    open(conn, line, &hash(conn, line, &code)?, now)?;
    conn.execute(
        "INSERT INTO outbox (user_id, at, channel, recipient, text, code) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            line.user_id,
            now,
            line.channel.as_str(),
            line.to,
            line.channel.text(&code, line.purpose),
            code
        ],
    )?;
    Ok(now + LIFE)
}

/// Begins to count tries at a code that an app shows: nothing goes out. Gives the moment until which they count.
pub(crate) fn expect(conn: &Connection, line: Line<'_>) -> Result<i64, ApiError> {
    let now = clock::now_ms(conn)?;
    open(conn, line, &[], now)?;
    Ok(now + LIFE)
}

/// Checks a code against the one that is out. A right one is spent.
pub(crate) fn check(conn: &Connection, line: Line<'_>, code: &str) -> Result<Verdict, ApiError> {
    let typed = hash(conn, line, plain(code, line.channel))?;
    judge(conn, line, |kept| Ok(secrets::same(kept, &typed)))
}

/// Checks a code that was sent, or that an app shows. Nobody has to ask an app for its code first: tries at it count from
/// the first one on.
pub(crate) fn answer(conn: &Connection, line: Line<'_>, code: &str) -> Result<Verdict, ApiError> {
    if line.channel != Channel::App {
        return check(conn, line, code);
    }
    if !is_open(conn, line)? {
        expect(conn, line)?;
    }
    judge(conn, line, |_| {
        Ok(authenticator::check(conn, line.user_id, line.method_id, code)? == Code::Right)
    })
}

/// Counts a try at what is out, whatever makes it right: `is_right` gets the digest that was kept.
fn judge(
    conn: &Connection,
    line: Line<'_>,
    is_right: impl FnOnce(&[u8]) -> Result<bool, ApiError>,
) -> Result<Verdict, ApiError> {
    let key = params![line.user_id, line.method_id, line.purpose.as_str()];
    let out: Option<(Vec<u8>, i64, i64)> = conn
        .query_row(
            "SELECT code_hash, expires_at, attempts FROM challenges
             WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
            key,
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((kept, expires_at, attempts)) = out else {
        return Ok(Verdict::Expired);
    };
    if clock::now_ms(conn)? >= expires_at {
        return Ok(Verdict::Expired);
    }
    if attempts >= ATTEMPTS {
        return Ok(Verdict::TooMany);
    }
    if is_right(&kept)? {
        conn.execute(
            "DELETE FROM challenges WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
            key,
        )?;
        return Ok(Verdict::Accepted);
    }
    conn.execute(
        "UPDATE challenges SET attempts = attempts + 1 WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
        key,
    )?;
    let left = ATTEMPTS - attempts - 1;
    Ok(if left > 0 {
        Verdict::Wrong(left)
    } else {
        Verdict::TooMany
    })
}

/// Whether something is out and may still be tried.
fn is_open(conn: &Connection, line: Line<'_>) -> Result<bool, ApiError> {
    let now = clock::now_ms(conn)?;
    Ok(conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM challenges WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3
         AND expires_at > ?4)",
        params![line.user_id, line.method_id, line.purpose.as_str(), now],
        |row| row.get(0),
    )?)
}

fn open(conn: &Connection, line: Line<'_>, hash: &[u8], now: i64) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR REPLACE INTO challenges (user_id, method_id, purpose, code_hash, expires_at, attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        params![
            line.user_id,
            line.method_id,
            line.purpose.as_str(),
            hash,
            now + LIFE
        ],
    )?;
    Ok(())
}

/// The digits of a code as people type them: blanks do not count, and a call's ends with the pound key, or not.
fn plain(code: &str, channel: Channel) -> &str {
    let code = code.trim();
    match channel {
        Channel::Call => code.strip_suffix('#').unwrap_or(code).trim_end(),
        _ => code,
    }
}

fn hash(conn: &Connection, line: Line<'_>, code: &str) -> Result<[u8; 32], ApiError> {
    let seed = Seed::load(conn).map_err(|error| refusal::internal(&error))?;
    Ok(seed.code_hash([
        line.user_id,
        line.method_id,
        line.purpose.as_str(),
        line.channel.as_str(),
        line.to,
        code,
    ]))
}
