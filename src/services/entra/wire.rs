//! Graph's spelling: what its JSON looks like, and how its names map to ours. Sources: api/entra 1.3, 2, 4; CSDL. Types
//! and members that nobody knows yet are read too, and shown as unknown.

pub(super) mod tokens;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::domain::{
    Device, DeviceKind, Method, MethodKind, MethodState, PhoneNumber, Use, User, UserId, Via,
};

/// What is asked of every person.
pub(super) const USER_FIELDS: &str =
    "id,userPrincipalName,displayName,mail,accountEnabled,userType,onPremisesSyncEnabled";

/// The ids that are the same for everybody (api/entra 1.1).
pub(super) const PHONE_IDS: [(MethodKind, &str, &str); 3] = [
    (
        MethodKind::PhoneMobile,
        "3179e48a-750b-4051-897c-87b9720928f7",
        "mobile",
    ),
    (
        MethodKind::PhoneAlternate,
        "b6332ec1-7057-4abe-9331-3d72feddfe41",
        "alternateMobile",
    ),
    (
        MethodKind::PhoneOffice,
        "e37fc753-ff3b-4958-9484-eaa9425c82bc",
        "office",
    ),
];
/// The one mail method.
pub(super) const EMAIL_ID: &str = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f";
/// The one password.
pub(super) const PASSWORD_ID: &str = "28c10230-6103-485e-b985-444c60001490";

/// A time, or nothing where it cannot be read: one odd date must not hide a person.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SignInActivity {
    #[serde(deserialize_with = "time")]
    last_sign_in_date_time: Option<Timestamp>,
}

/// `user`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireUser {
    pub(super) id: String,
    user_principal_name: Option<String>,
    display_name: Option<String>,
    mail: Option<String>,
    account_enabled: Option<bool>,
    user_type: Option<String>,
    on_premises_sync_enabled: Option<bool>,
    sign_in_activity: Option<SignInActivity>,
}

