//! `user show`: everything about one person on one page.

use std::io::Write;

use super::lists::{device_name, label};
use super::{Format, Page, Row, Rows, Shape, text, time, write};
use crate::domain::shape::UserShow;
use crate::domain::{DeviceKind, MethodState, RegistrationState, Result, Use, Via};

/// Where values begin.
const INDENT: usize = 15;

impl Row for UserShow {
    const TYPE: &'static str = "user";
    const HEADINGS: &'static [&'static str] = &[];
    const COLUMNS: &'static [&'static str] = &[
        "profile",
        "tenant",
        "user",
        "user_id",
        "display_name",
        "account.enabled",
        "account.type",
        "account.protected",
        "account.protected_by",
        "account.privileged",
        "account.synced",
        "account.last_sign_in_at",
        "registration.state",
        "registration.mfa_state",
        "registration.mfa_capable",
        "registration.reset_capable",
        "registration.grace_until",
        "default_method",
        "system_preferred",
        "methods",
        "devices",
        "app_passwords",
        "sessions.count",
        "sessions.newest_at",
        "locked",
    ];

    fn cells(&self, _page: &Page) -> Vec<String> {
        Vec::new()
    }
}

/// The pages of these people: one object for one, else an array.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn user_show(
    page: &Page,
    out: &mut dyn Write,
    people: &[UserShow],
    shape: Shape,
    summary: &impl serde::Serialize,
) -> Result<()> {
    match (page.format, people, shape) {
        (Format::Json, [one], Shape::One) => page.json(out, one),
        (Format::Json, [], Shape::One) => Ok(()),
        (Format::Table, ..) => {
            for (at, one) in people.iter().enumerate() {
                let gap = if at > 0 { "\n" } else { "" };
                write(out, format!("{gap}{}", text_page(page, one)).as_bytes())?;
            }
            Ok(())
        }
        _ => {
            let mut rows = Rows::new(page, out, shape);
            for one in people {
                rows.push(one)?;
            }
            rows.finish(summary)
        }
    }
}

