//! The shapes that scripts see (`output.md`, "JSON"): what `-o json` prints, what `--jq` and a playbook's `when` read,
//! what `mfactl schema` describes. Only ever added to. `null`: not told; `[]`: there is none.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::{Device, DeviceKind};
use super::kind::MethodKind;
use super::method::{
    AppPassword, Method, MethodState, Registration, SecurityInfo, Sessions, SystemPreferred, UnknownPart,
    Use, Via,
};
use super::policy::{
    AppPasswordPolicy, MethodPolicy, Policy, RegistrationPolicy, RememberedDevicesPolicy, Setting,
};
use super::reference;
use super::user::{Privileges, User};

mod assumption;
mod auth;
mod change;
mod check;
mod doctor;
mod job;
mod profile;
mod report;
mod token;

pub use assumption::{AssumptionRow, AssumptionVerdict};
pub use check::CheckDoc;
pub use doctor::{DoctorRow, DoctorState};
pub use job::{JobRow, JobShow};
pub use profile::{Origin, OriginKind, ProfileRow, ProfileShow, ProfileValue};
pub use report::ReportRow;
pub use token::TokenRow;

pub use auth::AuthStatus;
pub use change::{
    AuditRef, ByHand, ErrorDoc, Next, PlanRef, ResultDoc, SecretRow, StepCounts, StepRow, Summary, Undo,
    UserCounts,
};

/// Whose row it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// The profile that was used.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// The sign-in name.
    pub user: String,
    /// The service's id of the person.
    pub user_id: String,
    /// The name that people read.
    pub display_name: Option<String>,
}

impl Who {
    /// The person in this profile and tenant.
    pub fn new(profile: &str, tenant: &str, user: &User) -> Self {
        Self {
            profile: profile.to_owned(),
            tenant: tenant.to_owned(),
            user: user.sign_in_name.clone(),
            user_id: user.id.0.clone(),
            display_name: user.display_name.clone(),
        }
    }
}

/// A row of `methods list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MethodRow {
    /// Whose.
    #[serde(flatten)]
    pub who: Who,
    /// What can be typed back.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The service's id.
    pub id: String,
    /// What it is.
    pub kind: MethodKind,
    /// The name of the device or key.
    pub name: Option<String>,
    /// The mail address.
    pub address: Option<String>,
    /// A number of which only a part is shown.
    pub number_masked: Option<String>,
    /// The number's extension.
    pub extension: Option<String>,
    /// The number in E.164.
    pub number: Option<String>,
    /// A new number that waits for its code, in E.164.
    pub pending_number: Option<String>,
    /// How codes reach the number, where that is fixed.
    pub via: Option<Via>,
    /// Whether it is the default.
    pub default: Option<bool>,
    /// Whether it can be used now.
    pub usable: bool,
    /// Whether it can be removed by this program.
    pub removable: bool,
    /// Whether it goes with the phone.
    pub on_phone: bool,
    /// Its state.
    pub state: MethodState,
    /// What it is good for.
    pub uses: Vec<Use>,
    /// When it was added.
    pub added_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Until when it works, where it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The vendor's own name of its type.
    pub service_type: String,
}

impl MethodRow {
    /// One row a method; the references are unique among them.
    pub fn list(who: &Who, methods: &[Method]) -> Vec<Self> {
        reference::of_methods(methods)
            .into_iter()
            .zip(methods)
            .map(|(reference, method)| Self {
                who: who.clone(),
                reference,
                id: method.id.0.clone(),
                kind: method.kind,
                name: method.name.clone(),
                address: method.address.clone(),
                number_masked: method.number_masked.clone(),
                extension: method
                    .number
                    .as_ref()
                    .and_then(|number| number.extension().map(str::to_owned)),
                number: method.number.as_ref().map(super::PhoneNumber::e164),
                pending_number: method.pending_number.as_ref().map(super::PhoneNumber::e164),
                via: method.via,
                default: method.default,
                usable: method.usable(),
                removable: method.removable,
                on_phone: method.kind.on_phone(),
                state: method.state,
                uses: method.uses.clone(),
                added_at: method.added_at,
                last_used_at: method.last_used_at,
                expires_at: method.expires_at,
                service_type: method.service_type.clone(),
            })
            .collect()
    }
}

/// A row of `devices list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceRow {
    /// Whose.
    #[serde(flatten)]
    pub who: Who,
    /// What can be typed back.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The service's id.
    pub id: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Its name.
    pub name: Option<String>,
    /// Its operating system.
    pub os: Option<String>,
    /// Its browser.
    pub browser: Option<String>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// First seen.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Until when it is not asked.
    pub trusted_until: Option<Timestamp>,
}

