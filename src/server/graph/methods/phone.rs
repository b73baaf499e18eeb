//! Phone numbers: added, changed, and used as a name for signing in.

use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::super::person::Person;
use super::super::policy;
use super::super::request::{Cx, Reply, bad};
use super::{ALTERNATE_ID, MOBILE_ID, Method, OFFICE_ID, default, forget_challenges, load, render};
use crate::domain::PhoneNumber;
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

/// Reads the number of a body. Numbering plans are not asked: the numbers of Graph's own examples, such as
/// `+1 5555551234`, are in none.
///
/// # Errors
/// 400 `invalidPhoneNumber` (the code was seen, the message was not).
fn number(body: &serde_json::Map<String, Value>) -> Result<PhoneNumber, ApiError> {
    let text = body
        .get("phoneNumber")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let invalid = |why: &'static str| ApiError::new(StatusCode::BAD_REQUEST, "invalidPhoneNumber", why);
    if !text.starts_with('+') {
        return Err(invalid("The phone number must begin with + and a country code."));
    }
    PhoneNumber::kept(text)
        .ok_or_else(|| invalid("The phone number is not valid: +CC NUMBER or +CC NUMBERxEXTENSION."))
}

/// Refuses a phone that policy lets nobody use so. The real service documents no such
/// refusal: assumption `policy-refusals`.
fn check_policy(connection: &Connection, kind: &str) -> Result<(), ApiError> {
    let text = kind == "phone:mobile" && policy::is_enabled(connection, "Sms")?;
    let call = policy::is_enabled(connection, "Voice")?;
    let office = kind != "phone:office"
        || policy::configuration(connection, "Voice")?["isOfficePhoneAllowed"]
            .as_bool()
            .unwrap_or(false);
    if (text || call) && office {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "accessDenied",
        "The authentication methods policy does not allow this phone type.",
    ))
}

/// Whether the person has verified this very number already, as when an alternate number becomes the mobile one.
fn is_known(methods: &[Method], number: &PhoneNumber) -> bool {
    methods.iter().any(|method| {
        let value = method
            .value
            .as_deref()
            .filter(|_| method.ready && method.kind.starts_with("phone:"));
        value.and_then(PhoneNumber::kept).as_ref() == Some(number)
    })
}

/// `POST …/phoneMethods`
pub(crate) fn create(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["phoneNumber", "phoneType"])?;
    let (kind, id) = match body.get("phoneType").and_then(Value::as_str) {
        Some("mobile") => ("phone:mobile", MOBILE_ID),
        Some("alternateMobile") => ("phone:alternate", ALTERNATE_ID),
        Some("office") => ("phone:office", OFFICE_ID),
        _ => return Err(bad("phoneType must be one of mobile, alternateMobile, office.")),
    };
    let number = number(&body)?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    let methods = load(cx.connection, &person.id)?;
    // The next two rules are documented, their errors are not: assumption `phone-rule-errors`.
    if methods.iter().any(|method| method.kind == kind) {
        return Err(bad("A phone of this type is already registered for the user."));
    }
    if kind == "phone:alternate" && !methods.iter().any(|method| method.kind == "phone:mobile") {
        return Err(bad(
            "An alternate mobile phone needs a mobile phone to be registered first.",
        ));
    }
    check_policy(cx.connection, kind)?;
    let ready = cx.state.graph_only || is_known(&methods, &number);
    let channel = if kind == "phone:mobile" { "sms" } else { "call" };
    cx.connection.execute(
        "INSERT INTO methods (user_id, id, kind, value, channel, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![person.id, id, kind, number.spaced(), channel, if ready { "ready" } else { "pending" }, cx.now],
    )?;
    if ready {
        super::preferences::enforce(cx.connection, &person)?;
    }
    let state = sms_sign_in(cx.connection, &person.id, kind, &number, ready)?;
    if state == "phoneNumberNotUnique" {
        return Ok(Reply::kept(not_unique()));
    }
    Ok(Reply::created(json!({
        "id": id,
        "phoneNumber": number.spaced(),
        "phoneType": render::phone_type(kind),
        "smsSignInState": state,
        "createdDateTime": rfc3339(cx.now),
    })))
}

