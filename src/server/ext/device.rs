//! Remembered devices and sessions on the wire.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Ext, Of, collection, time, time_or_null};
use crate::server::error::ApiError;
use crate::server::evaluate::{device, refusal};

pub(super) async fn list(ext: Ext, Path(id): Of<String>) -> Result<Response, ApiError> {
    let devices = ext.read_person(id, device::remembered).await?;
    Ok(collection(
        devices
            .into_iter()
            .map(|device| {
                json!({
                    "id": device.id,
                    "displayName": device.name,
                    "browser": device.browser,
                    "operatingSystem": device.os,
                    "createdDateTime": time(device.created_at),
                    "lastUsedDateTime": time_or_null(device.last_used_at),
                    "trustedUntilDateTime": time(device.trusted_until),
                })
            })
            .collect(),
    ))
}

pub(super) async fn forget(
    ext: Ext,
    Path((id, which)): Of<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let was_there = ext
        .write_person(id, move |tx, person| device::forget(tx, person, &which))
        .await?;
    if was_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(refusal::not_found("remembered device"))
    }
}

pub(super) async fn forget_all(ext: Ext, Path(id): Of<String>) -> Result<Json<Value>, ApiError> {
    let count = ext
        .write_person(id, |tx, person| device::forget_all(tx, person))
        .await?;
    Ok(Json(json!({"count": count})))
}

pub(super) async fn sessions(ext: Ext, Path(id): Of<String>) -> Result<Response, ApiError> {
    let sessions = ext.read_person(id, device::sessions).await?;
    Ok(collection(
        sessions
            .into_iter()
            .map(|session| {
                json!({
                    "id": session.id,
                    "device": session.device,
                    "createdDateTime": time(session.created_at),
                    "lastUsedDateTime": time(session.last_used_at),
                })
            })
            .collect(),
    ))
}
