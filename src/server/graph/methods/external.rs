//! Methods that another provider checks: an administrator registers somebody for a provider that policy knows.

use axum::http::StatusCode;
use rusqlite::params;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::person::Person;
use super::super::policy;
use super::super::request::{Cx, Reply, bad};
use super::load;
use crate::server::error::ApiError;

/// `POST …/externalAuthenticationMethods`
pub(crate) fn create(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["configurationId", "displayName"])?;
    let text = |key: &str| {
        let given = body.get(key).and_then(Value::as_str).map(str::trim);
        given
            .filter(|text| !text.is_empty())
            .ok_or_else(|| bad(format!("{key} is required.")))
    };
    let (configuration, name) = (text("configurationId")?, text("displayName")?);
    let person = Person::find(cx.connection, cx.segment(1))?;
    let known = Uuid::try_parse(configuration).is_ok()
        && policy::configuration(cx.connection, &configuration.to_ascii_lowercase())?.is_object();
    if !known {
        // Assumed: the refusal is not documented.
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "badRequest",
            "There is no external authentication method configuration with this id.",
        ));
    }
    let same = |method: &super::Method| {
        method.kind == "external" && method.extra["configurationId"] == configuration.to_ascii_lowercase()
    };
    if load(cx.connection, &person.id)?.iter().any(same) {
        return Err(bad(
            "The user is registered for this external authentication method already.",
        ));
    }
    let id = Uuid::new_v4().to_string();
    let extra = json!({"configurationId": configuration.to_ascii_lowercase()});
    cx.connection.execute(
        "INSERT INTO methods (user_id, id, kind, name, extra, created_at) VALUES (?1, ?2, 'external', ?3, ?4, ?5)",
        params![person.id, id, name, extra.to_string(), cx.now],
    )?;
    Ok(Reply::created(super::shown(cx, &id)?))
}
