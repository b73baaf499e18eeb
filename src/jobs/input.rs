//! `--from`: people, and the values of a verb, from a file. CSV as spreadsheets write it, or NDJSON. Everything is
//! checked before anything is sent, and whatever is wrong is said with its line and column.

mod csv_rows;
mod decode;
mod ndjson_rows;

use std::collections::BTreeMap;

use crate::domain::{Error, ErrorCode, Match, Result};

/// A value with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The text, without what a spreadsheet put around it.
    pub text: String,
    /// Its column, from 1: the field in CSV, its place in the line in NDJSON.
    pub column: u64,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRow {
    /// The person.
    pub user: Cell,
    /// Its line in the file, from 1.
    pub line: u64,
    /// The values by the names of the verb's options; an empty cell is none.
    pub values: BTreeMap<String, Cell>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name, as it was given.
    pub file: String,
    /// Its rows.
    pub rows: Vec<InputRow>,
    /// Columns that nothing uses.
    pub unused: Vec<String>,
    /// The column that was taken for the user, where it is not named so.
    pub taken_as_user: Option<String>,
}

/// What to look for in a file.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The names of the verb's own value options.
    pub options: &'a [&'a str],
    /// `--column OPTION=COLUMN`.
    pub mapped: &'a [(String, String)],
}

impl Columns<'_> {
    /// The option that a column fills: `user`, or one of the options.
    fn option(&self, column: &str) -> Option<String> {
        if let Some((option, _)) = self.mapped.iter().find(|(_, mapped)| same(mapped, column)) {
            return Some(option.clone());
        }
        let named = std::iter::once(&"user")
            .chain(self.options)
            .find(|option| same(option, column))?;
        // Another column was named for it.
        let taken = self.mapped.iter().any(|(option, _)| option == named);
        (!taken).then(|| (*named).to_owned())
    }

    fn check(&self) -> Result<()> {
        for (option, _) in self.mapped {
            if option != "user" && !self.options.contains(&option.as_str()) {
                let names: Vec<&str> = std::iter::once("user")
                    .chain(self.options.iter().copied())
                    .collect();
                return Err(Error::new(
                    ErrorCode::Usage,
                    format!("--column {option}=…: this verb has no value \"{option}\""),
                )
                .hint(format!("one of: {}", names.join(", "))));
            }
        }
        Ok(())
    }
}

/// Whether two names of columns are the same: case, spaces, `_` and `-` do not count.
fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(a) == plain(b)
}

/// Everything that is wrong with a file, found before anything is sent.
#[derive(Debug, Default)]
pub struct Problems(Vec<(u64, Option<u64>, Error)>);

impl Problems {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what is wrong with a line.
    pub fn add(&mut self, line: u64, column: Option<u64>, error: Error) {
        self.0.push((line, column, error));
    }

    /// All of it as one error, or nothing.
    ///
    /// # Errors
    /// The one problem with its place, or `invalid_input` with all of them.
    pub fn finish(self, file: &str) -> Result<()> {
        match self.0.as_slice() {
            [] => Ok(()),
            [(line, column, error)] => Err(error.clone().at(file, Some(*line), *column)),
            [(line, column, first), ..] => {
                let matches = self
                    .0
                    .iter()
                    .map(|(line, column, error)| Match {
                        reference: match column {
                            Some(column) => format!("{file}:{line}:{column}"),
                            None => format!("{file}:{line}"),
                        },
                        detail: error.message().to_owned(),
                    })
                    .collect();
                let message = format!("{} rows of {file} are wrong; nothing was sent", self.0.len());
                let mut error = Error::new(ErrorCode::InvalidInput, message).matches(matches).at(
                    file,
                    Some(*line),
                    *column,
                );
                if let Some(hint) = first.hint_text() {
                    error = error.hint(hint);
                }
                Err(error)
            }
        }
    }
}

/// Reads a file's bytes.
///
/// # Errors
/// `invalid_input` with line and column: a spreadsheet that is no text, bytes that are no text, no column for the
/// user, a row without one, a row that is longer than the header; `usage` for a mapping of what the verb has not.
pub fn read(file: &str, bytes: &[u8], columns: Columns<'_>) -> Result<Input> {
    columns.check()?;
    let text = decode::text(file, bytes)?;
    let is_ndjson = text.trim_start().starts_with('{');
    let input = if is_ndjson {
        ndjson_rows::read(file, &text, columns)?
    } else {
        csv_rows::read(file, &text, columns)?
    };
    if input.rows.is_empty() {
        return Err(Error::new(ErrorCode::InvalidInput, format!("{file} has no rows")));
    }
    for (option, column) in columns.mapped {
        let found = input.rows.iter().any(|row| row.values.contains_key(option)) || option == "user";
        if !found {
            return Err(Error::new(
                ErrorCode::InvalidInput,
                format!("{file} has no values in a column \"{column}\""),
            )
            .hint("--column OPTION=COLUMN names a column of the file behind the ="));
        }
    }
    Ok(input)
}

/// The text of a cell, without `="…"` that spreadsheets put around numbers to keep their plus.
fn cell_text(text: &str) -> String {
    let trimmed = text.trim();
    trimmed
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .map_or(trimmed, str::trim)
        .to_owned()
}

#[cfg(test)]
mod tests;
