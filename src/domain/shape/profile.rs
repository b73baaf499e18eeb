//! Profiles as scripts see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A row of `profile list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileRow {
    /// Its name.
    pub profile: String,
    /// Whether it serves where none is named.
    pub default: bool,
    /// Its service.
    pub service: Option<String>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// How it signs in; `null`: it is inside this program.
    pub auth: Option<String>,
    /// Completes sign-in names.
    pub domain: Option<String>,
    /// The profile from which it takes over keys.
    pub extends: Option<String>,
    /// What keeps it from being used; `null`: nothing that is known before signing in.
    pub problem: Option<String>,
}

/// The answer of `profile show`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileShow {
    /// Its name.
    pub profile: String,
    /// Whether it serves where none is named.
    pub default: bool,
    /// What keeps it from being used; `null`: nothing that is known before signing in.
    pub problem: Option<String>,
    /// Every value that holds.
    pub values: Vec<ProfileValue>,
}

/// One value of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileValue {
    /// The key; those of the guard begin with `guard.`. `secret` says only whether there is one: set or missing.
    pub key: String,
    /// What holds.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The sort of place.
    pub kind: OriginKind,
    /// The file.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: Option<u64>,
    /// The profile that was extended and says it; `null`: the profile itself.
    pub profile: Option<String>,
    /// The variable.
    pub variable: Option<String>,
}

/// The sort of place that a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// The file of profiles.
    File,
    /// A variable.
    Variable,
    /// This program, for its own profile.
    BuiltIn,
    /// It follows from the cloud and the tenant.
    Cloud,
    /// The guard file of the machine, which is stricter.
    Machine,
    /// Nobody says anything else.
    Default,
}
