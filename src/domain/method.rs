//! What a person has: authentication methods, devices, sessions, app passwords, and how they are read.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::{Device, DeviceKind};
use super::kind::MethodKind;
use super::phone::PhoneNumber;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

id! {
    /// A person's id as the service has it; opaque, exact.
    UserId
}
id! {
    /// An authentication method's id within its person; opaque, may begin with `-`.
    MethodId
}
id! {
    /// A device's id; opaque.
    DeviceId
}

/// Whether a method can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodState {
    /// It can be used.
    Ready,
    /// It waits for its code; it does not count yet.
    Pending,
    /// Somebody switched it off, or policy forbids it.
    Disabled,
    /// Its time is over.
    Expired,
    /// Locked after wrong tries.
    Blocked,
}

/// What a method is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Second factor at sign-in.
    SignIn,
    /// Resetting one's own password.
    Reset,
}

/// How a code reaches a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A text message.
    Sms,
    /// A call.
    Call,
}

impl Via {
    /// `sms` or `call`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Call => "call",
        }
    }
}

/// One authentication method of one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// The service's id of it.
    pub id: MethodId,
    /// What it is.
    pub kind: MethodKind,
    /// The name of the device or key, untrusted text.
    pub name: Option<String>,
    /// The mail address.
    pub address: Option<String>,
    /// The number, where the service shows it.
    pub number: Option<PhoneNumber>,
    /// A number of which only a part is shown: never compared, never written back.
    pub number_masked: Option<String>,
    /// A new number that replaces this one when its code is typed.
    pub pending_number: Option<PhoneNumber>,
    /// How codes reach it, where that is fixed: a line that can only be called.
    pub via: Option<Via>,
    /// Whether it is the default; `None`: the service does not say.
    pub default: Option<bool>,
    /// Whether it can be made the default.
    pub can_be_default: bool,
    /// Whether it can be used now.
    pub state: MethodState,
    /// What it is good for.
    pub uses: Vec<Use>,
    /// Whether this program can remove it.
    pub removable: bool,
    /// When it was added.
    pub added_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Until when it works, where it ends by itself: a temporary pass.
    pub expires_at: Option<Timestamp>,
    /// The vendor's own name of its type.
    pub service_type: String,
}

impl Method {
    /// A method of this id and kind, ready, with everything else unknown.
    pub fn new(id: impl Into<MethodId>, kind: MethodKind, service_type: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind,
            name: None,
            address: None,
            number: None,
            number_masked: None,
            pending_number: None,
            via: None,
            default: None,
            can_be_default: false,
            state: MethodState::Ready,
            uses: if kind.reset_only() {
                vec![Use::Reset]
            } else {
                vec![Use::SignIn]
            },
            removable: true,
            added_at: None,
            last_used_at: None,
            expires_at: None,
            service_type: service_type.into(),
        }
    }

    /// Whether the person can verify a sign-in with it now.
    pub fn usable(&self) -> bool {
        self.state == MethodState::Ready
    }

    /// Whether it can verify a sign-in now: usable, and not for reset only.
    pub fn signs_in(&self) -> bool {
        self.usable() && self.uses.contains(&Use::SignIn)
    }

    /// What tells it apart for a person: its quoted name, its number or its address. Untrusted text.
    pub fn label(&self) -> Option<String> {
        if let Some(number) = &self.number {
            return Some(number.to_string());
        }
        self.number_masked
            .clone()
            .or_else(|| self.address.clone())
            .or_else(|| self.name.as_ref().map(|name| format!("\"{name}\"")))
    }
}

/// An app password, for programs without two-step verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppPassword {
    /// The service's id of it.
    pub id: String,
    /// The name that the person gave it, untrusted text.
    pub name: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// Open sign-in sessions, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sessions {
    /// How many.
    pub count: u64,
    /// When the newest began.
    pub newest_at: Option<Timestamp>,
}

