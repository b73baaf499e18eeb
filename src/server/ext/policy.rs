//! The parts of the policy that Graph does not have, on the wire.

use axum::Json;
use serde_json::{Value, json};

use super::Ext;
use crate::server::error::ApiError;
use crate::server::evaluate::policy;

pub(super) async fn show(ext: Ext) -> Result<Json<Value>, ApiError> {
    let body = ext
        .0
        .store
        .read(|conn| {
            let questions = policy::security_questions(conn)?;
            Ok(json!({
                "rememberedDevices": policy::remembered_devices(conn)?,
                "registration": policy::registration(conn)?,
                "appPasswords": policy::app_passwords(conn)?,
                "securityQuestions": questions,
            }))
        })
        .await?;
    Ok(Json(body))
}
