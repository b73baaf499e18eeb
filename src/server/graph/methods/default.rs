//! The default method: which one it is, and what follows for removing methods.

use rusqlite::Connection;

use super::super::person::Person;
use super::super::request::bad;
use super::{Method, load};
use crate::server::error::ApiError;

/// The values that a default can have, in the order in which the first registered one becomes it where none was
/// chosen, each with the kinds that it can mean (api/entra 2.1: inferred from the kinds).
const VALUES: [(&str, &[&str]); 6] = [
    ("push", &["authenticator"]),
    ("oath", &["totp", "hardware-token", "authenticator"]),
    ("sms", &["phone:mobile"]),
    ("voiceMobile", &["phone:mobile"]),
    ("voiceAlternateMobile", &["phone:alternate"]),
    ("voiceOffice", &["phone:office"]),
];

/// The kinds that a value can mean; none for a value that there is not.
pub(crate) fn kinds(value: &str) -> Option<&'static [&'static str]> {
    VALUES
        .iter()
        .find(|(name, _)| *name == value)
        .map(|(_, kinds)| *kinds)
}

/// Whether a person has a verified method that this default means.
pub(crate) fn is_met<'a>(value: &str, methods: impl IntoIterator<Item = &'a Method>) -> bool {
    let kinds = kinds(value).unwrap_or_default();
    methods
        .into_iter()
        .any(|method| method.ready && kinds.contains(&method.kind.as_str()))
}

/// The default as it counts: the chosen one while the person has it, else the first that there is.
pub(crate) fn effective(chosen: Option<&str>, methods: &[Method]) -> Option<&'static str> {
    let chosen = VALUES.iter().find(|(name, _)| Some(*name) == chosen);
    chosen
        .into_iter()
        .chain(&VALUES)
        .map(|(name, _)| *name)
        .find(|value| is_met(value, methods))
}

/// Whether this is the method that the default means.
pub(crate) fn is_default(person: &Person, methods: &[Method], method: &Method) -> bool {
    effective(person.preferred.as_deref(), methods)
        .and_then(kinds)
        .is_some_and(|kinds| method.ready && kinds.contains(&method.kind.as_str()))
}

/// Refuses to remove what must stay for now.
///
/// # Errors
/// 400 `badRequest`: the default while others remain that could be it, unless another of its kind stays (the last part
/// is assumption `default-of-a-kind`); a mobile number while an alternate one is there (assumption `phone-rule-errors`).
pub(crate) fn check_removable(person: &Person, methods: &[Method], method: &Method) -> Result<(), ApiError> {
    if method.kind == "phone:mobile" && methods.iter().any(|other| other.kind == "phone:alternate") {
        return Err(bad(
            "The mobile phone cannot be deleted while an alternate mobile phone exists. Delete the alternate mobile phone first.",
        ));
    }
    let rest = || methods.iter().filter(|other| other.id != method.id);
    let Some(value) = effective(person.preferred.as_deref(), methods) else {
        return Ok(());
    };
    let others = VALUES.iter().any(|(value, _)| is_met(value, rest()));
    if is_met(value, rest()) || !others {
        return Ok(());
    }
    Err(bad(format!(
        "The requested authentication method id of [{}] matches the user's current default authentication method, and cannot be deleted until the default authentication method is changed",
        method.id
    )))
}

/// Forgets a chosen default that nothing meets any more.
///
/// # Errors
/// The file cannot be read or written.
pub(crate) fn settle(connection: &Connection, person: &Person) -> rusqlite::Result<()> {
    let Some(chosen) = &person.preferred else {
        return Ok(());
    };
    if !is_met(chosen, &load(connection, &person.id)?) {
        connection.execute("UPDATE users SET preferred = NULL WHERE id = ?1", [&person.id])?;
    }
    Ok(())
}
