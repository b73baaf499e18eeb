//! The shape of a report's row.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Who;
use crate::domain::kind::MethodKind;
use crate::domain::service::RegistrationRow;

/// A row of `report registration`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportRow {
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Whether it is a guest.
    pub guest: bool,
    /// Whether the person holds a directory role.
    pub admin: bool,
    /// Whether a second factor is registered.
    pub mfa_registered: Option<bool>,
    /// Whether one is registered and allowed.
    pub mfa_capable: Option<bool>,
    /// Whether the person can sign in without a password.
    pub passwordless_capable: Option<bool>,
    /// Whether the person can reset the password alone.
    pub reset_registered: Option<bool>,
    /// The default method.
    pub default_method: Option<MethodKind>,
    /// Every kind registered.
    pub methods: Vec<MethodKind>,
    /// Until when registration may be postponed.
    pub grace_until: Option<Timestamp>,
    /// How old the row is.
    pub as_of: Timestamp,
    /// Where it comes from: `report`, `directory` or `per_user`.
    pub source: String,
}

impl ReportRow {
    /// A row in this profile and tenant.
    pub fn new(profile: &str, tenant: &str, row: RegistrationRow) -> Self {
        Self {
            who: Who::new(profile, tenant, &row.user),
            enabled: row.user.enabled,
            guest: row.user.guest,
            admin: row.admin,
            mfa_registered: row.mfa_registered,
            mfa_capable: row.mfa_capable,
            passwordless_capable: row.passwordless_capable,
            reset_registered: row.reset_registered,
            default_method: row.default_method,
            methods: row.methods,
            grace_until: row.grace_until,
            as_of: row.as_of,
            source: row.source.to_owned(),
        }
    }
}