impl DeviceRow {
    /// One row a device; the references are unique among them.
    pub fn list(who: &Who, devices: &[Device]) -> Vec<Self> {
        reference::of_devices(devices)
            .into_iter()
            .zip(devices)
            .map(|(reference, device)| Self {
                who: who.clone(),
                reference,
                id: device.id.0.clone(),
                kind: device.kind,
                name: device.name.clone(),
                os: device.os.clone(),
                browser: device.browser.clone(),
                enabled: device.enabled,
                created_at: device.created_at,
                last_used_at: device.last_used_at,
                trusted_until: device.trusted_until,
            })
            .collect()
    }
}

/// A row of `app-passwords list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppPasswordRow {
    /// Whose.
    #[serde(flatten)]
    pub who: Who,
    /// Its id, name and dates.
    #[serde(flatten)]
    pub app_password: AppPassword,
}

/// The account, as far as the directory tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Whether it may sign in.
    pub enabled: bool,
    /// `member` or `guest`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the profile's guard protects it.
    pub protected: bool,
    /// By which entries of the guard.
    pub protected_by: Vec<String>,
    /// Whether it holds power over others.
    pub privileged: Option<bool>,
    /// Whether it comes from another directory.
    pub synced: Option<bool>,
    /// Last sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// `user show`: everything about one person on one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserShow {
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The account.
    pub account: Account,
    /// Registration; `null` where the service does not tell.
    pub registration: Option<Registration>,
    /// What can be typed for the default method.
    pub default_method: Option<String>,
    /// Whether the service picks the strongest itself.
    pub system_preferred: Option<SystemPreferred>,
    /// Methods.
    pub methods: Option<Vec<MethodRow>>,
    /// Devices.
    pub devices: Option<Vec<DeviceRow>>,
    /// App passwords.
    pub app_passwords: Option<Vec<AppPassword>>,
    /// Sessions.
    pub sessions: Option<Sessions>,
    /// Whether the account is locked.
    pub locked: Option<bool>,
    /// What the service does not tell, and what to do instead.
    pub unknown: Vec<UnknownPart>,
}

impl UserShow {
    /// The page of one person; `protected_by`: the guard's entries that hold.
    pub fn new(
        who: Who,
        user: &User,
        info: &SecurityInfo,
        privileges: &Privileges,
        protected_by: Vec<String>,
    ) -> Self {
        let methods = info
            .methods
            .as_ref()
            .map(|methods| MethodRow::list(&who, methods));
        let default_method = methods
            .iter()
            .flatten()
            .find(|row| row.default == Some(true))
            .map(|row| row.reference.clone());
        Self {
            account: Account {
                enabled: user.enabled,
                kind: if user.guest { "guest" } else { "member" }.to_owned(),
                protected: !protected_by.is_empty(),
                protected_by,
                privileged: privileges.privileged,
                synced: user.synced,
                last_sign_in_at: user.last_sign_in_at.or(info.last_sign_in_at),
            },
            registration: info.registration.clone(),
            default_method,
            system_preferred: info.system_preferred.clone(),
            devices: info
                .devices
                .as_ref()
                .map(|devices| DeviceRow::list(&who, devices)),
            methods,
            app_passwords: info.app_passwords.clone(),
            sessions: info.sessions.clone(),
            locked: info.locked,
            unknown: info.unknown.clone(),
            who,
        }
    }
}

/// A row of `user search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserRow {
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// Primary mail address.
    pub mail: Option<String>,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Whether it is a guest.
    pub guest: bool,
}

/// `policy show`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyShow {
    /// The profile that was used.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// When it was read.
    pub read_at: Timestamp,
    /// Method by method.
    pub methods: Vec<MethodPolicy>,
    /// Remembered devices; `null` where the service does not tell.
    pub remembered_devices: Option<RememberedDevicesPolicy>,
    /// Registration.
    pub registration: Option<RegistrationPolicy>,
    /// App passwords.
    pub app_passwords: Option<AppPasswordPolicy>,
    /// What is set around the methods, as far as the service tells.
    #[serde(default)]
    pub settings: Vec<Setting>,
}

impl PolicyShow {
    /// The policy in this profile and tenant.
    pub fn new(profile: &str, tenant: &str, policy: Policy) -> Self {
        let Policy {
            read_at,
            methods,
            remembered_devices,
            registration,
            app_passwords,
            settings,
            questions: _,
        } = policy;
        Self {
            profile: profile.to_owned(),
            tenant: tenant.to_owned(),
            read_at,
            methods,
            remembered_devices,
            registration,
            app_passwords,
            settings,
        }
    }
}
