//! `$search`: clauses in double quotes with AND and OR between them, either evaluated on JSON or written as SQL. A clause
//! finds words that begin with its term.

use rusqlite::types::Value as Sql;
use serde_json::Value;

use super::filter::{Column, like};
use crate::server::error::ApiError;

/// Alternatives of clauses that hold together, each a property and a term.
pub(super) struct Search(Vec<Vec<(String, String)>>);

fn invalid() -> ApiError {
    ApiError::bad_request("Invalid $search clause: each one is \"property:term\", in double quotes.")
}

/// Reads `"displayName:ade" OR "mail:ade"`.
///
/// # Errors
/// 400 for what is no such clause.
pub(super) fn parse(text: &str) -> Result<Search, ApiError> {
    let mut all = vec![Vec::new()];
    let mut rest = text.trim();
    loop {
        let (clause, behind) = rest
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
            .ok_or_else(invalid)?;
        let (name, term) = clause.split_once(':').ok_or_else(invalid)?;
        if let Some(together) = all.last_mut() {
            together.push((name.trim().to_owned(), term.trim().to_owned()));
        }
        rest = behind.trim_start();
        if rest.is_empty() {
            return Ok(Search(all));
        }
        let upper = rest.get(..3).unwrap_or(rest).to_ascii_uppercase();
        rest = if upper == "AND" {
            &rest[3..]
        } else if upper.starts_with("OR") {
            all.push(Vec::new());
            &rest[2..]
        } else {
            return Err(invalid());
        }
        .trim_start();
    }
}

impl Search {
    /// The condition as SQL, its values appended to `values`.
    ///
    /// # Errors
    /// 400 for a property that holds no text.
    pub(super) fn sql(
        &self,
        columns: &dyn Fn(&str) -> Option<Column>,
        values: &mut Vec<Sql>,
    ) -> Result<String, ApiError> {
        let mut alternatives = Vec::with_capacity(self.0.len());
        for together in &self.0 {
            let mut parts = Vec::with_capacity(together.len());
            for (name, term) in together {
                let Some(Column::Text(column)) = columns(name) else {
                    return Err(invalid());
                };
                let term = like(term);
                values.push(Sql::Text(format!("{term}%")));
                values.push(Sql::Text(format!("% {term}%")));
                let (whole, word) = (values.len() - 1, values.len());
                parts.push(format!(
                    "({column} LIKE ?{whole} ESCAPE '\\' OR {column} LIKE ?{word} ESCAPE '\\')"
                ));
            }
            alternatives.push(parts.join(" AND "));
        }
        Ok(format!("({})", alternatives.join(" OR ")))
    }

    /// Whether a JSON object is found.
    pub(super) fn matches(&self, item: &Value) -> bool {
        let is_found = |(name, term): &(String, String)| {
            let (text, term) = (item[name].as_str(), term.to_lowercase());
            text.map(str::to_lowercase)
                .is_some_and(|text| text.starts_with(&term) || text.contains(&format!(" {term}")))
        };
        self.0.iter().any(|together| together.iter().all(is_found))
    }
}
