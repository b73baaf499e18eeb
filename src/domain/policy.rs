//! The organization's policy: which methods are allowed for whom, and what stands around them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What policy lets a method be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyUse {
    /// Second factor at sign-in.
    SignIn,
    /// Password reset only.
    Reset,
    /// Nothing.
    Off,
}

/// Whom a target means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// Everybody.
    Everyone,
    /// A group.
    Group,
    /// One person.
    User,
}

/// For whom a method is allowed, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Whom it means.
    #[serde(rename = "type")]
    pub kind: TargetType,
    /// Id of the group or person.
    pub id: Option<String>,
    /// Its name, where it could be read.
    pub name: Option<String>,
}

impl Target {
    /// Everybody.
    pub fn everyone() -> Self {
        Self {
            kind: TargetType::Everyone,
            id: None,
            name: None,
        }
    }
}

/// What policy says of one sort of method. `kind` is a method kind, or `phone, text` / `phone, call`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MethodPolicy {
    /// The method: a kind, or `phone, text` and `phone, call`, which policy tells apart.
    pub kind: String,
    /// What for.
    #[serde(rename = "use")]
    pub purpose: PolicyUse,
    /// For whom.
    pub targets: Vec<Target>,
    /// For whom not.
    pub excluded: Vec<Target>,
    /// Limits: lifetimes in minutes, numbers of questions, `office_phone`.
    pub limits: BTreeMap<String, serde_json::Value>,
    /// Whether the person asked for may use it; `null` where nobody was asked for.
    pub allowed_for_user: Option<bool>,
    /// Why, or why not.
    pub reason: Option<String>,
}

/// Policy on "Don't ask again for X days".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RememberedDevicesPolicy {
    /// Whether people may have a device remembered.
    pub allowed: bool,
    /// For how many days.
    pub days: Option<u32>,
}

/// Policy on registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationPolicy {
    /// For how many days it may be postponed.
    pub postpone_days: Option<u32>,
}

/// Policy on app passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppPasswordPolicy {
    /// Whether people may have any.
    pub allowed: bool,
}

/// Something that an organization sets around its methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingName {
    /// Whether older policies count besides this one.
    Migration,
    /// People are asked at sign-in to register a stronger method.
    RegistrationCampaign,
    /// The service picks the strongest method itself.
    SystemPreferred,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Which.
    pub name: SettingName,
    /// `on`, `off` or `default` (the service decides); of the migration `not_begun`, `in_progress` or `complete`.
    pub state: String,
    /// For whom.
    pub targets: Vec<Target>,
    /// For whom not.
    pub excluded: Vec<Target>,
    /// Whether it means the person asked for; `null` where nobody was asked for, or nobody can tell.
    pub applies_to_user: Option<bool>,
    /// Why, or why not.
    pub reason: Option<String>,
    /// What comes of it, as a clause.
    pub detail: Option<String>,
}

/// The organization's policy at a moment. `None`: the service does not tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// When it was read.
    pub read_at: Timestamp,
    /// Method by method.
    pub methods: Vec<MethodPolicy>,
    /// Remembered devices.
    pub remembered_devices: Option<RememberedDevicesPolicy>,
    /// Registration.
    pub registration: Option<RegistrationPolicy>,
    /// App passwords.
    pub app_passwords: Option<AppPasswordPolicy>,
    /// What is set around the methods, as far as the service tells.
    pub settings: Vec<Setting>,
    /// Questions that people may answer, where the service has them.
    pub questions: Vec<String>,
}
