//! Second factors: which of them a person can use now, sending a code, checking one.

use rusqlite::{Connection, params};

use super::authenticator::{self, Code};
use super::challenge::{self, Channel, Line, Purpose, Verdict};
use super::person::Person;
use super::policy;
use crate::domain::MethodKind;
use crate::server::clock;
use crate::server::error::ApiError;
use crate::server::secrets;

/// One way in which one method can answer for a person. A mobile number has two: a text and a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// `totp`, `sms`, `call`, `approve`, `email`, or the method's kind where this service cannot check it.
    pub(crate) factor: &'static str,
    /// Which method.
    pub(crate) method_id: String,
    /// Its kind.
    pub(crate) kind: MethodKind,
    /// The number, the address or the name of the device.
    pub(crate) to: String,
}

/// A factor as somebody answers it; an empty code asks for one.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// Which: a factor, or `call-mobile`, `call-alternate`, `call-office` for one of several phones.
    pub(crate) kind: String,
    /// The code.
    pub(crate) code: String,
}

/// What came of a factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The code was right.
    Accepted,
    /// A code went out, or an app shows one.
    Asked(String),
    /// The code was not right; counts as a failed try.
    Wrong(String),
    /// The person has no such factor.
    Unavailable(String),
}

/// What is strongest first, as the service picks it; pass comes last because it is the exception.
const STRENGTH: [&str; 10] = [
    "passkey",
    "security-key",
    "windows-hello",
    "platform-key",
    "certificate",
    "external",
    "approve",
    "totp",
    "sms",
    "call",
];

/// Every way in which this person can answer now: ready methods that policy allows, the default first.
pub(crate) fn ways(conn: &Connection, person: &Person, purpose: Purpose) -> Result<Vec<Way>, ApiError> {
    let mut statement = conn.prepare_cached(
        "SELECT id, kind, coalesce(value, name, ''), secret IS NOT NULL OR seed_n IS NOT NULL
         FROM methods WHERE user_id = ?1 AND state = 'ready' ORDER BY created_at, id",
    )?;
    let rows = statement
        .query_map([&person.id], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, bool>(3)?,
            ))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut ways = Vec::new();
    for (method_id, kind, to, generates) in rows {
        let Ok(kind) = kind.parse::<MethodKind>() else {
            continue;
        };
        for factor in factors_of(conn, person, kind, generates, purpose)? {
            ways.push(Way {
                factor,
                method_id: method_id.clone(),
                kind,
                to: to.clone(),
            });
        }
    }
    ways.sort_by_key(|way| rank(person, way));
    Ok(ways)
}

/// The factors of these ways, each once, in their order; a usable pass comes last.
pub(crate) fn offered(ways: &[Way], pass: bool) -> Vec<String> {
    let mut factors: Vec<String> = Vec::new();
    for way in ways {
        if !factors.iter().any(|factor| factor == way.factor) {
            factors.push(way.factor.to_owned());
        }
    }
    if pass {
        factors.push("pass".to_owned());
    }
    factors
}

