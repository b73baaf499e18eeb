//! Profiles: a line each, and what holds in one.

use std::io::Write;

use serde_json::Value;

use super::{Format, Page, Row, Rows, Shape, cell, text};
use crate::domain::Result;
use crate::domain::shape::{Origin, OriginKind, ProfileRow, ProfileShow, ProfileValue};

impl Row for ProfileRow {
    const TYPE: &'static str = "profile";
    const HEADINGS: &'static [&'static str] =
        &["PROFILE", "DEFAULT", "SERVICE", "TENANT", "SIGN-IN", "STATE"];
    const COLUMNS: &'static [&'static str] = &[
        "profile", "default", "service", "tenant", "auth", "domain", "extends", "problem",
    ];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            text::clean(&self.profile).into_owned(),
            if self.default { "yes" } else { "-" }.to_owned(),
            cell(self.service.as_deref()),
            cell(self.tenant.as_deref()),
            cell(self.auth.as_deref()),
            match &self.problem {
                None => "ready".to_owned(),
                Some(problem) => text::clean(problem).into_owned(),
            },
        ]
    }
}

impl Row for ProfileValue {
    const TYPE: &'static str = "value";
    const HEADINGS: &'static [&'static str] = &["KEY", "VALUE", "FROM"];
    const COLUMNS: &'static [&'static str] = &[
        "key",
        "value",
        "origin.kind",
        "origin.file",
        "origin.line",
        "origin.profile",
        "origin.variable",
    ];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            text::clean(&self.key).into_owned(),
            text::clean(&said(&self.value)).into_owned(),
            text::clean(&place(&self.origin)).into_owned(),
        ]
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(all) if all.is_empty() => "-".to_owned(),
        Value::Array(all) => all.iter().map(said).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// `config.toml:3, of msp`, `MFACTL_TENANT`, `built in`.
fn place(origin: &Origin) -> String {
    let file = || {
        let name = origin.file.as_deref().unwrap_or_default();
        origin
            .line
            .map_or_else(|| name.to_owned(), |line| format!("{name}:{line}"))
    };
    match origin.kind {
        OriginKind::File => match &origin.profile {
            Some(profile) => format!("{}, by extends {profile}", file()),
            None => file(),
        },
        OriginKind::Variable => origin.variable.clone().unwrap_or_default(),
        OriginKind::BuiltIn => "built in".to_owned(),
        OriginKind::Cloud => "cloud and tenant".to_owned(),
        OriginKind::Machine => format!("{}, the machine's guard", file()),
        OriginKind::Default => "default".to_owned(),
    }
}

/// `profile show`: an object, or its values row by row.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn profile(page: &Page, out: &mut dyn Write, show: &ProfileShow, origin: bool) -> Result<()> {
    match page.format {
        Format::Json => page.json(out, show),
        Format::Table => {
            let shown = if origin { 3 } else { 2 };
            let rows: Vec<Vec<String>> = show
                .values
                .iter()
                .map(|value| value.cells(page).into_iter().take(shown).collect())
                .collect();
            let headings: Vec<&str> = ProfileValue::HEADINGS.iter().copied().take(shown).collect();
            page.grid(out, &headings, &rows, &[])
        }
        Format::Ndjson | Format::Csv => {
            let mut rows = Rows::new(page, out, Shape::One);
            for value in &show.values {
                rows.push(value)?;
            }
            rows.finish(&serde_json::json!({
                "profile": show.profile, "default": show.default, "problem": show.problem,
                "rows": show.values.len(),
            }))
        }
    }
}
