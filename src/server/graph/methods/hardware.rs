//! Hardware tokens of a person (beta): assigned out of the inventory, activated by a code, deactivated, given back.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::super::person::Person;
use super::super::request::{Cx, Reply, bad};
use super::{load, preferences};
use crate::server::error::ApiError;
use crate::server::evaluate::authenticator::{self, Code};

/// OATH tokens and authenticator apps together (api/entra 1.5).
const MOST: usize = 5;

/// Gives a token of the inventory to a person; it waits for a code of it.
///
/// # Errors
/// 404 where there is no such token; 400 where somebody has it, or the person has enough (both assumed).
pub(crate) fn give(cx: &Cx<'_>, person: &Person, token: &str, name: Option<&str>) -> Result<(), ApiError> {
    let row = cx
        .connection
        .query_row(
            "SELECT serial, manufacturer, model, coalesce(?2, name), secret, interval_s, hash, status FROM hardware_tokens WHERE id = ?1",
            params![token, name],
            |row| {
                let extra = json!({
                    "serialNumber": row.get::<_, String>(0)?,
                    "manufacturer": row.get::<_, String>(1)?,
                    "model": row.get::<_, String>(2)?,
                    "timeIntervalInSeconds": row.get::<_, i64>(5)?,
                    "hashFunction": row.get::<_, String>(6)?,
                });
                let (name, secret) = (row.get::<_, Option<String>>(3)?, row.get::<_, Option<Vec<u8>>>(4)?);
                Ok((extra, name, secret, row.get::<_, String>(7)?))
            },
        )
        .optional()?;
    let (extra, name, secret, status) = row.ok_or_else(ApiError::no_method)?;
    if status != "available" {
        return Err(bad("The hardware token is assigned to a user already."));
    }
    let codes = ["totp", "authenticator", "hardware-token"];
    let methods = load(cx.connection, &person.id)?;
    if methods
        .iter()
        .filter(|method| codes.contains(&method.kind.as_str()))
        .count()
        >= MOST
    {
        return Err(bad(
            "The user has the maximum number of authenticator apps and OATH tokens.",
        ));
    }
    cx.connection.execute(
        "INSERT INTO methods (user_id, id, kind, name, state, secret, extra, created_at)
         VALUES (?1, ?2, 'hardware-token', ?3, 'pending', ?4, ?5, ?6)",
        params![person.id, token, name, secret, extra.to_string(), cx.now],
    )?;
    settle(cx.connection, token, "assigned", Some(&person.id))
}

/// What the inventory says of a token: whose it is, and how far.
///
/// # Errors
/// The file cannot be written.
fn settle(connection: &Connection, token: &str, status: &str, user: Option<&str>) -> Result<(), ApiError> {
    connection.execute(
        "UPDATE hardware_tokens SET status = ?2, user_id = ?3 WHERE id = ?1",
        params![token, status, user],
    )?;
    Ok(())
}

/// A token that was taken from a person is in the inventory again.
///
/// # Errors
/// The file cannot be written.
pub(super) fn given_back(connection: &Connection, token: &str) -> Result<(), ApiError> {
    settle(connection, token, "available", None)
}

/// `POST …/hardwareOathMethods`
pub(crate) fn assign(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["device"])?;
    let token = device(&body)?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    give(cx, &person, &token, None)?;
    let method = super::shown(cx, &token)?;
    Ok(Reply::created(method))
}

fn device(body: &Map<String, Value>) -> Result<String, ApiError> {
    body.get("device")
        .and_then(|device| device["id"].as_str())
        .map(str::to_owned)
        .ok_or_else(|| bad("device with its id is required."))
}

/// Takes a code of a token that the person has, and lets it count.
fn activated(
    cx: &Cx<'_>,
    person: &Person,
    token: &str,
    body: &Map<String, Value>,
) -> Result<Reply, ApiError> {
    let code = body
        .get("verificationCode")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let has = load(cx.connection, &person.id)?
        .into_iter()
        .any(|method| method.kind == "hardware-token" && method.id == token);
    if !has {
        return Err(ApiError::no_method());
    }
    if authenticator::check(cx.connection, &person.id, token, code)? != Code::Right {
        // Assumed: the refusal of a wrong code is not documented.
        return Err(bad("The verification code is not valid."));
    }
    if let Some(name) = body.get("displayName").and_then(Value::as_str) {
        cx.connection.execute(
            "UPDATE methods SET name = ?3 WHERE user_id = ?1 AND id = ?2",
            [&person.id, token, name],
        )?;
    }
    cx.connection.execute(
        "UPDATE methods SET state = 'ready' WHERE user_id = ?1 AND id = ?2",
        [&person.id, token],
    )?;
    settle(cx.connection, token, "activated", Some(&person.id))?;
    preferences::enforce(cx.connection, person)?;
    Ok(Reply::no_content())
}

/// `POST …/hardwareOathMethods/{id}/activate`
pub(crate) fn activate(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["verificationCode", "displayName"])?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    activated(cx, &person, cx.segment(4), &body)
}

/// `POST …/hardwareOathMethods/assignAndActivate`
pub(crate) fn assign_and_activate(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["verificationCode", "device", "displayName"])?;
    let token = device(&body)?;
    both(cx, &token, &body)
}

/// `POST …/hardwareOathMethods/assignAndActivateBySerialNumber`
pub(crate) fn assign_and_activate_by_serial(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["verificationCode", "serialNumber", "displayName"])?;
    let serial = body
        .get("serialNumber")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let token: Option<String> = cx
        .connection
        .query_row(
            "SELECT id FROM hardware_tokens WHERE serial = ?1",
            [serial],
            |row| row.get(0),
        )
        .optional()?;
    both(cx, &token.ok_or_else(ApiError::no_method)?, &body)
}

/// Both or nothing: a wrong code leaves the token where it was.
fn both(cx: &Cx<'_>, token: &str, body: &Map<String, Value>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    give(cx, &person, token, None)?;
    activated(cx, &person, token, body)
}

/// `POST …/hardwareOathMethods/{id}/deactivate`: it stays assigned.
pub(crate) fn deactivate(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let token = cx.segment(4);
    let changed = cx.connection.execute(
        "UPDATE methods SET state = 'pending' WHERE user_id = ?1 AND id = ?2 AND kind = 'hardware-token'",
        [&person.id, token],
    )?;
    if changed == 0 {
        return Err(ApiError::no_method());
    }
    settle(cx.connection, token, "assigned", Some(&person.id))?;
    super::default::settle(cx.connection, &person)?;
    Ok(Reply::no_content())
}
