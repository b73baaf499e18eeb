//! Rows of CSV (RFC 4180): the comma, the semicolon or the tab separates, whatever the header uses most.

use std::collections::BTreeMap;

use super::{Cell, Columns, Input, InputRow, Problems, cell_text};
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

pub(super) fn read(file: &str, text: &str, columns: Columns<'_>) -> Result<Input> {
    // Excel's own first line.
    let (skipped, told, text) = match text.strip_prefix("sep=") {
        Some(rest) => {
            let (line, rest) = rest.split_once('\n').unwrap_or((rest, ""));
            (1, line.trim().bytes().next(), rest)
        }
        None => (0, None, text),
    };
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let separator = told.unwrap_or_else(|| separator(first));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut problems = Problems::new();
    let mut lines = Lines::new(text, skipped);
    let mut records: Vec<(u64, Vec<String>)> = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = lines.of(error.position());
                let wrong = Error::new(ErrorCode::InvalidInput, format!("this is not CSV: {error}"));
                problems.add(line, None, wrong);
                break;
            }
        };
        let line = lines.of(record.position());
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            records.push((line, cells));
        }
    }
    let mut records = records.into_iter();
    let Some((header_line, header)) = records.next() else {
        problems.finish(file)?;
        return Ok(empty(file));
    };
    let (header, mut rows) = without_header(header_line, header);
    rows.extend(records);
    let mut unused = Vec::new();
    let mut taken_as_user = None;
    let mut meaning: Vec<Option<String>> = header.iter().map(|name| columns.option(name.trim())).collect();
    if let [only] = meaning.as_mut_slice() {
        let name = header
            .first()
            .map(|name| name.trim().to_owned())
            .unwrap_or_default();
        if only.as_deref() != Some("user") && !PERSON.iter().any(|known| super::same(known, &name)) {
            taken_as_user = Some(name);
        }
        *only = Some("user".to_owned());
    }
    for (name, meaning) in header.iter().zip(&meaning) {
        if meaning.is_none() && !name.trim().is_empty() {
            unused.push(name.trim().to_owned());
        }
    }
    if !meaning.iter().flatten().any(|option| option == "user") {
        return Err(
            Error::new(ErrorCode::InvalidInput, format!("{file} has no column \"user\""))
                .hint(format!(
                    "name it: --column user=\"{}\"",
                    header.first().map(|name| name.trim()).unwrap_or_default()
                ))
                .at(file, Some(header_line), Some(1)),
        );
    }
    for option in meaning.iter().flatten() {
        if meaning.iter().flatten().filter(|other| *other == option).count() > 1 {
            return Err(Error::new(
                ErrorCode::InvalidInput,
                format!("{file} has two columns for \"{option}\""),
            )
            .at(file, Some(header_line), None));
        }
    }
    let mut found = Vec::new();
    for (line, cells) in rows {
        if cells
            .iter()
            .skip(header.len())
            .any(|cell| !cell.trim().is_empty())
        {
            let wrong = format!(
                "the row has {} cells and the header {}",
                cells.len(),
                header.len()
            );
            problems.add(
                line,
                Some(header.len() as u64 + 1),
                Error::new(ErrorCode::InvalidInput, wrong),
            );
            continue;
        }
        let mut user = Cell {
            text: String::new(),
            column: 1,
        };
        let mut values = BTreeMap::new();
        for ((column, option), cell) in (1..).zip(&meaning).zip(&cells) {
            let cell = Cell {
                text: cell_text(cell),
                column,
            };
            match option.as_deref() {
                Some("user") => user = cell,
                Some(option) if !cell.text.is_empty() => {
                    values.insert(option.to_owned(), cell);
                }
                _ => {}
            }
        }
        if user.text.is_empty() {
            let wrong = Error::new(ErrorCode::InvalidInput, "the row names no user");
            problems.add(line, Some(user.column), wrong);
            continue;
        }
        found.push(InputRow { user, line, values });
    }
    problems.finish(file)?;
    Ok(Input {
        file: file.to_owned(),
        rows: found,
        unused,
        taken_as_user,
    })
}

/// Lines of records, by their bytes: the reader's own count lags behind where lines end in CRLF.
struct Lines<'a> {
    rest: std::str::Bytes<'a>,
    at: u64,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, skipped: u64) -> Self {
        Self {
            rest: text.bytes(),
            at: 0,
            line: 1 + skipped,
        }
    }

    /// The line of a record that begins here, or behind the line ends that are here. Records come in order.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let begins = position.map_or(0, csv::Position::byte);
        while let Some(byte) = self.rest.clone().next() {
            if self.at >= begins && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(byte == b'\n');
            self.at += 1;
            self.rest.next();
        }
        self.line
    }
}

/// A bare list has no header: its first line is an address.
fn without_header(line: u64, header: Vec<String>) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
    match header.as_slice() {
        [only] if only.contains('@') => (vec!["user".to_owned()], vec![(line, header)]),
        _ => (header, Vec::new()),
    }
}

/// What separates the header's cells.
fn separator(header: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        for (separator, count) in &mut counts {
            *count += usize::from(!quoted && byte == *separator);
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

fn empty(file: &str) -> Input {
    Input {
        file: file.to_owned(),
        rows: Vec::new(),
        unused: Vec::new(),
        taken_as_user: None,
    }
}
