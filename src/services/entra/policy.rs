//! The authentication methods policy: which methods are allowed for whom, and for one person why. Source: api/entra 5.
//! No call says whether a method is allowed for somebody: targets are held against the person's groups.

mod passkeys;
mod settings;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::EntraService;
use super::error::Family;
use super::graph::{BETA, V1, parse};
use super::preferences;
use super::privileges::Holdings;
use super::wire::WirePreferences;
use crate::domain::{
    Clock, MethodKind, MethodPolicy, Policy, PolicyUse, RegistrationPolicy, Result, Setting, SystemClock,
    Target, TargetType, UserId,
};
use crate::http::{Request, Verb, encode_segment};
use crate::services::listed::sort_policy;

/// The target that means everybody.
const EVERYONE: &str = "all_users";
const HARDWARE: &str =
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/HardwareOath";

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireTarget {
    id: String,
    target_type: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireConfiguration {
    #[serde(rename = "@odata.type")]
    odata_type: Option<String>,
    id: String,
    state: Option<String>,
    include_targets: Option<Vec<WireTarget>>,
    exclude_targets: Option<Vec<WireTarget>>,
    is_office_phone_allowed: Option<bool>,
    default_lifetime_in_minutes: Option<i64>,
    minimum_lifetime_in_minutes: Option<i64>,
    maximum_lifetime_in_minutes: Option<i64>,
    is_usable_once: Option<bool>,
    display_name: Option<String>,
    #[serde(flatten)]
    passkeys: passkeys::WirePasskeys,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WirePolicy {
    authentication_method_configurations: Option<Vec<Value>>,
    registration_enforcement: Option<Value>,
    policy_migration_state: Option<String>,
}

impl EntraService {
    pub(super) async fn read_policy(&self, user: Option<&UserId>) -> Result<Policy> {
        let request = Request::get(
            V1,
            "/policies/authenticationMethodsPolicy",
            "/policies/authenticationMethodsPolicy",
        );
        let holdings = async {
            match user {
                Some(user) => self.holdings(user).await,
                None => Ok(None),
            }
        };
        // Hardware tokens are in beta alone. Fenced: without it, that one row is missing.
        let hardware = Request::get(BETA, HARDWARE, HARDWARE);
        // So is whether the service picks the strongest method: of a person alone.
        let preferences = async {
            match user {
                Some(user) => {
                    let request = preferences::request(user);
                    let read = self.graph.read::<WirePreferences>(&request, Family::Preferences);
                    Some(read.await)
                }
                None => None,
            }
        };
        let (policy, hardware, holdings, preferences) = futures::join!(
            self.graph.read::<WirePolicy>(&request, Family::Policy),
            self.graph.read::<WireConfiguration>(&hardware, Family::Policy),
            holdings,
            preferences
        );
        let (policy, holdings) = (policy?, holdings?);
        let mut settings = settings::of(&policy.policy_migration_state, &policy.registration_enforcement);
        if let Some(Ok(preferences)) = &preferences {
            settings.extend(settings::system_preferred(preferences));
        }
        let mut methods = Vec::new();
        for configuration in policy.authentication_method_configurations.unwrap_or_default() {
            // One configuration that nobody knows yet must not hide the others.
            let Ok(configuration) = parse::<WireConfiguration>(configuration) else {
                continue;
            };
            methods.push(row(configuration));
        }
        if let Ok(hardware) = hardware
            && !methods
                .iter()
                .any(|method| method.kind == MethodKind::HardwareToken.as_str())
        {
            methods.push(row(hardware));
        }
        self.name_groups(&mut methods, &mut settings).await;
        if let Some(user) = user {
            for setting in &mut settings {
                settings::judge(setting, user, holdings.as_ref());
            }
            for method in &mut methods {
                (method.allowed_for_user, method.reason) = judge(method, user, holdings.as_ref());
            }
        }
        sort_policy(&mut methods);
        Ok(Policy {
            read_at: SystemClock.now(),
            methods,
            remembered_devices: None,
            registration: policy.registration_enforcement.as_ref().and_then(postponement),
            app_passwords: None,
            settings,
            questions: Vec::new(),
        })
    }

    /// Names of the groups that the policy targets. Fenced: without them the ids are shown.
    async fn name_groups(&self, methods: &mut [MethodPolicy], settings: &mut [Setting]) {
        let mut targets: Vec<&mut Target> = methods
            .iter_mut()
            .flat_map(|method| method.targets.iter_mut().chain(&mut method.excluded))
            .chain(
                settings
                    .iter_mut()
                    .flat_map(|setting| setting.targets.iter_mut().chain(&mut setting.excluded)),
            )
            .collect();
        let mut ids: Vec<String> = targets
            .iter()
            .filter(|target| target.kind == TargetType::Group)
            .filter_map(|target| target.id.clone())
            .collect();
        ids.sort();
        ids.dedup();
        let requests: Vec<Request> = ids
            .iter()
            .map(|id| {
                let path = format!("/groups/{}?$select=id,displayName", encode_segment(id));
                Request::get(V1, path, "/groups/{id}")
            })
            .collect();
        let mut names = BTreeMap::new();
        for (id, answer) in ids.into_iter().zip(self.graph.pipeline().batch(&requests).await) {
            let group = answer
                .and_then(|response| self.graph.check(response, Family::Groups, Verb::Get))
                .and_then(|response| response.json());
            if let Some(name) = group
                .ok()
                .and_then(|group| Some(group.get("displayName")?.as_str()?.to_owned()))
            {
                names.insert(id, name);
            }
        }
        for target in &mut targets {
            target.name = target.id.as_ref().and_then(|id| names.get(id).cloned());
        }
    }
}

/// One configuration as a row.
fn row(configuration: WireConfiguration) -> MethodPolicy {
    let kind = match configuration.id.to_ascii_lowercase().as_str() {
        "microsoftauthenticator" => MethodKind::Authenticator.as_str(),
        "softwareoath" => MethodKind::Totp.as_str(),
        "sms" => "phone, text",
        "voice" => "phone, call",
        "email" => MethodKind::Email.as_str(),
        "fido2" => MethodKind::Passkey.as_str(),
        "temporaryaccesspass" => MethodKind::TemporaryPass.as_str(),
        "hardwareoath" => MethodKind::HardwareToken.as_str(),
        "x509certificate" => MethodKind::Certificate.as_str(),
        "qrcodepin" => MethodKind::QrPin.as_str(),
        _ if configuration
            .odata_type
            .as_deref()
            .is_some_and(|kind| kind.contains("external")) =>
        {
            MethodKind::External.as_str()
        }
        _ => MethodKind::Unknown.as_str(),
    };
    let purpose = match configuration.state.as_deref() {
        Some("enabled") if kind == MethodKind::Email.as_str() => PolicyUse::Reset,
        Some("enabled") => PolicyUse::SignIn,
        _ => PolicyUse::Off,
    };
    let mut limits = BTreeMap::new();
    let mut limit = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            limits.insert(name.to_owned(), value);
        }
    };
    limit(
        "office_phone",
        configuration
            .is_office_phone_allowed
            .map(|allowed| json!(allowed)),
    );
    if kind == MethodKind::TemporaryPass.as_str() {
        limit(
            "min_lifetime_minutes",
            configuration
                .minimum_lifetime_in_minutes
                .map(|minutes| json!(minutes)),
        );
        limit(
            "max_lifetime_minutes",
            configuration
                .maximum_lifetime_in_minutes
                .map(|minutes| json!(minutes)),
        );
        limit(
            "default_lifetime_minutes",
            configuration
                .default_lifetime_in_minutes
                .map(|minutes| json!(minutes)),
        );
        limit("one_time", configuration.is_usable_once.map(|once| json!(once)));
    }
    if kind == MethodKind::Passkey.as_str() {
        configuration.passkeys.limit(&mut limit);
    }
    if kind == MethodKind::Unknown.as_str() {
        limit("service_type", Some(json!(configuration.id)));
    } else if kind == MethodKind::External.as_str() {
        limit("id", Some(json!(configuration.id)));
        limit("name", configuration.display_name.map(|name| json!(name)));
    }
    MethodPolicy {
        kind: kind.to_owned(),
        purpose,
        targets: configuration
            .include_targets
            .unwrap_or_default()
            .into_iter()
            .map(target)
            .collect(),
        excluded: configuration
            .exclude_targets
            .unwrap_or_default()
            .into_iter()
            .map(target)
            .collect(),
        limits,
        allowed_for_user: None,
        reason: None,
    }
}

