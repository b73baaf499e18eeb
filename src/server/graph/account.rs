//! Changes of a person's account: `PATCH /users/{id}`, sign-out everywhere, password reset and its operation.

use axum::http::{StatusCode, header};
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::permission::{self, About};
use super::person::Person;
use super::request::{Cx, Reply, bad};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;
use crate::server::secrets;

/// How often a password reset is found running before it has succeeded.
const POLLS: i64 = 2;

/// `PATCH /users/{id}`: `accountEnabled`, `passwordProfile`.
pub(crate) fn update(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let Some(Value::Object(body)) = &cx.call.body else {
        return Err(ApiError::bad_request("Empty Payload. JSON content expected."));
    };
    let person = Person::find(cx.connection, cx.segment(1))?;
    if let Some(key) = body
        .keys()
        .find(|key| !["accountEnabled", "passwordProfile"].contains(&key.as_str()))
    {
        return Err(ApiError::bad_request(format!(
            "Property '{key}' is read-only and cannot be set."
        )));
    }
    if body.is_empty() {
        return Err(ApiError::bad_request("Empty Payload. JSON content expected."));
    }
    let (switch, profile) = (body.get("accountEnabled"), body.get("passwordProfile"));
    let about = About {
        user_id: &person.id,
        own: cx.caller.user_id() == Some(&person.id),
    };
    permission::check_account(
        cx.caller,
        cx.connection,
        about,
        switch.is_some(),
        profile.is_some(),
    )?;
    if let Some(switch) = switch {
        let enabled = switch.as_bool().ok_or_else(|| {
            ApiError::bad_request("Invalid value specified for property 'accountEnabled' of resource 'User'.")
        })?;
        cx.connection.execute(
            "UPDATE users SET enabled = ?2 WHERE id = ?1",
            params![person.id, enabled],
        )?;
    }
    if let Some(profile) = profile {
        let refuse = || {
            ApiError::bad_request(
                "Invalid value specified for property 'passwordProfile' of resource 'User'.",
            )
        };
        let profile = profile.as_object().ok_or_else(refuse)?;
        let flag = |name: &str| match profile.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or_else(refuse),
        };
        let must_change = flag("forceChangePasswordNextSignIn")?;
        let with_mfa = flag("forceChangePasswordNextSignInWithMfa")?;
        match profile.get("password") {
            Some(Value::String(password)) => {
                let change = must_change.unwrap_or(true) || with_mfa == Some(true);
                // The directory's own code for this is its general one.
                check_strength(password).map_err(ApiError::bad_request)?;
                secrets::set_password(cx.connection, &person.id, password, change)?;
            }
            None => {
                let Some(change) = must_change.or(with_mfa) else {
                    return Err(refuse());
                };
                cx.connection.execute(
                    "UPDATE users SET must_change_password = ?2 WHERE id = ?1",
                    params![person.id, change],
                )?;
            }
            Some(_) => return Err(refuse()),
        }
    }
    Ok(Reply::no_content())
}

/// Eight characters, three of four classes, and none of the commonest. Assumed: the real list is not public.
fn check_strength(password: &str) -> Result<(), &'static str> {
    let has = |class: fn(char) -> bool| usize::from(password.chars().any(class));
    let classes = has(char::is_lowercase)
        + has(char::is_uppercase)
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_alphanumeric());
    let common = ["password", "welcome", "qwerty", "letmein", "contoso"];
    let plain = password
        .to_lowercase()
        .replace('0', "o")
        .replace('@', "a")
        .replace('$', "s");
    let stem = plain.trim_end_matches(|c: char| !c.is_alphabetic());
    if password.chars().count() < 8 || classes < 3 || common.contains(&stem) {
        return Err(
            "The specified password does not comply with password complexity requirements. Please provide a different password.",
        );
    }
    Ok(())
}

/// `POST …/methods/{passwordMethodId}/resetPassword`
pub(crate) fn reset_password(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    if cx.segment(4) != super::methods::PASSWORD_ID {
        return Err(ApiError::no_method());
    }
    let given = match &cx.call.body {
        None => None,
        Some(_) => match cx.body(&["newPassword"])?.get("newPassword") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => return Err(bad("newPassword must be a string.")),
        },
    };
    if given.is_none() && person.synced {
        // The rule is documented (api/entra 1.7), its error is not: assumption `hybrid-reset`.
        return Err(bad(
            "A new password must be specified for a user of a hybrid tenant.",
        ));
    }
    let (password, made) = match given {
        Some(password) => (password, false),
        None => (secrets::generate_password()?, true),
    };
    check_strength(&password).map_err(bad)?;
    secrets::set_password(cx.connection, &person.id, &password, true)?;
    let operation = Uuid::new_v4().to_string();
    cx.connection.execute(
        "INSERT INTO operations (id, user_id, created_at, polls_left, status) VALUES (?1, ?2, ?3, ?4, 'running')",
        params![operation, person.id, cx.now, POLLS],
    )?;
    let place = cx.link(&format!(
        "/users/{}/authentication/operations/{operation}?aadgdc=LOCAL01P&aadgsu=ssprprod-a",
        person.id
    ));
    let body = if made {
        json!({"newPassword": password})
    } else {
        json!({})
    };
    Ok(Reply {
        status: StatusCode::ACCEPTED,
        headers: vec![(header::LOCATION, place)],
        ..Reply::ok(body)
    })
}

/// `GET …/operations/{operationId}`: each look brings the end nearer.
pub(crate) fn operation(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let id = cx.segment(4);
    let row: Option<(i64, i64, String)> = cx
        .connection
        .query_row(
            "SELECT created_at, polls_left, status FROM operations WHERE id = ?1 AND user_id = ?2",
            [id, &person.id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((created, left, status)) = row else {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "resourceNotFound",
            "The operation was not found.",
        ));
    };
    let status = match status.as_str() {
        "running" if left > 0 => {
            cx.connection.execute(
                "UPDATE operations SET polls_left = polls_left - 1 WHERE id = ?1",
                [id],
            )?;
            "running"
        }
        "running" => {
            cx.connection
                .execute("UPDATE operations SET status = 'succeeded' WHERE id = ?1", [id])?;
            "succeeded"
        }
        _ => "succeeded",
    };
    let done = status == "succeeded";
    let place = cx.link(&format!(
        "/users/{}/authentication/methods/{}",
        person.id,
        super::methods::PASSWORD_ID
    ));
    Ok(Reply::ok(json!({
        "id": id,
        "status": status,
        "statusDetail": done.then_some("ResetSuccess"),
        "createdDateTime": rfc3339(created),
        "lastActionDateTime": rfc3339(cx.now),
        "resourceLocation": place,
    })))
}

/// `POST /users/{id}/revokeSignInSessions`, and its old name `invalidateAllRefreshTokens`.
pub(crate) fn sign_out(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    if cx.call.body.is_some() {
        cx.body(&[])?;
    }
    let person = Person::find(cx.connection, cx.segment(1))?;
    cx.connection.execute(
        "UPDATE users SET sessions_valid_from = ?2 WHERE id = ?1",
        params![person.id, cx.now],
    )?;
    cx.connection
        .execute("DELETE FROM sessions WHERE user_id = ?1", [&person.id])?;
    Ok(Reply::ok(json!({"value": true})))
}
