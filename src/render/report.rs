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

/// The report, counted.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Totals {
    /// People in the report.
    pub(crate) people: u64,
    /// Who can verify a sign-in.
    pub(crate) mfa_capable: u64,
    /// Who can reset the password alone.
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
            ("can reset own password", self.reset_registered),
            ("can sign in without password", self.passwordless_capable),
            ("may postpone registration", self.in_grace),
            ("administrators", self.admins),
            ("administrators without MFA", self.admins_without_mfa),
            ("administrators who can be phished", self.admins_phishable),
            ("with text or call only", self.phone_only),
        ]
        .map(|(what, count)| vec![what.to_owned(), text::grouped(count), share(count)])
        .to_vec();
        for kind in MethodKind::ALL {
            let Some(count) = self.methods.get(kind.as_str()) else {
                continue;
            };
            rows.push(vec![format!("with {kind}"), text::grouped(*count), share(*count)]);
        }
        page.grid(out, &["WHAT", "PEOPLE", "SHARE"], &rows, &[])
    }
}
