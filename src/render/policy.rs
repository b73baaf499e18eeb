//! The organization's policy: a row a method, and a line of what stands around them.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::{Page, Row, Rows, Shape, dash, text, write};
use crate::domain::shape::PolicyShow;
use crate::domain::{MethodPolicy, PolicyUse, Result, SettingName, Target, TargetType};

fn purpose(policy: &MethodPolicy) -> &'static str {
    match policy.purpose {
        PolicyUse::SignIn => "sign-in",
        PolicyUse::Reset => "reset",
        PolicyUse::Off => "off",
    }
}

fn target(target: &Target) -> String {
    let name = target.name.as_deref().or(target.id.as_deref()).unwrap_or("?");
    match target.kind {
        TargetType::Everyone => "everyone".to_owned(),
        TargetType::Group => format!("group {name}"),
        TargetType::User => format!("user {name}"),
    }
}

fn targets(targets: &[Target]) -> String {
    targets.iter().map(target).collect::<Vec<_>>().join(", ")
}

fn audience(policy: &MethodPolicy) -> String {
    if policy.purpose == PolicyUse::Off {
        return dash();
    }
    let mut text = if policy.targets.is_empty() {
        "nobody".to_owned()
    } else {
        targets(&policy.targets)
    };
    if !policy.excluded.is_empty() {
        text = format!("{text}, not {}", targets(&policy.excluded));
    }
    text::clean(&text).into_owned()
}

/// `10-480 min, 60 unless said, reusable`; `3 of 5`; `office phones too`.
fn limits(policy: &MethodPolicy) -> String {
    let get = |name: &str| policy.limits.get(name);
    if policy.purpose == PolicyUse::Off {
        // Of a method that nobody knows yet the service's own name is all there is.
        return get("service_type")
            .and_then(Value::as_str)
            .map_or_else(dash, |name| text::clean(name).into_owned());
    }
    let mut parts = Vec::new();
    match (get("min_lifetime_minutes"), get("max_lifetime_minutes")) {
        (Some(least), Some(most)) => parts.push(format!("{least}-{most} min")),
        (None, Some(most)) => parts.push(format!("up to {most} min")),
        (Some(least), None) => parts.push(format!("from {least} min")),
        (None, None) => {}
    }
    if let Some(usual) = get("default_lifetime_minutes") {
        parts.push(format!("{usual} unless said"));
    }
    match get("one_time").and_then(Value::as_bool) {
        Some(true) => parts.push("works once".to_owned()),
        Some(false) => parts.push("reusable".to_owned()),
        None => {}
    }
    if get("office_phone").and_then(Value::as_bool) == Some(true) {
        parts.push("office phones too".to_owned());
    }
    if let (Some(required), Some(register)) = (get("required"), get("register")) {
        parts.push(format!("{required} of {register}"));
    }
    for name in ["name", "service_type"] {
        if let Some(told) = get(name).and_then(Value::as_str) {
            parts.push(text::clean(told).into_owned());
        }
    }
    if parts.is_empty() {
        dash()
    } else {
        parts.join(", ")
    }
}

/// A row, for one person or for all.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    policy: &'a MethodPolicy,
    profile: &'a str,
    tenant: &'a str,
}

impl Row for Line<'_> {
    const TYPE: &'static str = "method_policy";
    const HEADINGS: &'static [&'static str] = &["METHOD", "USE", "FOR", "LIMITS"];
    const COLUMNS: &'static [&'static str] = &[
        "profile",
        "tenant",
        "kind",
        "use",
        "targets",
        "excluded",
        "limits",
        "allowed_for_user",
        "reason",
    ];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            text::clean(&self.policy.kind).into_owned(),
            purpose(self.policy).to_owned(),
            audience(self.policy),
            limits(self.policy),
        ]
    }
}

