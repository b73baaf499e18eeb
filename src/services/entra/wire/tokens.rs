//! The spelling of hardware tokens, QR codes and what a registration of a passkey sends (api/entra 1.5, 1.8, 1.9).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{WireMethod, time};
use crate::domain::{HardwareToken, Method, MethodState, NewToken, Secret, TokenHash, TokenStatus, UserId};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireIdentity {
    id: Option<String>,
    display_name: Option<String>,
}

/// `hardwareOathTokenAuthenticationMethodDevice`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(in super::super) struct WireToken {
    id: String,
    serial_number: Option<String>,
    display_name: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    time_interval_in_seconds: Option<u32>,
    hash_function: Option<String>,
    status: Option<String>,
    assigned_to: Option<WireIdentity>,
}

/// `hardwareOathTokenStatus`.
fn token_status(text: Option<&str>) -> TokenStatus {
    match text {
        Some("available") => TokenStatus::Available,
        Some("assigned") => TokenStatus::Assigned,
        Some("activated") => TokenStatus::Activated,
        Some("failedActivation") => TokenStatus::FailedActivation,
        _ => TokenStatus::Unknown,
    }
}

/// Whether a token that somebody has can be used.
pub(super) fn method_state(status: Option<&str>) -> MethodState {
    match token_status(status) {
        TokenStatus::Assigned => MethodState::Pending,
        TokenStatus::FailedActivation => MethodState::Blocked,
        _ => MethodState::Ready,
    }
}

impl WireMethod {
    /// The method, out of the collection of hardware tokens, where items do not name their type.
    pub(in super::super) fn into_token_method(mut self) -> Option<Method> {
        self.odata_type = Some("#microsoft.graph.hardwareOathAuthenticationMethod".to_owned());
        self.into_method()
    }
}

impl WireToken {
    /// The token.
    pub(in super::super) fn into_token(self) -> HardwareToken {
        let user = self.assigned_to.unwrap_or_default();
        HardwareToken {
            serial: self.serial_number.unwrap_or_else(|| self.id.clone()),
            id: self.id,
            name: self.display_name,
            manufacturer: self.manufacturer,
            model: self.model,
            interval_s: self.time_interval_in_seconds,
            hash: self.hash_function,
            status: token_status(self.status.as_deref()),
            user_id: user.id.map(UserId),
            user_name: user.display_name,
        }
    }
}

/// What puts a token into the inventory.
pub(in super::super) fn new_token(token: &NewToken, seed: &Secret) -> Value {
    let mut body = json!({
        "serialNumber": token.serial,
        "manufacturer": token.manufacturer,
        "model": token.model,
        "secretKey": seed.expose(),
        "timeIntervalInSeconds": token.interval_s,
        "hashFunction": match token.hash {
            TokenHash::Sha1 => "hmacsha1",
            TokenHash::Sha256 => "hmacsha256",
        },
    });
    if let Some(user) = &token.assign_to {
        body["assignTo"] = json!({ "id": user.0 });
    }
    body
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireImage {
    raw_content: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireQrCode {
    #[serde(deserialize_with = "time")]
    expire_date_time: Option<Timestamp>,
    image: Option<WireImage>,
}

/// `qrCodePinAuthenticationMethod`, as the answer that makes one has it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(in super::super) struct WireQrPin {
    pub(in super::super) id: String,
    #[serde(rename = "standardQRCode")]
    standard: Option<WireQrCode>,
}

impl WireQrPin {
    /// What the code says, where it is a text that can be drawn again, and until when it works.
    pub(in super::super) fn code(self) -> (Option<Secret>, Option<Timestamp>) {
        let code = self.standard.unwrap_or_default();
        let raw = code.image.and_then(|image| image.raw_content);
        let content = raw.and_then(|raw| {
            let plain = raw.trim_end_matches('=');
            let padded = format!("{plain}{}", "=".repeat((4 - plain.len() % 4) % 4));
            let bytes = URL_SAFE
                .decode(&padded)
                .or_else(|_| STANDARD.decode(&padded))
                .ok()?;
            String::from_utf8(bytes).ok()
        });
        (content.map(Secret::new), code.expire_date_time)
    }
}

/// `qrCodePinAuthenticationMethodConfiguration`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(in super::super) struct WireQrPolicy {
    pub(in super::super) pin_length: Option<u32>,
    #[serde(rename = "standardQRCodeLifetimeInDays")]
    pub(in super::super) lifetime_in_days: Option<u32>,
}

/// What registers a passkey, out of the response of an authenticator (WebAuthn, `PublicKeyCredential.toJSON()`); `None`:
/// it is no such response.
pub(in super::super) fn passkey(response: &Value, name: Option<&str>) -> Option<Value> {
    // Graph takes base64url without padding; some tools write base64.
    let part = |value: &Value, key: &str| {
        let text = value.get(key)?.as_str()?.trim_end_matches('=');
        Some(text.replace('+', "-").replace('/', "_"))
    };
    // Some tools put the whole answer under this key.
    let response = response.get("publicKeyCredential").unwrap_or(response);
    let inner = response.get("response")?;
    let extensions = response
        .get("clientExtensionResults")
        .filter(|value| value.is_object());
    let mut body = json!({
        "publicKeyCredential": {
            "id": part(response, "id")?,
            "response": {
                "clientDataJSON": part(inner, "clientDataJSON")?,
                "attestationObject": part(inner, "attestationObject")?,
            },
            "clientExtensionResults": extensions.cloned().unwrap_or_else(|| json!({})),
        },
    });
    if let Some(name) = name {
        body["displayName"] = json!(name);
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_taken_from_what_browsers_give_and_nothing_else_of_it_is_sent() {
        let given = json!({"id": "A+/I=", "rawId": "AQI", "type": "public-key", "authenticatorAttachment": "cross-platform",
            "response": {"clientDataJSON": "e30", "attestationObject": "o2M", "transports": ["usb"]},
            "clientExtensionResults": {}});
        let wanted = json!({"displayName": "Key", "publicKeyCredential": {"id": "A-_I",
            "response": {"clientDataJSON": "e30", "attestationObject": "o2M"}, "clientExtensionResults": {}}});
        assert_eq!(passkey(&given, Some("Key")).unwrap(), wanted);
        assert_eq!(
            passkey(&json!({"publicKeyCredential": given}), Some("Key")).unwrap(),
            wanted
        );
        for other in [
            json!({}),
            json!("x"),
            json!({"id": "AQI", "response": {"signature": "x"}}),
        ] {
            assert!(passkey(&other, None).is_none());
        }
    }

    #[test]
    fn the_content_of_a_code_is_read_in_both_alphabets_and_bytes_are_no_text() {
        let read = |raw: &str| {
            let wire: WireQrPin =
                serde_json::from_value(json!({"id": "q", "standardQRCode": {"image": {"rawContent": raw}}}))
                    .unwrap();
            wire.code().0.map(|content| content.expose().to_owned())
        };
        assert_eq!(read("Pz8_Pg==").as_deref(), Some("???>"));
        assert_eq!(read("Pz8/Pg").as_deref(), Some("???>"));
        assert_eq!(read("_w=="), None);
        assert_eq!(read("***"), None);
    }
}
