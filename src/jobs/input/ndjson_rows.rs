//! Rows of NDJSON: an object a line.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Cell, Columns, Input, InputRow, Problems, cell_text};
use crate::domain::{Error, ErrorCode, Result};

pub(super) fn read(file: &str, text: &str, columns: Columns<'_>) -> Result<Input> {
    let mut problems = Problems::new();
    let mut rows = Vec::new();
    let mut unused: Vec<String> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        let object: Map<String, Value> = match serde_json::from_str(text) {
            Ok(object) => object,
            Err(error) => {
                let wrong = Error::new(ErrorCode::InvalidInput, "the line is not a JSON object");
                problems.add(line, Some(error.column() as u64), wrong);
                continue;
            }
        };
        let mut user = None;
        let mut values = BTreeMap::new();
        for (name, value) in &object {
            let Some(option) = columns.option(name) else {
                if !unused.contains(name) {
                    unused.push(name.clone());
                }
                continue;
            };
            let column = text.find(&format!("\"{name}\"")).map_or(1, |at| at as u64 + 1);
            let cell = match value {
                Value::Null => continue,
                Value::String(value) => Cell {
                    text: cell_text(value),
                    column,
                },
                Value::Number(value) => Cell {
                    text: value.to_string(),
                    column,
                },
                Value::Bool(value) => Cell {
                    text: value.to_string(),
                    column,
                },
                Value::Array(_) | Value::Object(_) => {
                    let wrong = format!("\"{name}\" is not a text");
                    problems.add(line, Some(column), Error::new(ErrorCode::InvalidInput, wrong));
                    continue;
                }
            };
            if option == "user" {
                user = Some(cell);
            } else if !cell.text.is_empty() {
                values.insert(option, cell);
            }
        }
        match user.filter(|user| !user.text.is_empty()) {
            Some(user) => rows.push(InputRow { user, line, values }),
            None => problems.add(
                line,
                None,
                Error::new(ErrorCode::InvalidInput, "the line names no user"),
            ),
        }
    }
    problems.finish(file)?;
    Ok(Input {
        file: file.to_owned(),
        rows,
        unused,
        taken_as_user: None,
    })
}
