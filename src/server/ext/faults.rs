//! What went wrong on purpose so far.

use axum::Json;
use serde_json::Value;

use super::Ext;

pub(super) async fn show(ext: Ext) -> Json<Value> {
    Json(ext.0.faults.told())
}