/// `PATCH …/phoneMethods/{id}`: another number.
pub(crate) fn update(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["phoneNumber", "phoneType"])?;
    let number = number(&body)?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    let methods = load(cx.connection, &person.id)?;
    let method = methods
        .iter()
        .find(|method| method.kind.starts_with("phone:") && method.id == cx.segment(4))
        .ok_or_else(ApiError::no_method)?;
    if body
        .get("phoneType")
        .is_some_and(|ty| ty != render::phone_type(&method.kind))
    {
        return Err(bad("phoneType cannot be changed."));
    }
    let current = method.value.as_deref().and_then(PhoneNumber::kept);
    let counts = cx.state.graph_only || is_known(&methods, &number);
    // A new number of the default is kept aside until it is verified, so that the person can still sign in.
    let aside = !counts && default::is_default(&person, &methods, method);
    let (value, pending, ready) = if current.as_ref() == Some(&number) {
        (method.value.clone(), None, method.ready)
    } else if aside {
        (method.value.clone(), Some(number.spaced()), true)
    } else {
        (Some(number.spaced()), None, counts)
    };
    if value == method.value && pending == method.pending_value && ready == method.ready {
        return Ok(Reply::no_content());
    }
    cx.connection.execute(
        "UPDATE methods SET value = ?3, pending_value = ?4, state = ?5, last_used_at = CASE WHEN value = ?3 THEN last_used_at END
         WHERE user_id = ?1 AND id = ?2",
        params![person.id, method.id, value, pending, if ready { "ready" } else { "pending" }],
    )?;
    forget_challenges(cx.connection, &person.id, &method.id)?;
    default::settle(cx.connection, &person)?;
    if value != method.value {
        let state = sms_sign_in(cx.connection, &person.id, &method.kind, &number, ready)?;
        if state == "phoneNumberNotUnique" {
            return Ok(Reply::kept(not_unique()));
        }
    }
    Ok(Reply::no_content())
}

/// Somebody else signs in with the number; the phone itself may be stored all the same.
pub(crate) fn not_unique() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "phoneNumberNotUnique",
        "The phone number is used for sign-in by another user.",
    )
}

/// Registers a mobile number as a sign-in name where policy has it so; gives `smsSignInState`.
fn sms_sign_in(
    connection: &Connection,
    user_id: &str,
    kind: &str,
    number: &PhoneNumber,
    ready: bool,
) -> Result<&'static str, ApiError> {
    if kind != "phone:mobile" {
        return Ok("notSupported");
    }
    if !ready || !signs_in(connection, user_id)? {
        set_state(connection, user_id, None)?;
        return Ok("notEnabled");
    }
    let state = if is_taken(connection, user_id, &number.spaced())? {
        "phoneNumberNotUnique"
    } else {
        "ready"
    };
    set_state(connection, user_id, Some(state))?;
    Ok(state)
}

/// Whether this person may sign in by text: a target that means the person and says so.
fn signs_in(connection: &Connection, user_id: &str) -> Result<bool, ApiError> {
    policy::allows_where(connection, "Sms", user_id, |target| {
        target["isUsableForSignIn"] == true
    })
}

fn is_taken(connection: &Connection, user_id: &str, number: &str) -> Result<bool, ApiError> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM methods WHERE kind = 'phone:mobile' AND value = ?2 AND user_id <> ?1
         AND json_extract(extra, '$.smsSignInState') = 'ready')",
        [user_id, number],
        |row| row.get(0),
    )?)
}

fn set_state(connection: &Connection, user_id: &str, state: Option<&str>) -> rusqlite::Result<()> {
    let extra = state.map_or_else(|| json!({}), |state| json!({"smsSignInState": state}));
    connection
        .execute(
            "UPDATE methods SET extra = ?3 WHERE user_id = ?1 AND id = ?2",
            params![user_id, MOBILE_ID, extra.to_string()],
        )
        .map(drop)
}

/// `POST …/phoneMethods/{id}/enableSmsSignIn`
pub(crate) fn enable(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let (person, value) = mobile(cx)?;
    if !signs_in(cx.connection, &person.id)? {
        return Err(bad("SMS sign-in is not allowed by policy for this user."));
    }
    if is_taken(cx.connection, &person.id, &value)? {
        return Err(not_unique());
    }
    set_state(cx.connection, &person.id, Some("ready"))?;
    Ok(Reply::no_content())
}

/// `POST …/phoneMethods/{id}/disableSmsSignIn`
pub(crate) fn disable(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let (person, _) = mobile(cx)?;
    set_state(cx.connection, &person.id, None)?;
    Ok(Reply::no_content())
}

fn mobile(cx: &Cx<'_>) -> Result<(Person, String), ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let value: Option<String> = cx
        .connection
        .query_row(
            "SELECT value FROM methods WHERE user_id = ?1 AND id = ?2 AND kind = 'phone:mobile' AND state = 'ready'",
            [&person.id, cx.segment(4)],
            |row| row.get(0),
        )
        .optional()?;
    Ok((person, value.ok_or_else(ApiError::no_method)?))
}
