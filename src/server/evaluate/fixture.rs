//! A small directory in memory, for tests of decisions.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::person::Person;
use super::sign_in::{self, Answer, Attempt};
use crate::domain::MethodKind;
use crate::server::clock;
use crate::server::evaluate::factor::Given;
use crate::server::secrets::{self, Seed};

/// The schema, a seed, and nothing else.
pub(crate) fn empty() -> Connection {
    let conn = crate::server::file::in_memory();
    conn.execute(
        "INSERT INTO meta (key, value) VALUES ('seed', ?1)",
        [[7_u8; 32].as_slice()],
    )
    .unwrap();
    conn
}

/// Adele and Bas with nothing registered, and a policy that allows everything.
pub(crate) fn directory() -> Connection {
    let conn = empty();
    allow_everything(&conn);
    add_people(&conn, &["adele", "bas"]);
    conn
}

/// A policy that allows every method to everybody and demands a second factor of all.
pub(crate) fn allow_everything(conn: &Connection) {
    let everybody = json!([{"id": "all_users"}]);
    for id in [
        "Sms",
        "Email",
        "SoftwareOath",
        "TemporaryAccessPass",
        "MicrosoftAuthenticator",
        "Fido2",
    ] {
        set_policy(conn, id, json!({"state": "enabled", "includeTargets": everybody}));
    }
    set_policy(
        conn,
        "Voice",
        json!({"state": "enabled", "isOfficePhoneAllowed": true, "includeTargets": everybody}),
    );
    set_policy(conn, "rememberedDevices", json!({"allowed": true, "days": 14}));
    set_policy(conn, "registration", json!({"postponeDays": 14}));
    set_policy(conn, "appPasswords", json!({"allowed": true}));
    set_policy(conn, "conditionalAccess", json!({"mfa": "all"}));
    let pool = ["First pet?", "First car?", "First school?", "First job?"];
    set_policy(
        conn,
        "securityQuestions",
        json!({"state": "enabled", "required": 2, "register": 3, "pool": pool}),
    );
}

/// People with their seeded password and nothing else.
pub(crate) fn add_people(conn: &Connection, names: &[&str]) {
    let now = clock::now_ms(conn).unwrap();
    for name in names {
        conn.execute(
            "INSERT INTO users (id, upn, display_name, created_at, sessions_valid_from) VALUES (?1, ?2, ?3, ?4, ?4)",
            params![format!("id-{name}"), format!("{name}@contoso.example"), name, now - 90 * clock::DAY],
        )
        .unwrap();
    }
}

/// Puts one part of the policy in the place of what was there.
pub(crate) fn set_policy(conn: &Connection, key: &str, json: Value) {
    conn.execute(
        "INSERT OR REPLACE INTO policy (key, json) VALUES (?1, ?2)",
        params![key, json.to_string()],
    )
    .unwrap();
}

/// The id of a person.
pub(crate) fn person(conn: &Connection, name: &str) -> String {
    load(conn, name).id
}

/// A person, read afresh.
pub(crate) fn load(conn: &Connection, name: &str) -> Person {
    Person::find(conn, &format!("{name}@contoso.example"))
        .unwrap()
        .unwrap()
}

/// Gives a person a method that counts; a totp has the first seeded secret.
pub(crate) fn add(conn: &Connection, name: &str, kind: MethodKind, value: &str) {
    let generates = (kind == MethodKind::Totp).then_some(1);
    conn.execute(
        "INSERT INTO methods (user_id, id, kind, value, seed_n, created_at) VALUES (?1, ?2, ?2, ?3, ?4, 1)",
        params![person(conn, name), kind.as_str(), value, generates],
    )
    .unwrap();
}

/// Gives a person a pass that works now.
pub(crate) fn add_pass(conn: &Connection, name: &str, pass: &str, once: bool) {
    let now = clock::now_ms(conn).unwrap();
    conn.execute(
        "INSERT INTO methods (user_id, id, kind, secret, starts_at, expires_at, once, created_at)
         VALUES (?1, 'pass', 'temporary-pass', ?2, ?3, ?4, ?5, ?3)",
        params![
            person(conn, name),
            secrets::sha256(pass.as_bytes()).as_slice(),
            now,
            now + 60 * clock::MINUTE,
            once
        ],
    )
    .unwrap();
}

/// The code that the app with the first seeded secret shows now.
pub(crate) fn app_code(conn: &Connection, name: &str) -> String {
    let secret = Seed::load(conn).unwrap().totp_secret(&person(conn, name), 1);
    super::authenticator::shown(&secret, clock::now_ms(conn).unwrap())
}

/// The code of the newest entry of the outbox, and to whom it went.
pub(crate) fn last_code(conn: &Connection) -> (String, String, String) {
    conn.query_row(
        "SELECT code, recipient, text FROM outbox ORDER BY id DESC LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
    .unwrap()
}

/// An attempt with the right password.
pub(crate) fn attempt(conn: &Connection, name: &str) -> Attempt {
    let user = person(conn, name);
    Attempt {
        password: Some(Seed::load(conn).unwrap().password(&user)),
        user: format!("{name}@contoso.example"),
        ..Attempt::default()
    }
}

/// Factors as the command line gives them: `sms:123456`.
pub(crate) fn factors(given: &[&str]) -> Vec<Given> {
    given
        .iter()
        .map(|text| text.split_once(':').unwrap())
        .map(|(kind, code)| Given {
            kind: kind.to_owned(),
            code: code.to_owned(),
        })
        .collect()
}

/// Signs in with the right password and these factors.
pub(crate) fn sign_in(conn: &Connection, name: &str, given: &[&str]) -> Answer {
    sign_in::evaluate(
        conn,
        &Attempt {
            factors: factors(given),
            ..attempt(conn, name)
        },
    )
    .unwrap()
}

/// An answer as one line, without its tokens.
pub(crate) fn line(answer: &Answer) -> String {
    let mut line = answer.result.as_str().to_owned();
    if let Some(reason) = &answer.reason {
        line.push_str(&format!(" ({reason})"));
    }
    if !answer.factors.is_empty() {
        line.push_str(&format!(" [{}]", answer.factors.join(" ")));
    }
    if let Some(left) = answer.grace_days_left {
        line.push_str(&format!(" {left} days"));
    }
    if answer.session_token.is_some() {
        line.push_str(" +session");
    }
    if answer.device_token.is_some() {
        line.push_str(" +device");
    }
    line
}

/// Evaluates an attempt and tells the answer as one line.
pub(crate) fn try_it(conn: &Connection, attempt: &Attempt) -> String {
    line(&sign_in::evaluate(conn, attempt).unwrap())
}
