//! What only demo data may do: tell the secrets that derive from the seed, so that a sign-in can be tried. What was
//! made or changed since is null, what was removed is not listed.

use axum::Json;
use axum::extract::Path;
use rusqlite::Connection;
use serde_json::{Value, json};
use totp_rs::Secret as TotpSecret;

use super::{Ext, Of};
use crate::server::error::ApiError;
use crate::server::evaluate::device;
use crate::server::evaluate::person::Person;
use crate::server::secrets::Seed;

pub(super) async fn show(ext: Ext, Path(id): Of<String>) -> Result<Json<Value>, ApiError> {
    Ok(Json(ext.read_person(id, tell).await?))
}

/// Everything that the seed gives of a person.
pub(super) fn tell(conn: &Connection, person: &Person) -> Result<Value, ApiError> {
    let seed = Seed::load(conn)?;
    let user = &person.id;
    let seeded: bool = conn.query_row("SELECT password_seeded FROM users WHERE id = ?1", [user], |row| {
        row.get(0)
    })?;
    let remembered: Vec<Value> = device::remembered(conn, person)?
        .into_iter()
        .map(|device| json!({"id": device.id, "name": device.name, "token": device.token(&seed, user)}))
        .collect();
    let totp = rows(
        conn,
        "SELECT id, name, CASE WHEN secret IS NULL THEN seed_n END FROM methods WHERE user_id = ?1
         AND kind IN ('totp', 'authenticator') AND (secret IS NOT NULL OR seed_n IS NOT NULL) ORDER BY created_at, id",
        user,
        |id, name, n| {
            let secret = n.map(|n| TotpSecret::new_stack(seed.totp_secret(user, n)).to_base32());
            json!({"methodId": id, "secret": secret, "device": name})
        },
    )?;
    let app_passwords = rows(
        conn,
        "SELECT id, name, CASE WHEN hash IS NULL THEN seed_n END FROM app_passwords WHERE user_id = ?1
         ORDER BY created_at, id",
        user,
        |id, name, n| json!({"id": id, "name": name, "password": n.map(|n| seed.app_password(user, n))}),
    )?;
    let answers = rows(
        conn,
        "SELECT CAST(n AS TEXT), question, seed_n FROM questions WHERE user_id = ?1 ORDER BY n",
        user,
        |_, question, n| json!({"question": question, "answer": n.map(|n| seed.answer(user, n))}),
    )?;
    Ok(json!({
        "password": seeded.then(|| seed.password(user)),
        "totp": totp,
        "rememberedDevices": remembered,
        "appPasswords": app_passwords,
        "securityAnswers": answers,
    }))
}

fn rows(
    conn: &Connection,
    sql: &str,
    user: &str,
    item: impl Fn(String, Option<String>, Option<i64>) -> Value,
) -> rusqlite::Result<Vec<Value>> {
    let mut statement = conn.prepare_cached(sql)?;
    statement
        .query_map([user], |row| Ok(item(row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}
