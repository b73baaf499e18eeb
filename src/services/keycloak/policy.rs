//! The realm's policy: which second factors its browser flow takes, how codes are made, what a password needs, and
//! what new people are asked for. Every person is under the same (api/keycloak 8).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::KeycloakService;
use super::error::Area;
use super::rights;
use super::wire::{
    CONFIGURE_TOTP, PASSKEY_REGISTER, WEBAUTHN_REGISTER, WireAction, WireExecution, WireRealm,
};
use crate::domain::{
    AppPasswordPolicy, Clock as _, MethodKind, MethodPolicy, Policy, PolicyUse, RegistrationPolicy,
    RememberedDevicesPolicy, Result, SystemClock, Target, UserId,
};
use crate::http::encode_segment;
use crate::services::listed::sort_policy;

/// Kinds of factor, and the steps of a flow that ask for one of each.
const FACTORS: &[(MethodKind, &[&str])] = &[
    (MethodKind::Totp, &["auth-otp-form", "auth-conditional-otp-form"]),
    (MethodKind::SecurityKey, &["webauthn-authenticator"]),
    (MethodKind::Passkey, &["webauthn-authenticator-passwordless"]),
    (MethodKind::BackupCodes, &["auth-recovery-authn-code-form"]),
];

impl KeycloakService {
    pub(super) async fn read_policy(&self, user: Option<&UserId>) -> Result<Policy> {
        let realm = self.admin.settings().await?;
        if !realm.is_whole() {
            return Err(rights::lacking(
                "view-realm",
                self.admin.claims(),
                self.admin.realm(),
            ));
        }
        let (executions, actions) = futures::try_join!(self.executions(realm), self.admin.actions())?;
        Ok(policy_of(realm, &executions, actions, user.is_some()))
    }

    /// The steps of the flow by which people sign in in a browser.
    async fn executions(&self, realm: &WireRealm) -> Result<Vec<WireExecution>> {
        let flow = realm.browser_flow.as_deref().unwrap_or("browser");
        let tail = format!("/authentication/flows/{}/executions", encode_segment(flow));
        let template = "/{realm}/authentication/flows/{alias}/executions";
        self.admin
            .read(&self.admin.get(&tail, template), Area::Realm)
            .await
    }

    /// Of keys and codes on paper, the kinds for which no sign-in of the realm asks: whoever has these alone signs in by the
    /// password. Read once; nothing where the account may not see the realm.
    pub(super) async fn kinds_not_asked_for(&self) -> Result<&[MethodKind]> {
        let kinds = self.not_asked_for.get_or_try_init(async || {
            if !rights::sees_realm(self.admin.claims()) {
                return Ok(Vec::new());
            }
            let realm = self.admin.settings().await?;
            if !realm.is_whole() {
                return Ok(Vec::new());
            }
            let executions = self.executions(realm).await?;
            let taken = taken(&executions);
            let all = FACTORS.iter().map(|(kind, _)| *kind);
            Ok(all
                .filter(|kind| *kind != MethodKind::Totp && !is_on(*kind, &taken, realm))
                .collect())
        });
        kinds.await.map(Vec::as_slice)
    }
}

/// Whether the realm asks for a factor of this kind.
fn is_on(kind: MethodKind, taken: &[&str], realm: &WireRealm) -> bool {
    let asks = |(known, steps): &(MethodKind, &[&str])| {
        *known == kind && steps.iter().any(|step| taken.contains(step))
    };
    FACTORS.iter().any(asks)
        || (kind == MethodKind::Passkey && realm.web_authn_policy_passwordless_passkeys_enabled == Some(true))
}

/// The policy in our words. `for_user`: whether somebody is asked about.
fn policy_of(
    realm: &WireRealm,
    executions: &[WireExecution],
    actions: &[WireAction],
    for_user: bool,
) -> Policy {
    let taken = taken(executions);
    let mut methods: Vec<MethodPolicy> = FACTORS
        .iter()
        .map(|(kind, _)| {
            row(
                *kind,
                is_on(*kind, &taken, realm),
                limits_of(*kind, realm),
                for_user,
            )
        })
        .collect();
    methods.push(row(
        MethodKind::Password,
        true,
        password_limits(realm.password_policy.as_deref().unwrap_or_default()),
        for_user,
    ));
    sort_policy(&mut methods);
    let registers_at_once = actions.iter().any(|action| {
        action.enabled
            && action.default_action
            && [CONFIGURE_TOTP, WEBAUTHN_REGISTER, PASSKEY_REGISTER].contains(&action.alias.as_str())
    });
    Policy {
        read_at: SystemClock.now(),
        methods,
        remembered_devices: Some(RememberedDevicesPolicy {
            allowed: false,
            days: None,
        }),
        registration: registers_at_once.then_some(RegistrationPolicy {
            postpone_days: Some(0),
        }),
        app_passwords: Some(AppPasswordPolicy { allowed: false }),
        settings: Vec::new(),
        questions: Vec::new(),
    }
}

