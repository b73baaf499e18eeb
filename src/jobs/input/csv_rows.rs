//! Rows of CSV (RFC 4180): the comma, the semicolon or the tab separates, whatever the header uses most.

use std::io::BufRead;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::columns::{Columns, Slot, same};
use super::decode::{Text, broken, not_text};
use super::{Cell, InputRow, Problem, cell_text};
use crate::domain::{Error, ErrorCode, Result};

/// Headers of a single column that name the person.
const PERSON: [&str; 10] = [
    "user",
    "users",
    "username",
    "upn",
    "userprincipalname",
    "mail",
    "email",
    "emailaddress",
    "signinname",
    "id",
];

/// The rows of one file.
pub(super) struct CsvRows<R: BufRead> {
    name: String,
    reader: Reader<Text<R>>,
    record: ByteRecord,
    /// Lines before the reader's first one.
    skipped: u64,
    /// What each column fills.
    meaning: Vec<Option<Slot>>,
    /// Whether `record` holds a row that is still to be given: a bare list has no header.
    held: Option<u64>,
    /// Whether its first line was a person.
    is_bare: bool,
    line: u64,
    ended: bool,
    pub(super) unused: Vec<String>,
    pub(super) taken_as_user: Option<String>,
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// `invalid_input`: no column for the user, two for one option, none of a name that was mapped.
    pub(super) fn new(name: &str, mut text: Text<R>, columns: &Columns) -> Result<Self> {
        let wrong = |error| broken(name, error);
        let mut skipped = 0;
        let first = first_line(text.fill_buf().map_err(wrong)?);
        // Excel's own first line.
        let told = first.strip_prefix(b"sep=").map(|rest| rest.first().copied());
        let separator = match told {
            Some(separator) => {
                let length = first.len() + 1;
                text.consume(length);
                skipped = 1;
                separator.unwrap_or(b',')
            }
            None => separator(first),
        };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text);
        let mut rows = Self {
            name: name.to_owned(),
            reader,
            record: ByteRecord::new(),
            skipped,
            meaning: Vec::new(),
            held: None,
            is_bare: false,
            line: 0,
            ended: false,
            unused: Vec::new(),
            taken_as_user: None,
        };
        match rows.advance() {
            None => rows.ended = true,
            Some(Err(problem)) => return Err(problem.into_error(name)),
            Some(Ok(line)) => rows.header(line, columns)?,
        }
        Ok(rows)
    }

    /// Whether there is a heading: a bare list has none.
    pub(super) fn has_heading(&self) -> bool {
        !self.meaning.is_empty() && !self.is_bare
    }

    fn header(&mut self, line: u64, columns: &Columns) -> Result<()> {
        let at = |error: Error, column| error.at(self.name.as_str(), Some(line), column);
        let mut names = Vec::with_capacity(self.record.len());
        for cell in &self.record {
            let name = std::str::from_utf8(cell).map_err(|_| at(not_text(), None))?;
            names.push(name.trim().to_owned());
        }
        if let [only] = names.as_slice() {
            self.meaning = vec![Some(Slot::User)];
            // A bare list has no header: its first line is an address, or an id.
            if only.contains('@') || uuid::Uuid::try_parse(only).is_ok() {
                (self.held, self.is_bare) = (Some(line), true);
            } else if !PERSON.iter().any(|known| same(known, only)) && columns.slot(only) != Some(Slot::User)
            {
                self.taken_as_user = Some(only.clone());
            }
            return Ok(());
        }
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        let own = has("user") && has("user_id");
        self.meaning = names
            .iter()
            .map(|name| {
                if own {
                    columns.own_slot(name)
                } else {
                    columns.slot(name)
                }
            })
            .collect();
        for (name, meaning) in names.iter().zip(&self.meaning) {
            // Of a list that this program wrote it is known what is in it.
            if meaning.is_none() && !name.is_empty() && !own {
                self.unused.push(name.clone());
            }
        }
        let invalid = |text: String| Error::new(ErrorCode::InvalidInput, text);
        let name = &self.name;
        if let Some((option, column)) = columns
            .mapped
            .iter()
            .find(|(_, column)| !names.iter().any(|name| same(name, column)))
        {
            let hint = format!("--column {option}=… takes one of: {}", names.join(", "));
            return Err(at(
                invalid(format!("{name} has no column \"{column}\"")).hint(hint),
                None,
            ));
        }
        if !self.meaning.contains(&Some(Slot::User)) {
            let first = names.first().map_or("", String::as_str);
            let hint = format!("name it: --column user=\"{first}\"");
            return Err(at(
                invalid(format!("{name} has no column \"user\"")).hint(hint),
                Some(1),
            ));
        }
        for (column, meaning) in (1..).zip(&self.meaning) {
            let twice =
                meaning.is_some() && self.meaning.iter().filter(|other| *other == meaning).count() > 1;
            if twice && !own {
                let option = match meaning {
                    Some(Slot::Option(at)) => {
                        columns.options.get(usize::from(*at)).copied().unwrap_or("user")
                    }
                    _ => "user",
                };
                return Err(at(
                    invalid(format!("{name} has two columns for \"{option}\""))
                        .hint("leave one of them out, or name the right one with --column"),
                    Some(column),
                ));
            }
        }
        Ok(())
    }

    /// Reads the next row that is not blank into `record`; gives its line.
    fn advance(&mut self) -> Option<Result<u64, Problem>> {
        if let Some(line) = self.held.take() {
            return Some(Ok(line));
        }
        loop {
            if self.ended {
                return None;
            }
            let read = self.reader.read_byte_record(&mut self.record);
            self.reader.get_mut().row_ended();
            let behind = self.reader.position().line() + self.skipped;
            match read {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = true;
                    return None;
                }
                Err(error) => {
                    self.ended = true;
                    let error = match error.into_kind() {
                        csv::ErrorKind::Io(error) => broken(&self.name, error),
                        _ => Error::new(ErrorCode::InvalidInput, "this is not CSV"),
                    };
                    return Some(Err(Problem::fatal(self.line + 1, error)));
                }
            }
            // Every row ends in one line end, and may have more in its quotes; blank lines may stand before it.
            let begins = self
                .record
                .position()
                .map_or(behind, |position| position.line() + self.skipped);
            let line = if behind == begins + 1 {
                begins
            } else {
                let inside = self
                    .record
                    .as_slice()
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                behind.saturating_sub(1 + inside as u64)
            };
            // A quote that is open at the end of the file has no line end behind it.
            let line = line.max(self.line + 1);
            self.line = behind.saturating_sub(1);
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                return Some(Ok(line));
            }
        }
    }

    fn row(&self, line: u64) -> Result<InputRow, Problem> {
        let mut user = Cell {
            text: String::new(),
            column: 1,
        };
        let mut values = Vec::new();
        for ((column, slot), cell) in (1..).zip(&self.meaning).zip(&self.record) {
            let Some(slot) = slot else { continue };
            let text = std::str::from_utf8(cell).map_err(|_| Problem::new(line, Some(column), not_text()))?;
            let cell = Cell {
                text: cell_text(text),
                column,
            };
            match slot {
                Slot::User => user = cell,
                Slot::Option(at) if !cell.text.is_empty() => values.push((*at, cell)),
                Slot::Option(_) => {}
            }
        }
        let (cells, headings) = (self.record.len(), self.meaning.len());
        let surplus = self
            .record
            .iter()
            .skip(headings)
            .any(|cell| !cell.trim_ascii().is_empty());
        if cells < headings || surplus {
            let count = |count: usize| {
                let word = if count == 1 { "cell" } else { "cells" };
                format!("{count} {word}")
            };
            let error = Error::new(
                ErrorCode::InvalidInput,
                format!("the row has {}, and the header {headings}", count(cells)),
            )
            .hint(if self.record.iter().any(|cell| cell.contains(&b'\n')) {
                "look for a quotation mark in it that is not closed"
            } else {
                "a text with the separator in it stands in quotation marks"
            });
            let column = cells.min(headings) as u64 + 1;
            return Err(Problem::new(line, Some(column), error).of(&user.text));
        }
        if user.text.is_empty() {
            let error = Error::new(ErrorCode::InvalidInput, "the row names no user")
                .hint("write a sign-in name, an object id or a mail address there, or take the row out");
            return Err(Problem::new(line, Some(user.column), error));
        }
        Ok(InputRow { user, line, values })
    }
}

impl<R: BufRead> Iterator for CsvRows<R> {
    type Item = Result<InputRow, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.advance()?.and_then(|line| self.row(line)))
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// What separates the header's cells.
fn separator(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header {
        quoted ^= *byte == b'"';
        for (separator, count) in &mut counts {
            *count += usize::from(!quoted && byte == separator);
        }
    }
    // The first of the greatest, so that the comma wins a tie.
    let mut best = counts[0];
    for other in counts {
        if other.1 > best.1 {
            best = other;
        }
    }
    best.0
}
