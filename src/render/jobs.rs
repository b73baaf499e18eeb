//! Jobs: a row each, or one with its steps, which are written as they are read.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::{Format, Page, Row, Rows, Shape, cell, csv, dash, filtered, internal, text, to_value, write};
use crate::domain::Result;
use crate::domain::shape::{JobRow, JobShow, StepRow};

impl Row for JobRow {
    const TYPE: &'static str = "job";
    const HEADINGS: &'static [&'static str] = &[
        "JOB", "STATE", "VERB", "WHO", "PEOPLE", "DONE", "FAILED", "SKIPPED", "LEFT", "MADE", "PROFILE",
    ];
    const COLUMNS: &'static [&'static str] = &[
        "ref",
        "id",
        "name",
        "state",
        "profile",
        "tenant",
        "service",
        "verb",
        "playbook",
        "selection",
        "operator",
        "ticket",
        "reason",
        "made_at",
        "last_at",
        "plan.id",
        "part",
        "undoes",
        "summary.users.selected",
        "summary.users.done",
        "summary.users.unchanged",
        "summary.users.failed",
        "summary.users.skipped",
        "left",
        "error.code",
    ];

    fn cells(&self, page: &Page) -> Vec<String> {
        let users = self.summary.map(|summary| summary.users);
        let count = |number: Option<u64>| number.map_or_else(dash, text::grouped);
        let verb = match (&self.verb, &self.playbook) {
            (Some(verb), Some(playbook)) => Some(format!("{verb} {playbook}")),
            (verb, _) => verb.clone(),
        };
        let selection = match (&self.selection, &self.part) {
            (Some(selection), Some(part)) => Some(format!("{selection} --shard {part}")),
            (selection, _) => selection.clone(),
        };
        vec![
            self.reference.clone(),
            self.state.clone(),
            cell(verb.as_deref()),
            cell(selection.as_deref()),
            count(users.map(|users| users.selected)),
            count(users.map(|users| users.done + users.unchanged)),
            count(users.map(|users| users.failed)),
            count(users.map(|users| users.skipped)),
            count(self.left),
            page.when(self.made_at),
            cell(self.profile.as_deref()),
        ]
    }
}

/// `jobs list` and `jobs prune`.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn jobs(page: &Page, out: &mut dyn Write, rows: &[JobRow]) -> Result<()> {
    let mut list = Rows::new(page, out, Shape::One);
    for row in rows {
        list.push(row)?;
    }
    let summary = serde_json::json!({ "rows": list.count() });
    list.finish(&summary)
}

/// A job whose steps are being written.
pub(crate) enum JobPage<'a> {
    /// As rows, behind the page of the job where that is for people.
    Rows(Rows<'a, StepRow>),
    /// As one object, whose array of steps is open.
    Object { out: &'a mut dyn Write, began: bool },
    /// As one object for a filter.
    Filtered {
        page: &'a Page,
        out: &'a mut dyn Write,
        steps: Vec<Value>,
    },
}

impl<'a> JobPage<'a> {
    /// Begins: `about` is what people read of the job before its steps.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn new(
        page: &'a Page,
        out: &'a mut dyn Write,
        job: &JobShow,
        about: &[Vec<String>],
        shape: Shape,
    ) -> Result<Self> {
        match page.format {
            Format::Json if page.jq.is_some() => Ok(Self::Filtered {
                page,
                out,
                steps: Vec::new(),
            }),
            Format::Json => {
                let text = text::clean_json(serde_json::to_string_pretty(job).map_err(internal)?);
                // Steps are the last field, and there are none yet: the array stays open.
                let open = text.trim_end_matches(['}', ']', '\n', ' ']);
                write(out, open.as_bytes())?;
                Ok(Self::Object { out, began: false })
            }
            Format::Table => {
                page.pairs(out, about)?;
                write(out, b"\n")?;
                Ok(Self::Rows(Rows::new(page, out, shape)))
            }
            Format::Ndjson | Format::Csv => Ok(Self::Rows(Rows::new(page, out, shape))),
        }
    }

    /// Adds a step.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn push(&mut self, row: &StepRow) -> Result<()> {
        match self {
            Self::Rows(rows) => rows.push(row),
            Self::Filtered { steps, .. } => {
                steps.push(to_value(row)?);
                Ok(())
            }
            Self::Object { out, began } => {
                let text = text::clean_json(serde_json::to_string_pretty(row).map_err(internal)?);
                let before = if *began { ",\n    " } else { "\n    " };
                *began = true;
                let text = text.replace('\n', "\n    ");
                write(out, format!("{before}{text}").as_bytes())
            }
        }
    }

    /// Ends: the array and the object, or the summary.
    ///
    /// # Errors
    /// stdout is a file that cannot take it; the filter of `--jq` failed.
    pub(crate) fn finish(self, job: &JobShow) -> Result<()> {
        match self {
            Self::Rows(rows) => rows.finish(&summary(job)?),
            Self::Object { out, began } => {
                let end: &[u8] = if began { b"\n  ]\n}\n" } else { b"]\n}\n" };
                write(out, end)
            }
            Self::Filtered { page, out, steps } => {
                let mut value = to_value(job)?;
                if let Some(fields) = value.as_object_mut() {
                    fields.insert("steps".to_owned(), Value::Array(steps));
                }
                match &page.jq {
                    Some(filter) => filtered(out, filter, &value),
                    None => page.json(out, &value),
                }
            }
        }
    }
}

