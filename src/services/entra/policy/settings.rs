//! What stands around the methods: how far the older policies are replaced, the campaign that asks people to register, and
//! whether the service picks the strongest method itself. Source: api/entra 2.1 and 5.

use serde::Deserialize;
use serde_json::Value;

use super::super::preferences;
use super::super::privileges::Holdings;
use super::super::wire::WirePreferences;
use super::{WireTarget, meant, target};
use crate::domain::{Setting, SettingName, UserId};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireCampaign {
    state: Option<String>,
    snooze_duration_in_days: Option<u32>,
    include_targets: Option<Vec<WireTarget>>,
    exclude_targets: Option<Vec<WireTarget>>,
}

fn setting(name: SettingName, state: &str) -> Setting {
    Setting {
        name,
        state: state.to_owned(),
        targets: Vec::new(),
        excluded: Vec::new(),
        applies_to_user: None,
        reason: None,
        detail: None,
    }
}

/// What the policy itself says.
pub(super) fn of(migration: &Option<String>, enforcement: &Option<Value>) -> Vec<Setting> {
    let mut settings = Vec::new();
    let besides =
        "the older policies for MFA and password reset count besides: what is off here may still work";
    let known = match migration.as_deref() {
        Some("preMigration") => Some(("not_begun", besides)),
        Some("migrationInProgress") => Some(("in_progress", besides)),
        Some("migrationComplete") => Some(("complete", "this policy alone counts")),
        _ => None,
    };
    if let Some((state, detail)) = known {
        settings.push(Setting {
            detail: Some(detail.to_owned()),
            ..setting(SettingName::Migration, state)
        });
    }
    let campaign = enforcement
        .as_ref()
        .and_then(|enforcement| enforcement.get("authenticationMethodsRegistrationCampaign"))
        .and_then(|campaign| serde_json::from_value::<WireCampaign>(campaign.clone()).ok());
    if let Some(campaign) = campaign {
        let state = match campaign.state.as_deref() {
            Some("enabled") => "on",
            Some("disabled") => "off",
            _ => "default",
        };
        let days = campaign.snooze_duration_in_days.map(|days| match days {
            0 => "at each sign-in without Microsoft Authenticator".to_owned(),
            1 => "may be put off for 1 day at a time".to_owned(),
            days => format!("may be put off for {days} days at a time"),
        });
        let targets =
            |wire: Option<Vec<WireTarget>>| wire.unwrap_or_default().into_iter().map(target).collect();
        settings.push(Setting {
            targets: targets(campaign.include_targets),
            excluded: targets(campaign.exclude_targets),
            detail: days,
            ..setting(SettingName::RegistrationCampaign, state)
        });
    }
    settings
}

/// Whether the service picks a person's strongest method itself, and what that makes of the default.
pub(super) fn system_preferred(wire: &WirePreferences) -> Option<Setting> {
    let told = preferences::system_preferred(wire)?;
    let chosen = wire
        .user_preferred_method_for_secondary_authentication
        .as_deref()
        .filter(|chosen| !chosen.is_empty() && *chosen != "none");
    let detail = match (told.enabled, told.method) {
        (false, _) => "the default method is asked for first".to_owned(),
        (true, picked) => {
            let picks = picked.map_or_else(String::new, |kind| format!(": {kind}"));
            let moot = if chosen.is_some() {
                "; the default method counts only where that does not reach: NPS and AD FS"
            } else {
                ""
            };
            format!("the strongest method is asked for first{picks}{moot}")
        }
    };
    Some(Setting {
        applies_to_user: Some(told.enabled),
        detail: Some(detail),
        ..setting(
            SettingName::SystemPreferred,
            if told.enabled { "on" } else { "off" },
        )
    })
}

/// Says of a setting whether it means a person.
pub(super) fn judge(setting: &mut Setting, user: &UserId, holdings: Option<&Holdings>) {
    if setting.name != SettingName::RegistrationCampaign {
        return;
    }
    (setting.applies_to_user, setting.reason) = if setting.state == "off" {
        (Some(false), Some("off for everyone".to_owned()))
    } else {
        meant(&setting.targets, &setting.excluded, user, holdings)
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_older_policies_and_the_campaign_are_told() {
        let enforcement = json!({"authenticationMethodsRegistrationCampaign": {"state": "enabled",
            "snoozeDurationInDays": 3, "includeTargets": [{"id": "g1", "targetType": "group"}],
            "excludeTargets": [{"id": "u2", "targetType": "user"}]}});
        let mut settings = of(&Some("migrationInProgress".into()), &Some(enforcement));
        let [migration, campaign] = settings.as_mut_slice() else {
            panic!("two")
        };
        assert_eq!(migration.state, "in_progress");
        assert!(migration.detail.as_deref().unwrap().contains("may still work"));
        assert_eq!(
            campaign.detail.as_deref(),
            Some("may be put off for 3 days at a time")
        );
        judge(campaign, &UserId::from("u2"), None);
        assert_eq!(
            (campaign.applies_to_user, campaign.reason.as_deref()),
            (Some(false), Some("excluded by name"))
        );
        judge(campaign, &UserId::from("u1"), None);
        assert_eq!(campaign.applies_to_user, None, "the groups are not known");
        assert!(of(&Some("somethingNew".into()), &None).is_empty());
    }

    #[test]
    fn a_default_that_the_service_does_not_ask_for_is_explained() {
        let wire = |enabled: bool, chosen: &str| WirePreferences {
            is_system_preferred_authentication_method_enabled: Some(enabled),
            user_preferred_method_for_secondary_authentication: Some(chosen.to_owned()),
            system_preferred_authentication_method: Some("Fido2".to_owned()),
        };
        let said = |enabled, chosen: &str| system_preferred(&wire(enabled, chosen)).unwrap().detail.unwrap();
        assert_eq!(
            said(true, "sms"),
            "the strongest method is asked for first: passkey; the default method counts only where that does not \
             reach: NPS and AD FS"
        );
        assert_eq!(said(true, ""), "the strongest method is asked for first: passkey");
        assert_eq!(said(false, "sms"), "the default method is asked for first");
    }
}
