//! The extensions' spelling (docs/extensions.md).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{AppPassword, Device, DeviceKind, RegistrationState};

/// A collection.
#[derive(Deserialize)]
pub(super) struct Items<T> {
    #[serde(default = "Vec::new")]
    pub(super) value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRemembered {
    id: String,
    display_name: Option<String>,
    browser: Option<String>,
    operating_system: Option<String>,
    created_date_time: Option<Timestamp>,
    last_used_date_time: Option<Timestamp>,
    trusted_until_date_time: Option<Timestamp>,
}

impl WireRemembered {
    pub(super) fn into_device(self) -> Device {
        Device {
            id: self.id.into(),
            kind: DeviceKind::Remembered,
            name: self.display_name,
            os: self.operating_system,
            browser: self.browser,
            enabled: None,
            created_at: self.created_date_time,
            last_used_at: self.last_used_date_time,
            trusted_until: self.trusted_until_date_time,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireAppPassword {
    pub(super) id: String,
    display_name: String,
    created_date_time: Option<Timestamp>,
    last_used_date_time: Option<Timestamp>,
    /// In the answer to its making only.
    pub(super) password: Option<String>,
}

impl WireAppPassword {
    pub(super) fn into_app_password(self) -> AppPassword {
        AppPassword {
            id: self.id,
            name: self.display_name,
            created_at: self.created_date_time,
            last_used_at: self.last_used_date_time,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireQuestion {
    pub(super) created_date_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireSession {
    pub(super) created_date_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTotp {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) otpauth_uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTotpName {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireVerification {
    pub(super) method_id: String,
    pub(super) state: Option<String>,
    pub(super) pending_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireChallenge {
    pub(super) channel: String,
    pub(super) to: Option<String>,
    pub(super) expires_date_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireVerdict {
    pub(super) verdict: String,
    pub(super) attempts_left: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRegistrationState {
    pub(super) state: RegistrationState,
    pub(super) grace_until_date_time: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Count {
    pub(super) count: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WirePolicy {
    pub(super) remembered_devices: WireRemembering,
    pub(super) registration: WirePostponing,
    pub(super) app_passwords: WireAllowed,
    pub(super) security_questions: WireQuestions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireRemembering {
    pub(super) allowed: bool,
    pub(super) days: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WirePostponing {
    pub(super) postpone_days: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireAllowed {
    pub(super) allowed: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireQuestions {
    pub(super) state: Option<String>,
    pub(super) required: Option<u32>,
    pub(super) register: Option<u32>,
    pub(super) pool: Vec<String>,
}

/// A question with its answer, in a request only.
#[derive(Deserialize, Serialize)]
pub(super) struct WireAnswered {
    pub(super) question: String,
    pub(super) answer: String,
}