/// Everything of a job but its steps: the last line of NDJSON.
fn summary(job: &impl Serialize) -> Result<Value> {
    let mut value = to_value(job)?;
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("steps");
    }
    Ok(value)
}

/// Somebody with a step that failed, with the values of the verb: a row that `--from` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct AgainRow {
    /// The sign-in name.
    pub(crate) user: String,
    /// The number in E.164.
    pub(crate) number: Option<String>,
    /// `mobile`, `alternate` or `office`.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// `sms` or `call`.
    pub(crate) via: Option<String>,
    /// The mail address.
    pub(crate) address: Option<String>,
    /// The name of the device.
    pub(crate) name: Option<String>,
    /// Ids of methods.
    pub(crate) method: Option<String>,
    /// How long a pass works, with its unit.
    pub(crate) lifetime: Option<String>,
    /// From when a pass works.
    pub(crate) start: Option<String>,
    /// What failed first.
    pub(crate) step: String,
    /// To what.
    pub(crate) target: String,
    /// How it ended.
    pub(crate) status: String,
    /// Why.
    pub(crate) detail: String,
}

/// What stands behind the values: `--from` names these columns as not used.
const WHY: [&str; 4] = ["step", "target", "status", "detail"];

/// Rows that `--from` takes, with a column for each of these options.
pub(crate) struct AgainRows<'a> {
    out: &'a mut dyn Write,
    columns: Vec<&'static str>,
}

impl<'a> AgainRows<'a> {
    /// Begins with the heading.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn new(out: &'a mut dyn Write, options: &[&'static str]) -> Result<Self> {
        let columns: Vec<&str> = ["user"].iter().chain(options).chain(&WHY).copied().collect();
        write(out, &csv::line(columns.iter().copied())?)?;
        Ok(Self { out, columns })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// stdout is a file that cannot take it.
    pub(crate) fn push(&mut self, row: &AgainRow) -> Result<()> {
        let cells = csv::cells(&to_value(row)?, &self.columns);
        write(self.out, &csv::line(cells.iter().map(String::as_str))?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, written};
    use super::*;
    use serde_json::json;

    fn job() -> JobShow {
        serde_json::from_value(json!({"ref": "j-4f7a", "id": "0199", "name": null, "state": "ended",
            "profile": "local", "tenant": "t", "service": "local", "verb": "user reset", "playbook": "lost-phone",
            "selection": "--from \u{1b}[2J.csv", "operator": "rita", "ticket": null, "reason": null,
            "made_at": "2026-12-08T08:12:00Z", "last_at": null, "plan": null, "part": null, "undoes": null,
            "summary": {"users": {"selected": 1931, "done": 1900, "unchanged": 20, "skipped": 1, "failed": 2},
                "steps": {"planned": 0, "done": 1, "unchanged": 0, "skipped": 0, "failed": 0, "unsupported": 0,
                    "unknown": 0}},
            "left": 8, "error": null, "version": "0.1.0", "argv": ["user", "reset"], "steps": []}))
        .unwrap()
    }

    fn step(user: &str) -> StepRow {
        serde_json::from_value(
            json!({"user": user, "user_id": user, "step": "remove", "target": "email",
            "status": "done", "detail": "", "error": null, "attempts": 1, "request_id": null, "at": null}),
        )
        .unwrap()
    }

    fn shown(format: Format, steps: &[StepRow]) -> String {
        let page = page(format);
        written(|out| {
            let about = [vec!["Job".to_owned(), "j-4f7a".to_owned()]];
            let mut shown = JobPage::new(&page, out, &job(), &about, Shape::Several)?;
            for step in steps {
                shown.push(step)?;
            }
            shown.finish(&job())
        })
    }

    #[test]
    fn a_list_counts_people_and_escapes_are_harmless() {
        let rows = [job().job];
        insta::assert_snapshot!(written(|out| jobs(&page(Format::Table), out, &rows)), @r"
        JOB     STATE  VERB                   WHO                   PEOPLE  DONE   FAILED  SKIPPED  LEFT  MADE         PROFILE
        j-4f7a  ended  user reset lost-phone  --from \u{1b}[2J.csv  1,931   1,920  2       1        8     today 08:12  local
        ");
    }

    #[test]
    fn the_object_that_is_written_piece_by_piece_is_the_whole_object() {
        for steps in [vec![], vec![step("a")], vec![step("a"), step("b")]] {
            let text = shown(Format::Json, &steps);
            let whole = JobShow {
                steps: steps.clone(),
                ..job()
            };
            let pretty = serde_json::to_string_pretty(&whole).unwrap();
            assert_eq!(text, text::clean_json(pretty) + "\n");
        }
    }

    #[test]
    fn lines_and_rows_end_with_the_job() {
        let text = shown(Format::Ndjson, &[step("a")]);
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!((lines[0]["type"].as_str(), lines.len()), (Some("step"), 2));
        assert_eq!(
            (lines[1]["type"].as_str(), lines[1]["ref"].as_str()),
            (Some("summary"), Some("j-4f7a"))
        );
        assert_eq!(shown(Format::Csv, &[step("a")]).lines().count(), 2);
        insta::assert_snapshot!(shown(Format::Table, &[step("a")]), @r"
        Job  j-4f7a

        USER  STEP    TARGET  STATUS  DETAIL
        a     remove  email   done    -
        ");
    }
}