/// Sends a code where none was given, else checks it.
pub(crate) fn answer<'w>(
    conn: &Connection,
    person: &'w Person,
    ways: &'w [Way],
    purpose: Purpose,
    given: &Given,
) -> Result<Outcome, ApiError> {
    let (factor, phone) = match given.kind.split_once('-') {
        Some(("call", phone)) => ("call", Some(format!("phone:{phone}"))),
        _ => (given.kind.as_str(), None),
    };
    let ways: Vec<&Way> = ways
        .iter()
        .filter(|way| way.factor == factor && phone.as_ref().is_none_or(|phone| way.kind.as_str() == phone))
        .collect();
    let Some(first) = ways.first() else {
        return Ok(Outcome::Unavailable(format!(
            "{} is no factor of this person",
            given.kind
        )));
    };
    let code = given.code.trim();
    let channel = match factor {
        "totp" => return generated(conn, person, &ways, code),
        "sms" => Channel::Sms,
        "call" => Channel::Call,
        "email" => Channel::Email,
        "approve" => Channel::Approve,
        _ => {
            return Ok(Outcome::Unavailable(format!(
                "this service cannot check a {factor}"
            )));
        }
    };
    let line = |way: &'w Way| Line {
        user_id: &person.id,
        method_id: &way.method_id,
        purpose,
        channel,
        to: &way.to,
    };
    if code.is_empty() {
        // A notification goes to every device at once, a text, call or mail to one: the default before others.
        let count = if channel == Channel::Approve {
            ways.len()
        } else {
            1
        };
        for way in ways.iter().take(count) {
            challenge::send(conn, line(way))?;
        }
        return Ok(Outcome::Asked(format!(
            "a code went out by {factor} to {}",
            first.to
        )));
    }
    let mut worst = Verdict::Expired;
    for way in ways {
        match challenge::check(conn, line(way), code)? {
            Verdict::Accepted => {
                used(conn, person, &way.method_id)?;
                return Ok(Outcome::Accepted);
            }
            Verdict::Expired => {}
            other => worst = other,
        }
    }
    Ok(Outcome::Wrong(
        match worst {
            Verdict::TooMany => "too many wrong codes; ask for another one",
            Verdict::Wrong(_) => "the code is wrong",
            Verdict::Accepted | Verdict::Expired => {
                "the code has expired or none was sent; ask for another one"
            }
        }
        .to_owned(),
    ))
}

/// Checks a temporary access pass, which stands for password and second factor together. Only who knows it learns why
/// it does not work.
pub(crate) fn pass(conn: &Connection, person: &Person, code: &str) -> Result<Outcome, ApiError> {
    let typed = secrets::sha256(code.trim().as_bytes());
    let Some(pass) = Pass::all(conn, person)?
        .into_iter()
        .find(|pass| secrets::same(&pass.hash, &typed))
    else {
        return Ok(Outcome::Wrong("the temporary access pass is wrong".to_owned()));
    };
    let now = clock::now_ms(conn)?;
    if let Some(why) = pass.why_not(conn, person, now)? {
        return Ok(Outcome::Unavailable(format!("the temporary access pass {why}")));
    }
    conn.execute(
        "UPDATE methods SET used = 1, last_used_at = ?3 WHERE user_id = ?1 AND id = ?2",
        params![person.id, pass.method_id, now],
    )?;
    Ok(Outcome::Accepted)
}