/// The steps of a flow that are on: neither they nor a flow that they lie in is disabled.
fn taken(executions: &[WireExecution]) -> Vec<&str> {
    let mut off_from: Option<i64> = None;
    let mut on = Vec::new();
    for execution in executions {
        if off_from.is_some_and(|level| execution.level > level) {
            continue;
        }
        off_from = None;
        if execution.requirement.as_deref() == Some("DISABLED") {
            off_from = Some(execution.level);
        } else if let Some(provider) = execution.provider_id.as_deref() {
            on.push(provider);
        }
    }
    on
}

fn row(kind: MethodKind, on: bool, limits: BTreeMap<String, Value>, for_user: bool) -> MethodPolicy {
    MethodPolicy {
        kind: kind.as_str().to_owned(),
        purpose: if on { PolicyUse::SignIn } else { PolicyUse::Off },
        targets: if on { vec![Target::everyone()] } else { Vec::new() },
        excluded: Vec::new(),
        limits,
        allowed_for_user: for_user.then_some(on),
        reason: for_user.then(|| if on { "everyone" } else { "off for everyone" }.to_owned()),
    }
}

fn limits_of(kind: MethodKind, realm: &WireRealm) -> BTreeMap<String, Value> {
    let mut limits = BTreeMap::new();
    if kind != MethodKind::Totp {
        return limits;
    }
    let mut limit = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            limits.insert(name.to_owned(), value);
        }
    };
    limit("digits", realm.otp_policy_digits.map(|digits| json!(digits)));
    limit(
        "period_seconds",
        realm.otp_policy_period.map(|seconds| json!(seconds)),
    );
    limit(
        "algorithm",
        realm
            .otp_policy_algorithm
            .as_ref()
            .map(|name| json!(name.trim_start_matches("Hmac"))),
    );
    limit(
        "code_reusable",
        realm.otp_policy_code_reusable.map(|reusable| json!(reusable)),
    );
    limits
}

/// `length(12) and notUsername(undefined)`, each part under its own name.
fn password_limits(policy: &str) -> BTreeMap<String, Value> {
    policy
        .split(" and ")
        .filter_map(|part| {
            let part = part.trim();
            let (name, value) = part.split_once('(').map_or((part, ""), |(name, rest)| {
                (name, rest.strip_suffix(')').unwrap_or(rest))
            });
            if name.is_empty() {
                return None;
            }
            let value = match value.parse::<u64>() {
                Ok(number) => json!(number),
                Err(_) if value.is_empty() || value == "undefined" => json!(true),
                Err(_) => json!(value),
            };
            Some((name.to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executions() -> Vec<WireExecution> {
        let read = |requirement: &str, provider: Option<&str>, level| WireExecution {
            requirement: Some(requirement.to_owned()),
            provider_id: provider.map(str::to_owned),
            level,
        };
        vec![
            read("ALTERNATIVE", Some("auth-cookie"), 0),
            read("ALTERNATIVE", None, 0),
            read("REQUIRED", Some("auth-username-password-form"), 1),
            read("CONDITIONAL", None, 1),
            read("REQUIRED", Some("conditional-user-configured"), 2),
            read("ALTERNATIVE", Some("auth-otp-form"), 2),
            read("DISABLED", Some("webauthn-authenticator"), 2),
            read("DISABLED", None, 0),
            read("REQUIRED", Some("auth-recovery-authn-code-form"), 1),
            read("REQUIRED", Some("last"), 0),
        ]
    }

    #[test]
    fn what_lies_in_a_disabled_flow_is_off() {
        assert_eq!(
            taken(&executions()),
            [
                "auth-cookie",
                "auth-username-password-form",
                "conditional-user-configured",
                "auth-otp-form",
                "last"
            ]
        );
    }

    #[test]
    fn the_policy_of_a_realm() {
        let realm = WireRealm {
            password_policy: Some("length(8) and notUsername(undefined) and regexPattern(^a.*$)".into()),
            otp_policy_type: Some("totp".into()),
            otp_policy_digits: Some(6),
            otp_policy_period: Some(30),
            otp_policy_algorithm: Some("HmacSHA1".into()),
            ..WireRealm::default()
        };
        let actions = [WireAction {
            alias: CONFIGURE_TOTP.into(),
            enabled: true,
            default_action: true,
        }];
        let policy = policy_of(&realm, &executions(), &actions, true);
        let lines: Vec<String> = policy
            .methods
            .iter()
            .map(|row| {
                let limits = serde_json::to_string(&row.limits).unwrap();
                format!(
                    "{} {:?} {:?} {limits}",
                    row.kind, row.purpose, row.allowed_for_user
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        password SignIn Some(true) {"length":8,"notUsername":true,"regexPattern":"^a.*$"}
        totp SignIn Some(true) {"algorithm":"SHA1","digits":6,"period_seconds":30}
        passkey Off Some(false) {}
        security-key Off Some(false) {}
        backup-codes Off Some(false) {}
        "#);
        assert_eq!(policy.registration.unwrap().postpone_days, Some(0));
    }
}
