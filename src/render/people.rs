//! People that a search found.

use std::io::Write;

use serde::Serialize;

use super::lists::columns;
use super::{Page, Row, Rows, Shape, cell, text};
use crate::domain::Result;
use crate::domain::shape::UserRow;

impl Row for UserRow {
    const TYPE: &'static str = "user";
    const HEADINGS: &'static [&'static str] = &["USER", "NAME", "STATE", "KIND"];
    const COLUMNS: &'static [&'static str] = columns!["mail", "enabled", "guest"];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            text::clean(&self.who.user).into_owned(),
            cell(self.who.display_name.as_deref()),
            if self.enabled { "enabled" } else { "disabled" }.to_owned(),
            if self.guest { "guest" } else { "member" }.to_owned(),
        ]
    }
}

/// `user search`.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn users(
    page: &Page,
    out: &mut dyn Write,
    rows: &[UserRow],
    summary: &impl Serialize,
) -> Result<()> {
    let mut list = Rows::new(page, out, Shape::One);
    for row in rows {
        list.push(row)?;
    }
    list.finish(summary)
}
