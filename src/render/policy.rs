//! The organization's policy: a row a method, and a line of what stands around them.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::{Page, Row, Rows, Shape, dash, text, write};
use crate::domain::shape::PolicyShow;
use crate::domain::{MethodKind, MethodPolicy, PolicyUse, Result, SettingName, Target, TargetType};

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
    if let (Some(digits), Some(period)) = (get("digits"), get("period_seconds")) {
        parts.push(format!("{digits} digits every {period} s"));
    }
    if get("verified").and_then(Value::as_bool) == Some(true) {
        parts.push("verified before it counts".to_owned());
    }
    if get("attested").and_then(Value::as_bool) == Some(true) {
        parts.push("attested ones only".to_owned());
    }
    for (name, which) in [("models_allowed", "of"), ("models_blocked", "not of")] {
        if let Some(models) = get(name).and_then(Value::as_array) {
            parts.push(format!(
                "{which} {}",
                text::counted(models.len() as u64, "model", "models")
            ));
        }
    }
    if get("registration").and_then(Value::as_bool) == Some(false) {
        parts.push("nobody can register one".to_owned());
    }
    for name in ["name", "service_type"] {
        if let Some(told) = get(name).and_then(Value::as_str) {
            parts.push(text::clean(told).into_owned());
        }
    }
    if policy.kind == MethodKind::Password.as_str() {
        parts.extend(rules(policy));
    }
    if parts.is_empty() {
        dash()
    } else {
        parts.join(", ")
    }
}

/// What a password needs, under the service's own names; how it is kept is nobody's concern here.
fn rules(policy: &MethodPolicy) -> impl Iterator<Item = String> {
    let told = policy.limits.iter().filter(|(name, _)| !name.starts_with("hash"));
    told.map(|(name, value)| {
        let said = match value {
            Value::Bool(true) => name.clone(),
            Value::String(value) => format!("{name} {value}"),
            value => format!("{name} {value}"),
        };
        text::clean(&said).into_owned()
    })
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
mod tests;
