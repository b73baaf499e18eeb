//! Methods as JSON, in the spelling of each of Graph's types.

use serde_json::{Map, Value, json};

use super::super::policy;
use super::super::request::Cx;
use super::super::users::with_type;
use super::{Method, PASSWORD_ID, Type};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

/// The entry that everybody has.
pub(super) fn password(typed: bool) -> Value {
    let item = json!({"id": PASSWORD_ID, "password": null, "createdDateTime": null});
    if typed {
        with_type(item, "#microsoft.graph.passwordAuthenticationMethod")
    } else {
        item
    }
}

/// One method, with its type in front where several types stand together.
///
/// # Errors
/// The file cannot be read.
pub(super) fn method(
    cx: &Cx<'_>,
    user_id: &str,
    ty: &Type,
    method: &Method,
    masked: bool,
    typed: bool,
) -> Result<Value, ApiError> {
    let mut item = Map::new();
    if typed {
        item.insert(
            "@odata.type".to_owned(),
            json!(format!("#microsoft.graph.{}", ty.name)),
        );
    }
    item.insert("id".to_owned(), json!(method.id));
    let properties = match ty.segment {
        "phoneMethods" => phone(method, masked),
        "emailMethods" => json!({"emailAddress": method.value}),
        "softwareOathMethods" => json!({"secretKey": null}),
        "temporaryAccessPassMethods" => pass(cx, user_id, method)?,
        "hardwareOathMethods" => hardware(user_id, method),
        "qrCodePinMethod" => json!({}),
        _ => json!({"displayName": method.name}),
    };
    // What a hardware token says of itself stands in its device, and what a QR code is in its parts.
    let own = if ["hardwareOathMethods", "qrCodePinMethod"].contains(&ty.segment) {
        &Value::Null
    } else {
        &method.extra
    };
    for (key, value) in [&properties, own]
        .into_iter()
        .filter_map(Value::as_object)
        .flatten()
    {
        item.entry(key.clone()).or_insert_with(|| value.clone());
    }
    item.insert(
        "createdDateTime".to_owned(),
        json!(method.created_at.map(rfc3339)),
    );
    // v1.0 does not tell it (CSDL).
    if cx.call.beta {
        item.insert(
            "lastUsedDateTime".to_owned(),
            json!(method.last_used_at.map(rfc3339)),
        );
    }
    Ok(Value::Object(item))
}

/// Graph's name of a phone's kind.
pub(super) fn phone_type(kind: &str) -> &'static str {
    match kind {
        "phone:alternate" => "alternateMobile",
        "phone:office" => "office",
        _ => "mobile",
    }
}

fn phone(method: &Method, masked: bool) -> Value {
    let number = method.value.as_deref().unwrap_or_default();
    let state = if method.kind == "phone:mobile" {
        "notEnabled"
    } else {
        "notSupported"
    };
    json!({
        "phoneNumber": if masked { mask(number) } else { number.to_owned() },
        "phoneType": phone_type(&method.kind),
        "smsSignInState": method.extra["smsSignInState"].as_str().unwrap_or(state),
    })
}

/// `+1 4255550100` as `+1 XXXXXXXX00`. That numbers are masked is documented, how is not:
/// assumption `masked-numbers`.
pub(super) fn mask(number: &str) -> String {
    let (country, rest) = number.split_once(' ').unwrap_or(("", number));
    let rest = rest.split('x').next().unwrap_or_default();
    let hidden = rest.len().saturating_sub(2);
    let end: String = rest.chars().skip(hidden).collect();
    format!("{country} {}{end}", "X".repeat(hidden))
        .trim_start()
        .to_owned()
}

fn pass(cx: &Cx<'_>, user_id: &str, method: &Method) -> Result<Value, ApiError> {
    let reason = usability(cx, user_id, method)?;
    Ok(json!({
        "temporaryAccessPass": null,
        "startDateTime": method.starts_at.map(rfc3339),
        "lifetimeInMinutes": method.extra["lifetimeInMinutes"],
        "isUsableOnce": method.once,
        "isUsable": reason == "EnabledByPolicy",
        "methodUsabilityReason": reason,
    }))
}

/// Why a pass can be used now, or cannot.
///
/// # Errors
/// The file cannot be read.
pub(super) fn usability(cx: &Cx<'_>, user_id: &str, method: &Method) -> Result<&'static str, ApiError> {
    let allowed = policy::allows(cx.connection, "TemporaryAccessPass", user_id)?;
    Ok(if !allowed {
        "DisabledByPolicy"
    } else if method.expires_at.is_some_and(|at| at <= cx.now) {
        "Expired"
    } else if method.once && method.used {
        "OneTimeUsed"
    } else if method.starts_at.is_some_and(|at| at > cx.now) {
        "NotYetValid"
    } else {
        "EnabledByPolicy"
    })
}

fn hardware(user_id: &str, method: &Method) -> Value {
    let mut device = Map::new();
    device.insert("id".to_owned(), json!(method.id));
    device.insert("displayName".to_owned(), json!(method.name));
    if let Some(extra) = method.extra.as_object() {
        device.extend(extra.clone());
    }
    device.insert("secretKey".to_owned(), Value::Null);
    device.insert(
        "status".to_owned(),
        json!(if method.ready { "activated" } else { "assigned" }),
    );
    device.insert("assignedTo".to_owned(), json!({"id": user_id}));
    json!({"device": device})
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_masked_number_keeps_its_country_and_its_last_two_digits() {
        assert_eq!(mask("+1 4255550100"), "+1 XXXXXXXX00");
        assert_eq!(mask("+31 612345678x12"), "+31 XXXXXXX78");
        assert_eq!(mask(""), "");
    }
}
