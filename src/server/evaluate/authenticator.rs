//! Codes that an app generates (RFC 6238): enrolment, and checking with one step of skew and no replay.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use totp_rs::{Algorithm, Builder, Secret as TotpSecret, Totp};

use super::person::Person;
use super::{policy, refusal};
use crate::server::clock::{self, SECOND};
use crate::server::error::ApiError;
use crate::server::secrets::{self, Seed};

/// The organization, as apps show it beside the code.
const ISSUER: &str = "Contoso";
const DEFAULT_NAME: &str = "Authenticator";
/// OATH tokens and authenticator apps together (api/entra 1.5).
const MOST: i64 = 5;
const STEP: i64 = 30 * SECOND;
const NAME_CHARS: usize = 120;

/// What the person needs to set an app up.
pub(crate) struct Enrolment {
    /// The method's id.
    pub(crate) id: String,
    /// The name of the device.
    pub(crate) name: String,
    /// The seed, base 32.
    pub(crate) secret: String,
    /// The same for a QR code.
    pub(crate) otpauth_uri: String,
}

/// Enrols an app. It waits for its first code before it counts. Fails where policy forbids it or there are enough.
pub(crate) fn enrol(conn: &Connection, person: &Person, name: Option<&str>) -> Result<Enrolment, ApiError> {
    policy::demand(conn, "SoftwareOath", &person.id)?;
    let name = name
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .unwrap_or(DEFAULT_NAME);
    if name.chars().count() > NAME_CHARS {
        return Err(refusal::bad_request(format!(
            "A device name has at most {NAME_CHARS} characters."
        )));
    }
    let there: i64 = conn.query_row(
        "SELECT count(*) FROM methods WHERE user_id = ?1 AND kind IN ('totp', 'authenticator', 'hardware-token')",
        [&person.id],
        |row| row.get(0),
    )?;
    if there >= MOST {
        return Err(refusal::bad_request(format!(
            "A person has at most {MOST} authenticator apps and OATH tokens; remove one first."
        )));
    }
    let secret = secrets::generate_totp_secret()?;
    // A colon parts issuer from account in the URI, so that neither can hold one.
    let url = Builder::new()
        .with_secret(TotpSecret::new_stack(secret))
        .with_issuer(Some(ISSUER))
        .with_account_name(person.upn.replace(':', " "))
        .build()
        .and_then(|totp| totp.to_url())
        .map_err(|error| refusal::internal(&error))?;
    let id = uuid::Uuid::new_v4().to_string();
    let now = clock::now_ms(conn)?;
    conn.execute(
        "INSERT INTO methods (user_id, id, kind, name, state, secret, created_at)
         VALUES (?1, ?2, 'totp', ?3, 'pending', ?4, ?5)",
        params![person.id, id, name, secret.as_slice(), now],
    )?;
    Ok(Enrolment {
        id,
        name: name.to_owned(),
        secret: TotpSecret::new_stack(secret).to_base32(),
        otpauth_uri: url,
    })
}

/// What came of a generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Right, and now spent.
    Right,
    /// Not one of now, nor of the step before or after.
    Wrong,
    /// Right, and spent before.
    Replayed,
}

/// Checks a generated code of one method and spends it.
pub(crate) fn check(conn: &Connection, user_id: &str, method_id: &str, code: &str) -> Result<Code, ApiError> {
    let Some(Kept {
        secret: Some(secret),
        last_step,
        sort,
    }) = kept(conn, user_id, method_id)?
    else {
        return Ok(Code::Wrong);
    };
    let now = clock::now_ms(conn)?;
    let Some(step) = step_of(&generator(secret, &sort)?, code, now) else {
        return Ok(Code::Wrong);
    };
    // A step that lies ahead of what can be right now was accepted before the clock was moved back: it says nothing.
    let last_step = last_step.filter(|last| *last <= now.div_euclid(STEP) + 1);
    if last_step.is_some_and(|last| step <= last) {
        return Ok(Code::Replayed);
    }
    conn.execute(
        "UPDATE methods SET last_step = ?3, last_used_at = ?4 WHERE user_id = ?1 AND id = ?2",
        params![user_id, method_id, step, now],
    )?;
    Ok(Code::Right)
}

/// The seed of a method, made or derived, and the last step that was accepted.
struct Kept {
    secret: Option<Vec<u8>>,
    last_step: Option<i64>,
    /// What a hardware token says of its codes.
    sort: Value,
}

fn kept(conn: &Connection, user_id: &str, method_id: &str) -> rusqlite::Result<Option<Kept>> {
    conn.query_row(
        "SELECT secret, seed_n, last_step, extra FROM methods WHERE user_id = ?1 AND id = ?2",
        params![user_id, method_id],
        |row| {
            let made: Option<Vec<u8>> = row.get(0)?;
            let secret = match (made, row.get(1)?) {
                (None, Some(n)) => Some(Seed::load(conn)?.totp_secret(user_id, n).to_vec()),
                (made, _) => made,
            };
            Ok(Kept {
                secret,
                last_step: row.get(2)?,
                sort: serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default(),
            })
        },
    )
    .optional()
}

fn generator(secret: Vec<u8>, sort: &Value) -> Result<Totp, ApiError> {
    if let Some(interval) = sort["timeIntervalInSeconds"].as_u64() {
        let algorithm = match sort["hashFunction"].as_str() {
            Some("hmacsha256") => Algorithm::SHA256,
            _ => Algorithm::SHA1,
        };
        // Tokens have shorter seeds than apps may have.
        return Ok(Builder::new()
            .with_secret(secret)
            .with_algorithm(algorithm)
            .with_step_duration(interval)
            .build_noncompliant());
    }
    Builder::new()
        .with_secret(secret)
        .build()
        .map_err(|error| refusal::internal(&error))
}

fn step_of(totp: &Totp, code: &str, now: i64) -> Option<i64> {
    // Apps show a code as two groups of three.
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(now.div_euclid(SECOND)).ok()?;
    totp.check(&digits, seconds)
        .and_then(|step| i64::try_from(step).ok())
}

/// The code that an app with this seed shows at a moment.
#[cfg(test)]
pub(crate) fn shown(secret: &[u8], at_ms: i64) -> String {
    let totp = Builder::new().with_secret(secret.to_vec()).build().unwrap();
    totp.generate(u64::try_from(at_ms / SECOND).unwrap()).to_string()
}