/// Whether the person has a pass that works now.
pub(crate) fn has_pass(conn: &Connection, person: &Person) -> Result<bool, ApiError> {
    let now = clock::now_ms(conn)?;
    for pass in Pass::all(conn, person)? {
        if pass.why_not(conn, person, now)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Pass {
    method_id: String,
    hash: Vec<u8>,
    starts_at: i64,
    expires_at: i64,
    spent: bool,
}

impl Pass {
    fn all(conn: &Connection, person: &Person) -> rusqlite::Result<Vec<Self>> {
        let mut statement = conn.prepare_cached(
            "SELECT id, secret, coalesce(starts_at, created_at, 0), coalesce(expires_at, 0),
             coalesce(once, 0) = 1 AND used = 1
             FROM methods WHERE user_id = ?1 AND kind = 'temporary-pass' AND secret IS NOT NULL",
        )?;
        statement
            .query_map([&person.id], |row| {
                Ok(Self {
                    method_id: row.get(0)?,
                    hash: row.get(1)?,
                    starts_at: row.get(2)?,
                    expires_at: row.get(3)?,
                    spent: row.get(4)?,
                })
            })?
            .collect()
    }

    fn why_not(&self, conn: &Connection, person: &Person, now: i64) -> Result<Option<String>, ApiError> {
        if self.spent {
            return Ok(Some("works once and was used".to_owned()));
        }
        if now < self.starts_at {
            return Ok(Some("does not work yet".to_owned()));
        }
        if now >= self.expires_at {
            return Ok(Some("has expired".to_owned()));
        }
        let why = policy::why_not(conn, "TemporaryAccessPass", &person.id)?;
        Ok(why.map(|why| format!("is not allowed by the policy TemporaryAccessPass: {why}")))
    }
}

fn generated(conn: &Connection, person: &Person, ways: &[&Way], code: &str) -> Result<Outcome, ApiError> {
    if code.is_empty() {
        return Ok(Outcome::Asked("the app shows a code".to_owned()));
    }
    let mut replayed = false;
    for way in ways {
        match authenticator::check(conn, &person.id, &way.method_id, code)? {
            Code::Right => return Ok(Outcome::Accepted),
            Code::Replayed => replayed = true,
            Code::Wrong => {}
        }
    }
    let why = if replayed {
        "the code was used before; wait for the next one"
    } else {
        "the code is wrong"
    };
    Ok(Outcome::Wrong(why.to_owned()))
}

fn used(conn: &Connection, person: &Person, method_id: &str) -> Result<(), ApiError> {
    let now = clock::now_ms(conn)?;
    conn.execute(
        "UPDATE methods SET last_used_at = ?3 WHERE user_id = ?1 AND id = ?2",
        params![person.id, method_id, now],
    )?;
    Ok(())
}

/// What a method can answer by, as its kind and policy have it.
fn factors_of(
    conn: &Connection,
    person: &Person,
    kind: MethodKind,
    generates: bool,
    purpose: Purpose,
) -> Result<Vec<&'static str>, ApiError> {
    let allowed = |id: &str| policy::why_not(conn, id, &person.id).map(|why| why.is_none());
    let mut factors = Vec::new();
    match kind {
        MethodKind::Authenticator if allowed("MicrosoftAuthenticator")? => {
            factors.push("approve");
            let codes =
                policy::configuration(conn, "MicrosoftAuthenticator")?["isSoftwareOathEnabled"] != false;
            if generates && codes {
                factors.push("totp");
            }
        }
        MethodKind::Totp if generates && allowed("SoftwareOath")? => factors.push("totp"),
        MethodKind::HardwareToken if generates && allowed("HardwareOath")? => factors.push("totp"),
        MethodKind::PhoneMobile => {
            if allowed("Sms")? {
                factors.push("sms");
            }
            if allowed("Voice")? {
                factors.push("call");
            }
        }
        MethodKind::PhoneAlternate if allowed("Voice")? => factors.push("call"),
        MethodKind::PhoneOffice
            if allowed("Voice")? && policy::configuration(conn, "Voice")?["isOfficePhoneAllowed"] == true =>
        {
            factors.push("call");
        }
        MethodKind::Email if purpose == Purpose::Recover && allowed("Email")? => factors.push("email"),
        MethodKind::Passkey | MethodKind::SecurityKey if allowed("Fido2")? => factors.push(kind.as_str()),
        MethodKind::WindowsHello | MethodKind::PlatformKey | MethodKind::External => {
            factors.push(kind.as_str())
        }
        MethodKind::Certificate if allowed("X509Certificate")? => factors.push(kind.as_str()),
        _ => {}
    }
    // What cannot be checked here is offered at sign-in, where an honest list matters, and not for a reset.
    if purpose == Purpose::Recover {
        factors.retain(|factor| matches!(*factor, "approve" | "totp" | "sms" | "call" | "email"));
    }
    Ok(factors)
}

/// The default first; then by strength; among phones the mobile, then the alternate, then the office.
fn rank(person: &Person, way: &Way) -> (bool, usize, MethodKind) {
    let preferred = match person.preferred.as_deref() {
        _ if person.system_preferred => false,
        Some("push") => way.factor == "approve",
        Some("oath") => way.factor == "totp",
        Some("sms") => way.factor == "sms",
        Some("voiceMobile") => way.factor == "call" && way.kind == MethodKind::PhoneMobile,
        Some("voiceAlternateMobile") => way.factor == "call" && way.kind == MethodKind::PhoneAlternate,
        Some("voiceOffice") => way.factor == "call" && way.kind == MethodKind::PhoneOffice,
        _ => false,
    };
    let strength = STRENGTH
        .iter()
        .position(|factor| *factor == way.factor)
        .unwrap_or(STRENGTH.len());
    (!preferred, strength, way.kind)
}

#[cfg(test)]
mod tests;