/// The line below the table; `None`: the service tells nothing of it.
fn around(policy: &PolicyShow) -> Option<String> {
    let devices = policy.remembered_devices.as_ref().map(|devices| match devices {
        devices if !devices.allowed => "remembered devices not allowed".to_owned(),
        devices => match devices.days {
            Some(days) => format!(
                "remembered devices {}",
                text::counted(u64::from(days), "day", "days")
            ),
            None => "remembered devices allowed".to_owned(),
        },
    });
    let registration = policy
        .registration
        .as_ref()
        .and_then(|registration| registration.postpone_days)
        .map(|days| match days {
            0 => "registration may not wait".to_owned(),
            days => format!(
                "registration may wait {}",
                text::counted(u64::from(days), "day", "days")
            ),
        });
    let app_passwords = policy.app_passwords.as_ref().map(|app_passwords| {
        if app_passwords.allowed {
            "app passwords allowed".to_owned()
        } else {
            "app passwords not allowed".to_owned()
        }
    });
    let parts: Vec<String> = [devices, registration, app_passwords]
        .into_iter()
        .flatten()
        .collect();
    let line = parts.join("; ");
    let mut letters = line.chars();
    let first = letters.next()?;
    Some(format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// What is set around the methods, a line each: for everybody only what somebody would not expect.
fn settings(policy: &PolicyShow, for_somebody: bool) -> String {
    let mut out = String::new();
    for setting in &policy.settings {
        let (name, expected) = match setting.name {
            SettingName::Migration => ("Older policies replaced", "complete"),
            SettingName::RegistrationCampaign => ("Registration campaign", "off"),
            SettingName::SystemPreferred => ("System-preferred MFA", "off"),
        };
        let told_anyway = for_somebody && setting.name == SettingName::SystemPreferred;
        if setting.state == expected && !told_anyway {
            continue;
        }
        let mut line = format!("{name}: {}", setting.state.replace('_', " "));
        if for_somebody {
            match (setting.applies_to_user, &setting.reason) {
                (Some(true), Some(reason)) => line.push_str(&format!(", also for this person ({reason})")),
                (Some(false), Some(reason)) => line.push_str(&format!(", not for this person ({reason})")),
                (None, Some(reason)) => line.push_str(&format!(", for this person unknown ({reason})")),
                (_, None) => {}
            }
        } else if !setting.targets.is_empty() {
            line.push_str(&format!(", for {}", targets(&setting.targets)));
            if !setting.excluded.is_empty() {
                line.push_str(&format!(", not {}", targets(&setting.excluded)));
            }
        }
        if let Some(detail) = &setting.detail {
            line.push_str(&format!("; {detail}"));
        }
        out.push_str(&text::clean(&line));
        out.push('\n');
    }
    out
}

/// Whether a row of the organization's table tells something: not what is off and no verb here adds, nor the codes of
/// an app where they stand as the app itself does. Every other form of the answer has all rows.
fn tells(policy: &MethodPolicy, all: &[MethodPolicy]) -> bool {
    match policy.kind.as_str() {
        "totp" => !all.iter().any(|app| {
            let same = app.kind == "authenticator" && app.purpose == policy.purpose;
            same && app.targets == policy.targets && app.excluded == policy.excluded
        }),
        "qr-pin" | "certificate" | "external" | "unknown" => policy.purpose != PolicyUse::Off,
        _ => true,
    }
}

/// `policy show`, for one person with whether it is allowed and why.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn policy(
    page: &Page,
    out: &mut dyn Write,
    policy: &PolicyShow,
    for_somebody: bool,
) -> Result<()> {
    if page.format == super::Format::Json {
        return page.json(out, policy);
    }
    if page.format == super::Format::Table && for_somebody {
        let rows: Vec<Vec<String>> = policy
            .methods
            .iter()
            .map(|method| {
                let allowed = match method.allowed_for_user {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "?",
                };
                vec![
                    text::clean(&method.kind).into_owned(),
                    purpose(method).to_owned(),
                    allowed.to_owned(),
                    super::cell(method.reason.as_deref()),
                    limits(method),
                ]
            })
            .collect();
        page.grid(out, &["METHOD", "USE", "ALLOWED", "WHY", "LIMITS"], &rows, &[])?;
    } else {
        let mut rows = Rows::new(page, out, Shape::One);
        let whole = page.format != super::Format::Table;
        for method in policy
            .methods
            .iter()
            .filter(|method| whole || tells(method, &policy.methods))
        {
            rows.push(&Line {
                policy: method,
                profile: &policy.profile,
                tenant: &policy.tenant,
            })?;
        }
        let summary = serde_json::json!({
            "profile": policy.profile, "tenant": policy.tenant, "read_at": policy.read_at,
            "rows": policy.methods.len(), "remembered_devices": policy.remembered_devices,
            "registration": policy.registration, "app_passwords": policy.app_passwords,
            "settings": policy.settings,
        });
        rows.finish(&summary)?;
    }
    if page.format == super::Format::Table
        && let Some(line) = around(policy)
    {
        write(out, format!("{line}\n").as_bytes())?;
    }
    if page.format == super::Format::Table {
        write(out, settings(policy, for_somebody).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, written};
    use super::*;
    use crate::domain::{AppPasswordPolicy, RegistrationPolicy, RememberedDevicesPolicy};
    use crate::render::Format;
    use serde_json::json;

    fn method(kind: &str, purpose: &str, targets: Value, limits: Value) -> MethodPolicy {
        serde_json::from_value(
            json!({"kind": kind, "use": purpose, "targets": targets, "excluded": [],
            "limits": limits, "allowed_for_user": null, "reason": null}),
        )
        .unwrap()
    }

    fn sample() -> PolicyShow {
        let all = json!([{"type": "everyone", "id": null, "name": null}]);
        let pilots = json!([{"type": "group", "id": "g", "name": "Pilots"}]);
        PolicyShow {
            profile: "local".into(),
            tenant: "t".into(),
            read_at: "2026-12-08T08:55:00Z".parse().unwrap(),
            methods: vec![
                method("authenticator", "sign_in", all.clone(), json!({})),
                method("phone, text", "sign_in", all.clone(), json!({})),
                method(
                    "phone, call",
                    "sign_in",
                    all.clone(),
                    json!({"office_phone": true}),
                ),
                method("passkey", "sign_in", pilots, json!({})),
                method(
                    "temporary-pass",
                    "sign_in",
                    all.clone(),
                    json!({"min_lifetime_minutes": 10, "max_lifetime_minutes": 480,
                        "default_lifetime_minutes": 60, "one_time": false}),
                ),
                method("email", "reset", all.clone(), json!({})),
                method(
                    "questions",
                    "reset",
                    all.clone(),
                    json!({"required": 3, "register": 5}),
                ),
                method("hardware-token", "off", all, json!({})),
            ],
            remembered_devices: Some(RememberedDevicesPolicy {
                allowed: true,
                days: Some(14),
            }),
            registration: Some(RegistrationPolicy {
                postpone_days: Some(14),
            }),
            app_passwords: Some(AppPasswordPolicy { allowed: true }),
            settings: Vec::new(),
        }
    }

    #[test]
    fn the_policy_of_the_organization_is_a_table_and_a_line() {
        insta::assert_snapshot!(written(|out| policy(&page(Format::Table), out, &sample(), false)), @r"
        METHOD          USE      FOR           LIMITS
        authenticator   sign-in  everyone      -
        phone, text     sign-in  everyone      -
        phone, call     sign-in  everyone      office phones too
        passkey         sign-in  group Pilots  -
        temporary-pass  sign-in  everyone      10-480 min, 60 unless said, reusable
        email           reset    everyone      -
        questions       reset    everyone      3 of 5
        hardware-token  off      -             -
        Remembered devices 14 days; registration may wait 14 days; app passwords allowed
        ");
    }

    #[test]
    fn the_table_leaves_out_what_tells_nothing() {
        let lines = |totp: Value, use_of_badges: &str| {
            let mut policy_show = sample();
            policy_show.methods.truncate(1);
            policy_show
                .methods
                .push(method("totp", "sign_in", totp, json!({})));
            policy_show
                .methods
                .push(method("qr-pin", use_of_badges, json!([]), json!({})));
            let table = written(|out| policy(&page(Format::Table), out, &policy_show, false));
            let data = written(|out| policy(&page(Format::Json), out, &policy_show, false));
            let data: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(data["methods"].as_array().unwrap().len(), 3);
            ["totp", "qr-pin"].map(|kind| table.contains(kind))
        };
        let all = json!([{"type": "everyone", "id": null, "name": null}]);
        assert_eq!(lines(all, "off"), [false, false]);
        assert_eq!(
            lines(json!([{"type": "group", "id": "g", "name": "Pilots"}]), "sign_in"),
            [true, true]
        );
    }

    #[test]
    fn for_one_person_it_says_why() {
        let mut one = sample();
        one.methods.truncate(4);
        for method in &mut one.methods {
            method.allowed_for_user = Some(method.kind != "passkey");
            method.reason = Some(if method.kind == "passkey" {
                "not a member of group Pilots".into()
            } else {
                "everyone".into()
            });
        }
        one.remembered_devices = None;
        one.registration = None;
        one.app_passwords = None;
        insta::assert_snapshot!(written(|out| policy(&page(Format::Table), out, &one, true)), @r"
        METHOD         USE      ALLOWED  WHY                           LIMITS
        authenticator  sign-in  yes      everyone                      -
        phone, text    sign-in  yes      everyone                      -
        phone, call    sign-in  yes      everyone                      office phones too
        passkey        sign-in  no       not a member of group Pilots  -
        ");
    }

    #[test]
    fn what_is_set_around_the_methods_is_told_where_it_matters() {
        let mut one = sample();
        one.methods.truncate(1);
        one.remembered_devices = None;
        one.registration = None;
        one.app_passwords = None;
        let all = json!([{"type": "everyone", "id": null, "name": null}]);
        one.settings = serde_json::from_value(json!([
            {"name": "migration", "state": "in_progress", "targets": [], "excluded": [], "applies_to_user": null,
             "reason": null, "detail": "the older ones count besides"},
            {"name": "registration_campaign", "state": "on", "targets": all, "excluded": [], "applies_to_user": true,
             "reason": "everyone", "detail": "may be put off for 3 days at a time"},
            {"name": "system_preferred", "state": "on", "targets": [], "excluded": [], "applies_to_user": true,
             "reason": null, "detail": "the strongest method is asked for first: passkey"},
        ]))
        .unwrap();
        let below = |for_somebody| {
            let text = written(|out| policy(&page(Format::Table), out, &one, for_somebody));
            text.lines()
                .skip(2)
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        insta::assert_snapshot!(below(true), @r"
        Older policies replaced: in progress; the older ones count besides
        Registration campaign: on, also for this person (everyone); may be put off for 3 days at a time
        System-preferred MFA: on; the strongest method is asked for first: passkey
        ");
        insta::assert_snapshot!(below(false), @r"
        Older policies replaced: in progress; the older ones count besides
        Registration campaign: on, for everyone; may be put off for 3 days at a time
        System-preferred MFA: on; the strongest method is asked for first: passkey
        ");
    }

    #[test]
    fn json_is_one_object_and_ndjson_ends_with_what_stands_around() {
        let text = written(|out| policy(&page(Format::Json), out, &sample(), false));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["methods"].as_array().unwrap().len(), 8);
        let text = written(|out| policy(&page(Format::Ndjson), out, &sample(), false));
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["type"], "summary");
        assert_eq!(last["remembered_devices"]["days"], 14);
    }
}
