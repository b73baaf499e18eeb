//! The policy of the realm: which kinds can be enrolled and count, how codes are made, remembered devices, app passwords.
//! privacyIDEA has many policies, each for some realms, resolvers and people; those that apply are joined (api/privacyidea 7).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::Call;
use super::error::Area;
use super::wire::{WirePolicy, WireUser, type_of};
use crate::domain::{
    AppPasswordPolicy, Clock as _, ErrorCode, MethodKind, MethodPolicy, Policy, PolicyUse,
    RememberedDevicesPolicy, Result, SystemClock, Target, UserId,
};
use crate::services::listed::sort_policy;

/// The kinds of the table, with the action of the scope `enrollment` without which none can be enrolled.
const KINDS: &[(MethodKind, Option<&str>)] = &[
    (MethodKind::Totp, None),
    (MethodKind::Hotp, None),
    (MethodKind::Push, Some("push_firebase_configuration")),
    (MethodKind::PhoneMobile, None),
    (MethodKind::Email, None),
    (MethodKind::Passkey, Some("webauthn_relying_party_id")),
    (MethodKind::SecurityKey, Some("webauthn_relying_party_id")),
    (MethodKind::TemporaryPass, None),
    (MethodKind::Questions, None),
];

/// Types that count nowhere.
const DISABLED: &str = "disabled_token_types";
/// Types whose new tokens wait for a code.
const VERIFIED: &str = "verify_enrollment";

impl PrivacyIdeaService {
    pub(super) async fn read_policy(&self, user: Option<&UserId>) -> Result<Policy> {
        let person = match user {
            Some(user) => Some(self.api.person(user).await?),
            None => None,
        };
        let call = Call::get("/policy/".to_owned(), "/policy/", "policyread", Area::Settings);
        let (all, services, remembers) = futures::try_join!(
            self.api.read::<Vec<WirePolicy>>(&call),
            self.services(),
            self.remembers()
        )?;
        let applies: Vec<WirePolicy> = all
            .into_iter()
            .filter(|policy| applies(policy, self.api.realm(), person.as_ref()))
            .collect();
        let mut policy = policy_of(&applies, person.is_some());
        policy.app_passwords = services.map(|services| AppPasswordPolicy {
            allowed: services > 0,
        });
        if remembers == Some(false) {
            // A policy alone remembers nothing: the program in front must be known to privacyIDEA.
            policy.remembered_devices = Some(RememberedDevicesPolicy {
                allowed: false,
                days: None,
            });
        }
        Ok(policy)
    }

