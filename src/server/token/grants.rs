//! What waits to be redeemed: authorization codes, device codes and refresh tokens. Each is kept as SHA-256 only; all
//! that one sign-in led to is a family, which ends as a whole when a part of it is used twice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::refusal::{Refusal, bad};
use crate::server::error::ApiError;
use crate::server::secrets;

/// How long a code can be redeemed (E:v2-oauth2-auth-code-flow: about ten minutes).
const CODE_MS: i64 = 600_000;
/// How long a device code waits (E:v2-oauth2-device-code: 900 seconds).
pub(super) const DEVICE_MS: i64 = 900_000;
/// How long a refresh token works (ninety days).
const REFRESH_MS: i64 = 90 * 86_400_000;
/// How long a device waits between two polls, and by how much longer each time that it does not (RFC 8628, 3.5).
pub(super) const INTERVAL_MS: i64 = 5_000;
/// A second of grace: the client's clock is not ours.
const GRACE_MS: i64 = 1_000;
/// Letters of a user code: none that is read for another, no vowel that makes words.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A sign-in that was redeemed: for whom, and for what.
pub(super) struct Redeemed {
    /// The person.
    pub(super) user_id: String,
    /// The scopes that were asked for.
    pub(super) scopes: String,
    /// What it belongs to.
    pub(super) family: String,
    /// `nonce` of the request, for the id token.
    pub(super) nonce: Option<String>,
}

/// A code that somebody's sign-in led to, before it is made.
pub(super) struct NewCode<'a> {
    /// The person.
    pub(super) user_id: &'a str,
    /// The scopes that were asked for.
    pub(super) scopes: &'a str,
    /// Where it goes.
    pub(super) redirect_uri: &'a str,
    /// PKCE's challenge, S256.
    pub(super) challenge: &'a str,
    /// For the id token.
    pub(super) nonce: Option<&'a str>,
}

/// Makes an authorization code.
pub(super) fn code(connection: &Connection, new: &NewCode<'_>, now: i64) -> Result<String, ApiError> {
    let code = secrets::generate_token()?;
    connection.execute(
        "INSERT INTO grants (hash, kind, status, family, user_id, scopes, redirect_uri, challenge, nonce, created_at, expires_at) \
         VALUES (?1, 'code', 'approved', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            secrets::sha256(code.as_bytes()).as_slice(),
            uuid::Uuid::new_v4().to_string(),
            new.user_id,
            new.scopes,
            new.redirect_uri,
            new.challenge,
            new.nonce,
            now,
            now + CODE_MS,
        ],
    )?;
    Ok(code)
}

