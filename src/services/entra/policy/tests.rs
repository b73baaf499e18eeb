//! Rows and verdicts of the policy.

use super::*;
use crate::services::entra::privileges::Membership;

fn configured(value: Value) -> MethodPolicy {
    row(serde_json::from_value(value).unwrap())
}

fn passkeys() -> MethodPolicy {
    configured(json!({"id": "Fido2", "state": "enabled",
        "includeTargets": [{"id": "g1", "targetType": "group"}],
        "excludeTargets": [{"id": "g2", "targetType": "group"}]}))
}

fn in_groups(ids: &[&str]) -> Holdings {
    let groups = ids
        .iter()
        .map(|id| Membership {
            id: (*id).to_owned(),
            name: None,
        })
        .collect();
    Holdings {
        groups,
        ..Holdings::default()
    }
}

#[test]
fn targets_are_held_against_the_groups_of_the_person() {
    let user = UserId::from("u");
    let verdict = |holdings: Option<&Holdings>| judge(&passkeys(), &user, holdings);
    let said = |allowed, why: &str| (allowed, Some(why.to_owned()));
    assert_eq!(
        verdict(Some(&in_groups(&["g1"]))),
        said(Some(true), "member of group g1")
    );
    assert_eq!(
        verdict(Some(&in_groups(&["g1", "g2"]))),
        said(Some(false), "excluded by group g2")
    );
    assert_eq!(
        verdict(Some(&in_groups(&[]))),
        said(Some(false), "not a member of group g1")
    );
    assert_eq!(
        verdict(None),
        said(None, "the token may not see the person's groups")
    );
    let off = configured(json!({"id": "Voice", "state": "disabled", "isOfficePhoneAllowed": true}));
    assert_eq!(judge(&off, &user, None), said(Some(false), "off for everyone"));
}

#[test]
fn a_configuration_becomes_a_row_with_its_limits() {
    let pass = configured(
        json!({"id": "TemporaryAccessPass", "state": "enabled", "isUsableOnce": false,
        "minimumLifetimeInMinutes": 10, "maximumLifetimeInMinutes": 480, "defaultLifetimeInMinutes": 60,
        "includeTargets": [{"id": "all_users", "targetType": "group"}]}),
    );
    assert_eq!(
        (pass.kind.as_str(), pass.purpose),
        ("temporary-pass", PolicyUse::SignIn)
    );
    assert_eq!(
        pass.targets,
        [Target {
            kind: TargetType::Everyone,
            id: None,
            name: None
        }]
    );
    assert_eq!(
        serde_json::to_string(&pass.limits).unwrap(),
        r#"{"default_lifetime_minutes":60,"max_lifetime_minutes":480,"min_lifetime_minutes":10,"one_time":false}"#
    );
    assert_eq!(
        configured(json!({"id": "Email", "state": "enabled"})).purpose,
        PolicyUse::Reset
    );
    assert_eq!(
        configured(json!({"id": "Telepathy", "state": "enabled"})).kind,
        "unknown"
    );
}

#[test]
fn the_models_of_passkeys_that_are_taken_are_limits() {
    let restricted = |enforced: bool, kind: &str| {
        configured(
            json!({"id": "Fido2", "state": "enabled", "isAttestationEnforced": true,
            "isSelfServiceRegistrationAllowed": false,
            "keyRestrictions": {"isEnforced": enforced, "enforcementType": kind, "aaGuids": ["a"]}}),
        )
        .limits
    };
    assert_eq!(
        json!(restricted(true, "block")),
        json!({"attested": true, "registration": false, "models_blocked": ["a"]})
    );
    assert_eq!(json!(restricted(true, "allow"))["models_allowed"], json!(["a"]));
    assert_eq!(
        json!(restricted(false, "allow")),
        json!({"attested": true, "registration": false})
    );
}
