//! Which passkeys policy takes: attested ones, of some models, and whether any can be registered. Source: api/entra 5.

use serde::Deserialize;
use serde_json::{Value, json};

/// What the configuration of passkeys says besides.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WirePasskeys {
    is_attestation_enforced: Option<bool>,
    is_self_service_registration_allowed: Option<bool>,
    key_restrictions: Option<WireRestrictions>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireRestrictions {
    aa_guids: Option<Vec<String>>,
    enforcement_type: Option<String>,
    is_enforced: Option<bool>,
}

impl WirePasskeys {
    /// Gives the limits, by their names.
    pub(super) fn limit(self, limit: &mut impl FnMut(&str, Option<Value>)) {
        limit("attested", self.is_attestation_enforced.map(Value::Bool));
        limit(
            "registration",
            self.is_self_service_registration_allowed.map(Value::Bool),
        );
        let enforced = self
            .key_restrictions
            .filter(|restrictions| restrictions.is_enforced == Some(true));
        let Some(restrictions) = enforced else { return };
        let name = match restrictions.enforcement_type.as_deref() {
            Some("block") => "models_blocked",
            _ => "models_allowed",
        };
        limit(name, Some(json!(restrictions.aa_guids.unwrap_or_default())));
    }
}
