//! What `doctor` finds, a line each.

use super::{Page, Row, cell, text};
use crate::domain::shape::DoctorRow;

impl Row for DoctorRow {
    const TYPE: &'static str = "check";
    const HEADINGS: &'static [&'static str] = &["STATE", "CHECK", "ABOUT", "DETAIL", "MEND"];
    const COLUMNS: &'static [&'static str] =
        &["check", "about", "state", "detail", "mend", "code", "exit_code"];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            self.state.as_str().to_owned(),
            self.check.replace('_', "-"),
            cell(self.about.as_deref()),
            text::clean(&self.detail).into_owned(),
            cell(self.mend.as_deref()),
        ]
    }
}