impl WireUser {
    /// The person.
    pub(super) fn into_user(self) -> User {
        User {
            sign_in_name: self.user_principal_name.unwrap_or_else(|| self.id.clone()),
            id: UserId(self.id),
            display_name: self.display_name,
            mail: self.mail,
            enabled: self.account_enabled.unwrap_or(true),
            guest: self
                .user_type
                .is_some_and(|kind| kind.eq_ignore_ascii_case("guest")),
            // Null in an account that was never synced.
            synced: Some(self.on_premises_sync_enabled.unwrap_or(false)),
            last_sign_in_at: self
                .sign_in_activity
                .and_then(|activity| activity.last_sign_in_date_time),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct HardwareDevice {
    display_name: Option<String>,
    serial_number: Option<String>,
    #[serde(deserialize_with = "time")]
    last_used_date_time: Option<Timestamp>,
    status: Option<String>,
}

/// Any `authenticationMethod`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireMethod {
    #[serde(rename = "@odata.type")]
    odata_type: Option<String>,
    pub(super) id: String,
    #[serde(deserialize_with = "time")]
    created_date_time: Option<Timestamp>,
    // Passkeys have it under this name in one published example.
    #[serde(deserialize_with = "time")]
    creation_date_time: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    last_used_date_time: Option<Timestamp>,
    pub(super) phone_number: Option<String>,
    phone_type: Option<String>,
    pub(super) email_address: Option<String>,
    display_name: Option<String>,
    pub(super) configuration_id: Option<String>,
    model: Option<String>,
    pub(super) is_usable: Option<bool>,
    #[serde(rename = "methodUsabilityReason")]
    pub(super) usability_reason: Option<String>,
    #[serde(deserialize_with = "time")]
    pub(super) start_date_time: Option<Timestamp>,
    pub(super) lifetime_in_minutes: Option<i64>,
    pub(super) temporary_access_pass: Option<String>,
    device: Option<HardwareDevice>,
}

impl WireMethod {
    /// The method; `None` for the password, which is no method here.
    pub(super) fn into_method(self) -> Option<Method> {
        let odata_type = self.odata_type.clone().unwrap_or_default();
        let service_type = odata_type.trim_start_matches("#microsoft.graph.").to_owned();
        let kind = kind_of(&service_type, self.phone_type.as_deref());
        if kind == MethodKind::Password {
            return None;
        }
        let mut method = Method::new(self.id, kind, service_type);
        method.removable = !matches!(kind, MethodKind::Unknown | MethodKind::Certificate);
        method.can_be_default = preference_of(kind, None).is_some();
        method.added_at = self.created_date_time.or(self.creation_date_time);
        method.last_used_at = self.last_used_date_time;
        method.name = self.display_name.or(self.model);
        if let Some(device) = self.device {
            method.name = method.name.or(device.display_name).or(device.serial_number);
            method.last_used_at = method.last_used_at.or(device.last_used_date_time);
            method.state = tokens::method_state(device.status.as_deref());
        }
        if matches!(
            kind,
            MethodKind::PhoneMobile
                | MethodKind::PhoneAlternate
                | MethodKind::PhoneOffice
                | MethodKind::Authenticator
                | MethodKind::Totp
                | MethodKind::HardwareToken
        ) {
            method.uses = vec![Use::SignIn, Use::Reset];
        }
        match kind {
            MethodKind::PhoneMobile | MethodKind::PhoneAlternate | MethodKind::PhoneOffice => {
                let (number, masked) = read_number(self.phone_number.as_deref());
                (method.number, method.number_masked) = (number, masked);
                method.name = None;
                if kind != MethodKind::PhoneMobile {
                    method.via = Some(Via::Call);
                }
            }
            MethodKind::Email => method.address = self.email_address,
            MethodKind::TemporaryPass => {
                method.state = pass_state(self.is_usable, self.usability_reason.as_deref());
                method.expires_at =
                    self.start_date_time
                        .zip(self.lifetime_in_minutes)
                        .and_then(|(start, minutes)| {
                            start.checked_add(jiff::SignedDuration::from_mins(minutes)).ok()
                        });
            }
            _ => {}
        }
        Some(method)
    }
}

/// A number, or the text of one that is masked (assumption `masked-numbers`) or cannot be one: neither may be written back.
pub(super) fn read_number(text: Option<&str>) -> (Option<PhoneNumber>, Option<String>) {
    let Some(text) = text else { return (None, None) };
    let masked = text.contains(['X', '*', '•']) || text.matches('x').count() > 1;
    match PhoneNumber::kept(text) {
        Some(number) if !masked => (Some(number), None),
        _ => (None, Some(text.to_owned())),
    }
}

/// `methodUsabilityReason` of a pass.
fn pass_state(usable: Option<bool>, reason: Option<&str>) -> MethodState {
    match reason {
        Some("Expired" | "OneTimeUsed") => MethodState::Expired,
        Some("NotYetValid") => MethodState::Pending,
        Some("DisabledByPolicy") => MethodState::Disabled,
        _ if usable == Some(false) => MethodState::Disabled,
        _ => MethodState::Ready,
    }
}

/// The kind of a type; one that is not known is shown and left alone (assumption `method-types`).
pub(super) fn kind_of(service_type: &str, phone_type: Option<&str>) -> MethodKind {
    match service_type.trim_end_matches("AuthenticationMethod") {
        "password" => MethodKind::Password,
        "phone" => PHONE_IDS
            .iter()
            .find(|(.., name)| Some(*name) == phone_type)
            .map_or(MethodKind::Unknown, |(kind, ..)| *kind),
        "email" => MethodKind::Email,
        "fido2" => MethodKind::Passkey,
        "microsoftAuthenticator" | "passwordlessMicrosoftAuthenticator" => MethodKind::Authenticator,
        "softwareOath" => MethodKind::Totp,
        "hardwareOath" => MethodKind::HardwareToken,
        "windowsHelloForBusiness" => MethodKind::WindowsHello,
        "platformCredential" => MethodKind::PlatformKey,
        "temporaryAccessPass" => MethodKind::TemporaryPass,
        "external" => MethodKind::External,
        "qrCodePin" => MethodKind::QrPin,
        "x509Certificate" => MethodKind::Certificate,
        _ => MethodKind::Unknown,
    }
}

/// Where a kind is removed: whether in beta only, and its segment. `None`: it cannot be.
pub(super) const fn segment_of(kind: MethodKind) -> Option<(bool, &'static str)> {
    Some(match kind {
        MethodKind::PhoneMobile | MethodKind::PhoneAlternate | MethodKind::PhoneOffice => {
            (false, "phoneMethods")
        }
        MethodKind::Email => (false, "emailMethods"),
        MethodKind::Passkey => (false, "fido2Methods"),
        MethodKind::Authenticator => (false, "microsoftAuthenticatorMethods"),
        MethodKind::Totp => (false, "softwareOathMethods"),
        MethodKind::WindowsHello => (false, "windowsHelloForBusinessMethods"),
        MethodKind::PlatformKey => (false, "platformCredentialMethods"),
        MethodKind::TemporaryPass => (false, "temporaryAccessPassMethods"),
        MethodKind::External => (false, "externalAuthenticationMethods"),
        MethodKind::HardwareToken => (true, "hardwareOathMethods"),
        MethodKind::QrPin => (true, "qrCodePinMethod"),
        _ => return None,
    })
}

/// `userDefaultAuthenticationMethodType` for a kind.
pub(super) const fn preference_of(kind: MethodKind, via: Option<Via>) -> Option<&'static str> {
    Some(match (kind, via) {
        (MethodKind::Authenticator, _) => "push",
        (MethodKind::Totp | MethodKind::HardwareToken, _) => "oath",
        (MethodKind::PhoneMobile, Some(Via::Call)) => "voiceMobile",
        (MethodKind::PhoneMobile, _) => "sms",
        (MethodKind::PhoneAlternate, _) => "voiceAlternateMobile",
        (MethodKind::PhoneOffice, _) => "voiceOffice",
        _ => return None,
    })
}

/// The kinds that a preference means, the likeliest first.
pub(super) fn preferred_kinds(preference: &str) -> &'static [MethodKind] {
    match preference {
        "push" => &[MethodKind::Authenticator],
        "oath" => &[
            MethodKind::Totp,
            MethodKind::HardwareToken,
            MethodKind::Authenticator,
        ],
        "sms" | "voiceMobile" => &[MethodKind::PhoneMobile],
        "voiceAlternateMobile" => &[MethodKind::PhoneAlternate],
        "voiceOffice" => &[MethodKind::PhoneOffice],
        _ => &[],
    }
}

