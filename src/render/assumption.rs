//! How assumptions stand, a line each.

use super::{Page, Row, text};
use crate::domain::shape::AssumptionRow;

impl Row for AssumptionRow {
    const TYPE: &'static str = "assumption";
    const HEADINGS: &'static [&'static str] = &["VERDICT", "ID", "ASSUMES", "SEEN"];
    const COLUMNS: &'static [&'static str] =
        &["id", "verdict", "assumes", "changes", "how", "read_only", "seen"];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            self.verdict.as_str().to_owned(),
            self.id.clone(),
            self.assumes.clone(),
            text::clean(&self.seen).into_owned(),
        ]
    }
}
