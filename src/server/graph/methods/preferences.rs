//! Beta's single objects: the default method and per-user MFA.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::super::person::Person;
use super::super::request::{Cx, Reply, bad};
use super::{Method, default, load};
use crate::server::error::ApiError;

/// `GET …/signInPreferences`. Where nobody chose, it shows the method that counts as the default.
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let methods = load(cx.connection, &person.id)?;
    Ok(Reply::ok(json!({
        "isSystemPreferredAuthenticationMethodEnabled": person.system_preferred,
        "userPreferredMethodForSecondaryAuthentication": default::effective(person.preferred.as_deref(), &methods),
        "systemPreferredAuthenticationMethod": if person.system_preferred { strongest(&methods) } else { None },
    })))
}

/// What the service would ask for by itself, strongest first (names as live answers have them).
pub(crate) fn strongest(methods: &[Method]) -> Option<&'static str> {
    let names = [
        ("passkey", "Fido2"),
        ("authenticator", "PhoneAppNotification"),
        ("totp", "PhoneAppOTP"),
        ("hardware-token", "PhoneAppOTP"),
        ("phone:mobile", "Sms"),
        ("phone:alternate", "VoiceAlternateMobile"),
        ("phone:office", "VoiceOffice"),
    ];
    let has = |kind: &str| methods.iter().any(|method| method.ready && method.kind == kind);
    names.iter().find(|(kind, _)| has(kind)).map(|(_, name)| *name)
}

/// `PATCH …/signInPreferences`
pub(crate) fn update(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let (chosen, system) = (
        "userPreferredMethodForSecondaryAuthentication",
        "isSystemPreferredAuthenticationMethodEnabled",
    );
    let body = cx.body(&[chosen, system])?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    if !body.contains_key(chosen) && !body.contains_key(system) {
        return Err(bad("Nothing to update."));
    }
    match body.get(chosen) {
        None => {}
        // Whether null is taken is not documented: assumption `default-not-registered`.
        Some(Value::Null) => {
            cx.connection
                .execute("UPDATE users SET preferred = NULL WHERE id = ?1", [&person.id])?;
        }
        Some(value) => {
            let value = value.as_str().filter(|value| default::kinds(value).is_some());
            let value = value.ok_or_else(|| bad("The value is not one of push, oath, voiceMobile, voiceAlternateMobile, voiceOffice, sms."))?;
            if !default::is_met(value, &load(cx.connection, &person.id)?) {
                // What the real service answers is not known: assumption `default-not-registered`.
                return Err(bad(format!(
                    "The user has no registered authentication method for '{value}'."
                )));
            }
            cx.connection.execute(
                "UPDATE users SET preferred = ?2 WHERE id = ?1",
                [&person.id, value],
            )?;
        }
    }
    if let Some(value) = body.get(system) {
        let on = value
            .as_bool()
            .ok_or_else(|| bad(format!("{system} must be true or false.")))?;
        cx.connection.execute(
            "UPDATE users SET system_preferred = ?2 WHERE id = ?1",
            params![person.id, on],
        )?;
    }
    Ok(Reply::no_content())
}

/// `GET …/requirements`
pub(crate) fn requirements(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    Ok(Reply::ok(json!({"perUserMfaState": person.mfa_state})))
}

/// `PATCH …/requirements`
pub(crate) fn set_requirements(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["perUserMfaState"])?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    let state = body
        .get("perUserMfaState")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !["disabled", "enabled", "enforced"].contains(&state) {
        return Err(bad("perUserMfaState must be one of disabled, enabled, enforced."));
    }
    cx.connection.execute(
        "UPDATE users SET mfa_state = ?2 WHERE id = ?1",
        [&person.id, state],
    )?;
    enforce(cx.connection, &person)?;
    Ok(Reply::no_content())
}

/// `enabled` becomes `enforced` by itself when the person has a verified method.
///
/// # Errors
/// The file cannot be read or written.
pub(crate) fn enforce(connection: &Connection, person: &Person) -> Result<(), ApiError> {
    let methods = load(connection, &person.id)?;
    if default::effective(None, &methods).is_some() {
        connection.execute(
            "UPDATE users SET mfa_state = 'enforced' WHERE id = ?1 AND mfa_state = 'enabled'",
            [&person.id],
        )?;
    }
    Ok(())
}
