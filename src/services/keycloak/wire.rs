//! Keycloak's spelling: what its JSON looks like, and how its names map to ours. Sources: api/keycloak 4, 5, 7, 8. Types
//! that nobody knows yet, such as those of plug-ins, are read too, and shown as unknown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::{Device, DeviceKind, Method, MethodKind, MethodState, User, UserId};

/// The action that sets up an authenticator at next sign-in.
pub(super) const CONFIGURE_TOTP: &str = "CONFIGURE_TOTP";
/// The one that registers a security key.
pub(super) const WEBAUTHN_REGISTER: &str = "webauthn-register";
/// The one that registers a passkey.
pub(super) const PASSKEY_REGISTER: &str = "webauthn-register-passwordless";

/// The type of credentials that show or type codes.
pub(super) const OTP: &str = "otp";

/// How a grant is called that outlives sessions.
pub(super) const OFFLINE: &str = "Offline Token";

/// `UserRepresentation`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireUser {
    pub(super) id: String,
    pub(super) username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    pub(super) enabled: Option<bool>,
    federation_link: Option<String>,
    pub(super) required_actions: Option<Vec<String>>,
    attributes: BTreeMap<String, Value>,
    pub(super) access: WireAccess,
}

/// What whoever asks may do to a person, as far as that is told.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireAccess {
    pub(super) manage: Option<bool>,
    pub(super) reset_password: Option<bool>,
}

/// The attribute that says why an account was disabled, and what it says where wrong tries did it (seen on 26.4.2).
const WHY_DISABLED: (&str, &str) = ("disabledReason", "permanentLockout");

impl WireUser {
    /// Whether too many wrong tries have disabled the account for good.
    pub(super) fn is_locked_for_good(&self) -> bool {
        let (name, by_tries) = WHY_DISABLED;
        let said = self.attributes.get(name).and_then(Value::as_array);
        self.enabled == Some(false) && said.is_some_and(|said| said.iter().any(|why| why == by_tries))
    }

    /// The person. `whole`: whether it was read whole; a brief one does not say where it comes from.
    pub(super) fn into_user(self, whole: bool) -> User {
        let names: Vec<String> = [self.first_name, self.last_name]
            .into_iter()
            .flatten()
            .filter(|name| !name.trim().is_empty())
            .collect();
        User {
            sign_in_name: self.username.unwrap_or_else(|| self.id.clone()),
            // An account of another directory that is not imported has the directory in its id.
            synced: (whole || self.federation_link.is_some() || self.id.starts_with("f:"))
                .then(|| self.federation_link.is_some() || self.id.starts_with("f:")),
            id: UserId(self.id),
            display_name: (!names.is_empty()).then(|| names.join(" ")),
            mail: self.email.filter(|mail| !mail.is_empty()),
            enabled: self.enabled.unwrap_or(true),
            guest: false,
            last_sign_in_at: None,
        }
    }
}

/// `CredentialRepresentation`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireCredential {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user_label: Option<String>,
    pub(super) created_date: Option<i64>,
    /// JSON in a text.
    pub(super) credential_data: Option<String>,
}

impl WireCredential {
    fn data(&self) -> Value {
        self.credential_data
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null)
    }

    /// Whether it can stand first among the second factors.
    pub(super) fn is_second_factor(&self) -> bool {
        matches!(self.kind.as_str(), OTP | "webauthn" | "recovery-authn-codes")
    }

    /// The method; `None` for the password and those before it, which are no methods here.
    pub(super) fn into_method(self) -> Option<Method> {
        let data = self.data();
        let kind = match self.kind.as_str() {
            "password" | "password-history" => return None,
            OTP if data.get("subType").and_then(Value::as_str) == Some("hotp") => MethodKind::Hotp,
            OTP => MethodKind::Totp,
            "webauthn" => MethodKind::SecurityKey,
            "webauthn-passwordless" => MethodKind::Passkey,
            "recovery-authn-codes" => MethodKind::BackupCodes,
            _ => MethodKind::Unknown,
        };
        let can_be_default = self.is_second_factor();
        let mut method = Method::new(self.id, kind, self.kind);
        method.can_be_default = can_be_default;
        method.removable = kind != MethodKind::Unknown;
        method.added_at = self.created_date.and_then(millis);
        method.name = self.user_label.filter(|label| !label.is_empty());
        if kind == MethodKind::BackupCodes {
            let count = |key: &str| data.get(key).and_then(Value::as_u64);
            if let (Some(left), Some(total)) = (count("remainingCodes"), count("totalCodes")) {
                method.name = Some(format!("{left} of {total} codes left"));
                if left == 0 {
                    method.state = MethodState::Expired;
                }
            }
        }
        Some(method)
    }
}

/// A time in milliseconds since 1970.
fn millis(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok().filter(|_| ms > 0)
}

/// `UserSessionRepresentation`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireSession {
    pub(super) id: String,
    ip_address: Option<String>,
    start: Option<i64>,
    last_access: Option<i64>,
    /// Id and name of each application in it.
    clients: BTreeMap<String, String>,
}

impl WireSession {
    /// When it began.
    pub(super) fn began_at(&self) -> Option<Timestamp> {
        self.start.and_then(millis)
    }

