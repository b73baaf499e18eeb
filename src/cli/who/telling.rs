//! What is said of a selection: how far a long look-up is, and what a file holds.

use std::cell::Cell;
use std::io::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::rows;
use crate::cli::context::Context;
use crate::domain::shape::CheckDoc;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::input::Checked;
use crate::render::text::{clean, counted, grouped};
use crate::render::{Format, cannot_write};

/// How often a long look-up says how far it is.
const TELLING: SignedDuration = SignedDuration::from_secs(10);

/// Says how far a long look-up is, and stops where somebody wants the program to end.
pub(crate) struct Telling<'a> {
    cx: &'a Context,
    of: Option<u64>,
    last: Cell<Timestamp>,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(cx: &'a Context, of: Option<u64>) -> Self {
        let last = Cell::new(cx.clock.now());
        Self { cx, of, last }
    }

    /// # Errors
    /// `interrupted`.
    pub(crate) fn told(&self, done: &str, count: u64) -> Result<()> {
        if self.cx.interrupt.is_set() {
            return Err(Error::new(ErrorCode::Interrupted, "stopped; nothing was sent"));
        }
        let now = self.cx.clock.now();
        if !self.cx.globals.no_progress && now.duration_since(self.last.get()) >= TELLING {
            self.last.set(now);
            let of = self
                .of
                .map(|of| format!(" of {}", grouped(of)))
                .unwrap_or_default();
            self.cx.ui.note(&format!("{done} {}{of}", grouped(count)));
        }
        Ok(())
    }
}

/// What the first pass found that is not wrong.
pub(super) fn tell(cx: &Context, file: &str, checked: &Checked) {
    if let Some(column) = &checked.taken_as_user {
        cx.ui
            .note(&format!("{file}: the column \"{column}\" is taken for the user"));
    }
    if !checked.unused.is_empty() {
        cx.ui.note(&format!(
            "{file}: columns not used: {}",
            checked.unused.join(", ")
        ));
    }
    if checked.left_out > 0 {
        cx.ui.warn(&format!(
            "{file} says itself that it is not whole: whoever is missing in it is not looked at"
        ));
    }
    if checked.rows() == 0 {
        cx.ui.note(&format!("{file}: nobody is in it"));
    }
    let repeats = checked.repeats.len() as u64;
    if let Some(line) = checked.repeats.first() {
        cx.ui.note(&format!(
            "{file}: {} the same person and values again, first line {line}; done once",
            if repeats == 1 {
                "1 row names".to_owned()
            } else {
                format!("{} rows name", grouped(repeats))
            }
        ));
    }
}

/// The answer of `--check` where nothing is wrong.
pub(super) fn said_well(cx: &Context, file: &str, checked: &Checked) -> Result<()> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let people = checked.good;
    let count = checked.rows();
    if page.format == Format::Table {
        let people = counted(people, "person", "people");
        writeln!(out, "{}: {}, {people}, none wrong", clean(file), rows(count))
            .map_err(|error| cannot_write(&error, "standard output"))?;
    } else {
        let value = CheckDoc {
            file: file.to_owned(),
            rows: count,
            people,
            wrong: 0,
            unused: checked.unused.clone(),
        };
        page.object(&mut out, &value, "check", &["file", "rows", "people", "wrong"])?;
    }
    out.done()
}
