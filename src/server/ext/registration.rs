//! Registration on the wire.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Ext, Of, time_or_null};
use crate::server::error::ApiError;
use crate::server::evaluate::registration;

pub(super) async fn show(ext: Ext, Path(id): Of<String>) -> Result<Json<Value>, ApiError> {
    let state = ext.read_person(id, registration::state).await?;
    Ok(Json(json!({
        "state": state.state,
        "required": state.required,
        "graceUntilDateTime": time_or_null(state.grace_until),
    })))
}

pub(super) async fn require(ext: Ext, Path(id): Of<String>) -> Result<StatusCode, ApiError> {
    ext.write_person(id, |tx, person| Ok(registration::require(tx, person)?))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
