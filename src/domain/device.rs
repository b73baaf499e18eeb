//! Devices of people: remembered ones, sessions, and those that the directory knows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::method::DeviceId;

/// What sort of device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A browser or computer that is not asked for a second factor until a day.
    Remembered,
    /// An open session.
    Session,
    /// Registered with the directory.
    Registered,
    /// Registered and managed by the organization.
    Managed,
}

impl DeviceKind {
    /// Whether the directory knows it.
    pub const fn is_registered(self) -> bool {
        matches!(self, Self::Registered | Self::Managed)
    }

    /// The kind as it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remembered => "remembered",
            Self::Session => "session",
            Self::Registered => "registered",
            Self::Managed => "managed",
        }
    }
}

/// One device of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The service's id of it.
    pub id: DeviceId,
    /// What it is.
    pub kind: DeviceKind,
    /// Its name, untrusted text.
    pub name: Option<String>,
    /// Its operating system.
    pub os: Option<String>,
    /// Its browser.
    pub browser: Option<String>,
    /// Whether it is enabled; `None`: it has no such state.
    pub enabled: Option<bool>,
    /// When it was first seen.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Until when it is not asked.
    pub trusted_until: Option<Timestamp>,
}