    /// How many services have app passwords; `None`: the account may not see.
    async fn services(&self) -> Result<Option<usize>> {
        let path = "/serviceid/";
        let call = Call::get(path.to_owned(), path, "serviceid_list", Area::Settings);
        match self.api.read::<Value>(&call).await {
            Ok(all) => Ok(Some(all.as_object().map_or(0, serde_json::Map::len))),
            Err(error) if error.code() == ErrorCode::PermissionMissing => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a policy speaks of the realm, and of the person where one is asked about. What it says of programs in front is
/// not asked: that depends on where somebody signs in.
fn applies(policy: &WirePolicy, realm: &str, person: Option<&WireUser>) -> bool {
    let (user, resolver) = person.map_or((None, None), |person| {
        (Some(person.username.as_str()), Some(person.resolver.as_str()))
    });
    policy.active
        && policy.client.is_empty()
        && names(&policy.realm, Some(realm))
        && names(&policy.resolver, resolver)
        && names(&policy.user, user)
}

/// Whether a list of a policy names this; an empty one names everything, and one that begins with `!` or `-` all others.
fn names(list: &[String], wanted: Option<&str>) -> bool {
    if list.is_empty() {
        return true;
    }
    let Some(wanted) = wanted else {
        // Nobody is asked about: what holds for some is not what holds for all.
        return false;
    };
    let same = |entry: &str| entry == "*" || entry.eq_ignore_ascii_case(wanted);
    let not = |entry: &str| entry.strip_prefix(['!', '-']).map(same);
    if list.iter().any(|entry| not(entry) == Some(true)) {
        return false;
    }
    let only_not = list.iter().all(|entry| not(entry).is_some());
    only_not || list.iter().any(|entry| same(entry) || like(entry, wanted))
}

/// Entries of people may be patterns, such as `guest.*`: the beginning before the first sign that is not plain decides.
fn like(entry: &str, wanted: &str) -> bool {
    entry
        .split_once(".*")
        .is_some_and(|(head, tail)| wanted.starts_with(head) && wanted.ends_with(tail.trim_end_matches('$')))
}

/// The value of an action in a scope; the first policy that has it.
fn said<'a>(policies: &'a [WirePolicy], scope: &str, action: &str) -> Option<&'a Value> {
    policies
        .iter()
        .filter(|policy| policy.scope == scope)
        .find_map(|policy| policy.action.get(action))
}

/// Whether an action lists a type: types stand in a text, parted by blanks or commas.
fn lists(value: Option<&Value>, name: &str) -> bool {
    value
        .and_then(Value::as_str)
        .is_some_and(|text| text.split([' ', ',']).any(|one| one.eq_ignore_ascii_case(name)))
}

fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The policy in our words. `for_user`: whether somebody is asked about.
fn policy_of(policies: &[WirePolicy], for_user: bool) -> Policy {
    let mut methods: Vec<MethodPolicy> = KINDS
        .iter()
        .map(|(kind, needs)| row(policies, *kind, *needs, for_user))
        .collect();
    sort_policy(&mut methods);
    let remembered = said(policies, "authentication", "remember_device");
    let days = number(said(policies, "authentication", "remember_device_validity"));
    Policy {
        read_at: SystemClock.now(),
        methods,
        remembered_devices: Some(RememberedDevicesPolicy {
            allowed: remembered.is_some_and(|value| *value != Value::Bool(false)),
            days: days.and_then(|days| u32::try_from(days).ok()),
        }),
        registration: None,
        app_passwords: None,
        settings: Vec::new(),
        questions: Vec::new(),
    }
}

fn row(policies: &[WirePolicy], kind: MethodKind, needs: Option<&str>, for_user: bool) -> MethodPolicy {
    let (name, _) = type_of(kind).unwrap_or_default();
    let off = if lists(said(policies, "authentication", DISABLED), name)
        || lists(said(policies, "authorization", DISABLED), name)
    {
        Some(format!("{DISABLED} names it"))
    } else {
        needs
            .filter(|action| said(policies, "enrollment", action).is_none())
            .map(|action| format!("no policy of the scope enrollment has {action}"))
    };
    let limits = limits_of(policies, kind, name);
    let on = off.is_none();
    // What the policy calls the telephone is by text here: nobody is called.
    let called = if kind == MethodKind::PhoneMobile {
        "phone, text"
    } else {
        kind.as_str()
    };
    MethodPolicy {
        kind: called.to_owned(),
        purpose: if on { PolicyUse::SignIn } else { PolicyUse::Off },
        targets: if on { vec![Target::everyone()] } else { Vec::new() },
        excluded: Vec::new(),
        limits,
        allowed_for_user: for_user.then_some(on),
        reason: match (for_user, off) {
            (_, Some(why)) => Some(why),
            (true, None) => Some("everyone".to_owned()),
            (false, None) => None,
        },
    }
}

fn limits_of(policies: &[WirePolicy], kind: MethodKind, name: &str) -> BTreeMap<String, Value> {
    let mut limits = BTreeMap::new();
    let mut limit = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            limits.insert(key.to_owned(), value);
        }
    };
    let enrolled = |action: &str| said(policies, "enrollment", action);
    let most =
        number(enrolled(&format!("{name}_max_token_per_user"))).or(number(enrolled("max_token_per_user")));
    limit("most_per_person", most.map(|count| json!(count)));
    if lists(enrolled(VERIFIED), name) {
        limit("verified", Some(json!(true)));
    }
    if kind == MethodKind::TemporaryPass {
        let length = number(enrolled("registration.length"));
        limit("length", length.map(|length| json!(length)));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(scope: &str, action: Value, of: Value) -> WirePolicy {
        let mut policy = json!({ "scope": scope, "active": true, "action": action });
        for (key, value) in of.as_object().unwrap() {
            policy[key] = value.clone();
        }
        serde_json::from_value(policy).unwrap()
    }

    #[test]
    fn a_policy_applies_to_whom_it_names() {
        let anna: WireUser =
            serde_json::from_value(json!({"username": "anna", "resolver": "staff", "userid": 1})).unwrap();
        let of = |of: Value, person: Option<&WireUser>| {
            applies(&policy("enrollment", json!({}), of), "corp", person)
        };
        assert!(of(json!({}), None) && of(json!({}), Some(&anna)));
        assert!(of(json!({"realm": ["corp"]}), None) && !of(json!({"realm": ["other"]}), None));
        assert!(!of(json!({"realm": ["!corp"]}), None) && of(json!({"realm": ["!other"]}), None));
        assert!(
            !of(json!({"user": ["anna"]}), None),
            "what holds for some does not hold for all"
        );
        assert!(of(json!({"user": ["anna", "ben"]}), Some(&anna)));
        assert!(of(json!({"user": ["an.*"]}), Some(&anna)) && !of(json!({"user": ["be.*"]}), Some(&anna)));
        assert!(!of(json!({"resolver": ["guests"]}), Some(&anna)));
        assert!(!of(json!({"active": false}), Some(&anna)));
        assert!(!of(json!({"client": ["10.0.0.0/8"]}), Some(&anna)));
    }

    #[test]
    fn the_policy_of_a_realm() {
        let policies = [
            policy(
                "enrollment",
                json!({"push_firebase_configuration": "poll only", "verify_enrollment": "totp sms",
                "max_token_per_user": "5"}),
                json!({}),
            ),
            policy(
                "authentication",
                json!({"remember_device": true, "remember_device_validity": 30,
                "disabled_token_types": "email hotp"}),
                json!({}),
            ),
        ];
        let policy = policy_of(&policies, true);
        let lines: Vec<String> = policy
            .methods
            .iter()
            .map(|row| {
                let limits = serde_json::to_string(&row.limits).unwrap();
                format!(
                    "{} {:?} {} {limits}",
                    row.kind,
                    row.purpose,
                    row.reason.as_deref().unwrap()
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        totp SignIn everyone {"most_per_person":5,"verified":true}
        push SignIn everyone {"most_per_person":5}
        phone, text SignIn everyone {"most_per_person":5,"verified":true}
        temporary-pass SignIn everyone {"most_per_person":5}
        questions SignIn everyone {"most_per_person":5}
        hotp Off disabled_token_types names it {"most_per_person":5}
        email Off disabled_token_types names it {"most_per_person":5}
        passkey Off no policy of the scope enrollment has webauthn_relying_party_id {"most_per_person":5}
        security-key Off no policy of the scope enrollment has webauthn_relying_party_id {"most_per_person":5}
        "#);
        let remembered = policy.remembered_devices.unwrap();
        assert_eq!((remembered.allowed, remembered.days), (true, Some(30)));
    }
}