/// Redeems an authorization code. One that was used before ends all that came of it.
pub(super) fn redeem_code(
    connection: &Connection,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
    now: i64,
) -> Result<Redeemed, Refusal> {
    let hash = secrets::sha256(code.as_bytes());
    let found = connection
        .prepare_cached(
            "SELECT status, family, user_id, scopes, redirect_uri, challenge, nonce, expires_at FROM grants \
             WHERE hash = ?1 AND kind = 'code'",
        )?
        .query_row([hash.as_slice()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                Redeemed {
                    family: row.get(1)?,
                    user_id: row.get(2)?,
                    scopes: row.get(3)?,
                    nonce: row.get(6)?,
                },
                row.get::<_, String>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, i64>(7)?,
            ))
        })
        .optional()?;
    let Some((status, redeemed, uri, challenge, expires_at)) = found else {
        return Err(bad(
            "invalid_grant",
            9_002_313,
            "Invalid request. The authorization code is not one.",
        ));
    };
    if status == "used" {
        end(connection, &redeemed.family)?;
        return Err(bad(
            "invalid_grant",
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        ));
    }
    if expires_at <= now {
        return Err(bad(
            "invalid_grant",
            70008,
            "The provided authorization code or refresh token has expired due to inactivity.",
        ));
    }
    if uri != redirect_uri {
        return Err(bad(
            "invalid_grant",
            50011,
            "The redirect URI does not match the one of the authorization request.",
        ));
    }
    let answer = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    if !secrets::same(answer.as_bytes(), challenge.as_bytes()) {
        return Err(bad(
            "invalid_grant",
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    use_up(connection, &hash)?;
    Ok(redeemed)
}

/// A device code with what its person types.
pub(super) struct Device {
    /// What the device polls with.
    pub(super) device_code: String,
    /// What the person types.
    pub(super) user_code: String,
}

/// Makes a device code.
pub(super) fn device(connection: &Connection, scopes: &str, now: i64) -> Result<Device, ApiError> {
    let device_code = secrets::generate_token()?;
    let bytes = crate::server::keys::random::<9>()?;
    let user_code: String = bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|letter| char::from(*letter))
        .collect();
    connection.execute(
        "INSERT INTO grants (hash, kind, status, family, scopes, user_code, created_at, expires_at) \
         VALUES (?1, 'device', 'pending', ?2, ?3, ?4, ?5, ?6)",
        params![
            secrets::sha256(device_code.as_bytes()).as_slice(),
            uuid::Uuid::new_v4().to_string(),
            scopes,
            user_code,
            now,
            now + DEVICE_MS,
        ],
    )?;
    Ok(Device {
        device_code,
        user_code,
    })
}

/// Whether a device waits for this user code; letters in any case, blanks and dashes left out.
pub(super) fn waits(connection: &Connection, user_code: &str, now: i64) -> Result<bool, ApiError> {
    let found: Option<i64> = connection
        .prepare_cached(
            "SELECT expires_at FROM grants WHERE user_code = ?1 AND kind = 'device' AND status = 'pending'",
        )?
        .query_row([plain(user_code)], |row| row.get(0))
        .optional()?;
    Ok(found.is_some_and(|expires_at| expires_at > now))
}

/// Answers a device that waits: for this person, or no.
pub(super) fn answer(
    connection: &Connection,
    user_code: &str,
    user_id: Option<&str>,
) -> Result<(), ApiError> {
    let status = if user_id.is_some() { "approved" } else { "declined" };
    connection.execute(
        "UPDATE grants SET status = ?2, user_id = ?3 WHERE user_code = ?1 AND status = 'pending'",
        params![plain(user_code), status, user_id],
    )?;
    Ok(())
}

fn plain(user_code: &str) -> String {
    user_code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// A poll of a device. Polling faster than was asked is told so, and counts: from then on it is to wait longer.
pub(super) fn poll(connection: &Connection, device_code: &str, now: i64) -> Result<Redeemed, Refusal> {
    let hash = secrets::sha256(device_code.as_bytes());
    let found = connection
        .prepare_cached(
            "SELECT status, family, user_id, scopes, expires_at, polled_at, interval_ms FROM grants \
             WHERE hash = ?1 AND kind = 'device'",
        )?
        .query_row([hash.as_slice()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, Option<i64>>(5)?,
                row.get::<_, Option<i64>>(6)?,
            ))
        })
        .optional()?;
    let Some((status, family, user_id, scopes, expires_at, polled_at, interval)) = found else {
        return Err(bad(
            "bad_verification_code",
            70018,
            "Verification code is not valid.",
        ));
    };
    let interval = interval.unwrap_or(INTERVAL_MS);
    let too_fast = polled_at.is_some_and(|before| now - before < interval - GRACE_MS);
    connection.execute(
        "UPDATE grants SET polled_at = ?2, interval_ms = ?3 WHERE hash = ?1",
        params![
            hash.as_slice(),
            now,
            if too_fast {
                interval + INTERVAL_MS
            } else {
                interval
            },
        ],
    )?;
    match (status.as_str(), user_id) {
        ("approved", Some(user_id)) if expires_at > now => {
            use_up(connection, &hash)?;
            Ok(Redeemed {
                user_id,
                scopes,
                family,
                nonce: None,
            })
        }
        ("declined", _) => Err(bad(
            "authorization_declined",
            70020,
            "The user declined the request.",
        )),
        ("used", _) => {
            end(connection, &family)?;
            Err(bad(
                "invalid_grant",
                54005,
                "The device code was already redeemed.",
            ))
        }
        _ if expires_at <= now => Err(bad("expired_token", 70019, "Verification code expired.")),
        _ if too_fast => Err(bad(
            "slow_down",
            70016,
            "The device polls more often than it was asked to.",
        )),
        _ => Err(bad(
            "authorization_pending",
            70016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        )),
    }
}

