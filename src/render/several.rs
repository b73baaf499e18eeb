//! The answers of several profiles as one: each row says whose it is. In the order of the profiles, whoever answered
//! first.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::{Format, Page, csv, internal, line, text, write};
use crate::domain::{Error, Result};

/// A table that is not written yet.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Where tables go that are to be part of a larger one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grids(Arc<Mutex<Vec<Grid>>>);

impl Grids {
    /// Keeps a table.
    pub(super) fn keep(&self, headings: &[&str], rows: &[Vec<String>]) {
        let grid = Grid {
            headings: headings.iter().map(|heading| (*heading).to_owned()).collect(),
            rows: rows.to_vec(),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(grid);
    }

    /// Hands over what was kept.
    pub(crate) fn take(&self) -> Vec<Grid> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What one profile answered.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// The profile.
    pub(crate) profile: String,
    /// Its tenant, where it was reached.
    pub(crate) tenant: Option<String>,
    /// What it would have written.
    pub(crate) out: Vec<u8>,
    /// Its tables.
    pub(crate) grids: Vec<Grid>,
    /// Why it did not answer.
    pub(crate) failed: Option<Error>,
}

/// Writes the answers.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn several(page: &Page, out: &mut dyn Write, parts: &[Part]) -> Result<()> {
    match page.format {
        Format::Table => tables(page, out, parts),
        Format::Json => {
            if parts
                .iter()
                .all(|part| part.failed.is_some() && part.out.is_empty())
            {
                return Ok(());
            }
            page.json(out, &Value::Array(objects(parts)?))
        }
        Format::Ndjson => lines(out, parts),
        Format::Csv => cells(out, parts),
    }
}

fn tables(page: &Page, out: &mut dyn Write, parts: &[Part]) -> Result<()> {
    let mut merged: Vec<(Vec<String>, Vec<Vec<String>>)> = Vec::new();
    for part in parts {
        for grid in &part.grids {
            let rows = grid.rows.iter().map(|row| {
                let mut cells = vec![text::clean(&part.profile).into_owned()];
                cells.extend(row.iter().cloned());
                cells
            });
            // Tables of one kind are one; those of another kind follow.
            match merged.iter_mut().find(|(headings, _)| *headings == grid.headings) {
                Some((_, all)) => all.extend(rows),
                None => merged.push((grid.headings.clone(), rows.collect())),
            }
        }
    }
    let mut began = false;
    for (headings, rows) in &merged {
        if std::mem::replace(&mut began, true) {
            write(out, b"\n")?;
        }
        let headings: Vec<&str> = std::iter::once("PROFILE")
            .chain(headings.iter().map(String::as_str))
            .collect();
        page.grid(out, &headings, rows, &[])?;
    }
    for part in parts.iter().filter(|part| !part.out.is_empty()) {
        let said = String::from_utf8_lossy(&part.out);
        let said = said.trim_end();
        if said.contains('\n') {
            // A page of its own, which names its profile.
            let gap = if std::mem::replace(&mut began, true) {
                "\n"
            } else {
                ""
            };
            write(out, format!("{gap}{said}\n").as_bytes())?;
        } else {
            began = true;
            write(
                out,
                format!("{}: {said}\n", text::clean(&part.profile)).as_bytes(),
            )?;
        }
    }
    Ok(())
}

/// Whose an object is, where it does not say so itself.
fn whose(object: &mut Map<String, Value>, part: &Part) {
    for (key, value) in [
        ("tenant", part.tenant.clone().map_or(Value::Null, Value::from)),
        ("profile", Value::from(part.profile.clone())),
    ] {
        if !object.contains_key(key) {
            object.shift_insert(0, key.to_owned(), value);
        }
    }
}

fn objects(parts: &[Part]) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for part in parts.iter().filter(|part| !part.out.is_empty()) {
        let rows = match serde_json::from_slice(&part.out).map_err(internal)? {
            Value::Array(rows) => rows,
            one => vec![one],
        };
        for mut row in rows {
            if let Some(object) = row.as_object_mut() {
                whose(object, part);
            }
            all.push(row);
        }
    }
    Ok(all)
}

fn lines(out: &mut dyn Write, parts: &[Part]) -> Result<()> {
    let mut summaries = Vec::new();
    for part in parts {
        for text in String::from_utf8_lossy(&part.out).lines() {
            let Value::Object(mut object) = serde_json::from_str(text).map_err(internal)? else {
                continue;
            };
            let Some(Value::String(kind)) = object.shift_remove("type") else {
                continue;
            };
            whose(&mut object, part);
            if kind == "summary" {
                summaries.push(Value::Object(object));
            } else {
                write(out, line(&kind, &object)?.as_bytes())?;
            }
        }
        if let Some(error) = &part.failed {
            let said = json!({ "profile": part.profile, "tenant": part.tenant, "error": error.to_body() });
            write(out, line("error", &said)?.as_bytes())?;
        }
    }
    let count = |key: &str| {
        let numbers = summaries.iter().filter_map(|one| one.get(key)?.as_u64());
        numbers.sum::<u64>()
    };
    let failed = parts.iter().filter(|part| part.failed.is_some()).count();
    let summary = json!({
        "profiles": parts.len(), "profiles_failed": failed, "rows": count("rows"), "failed": count("failed"),
        "each": summaries,
    });
    write(out, line("summary", &summary)?.as_bytes())
}

