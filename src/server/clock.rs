//! The service's own clock: the machine's, moved by an offset that lies in the file. Every expiry here uses it.
//!
//! Nothing else in `server/` may ask what time it is.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{Clock, SystemClock};

/// A second, in the unit of the schema.
pub(crate) const SECOND: i64 = 1_000;
/// A minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// A day.
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// How long a lockout lasts; also what a moved clock may leave of one.
pub(crate) const LOCKOUT: i64 = 10 * MINUTE;

/// How the service's clock is to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// To this moment, in milliseconds since 1970.
    Set(i64),
    /// By so many milliseconds, back where negative.
    Advance(i64),
    /// Back to the machine's clock.
    Reset,
}

/// Now, in milliseconds since 1970, on the service's own clock.
pub(crate) fn now_ms(conn: &Connection) -> rusqlite::Result<i64> {
    Ok(machine_ms().saturating_add(offset_ms(conn)?))
}

/// How far the service's clock is ahead of the machine's, in milliseconds.
pub(crate) fn offset_ms(conn: &Connection) -> rusqlite::Result<i64> {
    let stored = conn
        .query_row(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'clock_offset_ms'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(stored.unwrap_or(0))
}

/// Moves the clock and gives the new now. When it moves back, what lies in its future afterwards is pulled to now:
/// else a reset would leave people locked, codes valid for ever and new sessions older than the last sign-out.
pub(crate) fn shift(conn: &Connection, how: Move) -> rusqlite::Result<i64> {
    let before = now_ms(conn)?;
    let offset = match how {
        Move::Set(at) => at.saturating_sub(machine_ms()),
        Move::Advance(by) => offset_ms(conn)?.saturating_add(by),
        Move::Reset => 0,
    };
    conn.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('clock_offset_ms', ?1)",
        params![offset],
    )?;
    let now = now_ms(conn)?;
    if now < before {
        forget_the_future(conn, now)?;
    }
    Ok(now)
}

/// A moment as RFC 3339 in UTC with `Z`; one that no calendar holds is shown as the nearest that does.
pub(crate) fn rfc3339(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX });
    at.to_string()
}

fn machine_ms() -> i64 {
    SystemClock.now().as_millisecond()
}

fn forget_the_future(conn: &Connection, now: i64) -> rusqlite::Result<()> {
    // Sessions and devices that a sign-out ended stay ended: they go before the moment of the sign-out moves.
    for table in ["sessions", "remembered_devices"] {
        conn.execute(
            &format!(
                "DELETE FROM {table} WHERE created_at < (SELECT sessions_valid_from FROM users WHERE id = user_id)
                 AND user_id IN (SELECT id FROM users WHERE sessions_valid_from > ?1)"
            ),
            [now],
        )?;
        conn.execute(
            &format!("UPDATE {table} SET created_at = ?1 WHERE created_at > ?1"),
            [now],
        )?;
        conn.execute(
            &format!("UPDATE {table} SET last_used_at = ?1 WHERE last_used_at > ?1"),
            [now],
        )?;
    }
    conn.execute(
        "UPDATE users SET sessions_valid_from = ?1 WHERE sessions_valid_from > ?1",
        [now],
    )?;
    conn.execute("UPDATE users SET grace_from = ?1 WHERE grace_from > ?1", [now])?;
    conn.execute(
        "UPDATE users SET last_sign_in_at = ?1 WHERE last_sign_in_at > ?1",
        [now],
    )?;
    conn.execute(
        "UPDATE users SET locked_until = ?1 WHERE locked_until > ?1",
        [now + LOCKOUT],
    )?;
    conn.execute(
        "UPDATE methods SET last_used_at = ?1 WHERE last_used_at > ?1",
        [now],
    )?;
    conn.execute(
        "UPDATE app_passwords SET last_used_at = ?1 WHERE last_used_at > ?1",
        [now],
    )?;
    // A code that is out would live until its old end comes round again.
    conn.execute(
        "DELETE FROM challenges WHERE expires_at > ?1",
        [now + 10 * MINUTE],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::evaluate::fixture;

    #[test]
    fn set_advance_and_reset_move_the_service_and_not_the_machine() {
        let conn = fixture::directory();
        let start = machine_ms();
        shift(&conn, Move::Advance(3 * DAY)).unwrap();
        assert_eq!(offset_ms(&conn).unwrap(), 3 * DAY);
        assert!(now_ms(&conn).unwrap() >= start + 3 * DAY);
        shift(&conn, Move::Set(1_000_000)).unwrap();
        assert!((1_000_000..1_000_000 + MINUTE).contains(&now_ms(&conn).unwrap()));
        shift(&conn, Move::Reset).unwrap();
        assert_eq!(offset_ms(&conn).unwrap(), 0);
    }

    #[test]
    fn a_reset_leaves_nobody_locked_for_longer_than_a_lockout() {
        let conn = fixture::directory();
        let user = fixture::person(&conn, "adele");
        let now = shift(&conn, Move::Advance(30 * DAY)).unwrap();
        conn.execute(
            "UPDATE users SET locked_until = ?1, sessions_valid_from = ?2",
            [now + LOCKOUT, now],
        )
        .unwrap();
        let now = shift(&conn, Move::Reset).unwrap();
        let (locked, valid_from): (i64, i64) = conn
            .query_row(
                "SELECT locked_until, sessions_valid_from FROM users WHERE id = ?1",
                [&user],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert!(locked <= now + LOCKOUT + MINUTE);
        assert!(valid_from <= now + MINUTE);
    }

    #[test]
    fn writes_times_as_rfc_3339_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_500), "1970-01-01T00:00:01.5Z");
        assert_eq!(rfc3339(i64::MAX), Timestamp::MAX.to_string());
    }
}
