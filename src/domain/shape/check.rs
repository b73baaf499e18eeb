//! The shape of the answer of `--check`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file of people in which nothing is wrong. Where something is, the answer is an error with a match a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckDoc {
    /// The file as it was given.
    pub file: String,
    /// Rows that were read.
    pub rows: u64,
    /// Different people in them.
    pub people: u64,
    /// Rows that are wrong: none.
    pub wrong: u64,
    /// Columns that nothing uses.
    pub unused: Vec<String>,
}
