//! Many people, for trying bulk work: the same ones for the same number.

use rusqlite::{Connection, OptionalExtension, Statement, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::rows::{DAY, date};
use crate::server::graph::methods::{ALTERNATE_ID, EMAIL_ID, MOBILE_ID, OFFICE_ID};

const GIVEN: [&str; 24] = [
    "Amara", "Ben", "Carla", "Deniz", "Ella", "Farid", "Greta", "Hana", "Ivo", "Jia", "Kofi", "Lena",
    "Mateo", "Nora", "Otto", "Priya", "Rosa", "Seb", "Tariq", "Uma", "Vera", "Wen", "Yara", "Zeno",
];
const SURNAMES: [&str; 25] = [
    "Abe", "Berg", "Costa", "Diaz", "Eriksen", "Fischer", "Garcia", "Haas", "Ito", "Jovic", "Kim", "Lopez",
    "Moreau", "Nkosi", "Olsen", "Patel", "Quist", "Rossi", "Silva", "Tanaka", "Usman", "Vos", "Weber",
    "Yilmaz", "Zhou",
];
const PHONES: [&str; 6] = [
    "iPhone 13",
    "iPhone 15",
    "Pixel 7",
    "Pixel 9",
    "Galaxy S23",
    "Galaxy A54",
];

/// Area codes; behind each, 555-0100 to 555-0199 are kept for fiction.
const AREAS: [u16; 20] = [
    201, 206, 212, 213, 253, 303, 305, 312, 360, 404, 415, 425, 503, 509, 512, 602, 617, 702, 713, 808,
];

/// What a person of the crowd has, by the remainder of the number: about what organizations see.
const MIX: [&[&str]; 10] = [
    &["authenticator", "phone:mobile"],
    &["authenticator"],
    &["phone:mobile"],
    &["authenticator", "phone:mobile", "phone:alternate", "email"],
    &["phone:mobile", "phone:office"],
    &["totp", "email"],
    &[],
    &["authenticator", "passkey"],
    &["phone:mobile", "email"],
    &["authenticator", "totp", "phone:mobile"],
];

/// Adds people until `users` were made by this function: the same ones for the same number, whatever was there.
/// Gives how many were added.
///
/// # Errors
/// What SQLite says.
pub(crate) fn seed_users(connection: &Connection, now: i64, users: u64) -> rusqlite::Result<u64> {
    let made: Option<i64> = connection
        .query_row(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seeded_users'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let made = made.and_then(|made| u64::try_from(made).ok()).unwrap_or(0);
    if users <= made {
        return Ok(0);
    }
    let mut writer = Writer::new(connection, now)?;
    let mut added = 0;
    for n in made + 1..=users {
        added += writer.person(n)?;
    }
    connection.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('seeded_users', ?1)",
        [i64::try_from(users).unwrap_or(i64::MAX)],
    )?;
    Ok(added)
}

struct Writer<'c> {
    user: Statement<'c>,
    method: Statement<'c>,
    remembered: Statement<'c>,
    now: i64,
}

/// Ids of one person: one digest for the person, the rest numbered.
struct Ids([u8; 32]);

impl Ids {
    fn guid(&self, n: u8) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0[..16]);
        bytes[0] ^= n.wrapping_mul(37);
        bytes[15] ^= n;
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            .to_owned()
    }
}

impl<'c> Writer<'c> {
    fn new(connection: &'c Connection, now: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            user: connection.prepare(
                "INSERT OR IGNORE INTO users (id, upn, display_name, given_name, surname, mail, language, created_at,
                 last_sign_in_at, sessions_valid_from, mfa_state, preferred, grace_from, enabled)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?2, 'en', ?6, ?7, ?6, ?8, ?9, ?10, ?11)",
            )?,
            method: connection.prepare(
                "INSERT OR IGNORE INTO methods (user_id, id, kind, name, value, channel, seed_n, extra, created_at,
                 last_used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            remembered: connection.prepare(
                "INSERT OR IGNORE INTO remembered_devices (user_id, id, name, browser, os, seed_n, created_at, last_used_at)
                 VALUES (?1, ?2, ?3, 'Edge', 'Windows', 1, ?4, ?4)",
            )?,
            now,
        })
    }

    fn person(&mut self, n: u64) -> rusqlite::Result<u64> {
        let upn = format!("user{n:05}@contoso.example");
        let ids = Ids(Sha256::digest(upn.as_bytes()).into());
        let id = ids.guid(0);
        let pick = |byte: usize, of: usize| usize::from(ids.0[byte]) % of;
        let (given, surname) = (GIVEN[pick(20, GIVEN.len())], SURNAMES[pick(21, SURNAMES.len())]);
        let mix = MIX[pick(22, MIX.len())];
        let preferred = match mix.first().copied() {
            Some("authenticator") => Some("push"),
            Some("totp") => Some("oath"),
            Some("phone:mobile") => Some("sms"),
            _ => None,
        };
        let created = date(2024, 1, 1) + i64::from(ids.0[23]) * DAY;
        let used = self.now - i64::from(ids.0[24] % 30) * DAY;
        let state = if preferred.is_some() {
            "enforced"
        } else {
            "disabled"
        };
        let grace = mix.is_empty().then_some(used);
        let enabled = ids.0[25] >= 5; // one in fifty has left
        let added = self.user.execute(params![
            id,
            upn,
            format!("{given} {surname}"),
            given,
            surname,
            created,
            used,
            state,
            preferred,
            grace,
            enabled
        ])?;
        if added == 0 {
            return Ok(0); // somebody of this name was made by hand
        }
        let mut secrets = 0;
        for (order, kind) in (1_u8..).zip(mix) {
            let number =
                |shift: usize| format!("+1 {}55501{:02}", AREAS[(pick(28, 20) + shift) % 20], n % 100);
            let (method, name, value, channel) = match *kind {
                "phone:mobile" => (MOBILE_ID.to_owned(), None, Some(number(0)), Some("sms")),
                "phone:alternate" => (ALTERNATE_ID.to_owned(), None, Some(number(1)), Some("call")),
                "phone:office" => (
                    OFFICE_ID.to_owned(),
                    None,
                    Some(format!("+1 4255550170x{n}")),
                    Some("call"),
                ),
                "email" => (
                    EMAIL_ID.to_owned(),
                    None,
                    Some(format!("user{n:05}@home.example")),
                    None,
                ),
                "totp" => (ids.guid(order), Some("Code app"), None, None),
                "passkey" => (ids.guid(order), Some("YubiKey 5"), None, None),
                _ => (ids.guid(order), Some(PHONES[pick(26, PHONES.len())]), None, None),
            };
            let generates = matches!(*kind, "authenticator" | "totp");
            secrets += i64::from(generates);
            let extra = match *kind {
                "authenticator" => {
                    r#"{"deviceTag":"SoftwareTokenActivated","phoneAppVersion":"6.2511.7533"}"#
                }
                "passkey" => {
                    r#"{"attestationCertificates":[],"attestationLevel":"attested","model":"YubiKey 5","passkeyType":"deviceBound"}"#
                }
                _ => "{}",
            };
            self.method.execute(params![
                id,
                method,
                kind,
                name,
                value,
                channel,
                generates.then_some(secrets),
                extra,
                created + DAY,
                (order == 1).then_some(used)
            ])?;
        }
        if ids.0[27].is_multiple_of(4) && preferred.is_some() {
            let name = format!("LAPTOP-{n:05}");
            self.remembered.execute(params![id, ids.guid(100), name, used])?;
        }
        Ok(1)
    }
}
