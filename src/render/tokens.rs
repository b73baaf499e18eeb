//! Hardware tokens, one row each.

use super::{Page, Row, cell, text};
use crate::domain::shape::TokenRow;

impl Row for TokenRow {
    const TYPE: &'static str = "hardware_token";
    const HEADINGS: &'static [&'static str] = &["SERIAL", "STATUS", "FOR", "MODEL", "CODES"];
    const COLUMNS: &'static [&'static str] = &[
        "profile",
        "tenant",
        "serial",
        "id",
        "name",
        "manufacturer",
        "model",
        "interval_s",
        "hash",
        "status",
        "user_id",
        "display_name",
    ];

    fn cells(&self, _page: &Page) -> Vec<String> {
        let model: Vec<&str> = [self.manufacturer.as_deref(), self.model.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let whose = self.display_name.as_deref().or(self.user_id.as_deref());
        let codes = self.interval_s.map(|seconds| format!("every {seconds} s"));
        vec![
            text::clean(&self.serial).into_owned(),
            self.status.as_str().to_owned(),
            cell(whose),
            cell(Some(&model.join(" "))),
            cell(codes.as_deref()),
        ]
    }
}
