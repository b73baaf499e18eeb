//! The organization's inventory of hardware tokens: `/directory/authenticationMethodDevices/hardwareOathDevices`, which
//! only beta has. Whose they are is in `methods/hardware.rs`.

use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value, json};
use totp_rs::Secret;
use uuid::Uuid;

use super::page;
use super::person::Person;
use super::request::{Cx, Reply, bad};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

/// The longest seed, in Base32 (api/entra 1.8).
const LONGEST_SEED: usize = 128;
const COLUMNS: &str = "t.id, t.serial, t.manufacturer, t.model, t.name, t.interval_s, t.hash,
    iif(m.state = 'ready', 'activated', t.status), t.user_id, u.display_name, t.last_used_at FROM hardware_tokens t
    LEFT JOIN users u ON u.id = t.user_id LEFT JOIN methods m ON m.user_id = t.user_id AND m.id = t.id";

fn render(row: &Row<'_>) -> rusqlite::Result<Value> {
    let user: Option<String> = row.get(8)?;
    let name: Option<String> = row.get(9)?;
    Ok(json!({
        "id": row.get::<_, String>(0)?,
        "displayName": row.get::<_, Option<String>>(4)?,
        "serialNumber": row.get::<_, String>(1)?,
        "manufacturer": row.get::<_, String>(2)?,
        "model": row.get::<_, String>(3)?,
        "secretKey": null,
        "timeIntervalInSeconds": row.get::<_, i64>(5)?,
        "hashFunction": row.get::<_, String>(6)?,
        "status": row.get::<_, String>(7)?,
        "assignedTo": user.map(|id| json!({"id": id, "displayName": name})),
        "lastUsedDateTime": row.get::<_, Option<i64>>(10)?.map(rfc3339),
    }))
}

/// `GET …/hardwareOathDevices`
pub(crate) fn list(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let items = cx
        .connection
        .prepare_cached(&format!("SELECT {COLUMNS} ORDER BY t.serial"))?
        .query_map([], render)?
        .collect::<Result<_, _>>()?;
    page::of(cx, items)
}

fn find(connection: &Connection, id: &str) -> Result<Value, ApiError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} WHERE t.id = ?1"))?
        .query_row([id], render)
        .optional()?
        .ok_or_else(|| ApiError::no_resource(id))
}

/// `GET …/hardwareOathDevices/{id}`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(find(cx.connection, cx.segment(3))?))
}

fn text<'v>(body: &'v Map<String, Value>, key: &str) -> Result<&'v str, ApiError> {
    let given = body.get(key).and_then(Value::as_str).map(str::trim);
    given
        .filter(|text| !text.is_empty() && text.chars().count() <= 120)
        .ok_or_else(|| bad(format!("{key} is required.")))
}

/// `POST …/hardwareOathDevices`: a token, and for whom it is where that is said. The seed is never shown again.
pub(crate) fn create(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&[
        "serialNumber",
        "manufacturer",
        "model",
        "secretKey",
        "timeIntervalInSeconds",
        "hashFunction",
        "displayName",
        "assignTo",
    ])?;
    let (serial, manufacturer, model) = (
        text(&body, "serialNumber")?,
        text(&body, "manufacturer")?,
        text(&body, "model")?,
    );
    // The seed is not repeated in the refusal.
    let seed = body.get("secretKey").and_then(Value::as_str).unwrap_or_default();
    let secret = (!seed.is_empty() && seed.len() <= LONGEST_SEED)
        .then(|| Secret::try_from_base32(seed).ok())
        .flatten()
        .ok_or_else(|| bad("secretKey must be Base32, 128 characters at most."))?;
    let interval = body.get("timeIntervalInSeconds").and_then(Value::as_i64);
    let interval = interval
        .filter(|seconds| [30, 60].contains(seconds))
        .ok_or_else(|| bad("timeIntervalInSeconds must be 30 or 60."))?;
    let hash = match body.get("hashFunction") {
        None | Some(Value::Null) => "hmacsha1",
        Some(value) => value
            .as_str()
            .filter(|hash| ["hmacsha1", "hmacsha256"].contains(hash))
            .ok_or_else(|| bad("hashFunction must be one of hmacsha1, hmacsha256."))?,
    };
    let name = body.get("displayName").and_then(Value::as_str);
    let assign = match body.get("assignTo") {
        None | Some(Value::Null) => None,
        Some(user) => {
            let id = user["id"].as_str().unwrap_or_default();
            Some(Person::find(cx.connection, id)?)
        }
    };
    let id = Uuid::new_v4().to_string();
    let added = cx.connection.execute(
        "INSERT OR IGNORE INTO hardware_tokens (id, serial, manufacturer, model, name, secret, interval_s, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![id, serial, manufacturer, model, name, secret.as_bytes(), interval, hash],
    )?;
    if added == 0 {
        // Assumed: that serial numbers are unique is documented, the refusal is not.
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "conflict",
            "A hardware token with this serial number exists.",
        ));
    }
    if let Some(person) = assign {
        super::methods::hardware::give(cx, &person, &id, None)?;
    }
    Ok(Reply::created(find(cx.connection, &id)?))
}

/// `DELETE …/hardwareOathDevices/{id}`: a token that nobody has.
pub(crate) fn delete(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let token = find(cx.connection, cx.segment(3))?;
    if !token["assignedTo"].is_null() {
        // The rule is documented, its error is not: assumed.
        return Err(bad(
            "The hardware token is assigned to a user. Unassign it first.",
        ));
    }
    cx.connection
        .execute("DELETE FROM hardware_tokens WHERE id = ?1", [cx.segment(3)])?;
    Ok(Reply::no_content())
}