/// How far a person's registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// Enough methods are registered.
    Complete,
    /// Some are, not enough.
    Partial,
    /// None is.
    None,
}

/// A person's registration of security info.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// How far it is.
    pub state: RegistrationState,
    /// Per-user MFA as the service spells it: disabled, enabled, enforced.
    pub mfa_state: Option<String>,
    /// Whether the person can verify a sign-in.
    pub mfa_capable: Option<bool>,
    /// Whether the person can reset the password alone.
    pub reset_capable: Option<bool>,
    /// Until when registration may be postponed.
    pub grace_until: Option<Timestamp>,
}

/// The service picks the strongest method itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SystemPreferred {
    /// Whether it does for this person.
    pub enabled: bool,
    /// Which kind it picks.
    pub method: Option<MethodKind>,
}

/// A part that the service does not tell, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnknownPart {
    /// Which part, such as `app_passwords`.
    pub part: String,
    /// Why it is not told.
    pub why: String,
    /// What to do instead.
    pub instead: String,
}

/// Which parts of a person's security info to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Authentication methods, with state.
    pub methods: bool,
    /// Which one is the default.
    pub default: bool,
    /// Remembered and registered devices.
    pub devices: bool,
    /// Open sessions.
    pub sessions: bool,
    /// App passwords.
    pub app_passwords: bool,
    /// Registration and grace.
    pub registration: bool,
    /// Lockouts.
    pub locks: bool,
    /// Last sign-in, where finding the person did not tell it.
    pub activity: bool,
}

impl Parts {
    /// Methods and which of them is the default.
    pub const METHODS: Self = Self {
        methods: true,
        default: true,
        devices: false,
        sessions: false,
        app_passwords: false,
        registration: false,
        locks: false,
        activity: false,
    };
    /// Everything that a change may turn on.
    pub const ALL: Self = Self {
        methods: true,
        default: true,
        devices: true,
        sessions: true,
        app_passwords: true,
        registration: true,
        locks: true,
        activity: false,
    };
    /// Everything that is shown of a person.
    pub const PAGE: Self = Self {
        activity: true,
        ..Self::ALL
    };
    /// Nothing yet; set what is wanted.
    pub const NONE: Self = Self {
        methods: false,
        default: false,
        devices: false,
        sessions: false,
        app_passwords: false,
        registration: false,
        locks: false,
        activity: false,
    };
}

/// A person's security info, as far as it was asked for and the service tells it.
/// `None` in a part: not asked for, or not told (then `unknown` says why); an empty list: there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecurityInfo {
    /// Authentication methods, without the password, in the order of [`MethodKind::ALL`].
    pub methods: Option<Vec<Method>>,
    /// Whether the service picks the strongest itself.
    pub system_preferred: Option<SystemPreferred>,
    /// Devices: remembered first.
    pub devices: Option<Vec<Device>>,
    /// Sessions.
    pub sessions: Option<Sessions>,
    /// App passwords.
    pub app_passwords: Option<Vec<AppPassword>>,
    /// Registration.
    pub registration: Option<Registration>,
    /// Whether the account is locked.
    pub locked: Option<bool>,
    /// Last sign-in, where it was asked for.
    pub last_sign_in_at: Option<Timestamp>,
    /// What the service does not tell.
    pub unknown: Vec<UnknownPart>,
}

impl SecurityInfo {
    /// The methods, or none where they were not read.
    pub fn methods(&self) -> &[Method] {
        self.methods.as_deref().unwrap_or_default()
    }

    /// The default method, where it is known.
    pub fn default_method(&self) -> Option<&Method> {
        self.methods().iter().find(|method| method.default == Some(true))
    }

    /// The remembered devices, where they were read.
    pub fn remembered(&self) -> impl Iterator<Item = &Device> {
        self.devices
            .iter()
            .flatten()
            .filter(|device| device.kind == DeviceKind::Remembered)
    }
}
