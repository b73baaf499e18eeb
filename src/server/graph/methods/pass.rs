//! The temporary access pass: made within policy, one a person, its secret in one answer only.

use jiff::Timestamp;
use rusqlite::params;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::person::Person;
use super::super::policy;
use super::super::request::{Cx, Reply, bad};
use super::{forget_challenges, load, render};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;
use crate::server::secrets;

const MINUTE: i64 = 60_000;

/// `POST …/temporaryAccessPassMethods`
pub(crate) fn create(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = match &cx.call.body {
        None => serde_json::Map::new(),
        Some(_) => cx.body(&["isUsableOnce", "lifetimeInMinutes", "startDateTime"])?,
    };
    let person = Person::find(cx.connection, cx.segment(1))?;
    if person.is_external() {
        return Err(bad(
            "Temporary Access Pass cannot be added to an external guest user.",
        ));
    }
    let policy = policy::configuration(cx.connection, "TemporaryAccessPass")?;
    if policy["state"] != "enabled" {
        // The beginning of the text was seen in the field; status and code are assumption `pass-refusals`.
        return Err(bad(
            "Converged UserCredentialPolicy does not allow creating or updating a Temporary Access Pass.",
        ));
    }
    let limit = |name: &str, otherwise: i64| policy[name].as_i64().unwrap_or(otherwise);
    let lifetime = match body.get("lifetimeInMinutes") {
        None | Some(Value::Null) => limit("defaultLifetimeInMinutes", 60),
        Some(value) => value
            .as_i64()
            .ok_or_else(|| bad("lifetimeInMinutes must be a whole number."))?,
    };
    let (least, most) = (
        limit("minimumLifetimeInMinutes", 60),
        limit("maximumLifetimeInMinutes", 480),
    );
    if !(least..=most).contains(&lifetime) {
        return Err(bad(format!(
            "lifetimeInMinutes must be between {least} and {most}, as the policy has it."
        )));
    }
    let demanded = policy["isUsableOnce"].as_bool().unwrap_or(false);
    let once = match body.get("isUsableOnce") {
        None | Some(Value::Null) => demanded,
        Some(value) => value
            .as_bool()
            .ok_or_else(|| bad("isUsableOnce must be true or false."))?,
    };
    if demanded && !once {
        return Err(bad(
            "The policy demands a Temporary Access Pass that can be used once.",
        ));
    }
    let starts = match body.get("startDateTime") {
        None | Some(Value::Null) => cx.now,
        Some(value) => value
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
            .ok_or_else(|| bad("startDateTime must be a time in UTC, such as 2026-01-31T09:00:00Z."))?
            .as_millisecond(),
    };
    let length = usize::try_from(limit("defaultLength", 8))
        .unwrap_or(8)
        .clamp(8, 48);
    let secret = secrets::generate_pass(length)?;
    for old in load(cx.connection, &person.id)?
        .iter()
        .filter(|method| method.kind == "temporary-pass")
    {
        cx.connection.execute(
            "DELETE FROM methods WHERE user_id = ?1 AND id = ?2",
            [&person.id, &old.id],
        )?;
        forget_challenges(cx.connection, &person.id, &old.id)?;
    }
    let id = Uuid::new_v4().to_string();
    cx.connection.execute(
        "INSERT INTO methods (user_id, id, kind, secret, extra, starts_at, expires_at, once, created_at)
         VALUES (?1, ?2, 'temporary-pass', ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            person.id,
            id,
            secrets::sha256(secret.as_bytes()).as_slice(),
            json!({"lifetimeInMinutes": lifetime}).to_string(),
            starts,
            starts.saturating_add(lifetime * MINUTE),
            once,
            cx.now
        ],
    )?;
    let made = load(cx.connection, &person.id)?
        .into_iter()
        .find(|method| method.id == id);
    let reason = render::usability(cx, &person.id, &made.ok_or_else(ApiError::internal)?)?;
    Ok(Reply::created(json!({
        "id": id,
        "temporaryAccessPass": secret,
        "createdDateTime": rfc3339(cx.now),
        "startDateTime": rfc3339(starts),
        "lifetimeInMinutes": lifetime,
        "isUsableOnce": once,
        "isUsable": reason == "EnabledByPolicy",
        "methodUsabilityReason": reason,
    })))
}
