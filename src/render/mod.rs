//! What stdout gets: one file a format. Commands hand over data; nothing here decides, asks or sends.

mod assumption;
mod audit;
pub(crate) mod csv;
mod doctor;
pub(crate) mod error;
pub(crate) mod html;
mod jobs;
pub(crate) mod jq;
mod lists;
pub(crate) mod message;
mod people;
mod policy;
mod profile;
pub(crate) mod qr;
mod report;
mod result;
mod rows;
mod several;
mod show;
pub(crate) mod spelled;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod time;
mod tokens;

use std::io::{self, Write};
use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::domain::{Error, ErrorCode, Result};

pub(crate) use audit::cef;
pub(crate) use jobs::{AgainRow, AgainRows, JobPage, jobs};
pub(crate) use people::users;
pub(crate) use policy::policy;
pub(crate) use profile::profile;
pub(crate) use report::Totals;
pub(crate) use result::{Results, result};
pub(crate) use rows::{Row, Rows, Shape};
pub(crate) use several::{Grids, Part, several};
pub(crate) use show::user_show;

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON value.
    Json,
    /// A JSON object a line, the last one a summary.
    Ndjson,
    /// Comma-separated, with a heading.
    Csv,
}

/// How to put the answer on stdout.
#[derive(Clone)]
pub(crate) struct Page {
    /// The form.
    pub(crate) format: Format,
    /// The filter of `--jq`; then the form is JSON.
    pub(crate) jq: Option<Rc<jq::Filter>>,
    /// Columns of the terminal that stdout is; `None`: it is not one.
    pub(crate) width: Option<usize>,
    /// Whether stdout takes colour.
    pub(crate) colour: bool,
    /// Whether tables become lines of `Label: value`.
    pub(crate) accessible: bool,
    /// Now, for "today".
    pub(crate) now: Timestamp,
    /// The reader's time zone.
    pub(crate) zone: TimeZone,
    /// Where tables go that are to be part of a larger one; `None`: they are written.
    pub(crate) grids: Option<Grids>,
}

impl Page {
    /// `today 08:12`, or a dash.
    fn when(&self, at: Option<Timestamp>) -> String {
        at.map_or_else(dash, |at| time::short(at, self.now, &self.zone))
    }

    /// `3 Mar 2024`, or a dash.
    fn day(&self, at: Option<Timestamp>) -> String {
        at.map_or_else(dash, |at| time::date(at, &self.zone))
    }

    fn layout(&self) -> table::Layout {
        table::Layout {
            width: self.width,
            bold: self.colour,
            least: &[],
        }
    }

    /// A table, or its lines where the reader wants those.
    fn grid(
        &self,
        out: &mut dyn Write,
        headings: &[&str],
        rows: &[Vec<String>],
        least: &'static [u16],
    ) -> Result<()> {
        if let Some(grids) = &self.grids {
            grids.keep(headings, rows);
            return Ok(());
        }
        let narrow = self
            .width
            .is_some_and(|width| table::breaks_words(headings, rows, width));
        let text = if self.accessible || narrow {
            spoken(headings, rows)
        } else {
            let layout = table::Layout {
                least,
                ..self.layout()
            };
            table::table(headings, rows, layout)
        };
        write(out, text.as_bytes())
    }

