//! App passwords: for programs that cannot do two-step verification. Kept as SHA-256, told once.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::params;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Ext, Of, collection, time, time_or_null};
use crate::server::clock;
use crate::server::error::ApiError;
use crate::server::evaluate::{policy, refusal};
use crate::server::secrets;

const NAME_CHARS: usize = 120;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPassword {
    display_name: String,
}

pub(super) async fn list(ext: Ext, Path(id): Of<String>) -> Result<Response, ApiError> {
    let items = ext
        .read_person(id, |conn, person| {
            let mut statement = conn.prepare_cached(
                "SELECT id, name, created_at, last_used_at FROM app_passwords WHERE user_id = ?1
                 ORDER BY created_at, id",
            )?;
            let rows = statement.query_map([&person.id], |row| {
                Ok(json!({
                    "id": row.get::<_, String>(0)?,
                    "displayName": row.get::<_, String>(1)?,
                    "createdDateTime": time(row.get(2)?),
                    "lastUsedDateTime": time_or_null(row.get(3)?),
                }))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .await?;
    Ok(collection(items))
}

pub(super) async fn issue(
    ext: Ext,
    Path(id): Of<String>,
    Body(new): Body<NewPassword>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body = ext
        .write_person(id, move |tx, person| {
            if !policy::app_passwords(tx)?.allowed {
                return Err(refusal::policy("appPasswords", "it is disabled"));
            }
            let name = new.display_name.trim();
            if name.is_empty() || name.chars().count() > NAME_CHARS {
                return Err(refusal::bad_request(format!(
                    "displayName has 1 to {NAME_CHARS} characters."
                )));
            }
            let (id, password) = (
                uuid::Uuid::new_v4().to_string(),
                secrets::generate_app_password()?,
            );
            let now = clock::now_ms(tx)?;
            tx.execute(
                "INSERT INTO app_passwords (user_id, id, name, hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    person.id,
                    id,
                    name,
                    secrets::sha256(password.as_bytes()).as_slice(),
                    now
                ],
            )?;
            Ok(json!({"id": id, "displayName": name, "createdDateTime": time(now), "password": password}))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(body)))
}

pub(super) async fn revoke(
    ext: Ext,
    Path((id, which)): Of<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let gone = ext
        .write_person(id, move |tx, person| {
            Ok(tx.execute(
                "DELETE FROM app_passwords WHERE user_id = ?1 AND id = ?2",
                [&person.id, &which],
            )?)
        })
        .await?;
    if gone > 0 {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(refusal::not_found("app password"))
    }
}

pub(super) async fn revoke_all(ext: Ext, Path(id): Of<String>) -> Result<Json<Value>, ApiError> {
    let count = ext
        .write_person(id, |tx, person| {
            Ok(tx.execute("DELETE FROM app_passwords WHERE user_id = ?1", [&person.id])?)
        })
        .await?;
    Ok(Json(json!({"count": count})))
}