/// `systemPreferredAuthenticationMethod`, which is in no metadata (assumption `system-preferred-property`), and the report's spelling of the same.
pub(super) fn system_preferred_kind(text: &str) -> Option<MethodKind> {
    Some(match text.to_ascii_lowercase().as_str() {
        "phoneappnotification" | "push" => MethodKind::Authenticator,
        "phoneappotp" | "oath" | "softwareoath" => MethodKind::Totp,
        "sms" | "voicemobile" => MethodKind::PhoneMobile,
        "voicealternatemobile" => MethodKind::PhoneAlternate,
        "voiceoffice" => MethodKind::PhoneOffice,
        "fido" | "fido2" => MethodKind::Passkey,
        "hardwareoath" => MethodKind::HardwareToken,
        "temporaryaccesspass" => MethodKind::TemporaryPass,
        _ => return None,
    })
}

/// A word of the report's `methodsRegistered`, an open set (assumption `report-words`); `None`: no method here.
pub(super) fn reported_kind(text: &str) -> Option<MethodKind> {
    Some(match text {
        "password" | "appPassword" => return None,
        "mobilePhone" => MethodKind::PhoneMobile,
        "alternateMobilePhone" => MethodKind::PhoneAlternate,
        "officePhone" => MethodKind::PhoneOffice,
        "email" => MethodKind::Email,
        "securityQuestion" => MethodKind::Questions,
        "microsoftAuthenticatorPush" | "microsoftAuthenticatorPasswordless" => MethodKind::Authenticator,
        "softwareOneTimePasscode" => MethodKind::Totp,
        "hardwareOneTimePasscode" => MethodKind::HardwareToken,
        "fido2" | "fido2SecurityKey" => MethodKind::Passkey,
        "windowsHelloForBusiness" => MethodKind::WindowsHello,
        "macOsSecureEnclaveKey" | "platformCredential" => MethodKind::PlatformKey,
        "temporaryAccessPass" => MethodKind::TemporaryPass,
        "externalAuthMethod" | "externalAuthenticationMethod" => MethodKind::External,
        "qrCodePin" => MethodKind::QrPin,
        other if other.starts_with("passKey") => MethodKind::Passkey,
        _ => MethodKind::Unknown,
    })
}

/// `device`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireDevice {
    id: String,
    display_name: Option<String>,
    operating_system: Option<String>,
    operating_system_version: Option<String>,
    account_enabled: Option<bool>,
    is_managed: Option<bool>,
    #[serde(deserialize_with = "time")]
    registration_date_time: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    approximate_last_sign_in_date_time: Option<Timestamp>,
}

impl WireDevice {
    /// The device.
    pub(super) fn into_device(self) -> Device {
        let os = match (self.operating_system, self.operating_system_version) {
            (Some(name), Some(version)) => Some(format!("{name} {version}")),
            (name, _) => name,
        };
        let kind = if self.is_managed == Some(true) {
            DeviceKind::Managed
        } else {
            DeviceKind::Registered
        };
        Device {
            id: self.id.into(),
            kind,
            name: self.display_name,
            os,
            browser: None,
            enabled: self.account_enabled,
            created_at: self.registration_date_time,
            last_used_at: self.approximate_last_sign_in_date_time,
            trusted_until: None,
        }
    }
}

/// `signInPreferences` (beta).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WirePreferences {
    pub(super) is_system_preferred_authentication_method_enabled: Option<bool>,
    pub(super) user_preferred_method_for_secondary_authentication: Option<String>,
    pub(super) system_preferred_authentication_method: Option<String>,
}

/// `strongAuthenticationRequirements` (beta).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireRequirements {
    pub(super) per_user_mfa_state: Option<String>,
}

/// `longRunningOperation`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireOperation {
    pub(super) status: Option<String>,
    pub(super) status_detail: Option<String>,
}

/// `userRegistrationDetails`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireRegistration {
    pub(super) id: String,
    pub(super) user_principal_name: Option<String>,
    pub(super) user_display_name: Option<String>,
    pub(super) user_type: Option<String>,
    pub(super) is_admin: Option<bool>,
    pub(super) is_mfa_registered: Option<bool>,
    pub(super) is_mfa_capable: Option<bool>,
    pub(super) is_passwordless_capable: Option<bool>,
    pub(super) is_sspr_registered: Option<bool>,
    pub(super) user_preferred_method_for_secondary_authentication: Option<String>,
    pub(super) methods_registered: Option<Vec<String>>,
    #[serde(deserialize_with = "time")]
    pub(super) last_updated_date_time: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
