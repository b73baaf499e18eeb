//! The QR code with PIN (beta): one a person, with a standard code, maybe a temporary one, and a PIN that is shown when
//! it is set. What the page leaves open is assumed.

use axum::http::{Method as Verb, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use rusqlite::params;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::options;
use super::super::person::Person;
use super::super::policy;
use super::super::request::{Cx, Reply, bad};
use super::{Method, load};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;
use crate::server::secrets;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a temporary code works at most (api/entra 1.9).
const TEMPORARY: i64 = DAY / 2;
/// The longest PIN.
const LONGEST_PIN: usize = 20;

fn held(cx: &Cx<'_>, person: &Person) -> Result<Option<Method>, ApiError> {
    let all = load(cx.connection, &person.id)?;
    Ok(all.into_iter().find(|method| method.kind == "qr-pin"))
}

/// Puts the parts that `$expand` names into the method.
///
/// # Errors
/// The file cannot be read.
pub(super) fn expand(cx: &Cx<'_>, item: &mut Value) -> Result<(), ApiError> {
    let wanted = options::expanded(cx.call);
    if wanted.is_empty() {
        return Ok(());
    }
    let person = Person::find(cx.connection, cx.segment(1))?;
    let Some(method) = held(cx, &person)? else {
        return Ok(());
    };
    for name in wanted {
        let part = &method.extra[name];
        item[name] = match name {
            "pin" if part.is_object() => shown(part, ""),
            _ => part.clone(),
        };
    }
    Ok(())
}

fn time(value: Option<&Value>, otherwise: i64) -> Result<i64, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(otherwise),
        Some(value) => value
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
            .map(Timestamp::as_millisecond)
            .ok_or_else(|| bad("A time must be in UTC, such as 2026-01-31T09:00:00Z.")),
    }
}

/// A code from what is asked for, within its longest time.
fn code(cx: &Cx<'_>, asked: &Map<String, Value>, longest: i64) -> Result<Value, ApiError> {
    if let Some(key) = asked
        .keys()
        .find(|key| !["startDateTime", "expireDateTime"].contains(&key.as_str()))
    {
        return Err(bad(format!(
            "The property '{key}' may not be set in this request."
        )));
    }
    let start = time(asked.get("startDateTime"), cx.now)?;
    let end = time(asked.get("expireDateTime"), start + longest)?;
    if end <= start || end - start > longest {
        return Err(bad(
            "expireDateTime must lie behind startDateTime, within the policy's lifetime.",
        ));
    }
    let content = format!("local-qr:{}", Uuid::new_v4());
    Ok(json!({
        "id": Uuid::new_v4().to_string(),
        "createdDateTime": rfc3339(cx.now),
        "startDateTime": rfc3339(start),
        "expireDateTime": rfc3339(end),
        "lastUsedDateTime": null,
        "image": {"binaryValue": null, "errorCorrectionLevel": "l", "rawContent": URL_SAFE.encode(content), "version": 4},
    }))
}

fn longest(cx: &Cx<'_>) -> Result<i64, ApiError> {
    let policy = policy::configuration(cx.connection, "QRCodePin")?;
    Ok(policy["standardQRCodeLifetimeInDays"].as_i64().unwrap_or(365) * DAY)
}

/// A PIN that was given, or a new one; gives it with what is kept of it.
fn pin(cx: &Cx<'_>, given: Option<&Value>) -> Result<(String, Value), ApiError> {
    let policy = policy::configuration(cx.connection, "QRCodePin")?;
    let least = usize::try_from(policy["pinLength"].as_i64().unwrap_or(8)).unwrap_or(8);
    let code = match given.and_then(|pin| pin.get("code")) {
        None | Some(Value::Null) => secrets::generate_digits(least)?,
        Some(value) => {
            let code = value.as_str().unwrap_or_default();
            let fits = (least..=LONGEST_PIN).contains(&code.len());
            if !fits || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(bad(format!("The PIN must have {least} to {LONGEST_PIN} digits.")));
            }
            code.to_owned()
        }
    };
    let kept = json!({
        "id": Uuid::new_v4().to_string(),
        "createdDateTime": rfc3339(cx.now),
        "updatedDateTime": rfc3339(cx.now),
        "forceChangePinNextSignIn": true,
    });
    Ok((code, kept))
}

