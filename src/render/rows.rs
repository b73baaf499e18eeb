//! Rows of one sort in every form, streamed where the form allows it: the array is closed and the summary written also
//! when something failed on the way.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::{Format, Page, csv, filtered, internal, ndjson, text, to_value, write};
use crate::domain::Result;

/// What a row of a list says of itself.
pub(crate) trait Row: Serialize {
    /// The `type` of a line of NDJSON.
    const TYPE: &'static str;
    /// Headings of the table, without USER.
    const HEADINGS: &'static [&'static str];
    /// Least widths of those columns.
    const LEAST: &'static [u16] = &[];
    /// Columns of the CSV: keys of the object, in a fixed order.
    const COLUMNS: &'static [&'static str];

    /// The cells under [`Self::HEADINGS`], clean.
    fn cells(&self, page: &Page) -> Vec<String>;

    /// Whose row it is, for the USER column; `None`: the table never has one.
    fn user(&self) -> Option<&str> {
        None
    }
}

/// Whether rows of one person or of several are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One: the table has no USER column.
    One,
    /// Several.
    Several,
}

/// A list that is being written.
pub(crate) struct Rows<'a, R: Row> {
    page: &'a Page,
    out: &'a mut dyn Write,
    shape: Shape,
    count: u64,
    began: bool,
    table: Vec<Vec<String>>,
    all: Vec<Value>,
    row: std::marker::PhantomData<R>,
}

impl<'a, R: Row> Rows<'a, R> {
    /// Begins a list.
    pub(crate) fn new(page: &'a Page, out: &'a mut dyn Write, shape: Shape) -> Self {
        Self {
            page,
            out,
            shape,
            count: 0,
            began: false,
            table: Vec::new(),
            all: Vec::new(),
            row: std::marker::PhantomData,
        }
    }

    /// How many rows there were so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Lets the reader have what was added so far.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.out
            .flush()
            .map_err(|error| super::cannot_write(&error, "standard output"))
    }

    /// Writes a text as it is: a line that is made in pieces.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(super) fn raw(&mut self, text: &str) -> Result<()> {
        write(self.out, text.as_bytes())
    }

    /// Adds a row.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn push(&mut self, row: &R) -> Result<()> {
        self.count += 1;
        match self.page.format {
            Format::Table => {
                let mut cells = Vec::new();
                if self.shape == Shape::Several
                    && let Some(user) = row.user()
                {
                    cells.push(text::clean(user).into_owned());
                }
                cells.extend(row.cells(self.page));
                self.table.push(cells);
                Ok(())
            }
            Format::Json if self.page.jq.is_some() => {
                self.all.push(to_value(row)?);
                Ok(())
            }
            Format::Json => {
                let text = text::clean_json(serde_json::to_string_pretty(row).map_err(internal)?);
                let before = if self.began { ",\n  " } else { "[\n  " };
                self.began = true;
                write(
                    self.out,
                    format!("{before}{}", text.replace('\n', "\n  ")).as_bytes(),
                )
            }
            Format::Ndjson => ndjson(self.out, R::TYPE, row),
            Format::Csv => {
                self.heading()?;
                let cells = csv::cells(&to_value(row)?, R::COLUMNS);
                write(self.out, &csv::line(cells.iter().map(String::as_str))?)
            }
        }
    }

    fn heading(&mut self) -> Result<()> {
        if !self.began {
            self.began = true;
            write(self.out, &csv::line(R::COLUMNS.iter().copied())?)?;
        }
        Ok(())
    }

    /// Ends the list: the table, the end of the array, or the summary.
    ///
    /// # Errors
    /// stdout is a file that cannot take it; the filter of `--jq` failed.
    pub(crate) fn finish(mut self, summary: &impl Serialize) -> Result<()> {
        match self.page.format {
            Format::Table => self.print_table(),
            Format::Json => match &self.page.jq {
                Some(filter) => filtered(self.out, filter, &Value::Array(std::mem::take(&mut self.all))),
                None if self.began => write(self.out, b"\n]\n"),
                None => write(self.out, b"[]\n"),
            },
            Format::Ndjson => ndjson(self.out, "summary", summary),
            // A heading alone says that there is nobody, and here nobody knows.
            Format::Csv if self.count == 0 && to_value(summary)?["failed"].as_u64() > Some(0) => Ok(()),
            Format::Csv => self.heading(),
        }
    }

    fn print_table(self) -> Result<()> {
        if self.table.is_empty() {
            return Ok(());
        }
        let with_user = self
            .table
            .first()
            .is_some_and(|row| row.len() > R::HEADINGS.len());
        let mut headings = Vec::new();
        if with_user {
            headings.push("USER");
        }
        headings.extend_from_slice(R::HEADINGS);
        let least = if with_user { &[] } else { R::LEAST };
        self.page.grid(self.out, &headings, &self.table, least)
    }
}