fn cells(out: &mut dyn Write, parts: &[Part]) -> Result<()> {
    let mut columns: Option<Vec<String>> = None;
    for part in parts.iter().filter(|part| !part.out.is_empty()) {
        let (own, rows) = csv::read(&part.out)?;
        let columns = match &columns {
            Some(columns) => columns,
            None => {
                let lacks = ["profile", "tenant"]
                    .into_iter()
                    .filter(|key| own.iter().all(|own| own != key));
                let all: Vec<String> = lacks.map(str::to_owned).chain(own.iter().cloned()).collect();
                write(out, &csv::line(all.iter().map(String::as_str))?)?;
                columns.insert(all)
            }
        };
        for row in rows {
            let cells = columns.iter().map(|column| {
                match (own.iter().position(|own| own == column), column.as_str()) {
                    (Some(at), _) => row.get(at).cloned().unwrap_or_default(),
                    (None, "profile") => csv::guard(&part.profile),
                    (None, "tenant") => csv::guard(part.tenant.as_deref().unwrap_or_default()),
                    (None, _) => String::new(),
                }
            });
            let cells: Vec<String> = cells.collect();
            write(out, &csv::line(cells.iter().map(String::as_str))?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorCode;
    use crate::render::testing::{page, written};

    fn parts(outs: [&str; 2]) -> Vec<Part> {
        let mut parts: Vec<Part> = ["a", "b"]
            .into_iter()
            .zip(outs)
            .map(|(profile, out)| Part {
                profile: profile.to_owned(),
                tenant: Some(format!("{profile}.example")),
                out: out.as_bytes().to_vec(),
                ..Part::default()
            })
            .collect();
        parts.push(Part {
            profile: "c".to_owned(),
            failed: Some(Error::new(ErrorCode::NotSignedIn, "no")),
            ..Part::default()
        });
        parts
    }

    fn shown(format: Format, parts: &[Part]) -> String {
        written(|out| several(&page(format), out, parts))
    }

    #[test]
    fn objects_and_arrays_become_one_array_that_says_whose_each_is() {
        let text = shown(
            Format::Json,
            &parts([r#"[{"x":1}]"#, r#"{"profile":"own","x":2}"#]),
        );
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            json!([
                {"profile": "a", "tenant": "a.example", "x": 1},
                {"tenant": "b.example", "profile": "own", "x": 2},
            ])
        );
        assert_eq!(shown(Format::Json, &parts(["", ""])[2..]), "", "nobody answered");
    }

    #[test]
    fn lines_end_in_one_summary_and_an_error_has_its_line() {
        let text = shown(
            Format::Ndjson,
            &parts([
                "{\"type\":\"m\",\"x\":1}\n{\"type\":\"summary\",\"rows\":1,\"failed\":0}\n",
                "{\"type\":\"summary\",\"rows\":0,\"failed\":2}\n",
            ]),
        );
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[0],
            json!({"type": "m", "profile": "a", "tenant": "a.example", "x": 1})
        );
        assert_eq!(
            (&lines[1]["type"], &lines[1]["profile"]),
            (&json!("error"), &json!("c"))
        );
        assert_eq!(lines[1]["error"]["code"], "not_signed_in");
        assert_eq!(lines[2]["type"], "summary");
        assert_eq!((&lines[2]["rows"], &lines[2]["failed"]), (&json!(1), &json!(2)));
        assert_eq!(lines[2]["profiles_failed"], 1);
    }

    #[test]
    fn csv_has_one_heading_and_the_columns_that_were_missing() {
        let text = shown(Format::Csv, &parts(["x,y\n1,\"a,b\"\n", "y,x\nc,2\n"]));
        assert_eq!(
            text,
            "profile,tenant,x,y\na,a.example,1,\"a,b\"\nb,b.example,2,c\n"
        );
    }

    #[test]
    fn tables_of_one_kind_are_one_with_the_profile_first() {
        let grid = |rows: &[&[&str]]| Grid {
            headings: vec!["METHOD".to_owned(), "STATE".to_owned()],
            rows: rows
                .iter()
                .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
                .collect(),
        };
        let mut all = parts(["", "Remembered devices 14 days\n"]);
        all[0].grids.push(grid(&[&["totp", "ready"]]));
        all[1].grids.push(grid(&[&["email", "ready"]]));
        assert_eq!(
            shown(Format::Table, &all),
            "PROFILE  METHOD  STATE\na        totp    ready\nb        email   ready\nb: Remembered devices 14 days\n"
        );
    }
}
