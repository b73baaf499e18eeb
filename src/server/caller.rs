//! Whether a caller is the person: a challenge of a method that is ready and that policy allows. It changes nothing.

use rusqlite::{Connection, params};

use super::clock;
use super::error::ApiError;
use super::evaluate::challenge::{self, Channel, Line, Purpose, Verdict};
use super::evaluate::factor::{self, Way};
use super::evaluate::person::Person;
use super::evaluate::refusal;
use super::verification::Sent;

/// Asks the person through a method, by `push`, `code` or `call`. An app shows its own code: nothing goes out.
pub(crate) fn send(conn: &Connection, person: &Person, method_id: &str, by: &str) -> Result<Sent, ApiError> {
    let (way, channel) = way(conn, person, method_id, by)?;
    let line = line(person, &way, channel);
    let expires_at = match channel {
        Channel::App => challenge::expect(conn, line)?,
        Channel::Sms | Channel::Call | Channel::Email | Channel::Approve => challenge::send(conn, line)?,
    };
    Ok(Sent {
        channel,
        to: way.to,
        expires_at,
    })
}

/// Checks what the caller said.
pub(crate) fn answer(
    conn: &Connection,
    person: &Person,
    method_id: &str,
    by: &str,
    code: &str,
) -> Result<Verdict, ApiError> {
    let (way, channel) = way(conn, person, method_id, by)?;
    let line = line(person, &way, channel);
    let verdict = challenge::answer(conn, line, code)?;
    if verdict == Verdict::Accepted {
        conn.execute(
            "UPDATE methods SET last_used_at = ?3 WHERE user_id = ?1 AND id = ?2",
            params![person.id, method_id, clock::now_ms(conn)?],
        )?;
    }
    Ok(verdict)
}

fn line<'a>(person: &'a Person, way: &'a Way, channel: Channel) -> Line<'a> {
    Line {
        user_id: &person.id,
        method_id: &way.method_id,
        purpose: Purpose::CheckCaller,
        channel,
        to: &way.to,
    }
}

/// The way in which this method asks so.
fn way(conn: &Connection, person: &Person, method_id: &str, by: &str) -> Result<(Way, Channel), ApiError> {
    // What serves recovery serves here too: that is where a mail address counts.
    let mut ways = factor::ways(conn, person, Purpose::SignIn)?;
    ways.extend(factor::ways(conn, person, Purpose::Recover)?);
    ways.into_iter()
        .filter(|way| way.method_id == method_id)
        .find_map(|way| {
            let channel = match (by, way.factor) {
                ("push", "approve") => Channel::Approve,
                ("code", "sms") => Channel::Sms,
                ("code", "email") => Channel::Email,
                ("code", "totp") => Channel::App,
                ("call", "call") => Channel::Call,
                _ => return None,
            };
            Some((way, channel))
        })
        .ok_or_else(|| refusal::not_askable(by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MethodKind;
    use crate::server::evaluate::fixture::{add, directory, last_code, load};

    #[test]
    fn a_caller_is_asked_by_what_is_ready_and_nothing_changes() {
        let conn = directory();
        add(&conn, "adele", MethodKind::PhoneMobile, "+31 612345678");
        let adele = load(&conn, "adele");
        let sent = send(&conn, &adele, "phone:mobile", "code").unwrap();
        assert_eq!((sent.channel, sent.to.as_str()), (Channel::Sms, "+31 612345678"));
        let (code, to, text) = last_code(&conn);
        assert_eq!(to, "+31 612345678");
        assert!(text.contains("help desk"), "{text}");
        let said = |by, code: &str| answer(&conn, &adele, "phone:mobile", by, code).unwrap();
        assert!(
            matches!(said("call", &code), Verdict::Wrong(_)),
            "a text is no call"
        );
        assert_eq!(said("code", &code), Verdict::Accepted);
        assert_eq!(said("code", &code), Verdict::Expired, "it is spent");
    }

    #[test]
    fn what_waits_for_its_code_or_asks_otherwise_is_not_asked() {
        let conn = directory();
        add(&conn, "adele", MethodKind::PhoneMobile, "+31 612345678");
        let adele = load(&conn, "adele");
        for (method, by) in [("phone:mobile", "push"), ("phone:mobile", "x"), ("none", "code")] {
            let refused = send(&conn, &adele, method, by).unwrap_err();
            assert_eq!(
                (refused.status().as_u16(), refused.code()),
                (409, "callerNotAskable"),
                "{method} {by}"
            );
        }
        conn.execute("UPDATE methods SET state = 'pending'", []).unwrap();
        assert!(send(&conn, &adele, "phone:mobile", "code").is_err());
    }
}
