//! Devices that are registered with the directory.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::page;
use super::person::Person;
use super::request::{Cx, Reply};
use super::users::with_type;
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

const COLUMNS: &str =
    "id, device_id, name, os, os_version, trust, enabled, compliant, managed, registered_at, last_sign_in_at";

fn render(row: &Row<'_>) -> rusqlite::Result<Value> {
    let time = |n: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(n)?.map(rfc3339));
    Ok(json!({
        "id": row.get::<_, String>(0)?,
        "deletedDateTime": null,
        "accountEnabled": row.get::<_, bool>(6)?,
        "approximateLastSignInDateTime": time(10)?,
        "deviceId": row.get::<_, String>(1)?,
        "displayName": row.get::<_, String>(2)?,
        "isCompliant": row.get::<_, Option<bool>>(7)?,
        "isManaged": row.get::<_, Option<bool>>(8)?,
        "operatingSystem": row.get::<_, Option<String>>(3)?,
        "operatingSystemVersion": row.get::<_, Option<String>>(4)?,
        "registrationDateTime": time(9)?,
        "trustType": row.get::<_, Option<String>>(5)?,
    }))
}

/// `GET /users/{id}/registeredDevices`, its cast, and `ownedDevices`.
pub(crate) fn of_user(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let cast = cx.call.path.len() > 3;
    let items = cx
        .connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM registered_devices WHERE user_id = ?1 ORDER BY registered_at, id"
        ))?
        .query_map([&person.id], |row| {
            let device = render(row)?;
            Ok(if cast {
                device
            } else {
                with_type(device, "#microsoft.graph.device")
            })
        })?
        .collect::<Result<_, _>>()?;
    page::of(cx, items)
}

/// The registered device of a person that has this name, as a method of it shows it; null where there is none.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn named(connection: &Connection, user_id: &str, name: &str) -> rusqlite::Result<Value> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM registered_devices WHERE user_id = ?1 AND name = ?2 ORDER BY registered_at, id LIMIT 1"
        ))?
        .query_row([user_id, name], render)
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// `GET /devices`
pub(crate) fn list(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let items = cx
        .connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM registered_devices ORDER BY id"))?
        .query_map([], render)?
        .collect::<Result<_, _>>()?;
    page::of(cx, items)
}

/// The object id that a path names, directly or as `deviceId=…`.
fn find(cx: &Cx<'_>) -> Result<String, ApiError> {
    let key = cx.segment(1).to_ascii_lowercase();
    let (column, key) = match key.strip_prefix("deviceid=") {
        Some(device_id) => ("device_id", device_id.to_owned()),
        None => ("id", key),
    };
    cx.connection
        .prepare_cached(&format!("SELECT id FROM registered_devices WHERE {column} = ?1"))?
        .query_row([&key], |row| row.get(0))
        .optional()?
        .ok_or_else(|| ApiError::no_resource(&key))
}

/// `GET /devices/{id}`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let id = find(cx)?;
    let device = cx
        .connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM registered_devices WHERE id = ?1"))?
        .query_row([id], render)?;
    Ok(Reply::ok(page::select(cx.call, device)))
}

/// `PATCH /devices/{id}`: `accountEnabled` and nothing else.
pub(crate) fn update(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let id = find(cx)?;
    let body = cx.body(&["accountEnabled"])?;
    let enabled = body
        .get("accountEnabled")
        .and_then(Value::as_bool)
        .ok_or_else(|| {
            ApiError::bad_request(
                "Invalid value specified for property 'accountEnabled' of resource 'Device'.",
            )
        })?;
    cx.connection.execute(
        "UPDATE registered_devices SET enabled = ?2 WHERE id = ?1",
        params![id, enabled],
    )?;
    Ok(Reply::no_content())
}

/// `DELETE /devices/{id}`. Keys of the device stay among the person's methods.
pub(crate) fn delete(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    cx.connection
        .execute("DELETE FROM registered_devices WHERE id = ?1", [find(cx)?])?;
    Ok(Reply::no_content())
}
