//! The embedded server as the world of one bench: an administrator, a policy that allows everything, and people with
//! what a case asks for, written into the data file beside it while it runs.

use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::As;
use super::case::{Verdict, ensure};
use super::world::{Facts, World};
use crate::auth::Credential;
use crate::domain::{Asked, Clock as _, MethodKind, Policy, PolicyUse, SystemClock, User, UserId, Via};
use crate::server::{self, Running};
use crate::services::ConnectOptions;

/// Privileged Authentication Administrator, Authentication Policy Administrator, Global Reader, User Administrator.
const ROLES: [&str; 4] = [
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
];
const GROUP: &str = "99999999-0000-4000-8000-000000000001";
/// A provider that policy knows.
pub(super) const PROVIDER: &str = "99999999-0000-4000-8000-0000000000e1";
/// Hardware tokens that nobody has, all of the same seed.
pub(super) const TOKENS: [&str; 3] = ["7001", "7002", "7003"];
/// Their seed.
pub(super) const SEED: &[u8; 20] = b"12345678901234567890";
const POOL: [&str; 4] = ["First pet?", "First car?", "First school?", "First job?"];

/// Remembered devices and app passwords of a person.
const EACH: usize = 2;

pub(super) struct Directory {
    connection: Mutex<Connection>,
    options: ConnectOptions,
    facts: Facts,
    /// Whether it has more than Graph.
    whole: bool,
    _running: Running,
    _folder: tempfile::TempDir,
}

impl Directory {
    /// A new file and a server on it. `name`: `entra` for Graph alone, else with all that it has.
    pub(super) async fn new(name: &str, who: As) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.db");
        let mut options = server::Options::new(&path);
        options.demo = false;
        // Once alone, so that the file is there before the server that the cases ask.
        server::spawn(options.clone())
            .await
            .unwrap()
            .stop()
            .await
            .unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        set_up(&connection);
        options.graph_only = name == "entra";
        options.in_process = who == As::Person;
        let running = server::spawn(options).await.unwrap();
        let endpoint = running.endpoint.clone();
        let credential = match endpoint.operator {
            Some((username, password)) if who == As::Person => Credential::Password {
                client_id: endpoint.client_id,
                client_secret: Some(endpoint.client_secret),
                username,
                password,
            },
            _ => Credential::ClientSecret {
                client_id: endpoint.client_id,
                secret: endpoint.client_secret,
            },
        };
        Self {
            connection: Mutex::new(connection),
            options: ConnectOptions {
                service: name.to_owned(),
                graph: endpoint.graph,
                authority: endpoint.authority,
                tenant: endpoint.tenant,
                credential,
                timeout: Duration::from_secs(30),
                pace: None,
                signing_in: crate::auth::SigningIn::default(),
                network: crate::domain::Network::default(),
                runtime: None,
            },
            facts: facts(),
            whole: name != "entra",
            _running: running,
            _folder: folder,
        }
    }
}

fn facts() -> Facts {
    Facts {
        defaults: [MethodKind::Authenticator, MethodKind::PhoneMobile],
        registered: vec![MethodKind::PhoneMobile, MethodKind::Email],
        unregistered: vec![MethodKind::Email],
        group: ("Pilots".to_owned(), GROUP.to_owned()),
        admin: "admin@contoso.example".to_owned(),
        for_group: Some("passkey"),
        remembered: EACH,
        device: Some("iPhone 14"),
        app_passwords: EACH,
        questions: POOL[..3].iter().map(|question| (*question).to_owned()).collect(),
        signing_in: &[],
        code_goes: Via::Call,
        keeps_number: true,
        asking: &[
            (MethodKind::PhoneMobile, Asked::Code, "sms"),
            (MethodKind::PhoneMobile, Asked::Call, "call"),
            (MethodKind::Authenticator, Asked::Push, "approve"),
        ],
    }
}

