//! `--from`: people, and the values of a verb, from a file. CSV as spreadsheets write it, or NDJSON, read in as much
//! memory as one row needs. Everything is checked before anything is sent, and whatever is wrong is said with its line
//! and column.

mod check;
mod columns;
mod csv_rows;
mod decode;
mod ndjson_rows;
mod problems;
mod source;

use std::fs::File;
use std::io::{BufRead as _, BufReader};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::{Error, ErrorCode, Result};
pub use check::{Checked, Conflict, check};
pub use columns::Columns;
use csv_rows::CsvRows;
use ndjson_rows::NdjsonRows;
pub use problems::{Problem, Problems};
pub use source::Source;

/// A value with where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The text, without what a spreadsheet put around it.
    pub text: String,
    /// Its column, from 1: the field in CSV, its place in the line in NDJSON.
    pub column: u64,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRow {
    /// The person.
    pub user: Cell,
    /// Its line in the file, from 1.
    pub line: u64,
    /// The values, each with the place of its option in [`Columns::options`]; an empty cell is none.
    pub values: Vec<(u8, Cell)>,
}

impl InputRow {
    /// A mark of what the row says, the same in every version: marks of rows are added up to one of the file. `user`:
    /// what the person is looked up by.
    pub fn mark(&self, user: &str) -> u128 {
        let mut digest = Sha256::new();
        digest.update(user.to_lowercase());
        for (option, cell) in &self.values {
            digest.update([0, *option]);
            digest.update(&cell.text);
        }
        let mut start = [0; 16];
        start.copy_from_slice(&digest.finalize()[..16]);
        u128::from_be_bytes(start)
    }

    /// The value of the option at this place.
    pub fn value(&self, option: usize) -> Option<&Cell> {
        let mut values = self.values.iter();
        values.find_map(|(at, cell)| (usize::from(*at) == option).then_some(cell))
    }
}

/// A file of rows with what its columns mean. It can be read as often as is wanted.
#[derive(Debug)]
pub struct Input {
    source: Source,
    columns: Columns,
}

impl Input {
    /// # Errors
    /// `usage` for a mapping of what the verb has not.
    pub fn new(source: Source, columns: Columns) -> Result<Self> {
        columns.check()?;
        Ok(Self { source, columns })
    }

    /// The file's name, as it was given.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// What its columns mean.
    pub const fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Its rows, from the first one. One reader at a time.
    ///
    /// # Errors
    /// `invalid_input` for what is no text, and for a header that does not fit; `file_unreadable`.
    pub fn rows(&self) -> Result<Rows<'_>> {
        let name = self.source.name();
        let mut text = self.source.text()?;
        let start = text.fill_buf().map_err(|error| decode::broken(name, error))?;
        let first = start.trim_ascii_start().first().copied();
        let sort = if matches!(first, Some(b'{' | b'[')) {
            Sort::Ndjson(NdjsonRows::new(name, text, &self.columns)?)
        } else {
            Sort::Csv(CsvRows::new(name, text, &self.columns)?)
        };
        Ok(Rows(Box::new(sort)))
    }
}

/// The rows of a file, each or what is wrong with it.
pub struct Rows<'a>(Box<Sort<'a>>);

enum Sort<'a> {
    Csv(CsvRows<BufReader<&'a File>>),
    Ndjson(NdjsonRows<BufReader<&'a File>>),
}

impl Rows<'_> {
    /// Columns that nothing uses, as far as they were seen.
    pub fn unused(&self) -> &[String] {
        match &*self.0 {
            Sort::Csv(rows) => &rows.unused,
            Sort::Ndjson(rows) => &rows.unused,
        }
    }

    /// Whether it is a list, whoever is in it: it has a heading that names the person, or ends as this program's own lists
    /// do. Known when it was read to its end.
    pub fn is_list(&self) -> bool {
        match &*self.0 {
            Sort::Csv(rows) => rows.has_heading() && rows.taken_as_user.is_none(),
            Sort::Ndjson(rows) => rows.left_out == Some(0),
        }
    }

    /// How many people are not in it because whoever wrote it could not read them, as it says itself.
    pub fn left_out(&self) -> u64 {
        match &*self.0 {
            Sort::Csv(_) => 0,
            Sort::Ndjson(rows) => rows.left_out.unwrap_or_default(),
        }
    }

    /// The column that was taken for the user, where it is not named so.
    pub fn taken_as_user(&self) -> Option<&str> {
        match &*self.0 {
            Sort::Csv(rows) => rows.taken_as_user.as_deref(),
            Sort::Ndjson(_) => None,
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<InputRow, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut *self.0 {
            Sort::Csv(rows) => rows.next(),
            Sort::Ndjson(rows) => rows.next(),
        }
    }
}

/// The text of a cell: without `="…"`, which spreadsheets put around numbers to keep their plus, and without the
/// apostrophe that keeps a spreadsheet from computing it.
fn cell_text(text: &str) -> String {
    let trimmed = text.trim();
    let plain = trimmed
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(trimmed);
    match plain.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.trim().to_owned(),
        _ => plain.trim().to_owned(),
    }
}

/// A file without a row that is no list of nobody either: what should have written it may have failed.
fn no_rows(name: &str, rows: &Rows<'_>) -> Error {
    let wrong = |what: String| Error::new(ErrorCode::InvalidInput, what).at(name, None, None);
    match (rows.left_out(), rows.taken_as_user()) {
        (0, Some(_)) => wrong("there is a heading, and no row".to_owned())
            .hint("put a line before it that says: user"),
        (0, None) => wrong("it is empty: what should have written it may have failed".to_owned()).hint(
            "a list of nobody has its heading, such as \"user,number\"; in a pipeline, set -o pipefail stops at what failed",
        ),
        _ => wrong("it has no rows, and says itself that it is not whole".to_owned())
            .hint("look at what the command that wrote it says, and run it again"),
    }
}

#[cfg(test)]
mod tests;