    /// The session as a device. `offline`: it lives on without a browser.
    pub(super) fn into_device(self, offline: bool) -> Device {
        let mut words: Vec<String> = self.ip_address.clone().into_iter().collect();
        words.extend(self.clients.values().cloned());
        if offline {
            words.push("offline".to_owned());
        }
        Device {
            created_at: self.began_at(),
            id: self.id.into(),
            kind: DeviceKind::Session,
            name: (!words.is_empty()).then(|| words.join(", ")),
            os: None,
            browser: None,
            enabled: None,
            last_used_at: self.last_access.and_then(millis),
            trusted_until: None,
        }
    }
}

/// A consent, which holds the offline grants of an application.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireConsent {
    pub(super) client_id: String,
    additional_grants: Vec<WireGrant>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireGrant {
    client: Option<String>,
    key: Option<String>,
}

impl WireConsent {
    /// The id of the application, where it has offline sessions of the person.
    pub(super) fn offline_client(&self) -> Option<&str> {
        let grant = self
            .additional_grants
            .iter()
            .find(|grant| grant.key.as_deref() == Some(OFFLINE))?;
        grant.client.as_deref()
    }
}

/// What brute-force detection knows of a person.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireLock {
    pub(super) disabled: bool,
    pub(super) num_failures: u64,
}

/// `RealmRepresentation`: what of it matters here. Who may not see the realm gets none of these.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireRealm {
    pub(super) display_name: Option<String>,
    pub(super) password_policy: Option<String>,
    pub(super) otp_policy_type: Option<String>,
    pub(super) otp_policy_algorithm: Option<String>,
    pub(super) otp_policy_digits: Option<u64>,
    pub(super) otp_policy_period: Option<u64>,
    pub(super) otp_policy_code_reusable: Option<bool>,
    pub(super) browser_flow: Option<String>,
    /// Whether the realm has fine-grained admin permissions.
    pub(super) admin_permissions_enabled: Option<bool>,
    pub(super) web_authn_policy_passwordless_passkeys_enabled: Option<bool>,
}

impl WireRealm {
    /// Whether it was seen whole.
    pub(super) fn is_whole(&self) -> bool {
        self.otp_policy_type.is_some()
    }
}

/// One line of a flow.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireExecution {
    pub(super) requirement: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) level: i64,
}

/// `RequiredActionProviderRepresentation`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireAction {
    pub(super) alias: String,
    pub(super) enabled: bool,
    pub(super) default_action: bool,
}

/// `GroupRepresentation`.
#[derive(Clone, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireGroup {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) path: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) sub_groups: Vec<Self>,
}

/// `MappingsRepresentation`: the roles that are given to somebody directly, by application.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireMappings {
    pub(super) client_mappings: BTreeMap<String, WireHeld>,
}

/// Roles of one application.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireHeld {
    pub(super) mappings: Vec<WireRole>,
}

/// `RoleRepresentation`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireRole {
    pub(super) name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_become_methods_and_the_password_does_not() {
        let read = |value: Value| {
            let wire: WireCredential = serde_json::from_value(value).unwrap();
            wire.into_method()
                .map(|method| (method.kind, method.name, method.state, method.can_be_default))
        };
        let ready = MethodState::Ready;
        assert_eq!(
            read(json!({"id": "1", "type": "password", "credentialData": "{}"})),
            None
        );
        assert_eq!(read(json!({"id": "1", "type": "password-history"})), None);
        assert_eq!(
            read(json!({"id": "1", "type": "otp", "userLabel": "phone A",
                "credentialData": "{\"subType\":\"totp\",\"digits\":6}"})),
            Some((MethodKind::Totp, Some("phone A".into()), ready, true))
        );
        assert_eq!(
            read(
                json!({"id": "1", "type": "otp", "userLabel": "", "credentialData": "{\"subType\":\"hotp\"}"})
            ),
            Some((MethodKind::Hotp, None, ready, true))
        );
        assert_eq!(
            read(json!({"id": "1", "type": "webauthn", "userLabel": "YubiKey", "credentialData": "no JSON"})),
            Some((MethodKind::SecurityKey, Some("YubiKey".into()), ready, true))
        );
        assert_eq!(
            read(json!({"id": "1", "type": "webauthn-passwordless"})),
            Some((MethodKind::Passkey, None, ready, false))
        );
        assert_eq!(
            read(json!({"id": "1", "type": "recovery-authn-codes",
                "credentialData": "{\"totalCodes\":12,\"remainingCodes\":0}"})),
            Some((
                MethodKind::BackupCodes,
                Some("0 of 12 codes left".into()),
                MethodState::Expired,
                true
            ))
        );
        assert_eq!(
            read(json!({"id": "1", "type": "mobile-number"})),
            Some((MethodKind::Unknown, None, ready, false))
        );
    }

    #[test]
    fn a_person_is_named_by_what_there_is() {
        let read = |value: Value, whole| {
            let wire: WireUser = serde_json::from_value(value).unwrap();
            wire.into_user(whole)
        };
        let whole = read(
            json!({"id": "u", "username": "alice", "firstName": "Alice", "lastName": "", "email": "a@x.example",
                "enabled": false}),
            true,
        );
        assert_eq!(whole.title(), "Alice <alice>");
        assert_eq!((whole.enabled, whole.synced), (false, Some(false)));
        assert_eq!(read(json!({"id": "u", "username": "b"}), false).synced, None);
        assert_eq!(
            read(
                json!({"id": "u", "username": "b", "federationLink": "ldap"}),
                false
            )
            .synced,
            Some(true)
        );
    }
}