fn set_up(connection: &Connection) {
    let admin: Option<String> = connection
        .query_row("SELECT id FROM users WHERE upn LIKE 'admin@%'", [], |row| {
            row.get(0)
        })
        .ok();
    let admin = admin.unwrap_or_else(|| insert_user(connection, "admin@contoso.example", "Admin"));
    for role in ROLES {
        let sql = "INSERT OR IGNORE INTO role_assignments (principal_id, role_id) VALUES (?1, ?2)";
        connection.execute(sql, [admin.as_str(), role]).unwrap();
    }
    let sql = "INSERT OR IGNORE INTO groups (id, name, description) VALUES (?1, 'Pilots', 'those who try')";
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

impl World for Directory {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn options(&self) -> ConnectOptions {
        self.options.clone()
    }

    fn add_person(&self, has: &[MethodKind]) -> UserId {
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
        for n in 0..EACH {
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

    fn join(&self, user: &UserId) {
        let sql = "INSERT INTO group_members (group_id, member_id) VALUES (?1, ?2)";
        self.connection
            .lock()
            .unwrap()
            .execute(sql, [GROUP, &user.0])
            .unwrap();
    }

    fn last_code(&self, user: &UserId) -> String {
        let sql = "SELECT code FROM outbox WHERE user_id = ?1 ORDER BY id DESC LIMIT 1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| row.get(0))
            .unwrap()
    }

    fn password_state(&self, user: &UserId) -> (bool, bool) {
        let sql = "SELECT password_seeded, must_change_password FROM users WHERE id = ?1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| Ok((!row.get::<_, bool>(0)?, row.get(1)?)))
            .unwrap()
    }

    fn registration_required(&self, user: &UserId) -> bool {
        let sql = "SELECT registration_required FROM users WHERE id = ?1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, [&user.0], |row| row.get(0))
            .unwrap()
    }

    fn lock(&self, _user: &UserId) {}

    fn close(&self, user: &UserId) {
        let sql = "UPDATE users SET enabled = 0 WHERE id = ?1";
        let connection = self.connection.lock().unwrap();
        assert_eq!(connection.execute(sql, [&user.0]).unwrap(), 1);
    }

    fn filter_for(&self, user: &User) -> String {
        format!("userPrincipalName eq '{}'", user.sign_in_name)
    }

    fn signed_out(&self, user: &UserId) -> bool {
        let sql = "SELECT sessions_valid_from > ?2 FROM users WHERE id = ?1";
        self.connection
            .lock()
            .unwrap()
            .query_row(sql, params![user.0, long_ago()], |row| row.get(0))
            .unwrap()
    }

    fn policy_is_told(&self, policy: &Policy) -> Verdict {
        let row = |kind: &str| {
            policy
                .methods
                .iter()
                .find(|row| row.kind == kind)
                .ok_or(format!("no row for {kind}"))
        };
        ensure(
            row("phone, text")?.purpose == PolicyUse::SignIn,
            "texts are not for sign-in",
        )?;
        ensure(row("email")?.purpose == PolicyUse::Reset, "mail is not for reset")?;
        ensure(row("qr-pin")?.purpose == PolicyUse::Off, "what is off is not off")?;
        ensure(
            row("passkey")?.targets[0].name.as_deref() == Some("Pilots"),
            "the group is not named",
        )?;
        ensure(
            row("temporary-pass")?.limits["max_lifetime_minutes"] == 480,
            "the pass has no limit",
        )?;
        ensure(
            row("phone, call")?.limits["office_phone"] == true,
            "office phones are not told",
        )?;
        if self.whole {
            ensure(
                policy
                    .remembered_devices
                    .as_ref()
                    .is_some_and(|policy| policy.days == Some(14)),
                "days are not told",
            )?;
            ensure(
                policy
                    .registration
                    .as_ref()
                    .is_some_and(|policy| policy.postpone_days == Some(14)),
                "postponing is not told",
            )?;
            ensure(
                policy.app_passwords.as_ref().is_some_and(|policy| policy.allowed),
                "app passwords are not told",
            )?;
            ensure(policy.questions.len() == 4, "questions are not told")?;
        }
        Ok(())
    }
}

fn insert_user(connection: &Connection, upn: &str, name: &str) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    connection
        .execute(
            "INSERT INTO users (id, upn, display_name, mail, created_at, last_sign_in_at, sessions_valid_from)
             VALUES (?1, ?2, ?3, 'mail.' || ?2, ?4, ?4, ?4)",
            params![id, upn, name, long_ago() - 1],
        )
        .unwrap();
    id
}

/// When everybody here began.
fn long_ago() -> i64 {
    now() - 90 * 86_400_000
}

fn now() -> i64 {
    SystemClock.now().as_millisecond()
}
