//! Rows of NDJSON: an object a line, also as this program writes them.

use std::io::{BufRead, Read as _};

use serde_json::{Map, Value};

use super::columns::{Columns, Slot};
use super::decode::{Text, broken, not_text};
use super::{Cell, InputRow, Problem, cell_text};
use crate::domain::{Error, ErrorCode, Result};

/// Names of keys that are told as not used, at most.
const TOLD: usize = 50;
/// The longest line, as [`Text`] has it.
const LONGEST: u64 = 2 * 1024 * 1024;

/// The rows of one file.
pub(super) struct NdjsonRows<R: BufRead> {
    name: String,
    text: Text<R>,
    columns: Columns,
    line: u64,
    ended: bool,
    buffer: Vec<u8>,
    pub(super) unused: Vec<String>,
    /// What its own last line says: how many people could not be read into it; `None`: it has none.
    pub(super) left_out: Option<u64>,
}

impl<R: BufRead> NdjsonRows<R> {
    /// # Errors
    /// `invalid_input` for JSON that is not a line a row.
    pub(super) fn new(name: &str, mut text: Text<R>, columns: &Columns) -> Result<Self> {
        let start = text.fill_buf().map_err(|error| broken(name, error))?;
        let first = start
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        if first.starts_with(b"[") || first == b"{" {
            return Err(Error::new(
                ErrorCode::InvalidInput,
                format!("{name} is one JSON value, and rows are an object a line"),
            )
            .hint("write it with -o ndjson, or pass it through jq -c '.[]'"));
        }
        Ok(Self {
            name: name.to_owned(),
            text,
            columns: columns.clone(),
            line: 0,
            ended: false,
            buffer: Vec::new(),
            unused: Vec::new(),
            left_out: None,
        })
    }

    /// Reads the next line that is not blank.
    fn advance(&mut self) -> Option<Result<(), Problem>> {
        loop {
            if self.ended {
                return None;
            }
            self.buffer.clear();
            let read = (&mut self.text).take(LONGEST).read_until(b'\n', &mut self.buffer);
            self.text.row_ended();
            self.line += 1;
            match read {
                Ok(0) => {
                    self.ended = true;
                    return None;
                }
                Ok(_) if self.buffer.trim_ascii().is_empty() => {}
                Ok(_) => return Some(Ok(())),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(Problem::fatal(self.line, broken(&self.name, error))));
                }
            }
        }
    }

    /// The row of the line; nothing for a line that this program wrote and that is no row.
    fn row(&mut self) -> Result<Option<InputRow>, Problem> {
        let line = self.line;
        let wrong =
            |column, text: &str| Problem::new(line, column, Error::new(ErrorCode::InvalidInput, text));
        let text = std::str::from_utf8(&self.buffer).map_err(|_| Problem::new(line, None, not_text()))?;
        let text = text.trim_end();
        let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            Problem::new(
                line,
                Some((error.column() as u64).max(1)),
                Error::new(ErrorCode::InvalidInput, "the line is not a JSON object")
                    .hint("write one object a line, such as {\"user\": \"adele\"}"),
            )
        })?;
        if let Some(left_out) = of_no_row(&object) {
            self.left_out = Some(self.left_out.unwrap_or_default() + left_out);
            return Ok(None);
        }
        let own = object.contains_key("user_id") && object.contains_key("user");
        let mut user: Option<Cell> = None;
        let mut values = Vec::new();
        for (name, value) in &object {
            let slot = if own {
                self.columns.own_slot(name)
            } else {
                self.columns.slot(name)
            };
            let Some(slot) = slot else {
                if !own && self.unused.len() < TOLD && !self.unused.contains(name) {
                    self.unused.push(name.clone());
                }
                continue;
            };
            let column = text.find(&format!("\"{name}\"")).map_or(1, |at| at as u64 + 1);
            let text = match value {
                Value::Null => continue,
                Value::String(value) => cell_text(value),
                Value::Number(value) => value.to_string(),
                Value::Bool(value) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    return Err(wrong(Some(column), &format!("\"{name}\" is not a text")));
                }
            };
            let cell = Cell { text, column };
            match slot {
                Slot::User => user = Some(cell),
                Slot::Option(at) if !cell.text.is_empty() => values.push((at, cell)),
                Slot::Option(_) => {}
            }
        }
        match user.filter(|user| !user.text.is_empty()) {
            Some(user) => Ok(Some(InputRow { user, line, values })),
            None => Err(Problem::new(
                line,
                None,
                Error::new(ErrorCode::InvalidInput, "the line names no user")
                    .hint("add \"user\" to it, or name another key: --column user=KEY"),
            )),
        }
    }
}

/// The summary at the end of a list, and an error that came in between: how many people each says are not in the list.
fn of_no_row(object: &Map<String, Value>) -> Option<u64> {
    if object.contains_key("user") {
        return None;
    }
    if object.get("error").is_some_and(Value::is_object) {
        return Some(1);
    }
    let is_summary = object.get("type").and_then(Value::as_str) == Some("summary");
    is_summary.then(|| object.get("failed").and_then(Value::as_u64).unwrap_or_default())
}

impl<R: BufRead> Iterator for NdjsonRows<R> {
    type Item = Result<InputRow, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Err(problem) = self.advance()? {
                return Some(Err(problem));
            }
            if let Some(row) = self.row().transpose() {
                return Some(row);
            }
        }
    }
}
