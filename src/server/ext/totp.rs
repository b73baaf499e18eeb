//! Authenticator apps that type codes: their names, which Graph does not tell, and enrolment by an administrator. The
//! seed is in the answer to that only.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Ext, Of, collection};
use crate::server::error::ApiError;
use crate::server::evaluate::authenticator;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewApp {
    display_name: Option<String>,
}

pub(super) async fn list(ext: Ext, Path(id): Of<String>) -> Result<Response, ApiError> {
    let items = ext
        .read_person(id, |conn, person| {
            let mut statement = conn.prepare_cached(
                "SELECT id, name, state FROM methods WHERE user_id = ?1 AND kind = 'totp' ORDER BY created_at, id",
            )?;
            let rows = statement.query_map([&person.id], |row| {
                Ok(json!({
                    "id": row.get::<_, String>(0)?,
                    "displayName": row.get::<_, Option<String>>(1)?,
                    "state": row.get::<_, String>(2)?,
                }))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .await?;
    Ok(collection(items))
}

pub(super) async fn enrol(
    ext: Ext,
    Path(id): Of<String>,
    Body(new): Body<NewApp>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let enrolled = ext
        .write_person(id, move |tx, person| {
            authenticator::enrol(tx, person, new.display_name.as_deref())
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({
            "id": enrolled.id,
            "displayName": enrolled.name,
            "secret": enrolled.secret,
            "otpauthUri": enrolled.otpauth_uri,
            "state": "pending",
        })),
    ))
}
