//! A directory for one bench: an administrator, a policy that allows everything, and people with what a case asks for,
//! written into the data file beside the running server.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::domain::{MethodKind, UserId};
use crate::server;

/// Privileged Authentication Administrator, Authentication Policy Administrator, Global Reader, User Administrator.
const ROLES: [&str; 4] = [
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
];
pub(super) const GROUP: &str = "99999999-0000-4000-8000-000000000001";
/// A provider that policy knows.
pub(super) const PROVIDER: &str = "99999999-0000-4000-8000-0000000000e1";
/// Hardware tokens that nobody has, all of the same seed.
pub(super) const TOKENS: [&str; 3] = ["7001", "7002", "7003"];
/// Their seed.
pub(super) const SEED: &[u8; 20] = b"12345678901234567890";
pub(super) const POOL: [&str; 4] = ["First pet?", "First car?", "First school?", "First job?"];

/// What a person has beside methods.
pub(super) const DEVICES: usize = 2;

pub(super) struct Directory {
    connection: Mutex<Connection>,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Directory {
    /// A new file, with the administrator that the in-process profile acts as.
    pub(super) async fn new(_graph_only: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.db");
        let mut options = server::Options::new(&path);
        options.demo = false;
        server::spawn(options).await.unwrap().stop().await.unwrap();
        let connection = Connection::open(&path).unwrap();
        connection
            .busy_timeout(std::time::Duration::from_secs(30))
            .unwrap();
        let directory = Self {
            connection: Mutex::new(connection),
            path,
            _folder: folder,
        };
        directory.set_up();
        directory
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn set_up(&self) {
        let connection = self.connection.lock().unwrap();
        let admin: Option<String> = connection
            .query_row("SELECT id FROM users WHERE upn LIKE 'admin@%'", [], |row| {
                row.get(0)
            })
            .ok();
        let admin = admin.unwrap_or_else(|| insert_user(&connection, "admin@contoso.example", "Admin"));
        for role in ROLES {
            let sql = "INSERT OR IGNORE INTO role_assignments (principal_id, role_id) VALUES (?1, ?2)";
            connection.execute(sql, [admin.as_str(), role]).unwrap();
        }
        let sql =
            "INSERT OR IGNORE INTO groups (id, name, description) VALUES (?1, 'Pilots', 'those who try')";
        connection.execute(sql, [GROUP]).unwrap();
        let set = |key: &str, mut value: Value| {
            if value.get("includeTargets").is_some() {
                value["id"] = json!(key);
            }
            let sql = "INSERT OR REPLACE INTO policy (key, json) VALUES (?1, ?2)";
            connection.execute(sql, [key, &value.to_string()]).unwrap();
        };
        let everyone = json!([{"id": "all_users", "targetType": "group"}]);
        for id in [
            "Sms",
            "Email",
            "SoftwareOath",
            "MicrosoftAuthenticator",
            "HardwareOath",
        ] {
            set(
                id,
                json!({"state": "enabled", "includeTargets": everyone, "excludeTargets": []}),
            );
        }
        let pilots = json!([{"id": GROUP, "targetType": "group"}]);
        set(
            "Fido2",
            json!({"state": "enabled", "includeTargets": pilots, "excludeTargets": []}),
        );
        set(
            "QRCodePin",
            json!({"state": "disabled", "includeTargets": everyone, "excludeTargets": []}),
        );
        set(
            "Voice",
            json!({"state": "enabled", "includeTargets": everyone, "isOfficePhoneAllowed": true}),
        );
        set(
            "TemporaryAccessPass",
            json!({"state": "enabled", "includeTargets": everyone, "isUsableOnce": false, "defaultLength": 8,
                "defaultLifetimeInMinutes": 60, "minimumLifetimeInMinutes": 10, "maximumLifetimeInMinutes": 480}),
        );
        set(
            PROVIDER,
            json!({"@odata.type": "#microsoft.graph.externalAuthenticationMethodConfiguration", "state": "enabled",
                "displayName": "Fabrikam ID", "includeTargets": everyone, "excludeTargets": []}),
        );
        for serial in TOKENS {
            let sql = "INSERT OR IGNORE INTO hardware_tokens (id, serial, manufacturer, model, secret, interval_s, hash)
                       VALUES (?1, ?2, 'Contoso', 'C-200', ?3, 30, 'hmacsha1')";
            let id = uuid::Uuid::new_v4().to_string();
            connection
                .execute(sql, params![id, serial, SEED.as_slice()])
                .unwrap();
        }
        set("rememberedDevices", json!({"allowed": true, "days": 14}));
        set("registration", json!({"postponeDays": 14}));
        set("appPasswords", json!({"allowed": true}));
        set("conditionalAccess", json!({"mfa": "all"}));
        set(
            "securityQuestions",
            json!({"state": "enabled", "required": 2, "register": 3, "pool": POOL}),
        );
    }

    /// A person with these methods, the first of them the default where it can be, two remembered devices, a
    /// registered one, a session and two app passwords.
    pub(super) fn add_person(&self, has: &[MethodKind]) -> UserId {
        let connection = self.connection.lock().unwrap();
        let name = format!("p{}", uuid::Uuid::new_v4().simple());
        let id = insert_user(
            &connection,
            &format!("{name}@contoso.example"),
            &format!("Person {name}"),
        );
        let now = now();
        for (n, kind) in (0..).zip(has) {
            if *kind == MethodKind::Questions {
                for (n, question) in (0..).zip(&POOL[..3]) {
                    let sql = "INSERT INTO questions (user_id, n, question, seed_n, created_at) VALUES (?1, ?2, ?3, ?2, ?4)";
                    connection.execute(sql, params![id, n, question, now]).unwrap();
                }
                continue;
            }
            let (method, value) = match kind {
                MethodKind::PhoneMobile => ("3179e48a-750b-4051-897c-87b9720928f7", Some("+1 4255550100")),
                MethodKind::PhoneAlternate => ("b6332ec1-7057-4abe-9331-3d72feddfe41", Some("+1 4255550199")),
                MethodKind::PhoneOffice => ("e37fc753-ff3b-4958-9484-eaa9425c82bc", Some("+1 4255550142x12")),
                MethodKind::Email => ("3ddfcfc8-9383-446f-83cc-3ab9be4be18f", Some("p@home.example")),
                _ => ("", None),
            };
            let method = if method.is_empty() {
                uuid::Uuid::new_v4().to_string()
            } else {
                method.to_owned()
            };
            let pass = *kind == MethodKind::TemporaryPass;
            connection
                .execute(
                    "INSERT INTO methods (user_id, id, kind, name, value, extra, seed_n, starts_at, expires_at, once, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    params![
                        id,
                        method,
                        kind.as_str(),
                        value.is_none().then(|| format!("My {kind}")),
                        value,
                        if pass { r#"{"lifetimeInMinutes":60}"# } else { "{}" },
                        matches!(kind, MethodKind::Totp).then_some(1),
                        pass.then_some(now),
                        pass.then_some(now + 3_600_000),
                        pass.then_some(false),
                        now + n,
                    ],
                )
                .unwrap();
        }
        for n in 0..DEVICES {
            let sql = "INSERT INTO remembered_devices (user_id, id, name, browser, os, seed_n, created_at, last_used_at)
                       VALUES (?1, ?2, ?3, 'Edge', 'Windows', ?4, ?5, ?5)";
            let device = uuid::Uuid::new_v4().to_string();
            connection
                .execute(sql, params![id, device, format!("LAPTOP-{n}"), n as i64, now])
                .unwrap();
            let sql = "INSERT INTO app_passwords (user_id, id, name, seed_n, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
            let app = uuid::Uuid::new_v4().to_string();
            connection
                .execute(sql, params![id, app, format!("Mail {n}"), n as i64, now])
                .unwrap();
        }
        let sql = "INSERT INTO registered_devices (id, user_id, device_id, name, os, os_version, trust, registered_at)
                   VALUES (?1, ?2, ?1, 'iPhone 14', 'iOS', '18', 'Workplace', ?3)";
        connection
            .execute(sql, params![uuid::Uuid::new_v4().to_string(), id, now])
            .unwrap();
        let sql = "INSERT INTO sessions (user_id, id, token_hash, device, created_at, last_used_at)
                   VALUES (?1, ?2, x'00', 'Edge', ?3, ?3)";
        connection
            .execute(sql, params![id, uuid::Uuid::new_v4().to_string(), now])
            .unwrap();
        UserId(id)
    }

    /// Puts somebody in the group.
    pub(super) fn join(&self, user: &UserId) {
        let sql = "INSERT INTO group_members (group_id, member_id) VALUES (?1, ?2)";
        self.connection
            .lock()
            .unwrap()
            .execute(sql, [GROUP, &user.0])
            .unwrap();
    }

    /// The code that went out last to somebody.
    pub(super) fn last_code(&self, user: &UserId) -> String {
        let sql = "SELECT code FROM outbox WHERE user_id = ?1 ORDER BY id DESC LIMIT 1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| row.get(0))
            .unwrap()
    }

    /// Whether a password was changed by an administrator, and whether it must be changed again.
    pub(super) fn password_state(&self, user: &UserId) -> (bool, bool) {
        let sql = "SELECT password_seeded, must_change_password FROM users WHERE id = ?1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| Ok((!row.get::<_, bool>(0)?, row.get(1)?)))
            .unwrap()
    }

    /// Whether registration was asked for.
    pub(super) fn registration_required(&self, user: &UserId) -> bool {
        let sql = "SELECT registration_required FROM users WHERE id = ?1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| row.get(0))
            .unwrap()
    }

    /// From when on sessions are good.
    pub(super) fn sessions_valid_from(&self, user: &UserId) -> i64 {
        let sql = "SELECT sessions_valid_from FROM users WHERE id = ?1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| row.get(0))
            .unwrap()
    }
}

fn insert_user(connection: &Connection, upn: &str, name: &str) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    let long_ago = now() - 90 * 86_400_000;
    connection
        .execute(
            "INSERT INTO users (id, upn, display_name, mail, created_at, last_sign_in_at, sessions_valid_from)
             VALUES (?1, ?2, ?3, 'mail.' || ?2, ?4, ?4, ?4)",
            params![id, upn, name, long_ago],
        )
        .unwrap();
    id
}

fn now() -> i64 {
    use crate::domain::Clock as _;
    crate::domain::SystemClock.now().as_millisecond()
}
