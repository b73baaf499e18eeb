//! How a demo person is written down: one short line a thing.

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::graph::methods::{ALTERNATE_ID, EMAIL_ID, MOBILE_ID, OFFICE_ID};

/// A day in milliseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;
/// An hour in milliseconds.
pub(super) const HOUR: i64 = 60 * 60 * 1000;

/// A guid that is the same in every file.
pub(super) fn guid(of: &str) -> String {
    let digest = Sha256::digest(of.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The same, beginning as the examples show it.
pub(super) fn guid_from(start: &str, of: &str) -> String {
    let rest = guid(of);
    format!("{start}{}", rest.get(start.len()..).unwrap_or_default())
}

/// Noon of a day, as milliseconds since 1970. A date that there is not is 1970.
pub(super) fn date(year: i16, month: i8, day: i8) -> i64 {
    let noon = jiff::civil::Date::new(year, month, day).map(|date| date.at(12, 0, 0, 0));
    noon.and_then(|noon| noon.to_zoned(jiff::tz::TimeZone::UTC))
        .map_or(0, |noon| noon.timestamp().as_millisecond())
}

/// 08:12 of today, or now where it is earlier than that.
pub(super) fn this_morning(now: i64) -> i64 {
    now.min(now.div_euclid(DAY) * DAY + 8 * HOUR + 12 * 60 * 1000)
}

/// One person being written.
pub(super) struct Person<'c> {
    connection: &'c Connection,
    /// Object id.
    pub(super) id: String,
    now: i64,
    secrets: i64,
    remembered: i64,
    app_passwords: i64,
}

impl<'c> Person<'c> {
    /// A member of contoso.example with this name.
    pub(super) fn new(
        connection: &'c Connection,
        now: i64,
        name: &str,
        display: &str,
    ) -> rusqlite::Result<Self> {
        let upn = format!("{name}@contoso.example");
        Self::with_upn(connection, now, &upn, display, Some(&upn))
    }

    /// A person with a sign-in name and mail address of its own.
    pub(super) fn with_upn(
        connection: &'c Connection,
        now: i64,
        upn: &str,
        display: &str,
        mail: Option<&str>,
    ) -> rusqlite::Result<Self> {
        let id = guid(&format!("user/{upn}"));
        let mut words = display.split(' ');
        let (given, surname) = (words.next(), words.next_back());
        let created = date(2023, 1, 9);
        connection.execute(
            "INSERT INTO users (id, upn, display_name, given_name, surname, mail, language, created_at, last_sign_in_at,
             sessions_valid_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'en', ?7, ?8, ?7)",
            params![id, upn, display, given, surname, mail, created, this_morning(now)],
        )?;
        Ok(Self {
            connection,
            id,
            now,
            secrets: 0,
            remembered: 0,
            app_passwords: 0,
        })
    }

    /// Sets a column of the person. The name comes from this folder only.
    pub(super) fn set(self, column: &str, value: impl rusqlite::ToSql) -> rusqlite::Result<Self> {
        self.connection.execute(
            &format!("UPDATE users SET {column} = ?2 WHERE id = ?1"),
            params![self.id, value],
        )?;
        Ok(self)
    }

    /// A phone of one of the three kinds.
    pub(super) fn phone(self, kind: &str, number: &str, added: i64) -> rusqlite::Result<Self> {
        let (id, channel) = match kind {
            "phone:alternate" => (ALTERNATE_ID, "call"),
            "phone:office" => (OFFICE_ID, "call"),
            _ => (MOBILE_ID, "sms"),
        };
        self.connection.execute(
            "INSERT INTO methods (user_id, id, kind, value, channel, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![self.id, id, kind, number, channel, added],
        )?;
        Ok(self)
    }

    /// The address for password reset.
    pub(super) fn email(self, address: &str, added: i64) -> rusqlite::Result<Self> {
        self.connection.execute(
            "INSERT INTO methods (user_id, id, kind, value, created_at) VALUES (?1, ?2, 'email', ?3, ?4)",
            params![self.id, EMAIL_ID, address, added],
        )?;
        Ok(self)
    }

    /// An authenticator or a code app, with a secret that derives from the seed.
    pub(super) fn app(
        mut self,
        kind: &str,
        start: &str,
        name: &str,
        added: i64,
        used: Option<i64>,
    ) -> rusqlite::Result<Self> {
        self.secrets += 1;
        let extra = match kind {
            "authenticator" => {
                json!({"deviceTag": "SoftwareTokenActivated", "phoneAppVersion": "6.2511.7533"})
            }
            _ => json!({}),
        };
        self.connection.execute(
            "INSERT INTO methods (user_id, id, kind, name, seed_n, extra, created_at, last_used_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.id,
                guid_from(start, &format!("{}/{kind}/{name}", self.id)),
                kind,
                name,
                self.secrets,
                extra.to_string(),
                added,
                used
            ],
        )?;
        Ok(self)
    }

    /// Any other method.
    pub(super) fn method(self, kind: &str, name: &str, extra: Value, added: i64) -> rusqlite::Result<Self> {
        self.connection.execute(
            "INSERT INTO methods (user_id, id, kind, name, extra, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![self.id, guid(&format!("{}/{kind}/{name}", self.id)), kind, name, extra.to_string(), added],
        )?;
        Ok(self)
    }

    /// A passkey.
    pub(super) fn passkey(self, name: &str, added: i64) -> rusqlite::Result<Self> {
        let extra = json!({"aaGuid": "cb69481e-8ff7-4039-93ec-0a2729a154a8", "model": "YubiKey 5",
            "attestationCertificates": [], "attestationLevel": "attested", "passkeyType": "deviceBound"});
        self.method("passkey", name, extra, added)
    }

    /// A device that is not asked for a second factor.
    pub(super) fn remembers(
        mut self,
        start: &str,
        name: &str,
        browser: &str,
        os: &str,
        at: i64,
    ) -> rusqlite::Result<Self> {
        self.remembered += 1;
        self.connection.execute(
            "INSERT INTO remembered_devices (user_id, id, name, browser, os, seed_n, created_at, last_used_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
            params![
                self.id,
                guid_from(start, &format!("{}/remembered/{}", self.id, self.remembered)),
                name,
                browser,
                os,
                self.remembered,
                at
            ],
        )?;
        Ok(self)
    }

    /// A device that is registered with the directory.
    pub(super) fn registers(
        self,
        start: &str,
        name: &str,
        os: &str,
        version: &str,
        used: i64,
    ) -> rusqlite::Result<Self> {
        let of = format!("{}/device/{name}", self.id);
        self.connection.execute(
            "INSERT INTO registered_devices (id, user_id, device_id, name, os, os_version, trust, compliant, managed,
             registered_at, last_sign_in_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'Workplace', 1, 0, ?7, ?8)",
            params![guid_from(start, &of), self.id, guid(&format!("{of}/id")), name, os, version, date(2024, 3, 3), used],
        )?;
        Ok(self)
    }

    /// An app password.
    pub(super) fn app_password(
        mut self,
        name: &str,
        added: i64,
        used: Option<i64>,
    ) -> rusqlite::Result<Self> {
        self.app_passwords += 1;
        self.connection.execute(
            "INSERT INTO app_passwords (user_id, id, name, seed_n, created_at, last_used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.id,
                guid(&format!("{}/app-password/{}", self.id, self.app_passwords)),
                name,
                self.app_passwords,
                added,
                used
            ],
        )?;
        Ok(self)
    }

    /// Open sessions, the newest this morning and each older one a day before.
    pub(super) fn sessions(self, devices: &[&str]) -> rusqlite::Result<Self> {
        for (n, device) in (0..).zip(devices) {
            let at = this_morning(self.now) - n * DAY;
            self.connection.execute(
                "INSERT INTO sessions (user_id, id, device, created_at, last_used_at) VALUES (?1, ?2, ?3, ?4, ?4)",
                params![self.id, guid(&format!("{}/session/{n}", self.id)), device, at],
            )?;
        }
        Ok(self)
    }

    /// Security questions, with answers that derive from the seed.
    pub(super) fn questions(self, questions: &[&str], added: i64) -> rusqlite::Result<Self> {
        for (n, question) in (1..).zip(questions) {
            self.connection.execute(
                "INSERT INTO questions (user_id, n, question, seed_n, created_at) VALUES (?1, ?2, ?3, ?2, ?4)",
                params![self.id, n, question, added],
            )?;
        }
        Ok(self)
    }

    /// A directory role, held directly.
    pub(super) fn role(self, role: &str) -> rusqlite::Result<Self> {
        self.connection.execute(
            "INSERT INTO role_assignments (principal_id, role_id) VALUES (?1, ?2)",
            [&self.id, role],
        )?;
        Ok(self)
    }
}