fn text_page(page: &Page, one: &UserShow) -> String {
    let who = match &one.who.display_name {
        Some(name) => format!("{name} <{}>", one.who.user),
        None => one.who.user.clone(),
    };
    let mut parts: Vec<(&str, Vec<String>)> = vec![
        ("Account", vec![account(page, one)]),
        ("Registration", registration(page, one).into_iter().collect()),
        ("Methods", methods(page, one)),
        ("Remembered", remembered(page, one)),
        ("Registered", registered(one)),
        ("App passwords", app_passwords(page, one).into_iter().collect()),
        ("Sessions", sessions(page, one).into_iter().collect()),
    ];
    let unknown: Vec<String> = one
        .unknown
        .iter()
        .map(|unknown| {
            let part = unknown.part.replace('_', " ");
            text::clean(&format!("{part}: {}; {}", unknown.why, unknown.instead)).into_owned()
        })
        .collect();
    parts.push(("Not told", unknown));
    let mut out = text::clean(&format!("{who}, profile {}", one.who.profile)).into_owned();
    out.push('\n');
    for (heading, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let fill = INDENT - heading.len();
        // A reader of lines hears what each line is about; a reader of a page sees it.
        let (first, next) = if page.accessible {
            (format!("{heading}: "), format!("{heading}: "))
        } else {
            (format!("{heading}{:fill$}", ""), " ".repeat(INDENT))
        };
        for (at, line) in lines.iter().enumerate() {
            out.push_str(if at == 0 { &first } else { &next });
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn account(page: &Page, one: &UserShow) -> String {
    let account = &one.account;
    let mut words = vec![if account.enabled { "enabled" } else { "disabled" }.to_owned()];
    words.push(account.kind.clone());
    words.push(if account.protected {
        format!("protected by {}", account.protected_by.join(" and "))
    } else {
        "not protected".to_owned()
    });
    if account.privileged == Some(true) {
        words.push("privileged".to_owned());
    }
    if account.synced == Some(true) {
        words.push("synced from another directory".to_owned());
    }
    if one.locked == Some(true) {
        words.push("locked".to_owned());
    }
    let mut line = words.join(", ");
    if let Some(at) = account.last_sign_in_at {
        line.push_str("; last sign-in ");
        line.push_str(&time::short(at, page.now, &page.zone));
    }
    text::clean(&line).into_owned()
}

fn registration(page: &Page, one: &UserShow) -> Option<String> {
    let registration = one.registration.as_ref()?;
    let mut parts = vec![
        match registration.state {
            RegistrationState::Complete => "complete",
            RegistrationState::Partial => "partial",
            RegistrationState::None => "none",
        }
        .to_owned(),
    ];
    if let Some(until) = registration.grace_until {
        let day = time::date(until, &page.zone);
        parts.push(if until > page.now {
            let days = until.duration_since(page.now).as_hours().div_euclid(24);
            let left = text::counted(u64::try_from(days).unwrap_or(0), "day", "days");
            format!("may wait until {day}, {left} left")
        } else {
            format!("could wait until {day}")
        });
    }
    if let Some(state) = &registration.mfa_state {
        parts.push(format!("per-user MFA {}", text::clean(state)));
    }
    match registration.reset_capable {
        Some(true) => parts.push("can reset own password".to_owned()),
        Some(false) => parts.push("cannot reset own password".to_owned()),
        None => {}
    }
    Some(parts.join("; "))
}

fn methods(page: &Page, one: &UserShow) -> Vec<String> {
    let Some(rows) = &one.methods else {
        return Vec::new();
    };
    if rows.is_empty() {
        return vec!["none".to_owned()];
    }
    rows.iter()
        .map(|row| {
            let mut line = text::clean(&row.reference).into_owned();
            if let Some(label) = label(row) {
                line.push(' ');
                line.push_str(&label);
            }
            let mut remarks = Vec::new();
            if row.default == Some(true) {
                remarks.push("default".to_owned());
            }
            if row.via == Some(Via::Call) && row.kind.is_phone() {
                remarks.push("call".to_owned());
            }
            if row.state != MethodState::Ready || row.uses == [Use::Reset] {
                remarks.push(super::lists::state(row).to_owned());
            }
            if let Some(pending) = &row.pending_number {
                remarks.push(format!("{} waits for its code", super::lists::number(pending)));
            }
            if let Some(until) = row.expires_at {
                remarks.push(format!("until {}", time::moment(until, page.now, &page.zone)));
            }
            if !remarks.is_empty() {
                line.push_str(&format!(" ({})", remarks.join(", ")));
            }
            line
        })
        .collect()
}

/// Registered devices, where the service keeps no list of remembered ones: there they are all that is told of devices.
fn registered(one: &UserShow) -> Vec<String> {
    if !is_untold(one, "remembered_devices") {
        return Vec::new();
    }
    let rows = one.devices.iter().flatten();
    rows.filter(|row| row.kind == DeviceKind::Registered)
        .map(|row| {
            let off = if row.enabled == Some(false) {
                ", disabled"
            } else {
                ""
            };
            format!("{} {}{off}", text::clean(&row.reference), device_name(row))
        })
        .collect()
}

fn is_untold(one: &UserShow, part: &str) -> bool {
    one.unknown.iter().any(|unknown| unknown.part == part)
}

/// How many remembered devices are named before they are only counted.
const NAMED: usize = 10;

fn remembered(page: &Page, one: &UserShow) -> Vec<String> {
    let Some(rows) = &one.devices else {
        return Vec::new();
    };
    let remembered: Vec<_> = rows
        .iter()
        .filter(|row| row.kind == DeviceKind::Remembered)
        .collect();
    if remembered.is_empty() {
        return if is_untold(one, "remembered_devices") {
            Vec::new()
        } else {
            vec!["none".to_owned()]
        };
    }
    let mut lines: Vec<String> = remembered
        .iter()
        .take(NAMED)
        .map(|row| {
            let until = row
                .trusted_until
                .map(|until| format!(", until {}", time::date(until, &page.zone)))
                .unwrap_or_default();
            format!("{} {}{until}", text::clean(&row.reference), device_name(row))
        })
        .collect();
    if remembered.len() > NAMED {
        let more = text::grouped((remembered.len() - NAMED) as u64);
        lines.push(format!("and {more} more: mfactl devices list"));
    }
    lines
}

fn app_passwords(page: &Page, one: &UserShow) -> Option<String> {
    let rows = one.app_passwords.as_ref()?;
    if rows.is_empty() {
        return Some("none".to_owned());
    }
    let parts: Vec<String> = rows
        .iter()
        .map(|row| {
            let used = match row.last_used_at {
                Some(at) => format!("used {}", time::short(at, page.now, &page.zone)),
                None => "never used".to_owned(),
            };
            format!("\"{}\", {used}", text::clean(&row.name))
        })
        .collect();
    Some(parts.join("; "))
}

fn sessions(page: &Page, one: &UserShow) -> Option<String> {
    let sessions = one.sessions.as_ref()?;
    Some(match (sessions.count, sessions.newest_at) {
        (0, _) => "none".to_owned(),
        (count, Some(newest)) => format!(
            "{}, newest {}",
            text::grouped(count),
            time::short(newest, page.now, &page.zone)
        ),
        (count, None) => text::grouped(count),
    })
}

#[cfg(test)]
mod tests;
