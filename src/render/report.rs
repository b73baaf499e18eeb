//! The registration report: a row a person, or counted.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::lists::columns;
use super::{Page, Row, dash, text};
use crate::domain::shape::ReportRow;
use crate::domain::{MethodKind, Result};

fn word(told: Option<bool>) -> String {
    match told {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    }
    .to_owned()
}

impl Row for ReportRow {
    const TYPE: &'static str = "registration";
    const HEADINGS: &'static [&'static str] = &["USER", "MFA", "DEFAULT", "METHODS", "RESET", "GRACE"];
    const COLUMNS: &'static [&'static str] = columns![
        "enabled",
        "guest",
        "admin",
        "mfa_registered",
        "mfa_capable",
        "passwordless_capable",
        "reset_registered",
        "default_method",
        "methods",
        "grace_until",
        "as_of",
        "source",
    ];

    fn cells(&self, page: &Page) -> Vec<String> {
        let methods: Vec<&str> = self.methods.iter().map(|kind| kind.as_str()).collect();
        vec![
            text::clean(&self.who.user).into_owned(),
            word(self.mfa_capable.or(self.mfa_registered)),
            self.default_method
                .map_or_else(dash, |kind| kind.as_str().to_owned()),
            if methods.is_empty() {
                dash()
            } else {
                methods.join(", ")
            },
            word(self.reset_registered),
            page.day(self.grace_until),
        ]
    }
}

/// Whether every method with which the person signs in is a text or a call.
pub(super) fn is_phone_only(row: &ReportRow) -> bool {
    let mut signs_in = row.methods.iter().filter(|kind| !kind.reset_only()).peekable();
    signs_in.peek().is_some() && signs_in.all(|kind| kind.is_phone())
}

/// Whether no method of the person resists phishing.
pub(super) fn is_phishable(row: &ReportRow) -> bool {
    !row.methods.iter().any(|kind| kind.resists_phishing())
}

/// What is counted of the people who have what a password reset of one's own takes. Whether it is switched on is not said.
const RESET: &str = "registered for password reset";

/// The report, counted.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Totals {
    /// People in the report.
    pub(crate) people: u64,
    /// Who can verify a sign-in.
    pub(crate) mfa_capable: u64,
    /// Who is registered to reset the password alone.
    pub(crate) reset_registered: u64,
    /// Who can sign in without a password.
    pub(crate) passwordless_capable: u64,
    /// Administrators among them.
    pub(crate) admins: u64,
    /// Administrators who cannot verify a sign-in.
    pub(crate) admins_without_mfa: u64,
    /// Who may still postpone registration.
    pub(crate) in_grace: u64,
    /// Of whom the service does not say whether they can verify a sign-in.
    pub(crate) mfa_unknown: u64,
    /// Of whom the service does not say whether they are registered for password reset.
    pub(crate) reset_unknown: u64,
    /// Whose every method for sign-in is a text or a call.
    pub(crate) phone_only: u64,
    /// Administrators without a method that resists phishing.
    pub(crate) admins_phishable: u64,
    /// How many have each kind.
    pub(crate) methods: BTreeMap<&'static str, u64>,
    /// How many have each kind as the default.
    pub(crate) defaults: BTreeMap<&'static str, u64>,
}

impl Totals {
    /// Counts a row.
    pub(crate) fn add(&mut self, row: &ReportRow) {
        let says = row.mfa_capable.or(row.mfa_registered);
        let capable = says == Some(true);
        self.people += 1;
        self.mfa_capable += u64::from(capable);
        self.reset_registered += u64::from(row.reset_registered == Some(true));
        self.reset_unknown += u64::from(row.reset_registered.is_none());
        self.passwordless_capable += u64::from(row.passwordless_capable == Some(true));
        self.admins += u64::from(row.admin);
        self.admins_without_mfa += u64::from(row.admin && !capable);
        self.in_grace += u64::from(row.grace_until.is_some_and(|until| until > row.as_of));
        self.mfa_unknown += u64::from(says.is_none());
        self.phone_only += u64::from(is_phone_only(row));
        self.admins_phishable += u64::from(row.admin && is_phishable(row));
        for kind in &row.methods {
            *self.methods.entry(kind.as_str()).or_default() += 1;
        }
        if let Some(kind) = row.default_method {
            *self.defaults.entry(kind.as_str()).or_default() += 1;
        }
    }

    /// Writes the counts.
    ///
    /// # Errors
    /// stdout is a file that cannot take it; the filter of `--jq` failed.
    pub(crate) fn show(&self, page: &Page, out: &mut dyn Write) -> Result<()> {
        let columns = [
            "people",
            "mfa_capable",
            "reset_registered",
            "passwordless_capable",
            "admins",
            "admins_without_mfa",
            "in_grace",
            "mfa_unknown",
            "reset_unknown",
            "phone_only",
            "admins_phishable",
            "methods",
            "defaults",
        ];
        if page.object(out, self, "totals", &columns)? {
            return Ok(());
        }
        let share = |count: u64| match self.people {
            0 => dash(),
            people => format!("{}%", (count * 100 + people / 2) / people),
        };
        let mut rows: Vec<Vec<String>> = [
            ("people", self.people),
            ("can verify a sign-in", self.mfa_capable),
            (RESET, self.reset_registered),
            ("can sign in without password", self.passwordless_capable),
            ("may postpone registration", self.in_grace),
            ("administrators", self.admins),
            ("administrators without MFA", self.admins_without_mfa),
            ("administrators who can be phished", self.admins_phishable),
            ("with text or call only", self.phone_only),
        ]
        .map(|(what, count)| vec![what.to_owned(), text::grouped(count), share(count)])
        .to_vec();
        if self.people > 0 && self.reset_unknown == self.people {
            // Of nobody is it said: none is not the same.
            let told = rows.iter_mut().find(|row| row[0] == RESET);
            for cell in told.into_iter().flat_map(|row| row.iter_mut().skip(1)) {
                "?".clone_into(cell);
            }
        }
        for kind in MethodKind::ALL {
            let Some(count) = self.methods.get(kind.as_str()) else {
                continue;
            };
            rows.push(vec![format!("with {kind}"), text::grouped(*count), share(*count)]);
        }
        page.grid(out, &["WHAT", "PEOPLE", "SHARE"], &rows, &[])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::Format;
    use crate::render::testing::{page, written};

    fn row(reset_registered: Option<bool>) -> ReportRow {
        serde_json::from_value(json!({
            "profile": "e", "tenant": "t", "user": "u", "user_id": "1", "display_name": null, "enabled": true, "guest": false,
            "admin": false, "mfa_registered": true, "mfa_capable": null, "passwordless_capable": null,
            "reset_registered": reset_registered, "default_method": null, "methods": [], "grace_until": null,
            "as_of": "2026-01-02T03:04:05Z", "source": "per_user",
        }))
        .unwrap()
    }

    fn shown(rows: &[ReportRow]) -> String {
        let mut totals = Totals::default();
        for row in rows {
            totals.add(row);
        }
        let text = written(|out| totals.show(&page(Format::Table), out));
        text.lines()
            .find(|line| line.starts_with(RESET))
            .unwrap()
            .to_owned()
    }

    #[test]
    fn what_is_said_of_nobody_is_not_counted_as_none() {
        let words = |line: &str| line.split_whitespace().skip(4).collect::<Vec<_>>().join(" ");
        assert_eq!(words(&shown(&[row(None), row(None)])), "? ?");
        assert_eq!(words(&shown(&[row(Some(false)), row(None)])), "0 0%");
        assert_eq!(words(&shown(&[row(Some(true)), row(None)])), "1 50%");
    }
}
