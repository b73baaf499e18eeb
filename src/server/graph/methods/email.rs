//! The address for password reset: one a person, and never a second factor.

use rusqlite::params;
use serde_json::{Value, json};

use super::super::person::Person;
use super::super::policy;
use super::super::request::{Cx, Reply, bad};
use super::EMAIL_ID;
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

fn address(cx: &Cx<'_>) -> Result<String, ApiError> {
    let body = cx.body(&["emailAddress"])?;
    let text = body
        .get("emailAddress")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let plain = !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\"".contains(c));
    let fits = text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && domain.split('.').all(|part| !part.is_empty())
    });
    if fits && plain && text.len() <= 254 {
        Ok(text.to_owned())
    } else {
        Err(bad("The email address is not valid."))
    }
}

/// `POST …/emailMethods`
pub(crate) fn create(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let address = address(cx)?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    if !policy::is_enabled(cx.connection, "Email")? {
        // The real service documents no such refusal: assumption `policy-refusals`.
        return Err(ApiError::new(
            axum::http::StatusCode::FORBIDDEN,
            "accessDenied",
            "The authentication methods policy does not allow email.",
        ));
    }
    let added = cx.connection.execute(
        "INSERT OR IGNORE INTO methods (user_id, id, kind, value, created_at) VALUES (?1, ?2, 'email', ?3, ?4)",
        params![person.id, EMAIL_ID, address, cx.now],
    )?;
    if added == 0 {
        // One a person is documented, the error is not: assumption `second-address`.
        return Err(bad("An email address is already registered for the user."));
    }
    Ok(Reply::created(
        json!({"id": EMAIL_ID, "emailAddress": address, "createdDateTime": rfc3339(cx.now)}),
    ))
}

/// `PATCH …/emailMethods/{id}`
pub(crate) fn update(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let address = address(cx)?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    let changed = cx.connection.execute(
        "UPDATE methods SET value = ?3 WHERE user_id = ?1 AND id = ?2 AND kind = 'email'",
        [&person.id, cx.segment(4), &address],
    )?;
    if changed == 0 {
        Err(ApiError::no_method())
    } else {
        Ok(Reply::no_content())
    }
}