/// Makes a refresh token of a family.
pub(super) fn refresh(
    connection: &Connection,
    user_id: &str,
    scopes: &str,
    family: &str,
    now: i64,
) -> Result<String, ApiError> {
    let token = secrets::generate_token()?;
    connection.execute(
        "INSERT INTO grants (hash, kind, status, family, user_id, scopes, created_at, expires_at) \
         VALUES (?1, 'refresh', 'approved', ?2, ?3, ?4, ?5, ?6)",
        params![
            secrets::sha256(token.as_bytes()).as_slice(),
            family,
            user_id,
            scopes,
            now,
            now + REFRESH_MS,
        ],
    )?;
    Ok(token)
}

/// Redeems a refresh token: it works once, and one that was used before ends its family.
pub(super) fn redeem_refresh(connection: &Connection, token: &str, now: i64) -> Result<Redeemed, Refusal> {
    let hash = secrets::sha256(token.as_bytes());
    let found = connection
        .prepare_cached(
            "SELECT grants.status, family, user_id, scopes, expires_at, grants.created_at, sessions_valid_from \
             FROM grants JOIN users ON users.id = user_id WHERE hash = ?1 AND kind = 'refresh'",
        )?
        .query_row([hash.as_slice()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                Redeemed {
                    family: row.get(1)?,
                    user_id: row.get(2)?,
                    scopes: row.get(3)?,
                    nonce: None,
                },
                row.get::<_, i64>(4)?,
                row.get::<_, i64>(5)?,
                row.get::<_, i64>(6)?,
            ))
        })
        .optional()?;
    let Some((status, redeemed, expires_at, created_at, valid_from)) = found else {
        return Err(bad(
            "invalid_grant",
            9_002_313,
            "Invalid request. The refresh token is not one.",
        ));
    };
    if status == "used" {
        end(connection, &redeemed.family)?;
        return Err(bad(
            "invalid_grant",
            700_082,
            "The refresh token was used before; everything that came of its sign-in has ended.",
        ));
    }
    if created_at < valid_from {
        return Err(bad(
            "invalid_grant",
            50173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        ));
    }
    if expires_at <= now {
        return Err(bad(
            "invalid_grant",
            700_082,
            "The refresh token has expired due to inactivity.",
        ));
    }
    use_up(connection, &hash)?;
    Ok(redeemed)
}

/// Ends everything that came of the sign-in that this refresh token belongs to.
pub(super) fn revoke(connection: &Connection, token: &str) -> Result<(), ApiError> {
    let hash = secrets::sha256(token.as_bytes());
    let family: Option<String> = connection
        .prepare_cached("SELECT family FROM grants WHERE hash = ?1")?
        .query_row([hash.as_slice()], |row| row.get(0))
        .optional()?;
    if let Some(family) = family {
        end(connection, &family)?;
    }
    Ok(())
}

fn use_up(connection: &Connection, hash: &[u8]) -> Result<(), Refusal> {
    connection.execute("UPDATE grants SET status = 'used' WHERE hash = ?1", [hash])?;
    Ok(())
}

fn end(connection: &Connection, family: &str) -> rusqlite::Result<()> {
    connection.execute("UPDATE grants SET status = 'used' WHERE family = ?1", [family])?;
    Ok(())
}