/// A PIN as it is shown: with its code where it has just been set, and never again.
fn shown(kept: &Value, code: &str) -> Value {
    let mut pin = kept.clone();
    pin["code"] = json!(code);
    pin
}

fn keep(cx: &Cx<'_>, person: &Person, extra: &Value, code: Option<&str>) -> Result<(), ApiError> {
    let hash = code.map(|code| secrets::sha256(code.as_bytes()).to_vec());
    cx.connection.execute(
        "UPDATE methods SET extra = ?2, secret = coalesce(?3, secret) WHERE user_id = ?1 AND kind = 'qr-pin'",
        params![person.id, extra.to_string(), hash],
    )?;
    Ok(())
}

/// `PUT …/qrCodePinMethod`: made, or put in the place of the one that stands.
pub(crate) fn put(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["standardQRCode", "pin"])?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    let asked = body.get("standardQRCode").and_then(Value::as_object).cloned();
    let standard = code(cx, &asked.unwrap_or_default(), longest(cx)?)?;
    let (secret, kept) = pin(cx, body.get("pin"))?;
    let extra = json!({"standardQRCode": standard, "pin": kept});
    let there = held(cx, &person)?;
    let id = match &there {
        Some(method) => method.id.clone(),
        None => {
            let id = Uuid::new_v4().to_string();
            cx.connection.execute(
                "INSERT INTO methods (user_id, id, kind, created_at) VALUES (?1, ?2, 'qr-pin', ?3)",
                params![person.id, id, cx.now],
            )?;
            id
        }
    };
    keep(cx, &person, &extra, Some(&secret))?;
    let body = json!({
        "id": id,
        "createdDateTime": rfc3339(cx.now),
        "lastUsedDateTime": null,
        "standardQRCode": extra["standardQRCode"],
        "pin": shown(&extra["pin"], &secret),
    });
    Ok(Reply {
        status: if there.is_some() {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        },
        ..Reply::ok(body)
    })
}

/// `GET` and `PATCH …/qrCodePinMethod/pin`: a new one is temporary, and shown in this answer alone.
pub(crate) fn pin_of(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let method = held(cx, &person)?.ok_or_else(ApiError::no_method)?;
    if cx.call.method == Verb::GET {
        return Ok(Reply::ok(shown(&method.extra["pin"], "")));
    }
    let body = match &cx.call.body {
        None => Map::new(),
        Some(_) => cx.body(&["code"])?,
    };
    let (secret, kept) = pin(cx, Some(&Value::Object(body)))?;
    let mut extra = method.extra;
    extra["pin"] = kept;
    keep(cx, &person, &extra, Some(&secret))?;
    Ok(Reply::ok(shown(&extra["pin"], &secret)))
}

/// `GET`, `PATCH` and `DELETE` of `…/standardQRCode` and `…/temporaryQRCode`.
pub(crate) fn code_of(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let method = held(cx, &person)?.ok_or_else(ApiError::no_method)?;
    let temporary = cx.segment(4).eq_ignore_ascii_case("temporaryQRCode");
    let key = if temporary {
        "temporaryQRCode"
    } else {
        "standardQRCode"
    };
    let mut extra = method.extra;
    let there = extra[key].is_object();
    if cx.call.method == Verb::GET {
        return if there {
            Ok(Reply::ok(extra[key].clone()))
        } else {
            Err(ApiError::no_method())
        };
    }
    if cx.call.method == Verb::DELETE {
        if !there {
            return Err(ApiError::no_method());
        }
        extra[key] = Value::Null;
        keep(cx, &person, &extra, None)?;
        return Ok(Reply::no_content());
    }
    let asked = cx.body(&["startDateTime", "expireDateTime"])?;
    let longest = if temporary { TEMPORARY } else { longest(cx)? };
    if there && !temporary {
        if asked.contains_key("startDateTime") {
            return Err(bad("On an active QR code only expireDateTime can be changed."));
        }
        let start = time(extra[key].get("startDateTime"), cx.now)?;
        let end = time(asked.get("expireDateTime"), start + longest)?;
        if end <= start || end - start > longest {
            return Err(bad("expireDateTime must lie within the policy's lifetime."));
        }
        extra[key]["expireDateTime"] = json!(rfc3339(end));
    } else {
        extra[key] = code(cx, &asked, longest)?;
    }
    keep(cx, &person, &extra, None)?;
    let answer = extra[key].clone();
    Ok(if there {
        Reply::ok(answer)
    } else {
        Reply::created(answer)
    })
}
