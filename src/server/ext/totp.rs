//! Enrolment of an authenticator app by an administrator: the seed is in this answer only.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Ext, Of};
use crate::server::error::ApiError;
use crate::server::evaluate::authenticator;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewApp {
    display_name: Option<String>,
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
