//! The registration report as one page for a browser: charts and a table, nothing loaded from anywhere. Every text goes
//! through the template engine's own escaping, or stands as data that the page's script puts in as text. Rows wait in a file, since
//! the charts stand above them.

mod figures;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use figures::{Bar, Figure, Filter, bars, figures, filters};

use super::report::{Totals, is_phishable, is_phone_only};
use super::{cannot_write, text, time};
use crate::domain::shape::ReportRow;
use crate::domain::{Error, ErrorCode, MethodKind, Result};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
const PAGE: &str = include_str!("html/page.html");
const ROW: &str = include_str!("html/row.html");
/// Where the rows go in the page.
const ROWS: &str = "<!--rows-->";
/// The most people whose rows stand in the page as a table. Of more a browser makes no table in useful time (of 98,168 it took minutes):
/// they are data, of which the script shows a piece.
const MOST_ROWS: u64 = 2000;
const COLUMNS: [&str; 7] = ["Person", "Account", "MFA", "Default", "Methods", "Reset", "As of"];

/// What the page says of itself.
pub(crate) struct About<'a> {
    /// The profile.
    pub(crate) profile: &'a str,
    /// The tenant.
    pub(crate) tenant: &'a str,
    /// How many, from where, how old, and who is left out: a sentence without its full stop.
    pub(crate) told: &'a str,
    /// What was asked for, where that is not everybody.
    pub(crate) limits: &'a str,
    /// Now.
    pub(crate) made_at: Timestamp,
}

/// The page on its way: rows come in one by one, and none of them stays in memory.
pub(crate) struct Sheet {
    templates: Environment<'static>,
    rows: Option<BufWriter<File>>,
    count: u64,
    zone: TimeZone,
}

/// A row as it waits: its fields in the order in which the script reads them.
#[derive(Serialize, Deserialize)]
struct Line {
    class: String,
    name: String,
    user: String,
    account: String,
    mfa: String,
    default: String,
    methods: String,
    reset: String,
    as_of: String,
    seconds: i64,
}

