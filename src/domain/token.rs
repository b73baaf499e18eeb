//! Hardware tokens that the organization owns: what is in its inventory, and whose each one is. A seed is never among it:
//! services take it once and show it to nobody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::method::UserId;

/// How far a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenStatus {
    /// Nobody has it.
    Available,
    /// Somebody has it, and it waits for a code.
    Assigned,
    /// Somebody signs in with it.
    Activated,
    /// Its code was wrong too often.
    FailedActivation,
    /// Something that this program does not know yet.
    Unknown,
}

impl TokenStatus {
    /// The status as it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
            Self::FailedActivation => "failed activation",
            Self::Unknown => "unknown",
        }
    }
}

/// A token of the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardwareToken {
    /// The service's id of it.
    pub id: String,
    /// What is printed on it.
    pub serial: String,
    /// A name that somebody gave it, untrusted text.
    pub name: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Which model.
    pub model: Option<String>,
    /// How long a code is shown, in seconds.
    pub interval_s: Option<u32>,
    /// The hash function behind its codes, as the service spells it.
    pub hash: Option<String>,
    /// How far it is.
    pub status: TokenStatus,
    /// Who has it.
    pub user_id: Option<UserId>,
    /// Their name, untrusted text.
    pub user_name: Option<String>,
}

/// The hash function behind the codes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenHash {
    /// HMAC-SHA-1, which nearly all tokens have.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
}

/// A token that is to be in the inventory; its seed goes beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What is printed on it.
    pub serial: String,
    /// Who made it.
    pub manufacturer: String,
    /// Which model.
    pub model: String,
    /// How long a code is shown: 30 or 60 seconds.
    pub interval_s: u32,
    /// The hash function.
    pub hash: TokenHash,
    /// For whom it is.
    pub assign_to: Option<UserId>,
}
