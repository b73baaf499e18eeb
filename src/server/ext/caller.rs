//! Checks of callers on the wire.

use axum::Json;
use axum::extract::Path;
use serde::Deserialize;
use serde_json::Value;

use super::{Body, Ext, Of, verification};
use crate::server::caller;
use crate::server::error::ApiError;

#[derive(Deserialize)]
pub(super) struct Asking {
    by: String,
}

#[derive(Deserialize)]
pub(super) struct Said {
    by: String,
    code: String,
}

pub(super) async fn send(
    ext: Ext,
    Path((id, method)): Of<(String, String)>,
    Body(asking): Body<Asking>,
) -> Result<Json<Value>, ApiError> {
    let sent = ext
        .write_person(id, move |tx, person| {
            caller::send(tx, person, &method, &asking.by)
        })
        .await?;
    Ok(Json(verification::told(&sent)))
}

pub(super) async fn answer(
    ext: Ext,
    Path((id, method)): Of<(String, String)>,
    Body(said): Body<Said>,
) -> Result<Json<Value>, ApiError> {
    let verdict = ext
        .write_person(id, move |tx, person| {
            caller::answer(tx, person, &method, &said.by, &said.code)
        })
        .await?;
    Ok(Json(verification::judged(verdict)))
}
