//! Methods, devices and app passwords, one row each.

use super::{Page, Row, cell, dash, text, time};
use crate::domain::shape::{AppPasswordRow, DeviceRow, MethodRow};
use crate::domain::{MethodState, PhoneNumber, Use, Via};

/// The sign-in name and what stands before it in every row.
macro_rules! columns {
    ($($own:literal),* $(,)?) => {
        &["profile", "tenant", "user", "user_id", "display_name", $($own),*]
    };
}
pub(super) use columns;

/// The word in the STATE column.
pub(crate) fn state(row: &MethodRow) -> &'static str {
    match row.state {
        MethodState::Ready if row.uses == [Use::Reset] => "reset only",
        MethodState::Ready => "ready",
        MethodState::Pending => "pending",
        MethodState::Disabled => "disabled",
        MethodState::Expired => "expired",
        MethodState::Blocked => "blocked",
    }
}

/// A number in E.164, grouped as its country writes it.
pub(crate) fn number(e164: &str) -> String {
    PhoneNumber::kept(e164).map_or_else(|| e164.to_owned(), |number| number.to_string())
}

/// What tells a method apart: its number, address or quoted name. Clean.
pub(crate) fn label(row: &MethodRow) -> Option<String> {
    let label = match (&row.number, &row.number_masked, &row.address, &row.name) {
        (Some(e164), ..) => {
            let extension = row.extension.as_ref().map(|digits| format!(" x{digits}"));
            number(e164) + &extension.unwrap_or_default()
        }
        (_, Some(masked), ..) => masked.clone(),
        (_, _, Some(address), _) => address.clone(),
        (.., Some(name)) => format!("\"{name}\""),
        _ => return None,
    };
    Some(text::clean(&label).into_owned())
}

fn detail(row: &MethodRow, page: &Page) -> String {
    let mut parts: Vec<String> = label(row).into_iter().collect();
    if row.via == Some(Via::Call) && row.kind.is_phone() {
        parts.push("(call)".to_owned());
    }
    if let Some(pending) = &row.pending_number {
        parts.push(format!("({} waits for its code)", number(pending)));
    }
    if let Some(until) = row.expires_at {
        parts.push(format!("until {}", time::moment(until, page.now, &page.zone)));
    }
    if parts.is_empty() { dash() } else { parts.join(" ") }
}

impl Row for MethodRow {
    const TYPE: &'static str = "method";
    const HEADINGS: &'static [&'static str] = &["METHOD", "DETAIL", "DEFAULT", "STATE", "ADDED"];
    // So that the lists of several people line up under each other: `authenticator:3d10`.
    const LEAST: &'static [u16] = &[18];
    const COLUMNS: &'static [&'static str] = columns![
        "ref",
        "id",
        "kind",
        "name",
        "address",
        "number",
        "number_masked",
        "extension",
        "pending_number",
        "via",
        "default",
        "usable",
        "removable",
        "on_phone",
        "state",
        "uses",
        "added_at",
        "last_used_at",
        "expires_at",
        "service_type",
    ];

    fn cells(&self, page: &Page) -> Vec<String> {
        let default = match self.default {
            Some(true) => "yes".to_owned(),
            Some(false) => dash(),
            None => "?".to_owned(),
        };
        vec![
            text::clean(&self.reference).into_owned(),
            detail(self, page),
            default,
            state(self).to_owned(),
            page.day(self.added_at),
        ]
    }

    fn user(&self) -> Option<&str> {
        Some(&self.who.user)
    }
}

/// A device's name with what it runs: `LAPTOP-ADELE, Edge`.
pub(crate) fn device_name(row: &DeviceRow) -> String {
    let parts: Vec<&str> = [row.name.as_deref(), row.browser.as_deref().or(row.os.as_deref())]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    cell(Some(&parts.join(", ")))
}

impl Row for DeviceRow {
    const TYPE: &'static str = "device";
    const HEADINGS: &'static [&'static str] = &["DEVICE", "KIND", "NAME", "LAST USED", "NOT ASKED UNTIL"];
    const COLUMNS: &'static [&'static str] = columns![
        "ref",
        "id",
        "kind",
        "name",
        "os",
        "browser",
        "enabled",
        "created_at",
        "last_used_at",
        "trusted_until",
    ];

    fn cells(&self, page: &Page) -> Vec<String> {
        vec![
            text::clean(&self.reference).into_owned(),
            if self.enabled == Some(false) {
                format!("{}, disabled", self.kind.as_str())
            } else {
                self.kind.as_str().to_owned()
            },
            device_name(self),
            page.when(self.last_used_at),
            page.day(self.trusted_until),
        ]
    }

    fn user(&self) -> Option<&str> {
        Some(&self.who.user)
    }
}

impl Row for AppPasswordRow {
    const TYPE: &'static str = "app_password";
    const HEADINGS: &'static [&'static str] = &["NAME", "CREATED", "LAST USED", "ID"];
    const COLUMNS: &'static [&'static str] = columns!["id", "name", "created_at", "last_used_at"];

    fn cells(&self, page: &Page) -> Vec<String> {
        vec![
            format!("\"{}\"", text::clean(&self.app_password.name)),
            page.day(self.app_password.created_at),
            self.app_password
                .last_used_at
                .map_or_else(|| "never".to_owned(), |at| page.when(Some(at))),
            text::clean(&self.app_password.id).into_owned(),
        ]
    }

    fn user(&self) -> Option<&str> {
        Some(&self.who.user)
    }
}

#[cfg(test)]
mod tests;