impl Line {
    /// As an array of JSON in which nothing ends the script that it stands in.
    fn data(&self) -> Result<String> {
        let Self {
            class,
            name,
            user,
            account,
            mfa,
            default,
            methods,
            reset,
            as_of,
            seconds,
        } = self;
        let fields = (
            class, name, user, account, mfa, default, methods, reset, as_of, seconds,
        );
        let text = serde_json::to_string(&fields).map_err(|error| not_json(&error))?;
        Ok(text.replace('<', "\\u003c"))
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
    profile: &'a str,
    tenant: &'a str,
    told: &'a str,
    limits: &'a str,
    made_at: String,
    methods: Vec<Bar>,
    figures: Vec<Figure>,
    people: Option<String>,
    /// Whether the rows are data.
    paged: bool,
    filters: Vec<Filter>,
    columns: [&'static str; 7],
}

impl Sheet {
    /// Begins a page. `rows`: an empty file where rows wait; without one there are charts alone.
    ///
    /// # Errors
    /// `internal`: a template of this program is wrong.
    pub(crate) fn begin(rows: Option<File>, zone: &TimeZone) -> Result<Self> {
        let mut templates = Environment::new();
        for (name, source) in [("page.html", PAGE), ("row.html", ROW)] {
            templates
                .add_template(name, source)
                .map_err(|error| broken(&error))?;
        }
        Ok(Self {
            templates,
            rows: rows.map(BufWriter::new),
            count: 0,
            zone: zone.clone(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// `disk_full`, `file_unreadable`: the file where rows wait cannot take it.
    pub(crate) fn add(&mut self, row: &ReportRow) -> Result<()> {
        let Some(out) = &mut self.rows else { return Ok(()) };
        let user = text::clean(&row.who.user);
        let name = row.who.display_name.as_deref().map_or(user.clone(), text::clean);
        let mut account: Vec<&str> = Vec::new();
        for (is_so, word) in [
            (row.admin, "admin"),
            (row.guest, "guest"),
            (!row.enabled, "disabled"),
        ] {
            if is_so {
                account.push(word);
            }
        }
        let says = row.mfa_capable.or(row.mfa_registered);
        let mut class: Vec<&str> = Vec::new();
        for (is_so, word) in [
            (is_phone_only(row), "phone"),
            (row.admin && is_phishable(row), "phishable"),
            (says == Some(false), "without"),
        ] {
            if is_so {
                class.push(word);
            }
        }
        let methods: Vec<&str> = row.methods.iter().map(|kind| kind.as_str()).collect();
        let line = Line {
            class: class.join(" "),
            name: name.into_owned(),
            user: user.into_owned(),
            account: account.join(", "),
            mfa: word(says).to_owned(),
            default: row.default_method.map_or("-", MethodKind::as_str).to_owned(),
            methods: if methods.is_empty() {
                "-".to_owned()
            } else {
                methods.join(", ")
            },
            reset: word(row.reset_registered).to_owned(),
            as_of: time::date(row.as_of, &self.zone),
            seconds: row.as_of.as_second(),
        };
        let text = serde_json::to_string(&line).map_err(|error| not_json(&error))?;
        self.count += 1;
        writeln!(out, "{text}").map_err(|error| cannot_write(&error, "a temporary file"))
    }

    /// Writes the page.
    ///
    /// # Errors
    /// `disk_full`, `file_unreadable`, with `place` as where it should have gone.
    pub(crate) fn write(
        self,
        about: &About<'_>,
        totals: &Totals,
        place: &str,
        out: &mut dyn Write,
    ) -> Result<()> {
        let whole = Whole {
            style: STYLE,
            style_hash: hash(STYLE),
            script: SCRIPT,
            script_hash: hash(SCRIPT),
            profile: about.profile,
            tenant: about.tenant,
            told: about.told,
            limits: about.limits,
            made_at: about
                .made_at
                .to_zoned(self.zone.clone())
                .strftime("%-d %b %Y %H:%M %Z")
                .to_string(),
            methods: bars(totals),
            figures: figures(totals),
            people: self
                .rows
                .as_ref()
                .filter(|_| totals.people > 0)
                .map(|_| text::counted(totals.people, "person", "people")),
            paged: self.count > MOST_ROWS,
            filters: filters(totals),
            columns: COLUMNS,
        };
        let template = self
            .templates
            .get_template("page.html")
            .map_err(|error| broken(&error))?;
        let html = template.render(Serde(&whole)).map_err(|error| broken(&error))?;
        // No text from elsewhere can hold the mark: it would be escaped.
        let (head, tail) = html.split_once(ROWS).unwrap_or((&html, ""));
        let failed = |error: io::Error| cannot_write(&error, place);
        out.write_all(head.trim_end().as_bytes()).map_err(failed)?;
        if let Some(rows) = self.rows {
            out.write_all(b"\n").map_err(failed)?;
            let mut file = rows.into_inner().map_err(|error| failed(error.into_error()))?;
            file.rewind().map_err(failed)?;
            let row = self.templates.get_template("row.html");
            let row = row.map_err(|error| broken(&error))?;
            let mut between = "[";
            for text in BufReader::new(file).lines() {
                let line: Line =
                    serde_json::from_str(&text.map_err(failed)?).map_err(|error| not_json(&error))?;
                if self.count > MOST_ROWS {
                    writeln!(out, "{between}{}", line.data()?).map_err(failed)?;
                    between = ",";
                } else {
                    let html = row.render(Serde(&line)).map_err(|error| broken(&error))?;
                    writeln!(out, "{}", html.trim_end()).map_err(failed)?;
                }
            }
            if self.count > MOST_ROWS {
                out.write_all(b"]").map_err(failed)?;
            }
        }
        out.write_all(tail.trim_start().as_bytes()).map_err(failed)?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(failed)
    }
}

/// What the browser holds a style or script against before it uses it.
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

fn broken(error: &minijinja::Error) -> Error {
    Error::new(
        ErrorCode::Internal,
        format!("a template of the page is wrong: {error:#}"),
    )
}

fn not_json(error: &serde_json::Error) -> Error {
    Error::new(
        ErrorCode::Internal,
        format!("a row of the page is wrong: {error}"),
    )
}

fn word(told: Option<bool>) -> &'static str {
    match told {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    }
}

#[cfg(test)]
mod tests;