    /// Labels with their values, in two columns without headings.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn pairs(&self, out: &mut dyn Write, rows: &[Vec<String>]) -> Result<()> {
        let lines = if self.accessible {
            rows.iter().map(|row| row.join(": ")).collect()
        } else {
            table::plain(rows)
        };
        let mut text = lines.join("\n");
        text.push('\n');
        write(out, text.as_bytes())
    }

    /// One JSON value, through the filter where there is one.
    pub(crate) fn json(&self, out: &mut dyn Write, value: &impl Serialize) -> Result<()> {
        if let Some(filter) = &self.jq {
            return filtered(out, filter, &to_value(value)?);
        }
        let mut text = text::clean_json(serde_json::to_string_pretty(value).map_err(internal)?);
        text.push('\n');
        write(out, text.as_bytes())
    }

    /// One object as JSON, as a line, or as a line of CSV with its heading; `Ok(false)`: a table is wanted.
    pub(crate) fn object(
        &self,
        out: &mut dyn Write,
        value: &impl Serialize,
        kind: &str,
        columns: &[&str],
    ) -> Result<bool> {
        match self.format {
            Format::Table => return Ok(false),
            Format::Json => self.json(out, value)?,
            Format::Ndjson => {
                ndjson(out, kind, value)?;
                ndjson(out, "summary", &serde_json::json!({ "rows": 1 }))?;
            }
            Format::Csv => {
                write(out, &csv::line(columns.iter().copied())?)?;
                let cells = csv::cells(&to_value(value)?, columns);
                write(out, &csv::line(cells.iter().map(String::as_str))?)?;
            }
        }
        Ok(true)
    }
}

/// `Label: value` lines, a blank line between two rows.
fn spoken(headings: &[&str], rows: &[Vec<String>]) -> String {
    let label = |heading: &str| {
        let mut letters = heading.chars();
        let first = letters.next().map(String::from).unwrap_or_default();
        first + &letters.as_str().to_lowercase()
    };
    let blocks: Vec<String> = rows
        .iter()
        .map(|row| {
            headings
                .iter()
                .zip(row)
                .map(|(heading, cell)| format!("{}: {cell}\n", label(heading)))
                .collect()
        })
        .collect();
    blocks.join("\n")
}

/// One object on a line, its `type` first.
fn ndjson(out: &mut dyn Write, kind: &str, value: &impl Serialize) -> Result<()> {
    write(out, line(kind, value)?.as_bytes())
}

/// The line of an object, its `type` first.
fn line(kind: &str, value: &impl Serialize) -> Result<String> {
    let mut object = serde_json::Map::new();
    object.insert("type".to_owned(), Value::from(kind));
    if let Value::Object(fields) = to_value(value)? {
        // `type` says what the line is; an object's own field of that name keeps its value under another.
        object.extend(fields.into_iter().filter(|(key, _)| key != "type"));
    }
    let mut line = text::clean_json(Value::Object(object).to_string());
    line.push('\n');
    Ok(line)
}

fn filtered(out: &mut dyn Write, filter: &jq::Filter, value: &Value) -> Result<()> {
    for mut line in filter.run(value)? {
        line.push('\n');
        write(out, line.as_bytes())?;
    }
    Ok(())
}

fn to_value(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(internal)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn internal(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::Internal, format!("writing JSON failed: {error}"))
}

/// Writes bytes to stdout.
///
/// # Errors
/// `disk_full` or `file_unreadable`, where stdout is a file that cannot take them.
pub(crate) fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes)
        .map_err(|error| cannot_write(&error, "standard output"))
}

/// The error of a place that cannot be written.
pub(crate) fn cannot_write(error: &io::Error, place: &str) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        _ => ErrorCode::FileUnreadable,
    };
    // A file that is written under a passing name says that name at the end, which nobody has typed.
    let why = error.to_string();
    let why = why.split(" at path \"").next().unwrap_or_default();
    let wrong = Error::new(code, format!("cannot write {place}: {why}"));
    match error.kind() {
        io::ErrorKind::NotFound => wrong.hint("make its folder first, or name a file in another one"),
        io::ErrorKind::PermissionDenied => wrong.hint("name a file in a folder that you can write"),
        _ => wrong,
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// A cell of text from elsewhere; nothing is a dash.
fn cell(text: Option<&str>) -> String {
    match text {
        Some(text) if !text.is_empty() => text::clean(text).into_owned(),
        _ => dash(),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A page whose today is fixed.

    use super::*;

    /// UTC, 8 December 2026, 08:55.
    pub(crate) fn page(format: Format) -> Page {
        Page {
            format,
            jq: None,
            width: None,
            colour: false,
            accessible: false,
            now: "2026-12-08T08:55:00Z".parse().unwrap(),
            zone: TimeZone::UTC,
            grids: None,
        }
    }

    /// What a renderer writes.
    pub(crate) fn written(write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}
