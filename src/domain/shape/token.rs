//! The shape of a hardware token's row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::token::{HardwareToken, TokenStatus};

/// A row of `hardware-tokens list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenRow {
    /// The profile that was used.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// What is printed on it, and what `methods add hardware-token --serial` takes.
    pub serial: String,
    /// The service's id of it.
    pub id: String,
    /// A name that somebody gave it.
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
    /// The service's id of who has it.
    pub user_id: Option<String>,
    /// The name of who has it.
    pub display_name: Option<String>,
}

impl TokenRow {
    /// A row in this profile and tenant.
    pub fn new(profile: &str, tenant: &str, token: HardwareToken) -> Self {
        Self {
            profile: profile.to_owned(),
            tenant: tenant.to_owned(),
            serial: token.serial,
            id: token.id,
            name: token.name,
            manufacturer: token.manufacturer,
            model: token.model,
            interval_s: token.interval_s,
            hash: token.hash,
            status: token.status,
            user_id: token.user_id.map(|id| id.0),
            display_name: token.user_name,
        }
    }
}