fn target(wire: WireTarget) -> Target {
    let kind = match wire.target_type.as_deref() {
        _ if wire.id == EVERYONE => TargetType::Everyone,
        Some("user") => TargetType::User,
        _ => TargetType::Group,
    };
    Target {
        id: (kind != TargetType::Everyone).then_some(wire.id),
        kind,
        name: None,
    }
}

/// Whether a person may use a method, and why. Exclusion wins over inclusion.
fn judge(
    method: &MethodPolicy,
    user: &UserId,
    holdings: Option<&Holdings>,
) -> (Option<bool>, Option<String>) {
    if method.purpose == PolicyUse::Off {
        return (Some(false), Some("off for everyone".to_owned()));
    }
    meant(&method.targets, &method.excluded, user, holdings)
}

/// Whether targets mean a person, and why.
fn meant(
    targets: &[Target],
    excluded: &[Target],
    user: &UserId,
    holdings: Option<&Holdings>,
) -> (Option<bool>, Option<String>) {
    let name = |target: &Target| {
        target
            .name
            .clone()
            .or_else(|| target.id.clone())
            .unwrap_or_default()
    };
    // `None`: cannot tell.
    let meant = |target: &Target| match target.kind {
        TargetType::Everyone => Some(true),
        TargetType::User => Some(target.id.as_deref() == Some(user.0.as_str())),
        TargetType::Group => {
            let holdings = holdings?;
            let member = holdings
                .groups
                .iter()
                .any(|group| target.id.as_deref() == Some(group.id.as_str()));
            if !member && holdings.hidden {
                None
            } else {
                Some(member)
            }
        }
    };
    let find = |targets: &[Target]| {
        let hit = targets.iter().find(|target| meant(target) == Some(true)).cloned();
        (hit, targets.iter().any(|target| meant(target).is_none()))
    };
    let (excluded, excluded_unsure) = find(excluded);
    if let Some(target) = excluded {
        let why = match target.kind {
            TargetType::Everyone => "everyone is excluded".to_owned(),
            TargetType::User => "excluded by name".to_owned(),
            TargetType::Group => format!("excluded by group {}", name(&target)),
        };
        return (Some(false), Some(why));
    }
    let (included, included_unsure) = find(targets);
    match included {
        Some(_) if excluded_unsure => (None, Some("the token may not see the person's groups".to_owned())),
        Some(target) if target.kind == TargetType::Everyone => (Some(true), Some("everyone".to_owned())),
        Some(target) if target.kind == TargetType::User => {
            (Some(true), Some("named in the policy".to_owned()))
        }
        Some(target) => (Some(true), Some(format!("member of group {}", name(&target)))),
        None if included_unsure => (None, Some("the token may not see the person's groups".to_owned())),
        None => {
            let groups: Vec<_> = targets
                .iter()
                .filter(|target| target.kind == TargetType::Group)
                .map(name)
                .collect();
            let why = match (targets.is_empty(), groups.is_empty()) {
                (true, _) => "for nobody".to_owned(),
                (false, true) => "not named in the policy".to_owned(),
                (false, false) => format!("not a member of group {}", groups.join(", ")),
            };
            (Some(false), Some(why))
        }
    }
}

/// For how many days registration may be postponed: the campaign's own word, where one runs.
fn postponement(enforcement: &Value) -> Option<RegistrationPolicy> {
    let campaign = enforcement.get("authenticationMethodsRegistrationCampaign")?;
    if campaign.get("state").and_then(Value::as_str) != Some("enabled") {
        return None;
    }
    let days = campaign
        .get("snoozeDurationInDays")
        .and_then(Value::as_u64)
        .and_then(|days| u32::try_from(days).ok());
    Some(RegistrationPolicy { postpone_days: days })
}

#[cfg(test)]
mod tests;
