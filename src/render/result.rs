//! What a change did, step by step.

use std::io::Write;

use serde::Serialize;

use super::{Format, Page, Row, Rows, Shape, cell, internal, line, text, to_value, write};
use crate::domain::shape::{Next, ResultDoc, StepRow};
use crate::domain::{Error, ErrorCode, Result};

impl Row for StepRow {
    const TYPE: &'static str = "step";
    const HEADINGS: &'static [&'static str] = &["STEP", "TARGET", "STATUS", "DETAIL"];
    const COLUMNS: &'static [&'static str] = &[
        "user",
        "user_id",
        "step",
        "target",
        "status",
        "detail",
        "error.code",
        "error.message",
        "error.service_code",
        "attempts",
        "request_id",
        "at",
    ];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            text::clean(&self.step).into_owned(),
            cell(Some(&self.target)),
            self.status.as_str().to_owned(),
            // A row of a file that names nobody is found by its line.
            match self.error.as_ref().and_then(|error| error.line) {
                Some(line) if self.user.is_empty() => cell(Some(&format!("line {line}: {}", self.detail))),
                _ => cell(Some(&self.detail)),
            },
        ]
    }

    fn user(&self) -> Option<&str> {
        Some(if self.user.is_empty() { "-" } else { &self.user })
    }
}

/// The result of a change, of one person or of many: a table with USER where there are several, one object, lines
/// with a last one that holds everything but the steps, or a row a step.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn result(page: &Page, out: &mut dyn Write, doc: &ResultDoc) -> Result<()> {
    let several = doc
        .steps
        .first()
        .is_some_and(|first| doc.steps.iter().any(|step| step.user_id != first.user_id));
    let shape = if several || doc.summary.users.selected > 1 {
        Shape::Several
    } else {
        Shape::One
    };
    let whole = ResultDoc {
        steps: Vec::new(),
        next: Vec::new(),
        ..doc.clone()
    };
    let mut results = Results::new(page, out, shape);
    results.begin(&whole)?;
    for step in &doc.steps {
        results.step(step)?;
    }
    results.end_of_steps(&whole)?;
    for next in &doc.next {
        results.next(next)?;
    }
    results.finish(&whole)
}

/// A result whose rows are written as they are read: no job is in memory whole, except for a filter.
pub(crate) struct Results<'a> {
    page: &'a Page,
    form: Form<'a>,
}

enum Form<'a> {
    /// Tables and CSV.
    Rows(Rows<'a, StepRow>),
    /// Lines, and the last one in the pieces around what stays for people.
    Lines(Rows<'a, StepRow>, Tail),
    /// One object, in the pieces around the lists that are read.
    Pieces(Pieces<'a>),
    /// One object for the filter.
    Whole(&'a mut dyn Write, Vec<StepRow>, Vec<Next>),
}

/// The end of the last line.
#[derive(Default)]
struct Tail {
    after: String,
    any: bool,
}

struct Pieces<'a> {
    out: &'a mut dyn Write,
    /// What follows the steps, and what follows that.
    after: [String; 2],
    any: bool,
}

impl Pieces<'_> {
    fn item(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(internal)?;
        let text = text::clean_json(text).replace('\n', "\n    ");
        let before = if std::mem::replace(&mut self.any, true) {
            ",\n    "
        } else {
            "\n    "
        };
        write(self.out, before.as_bytes())?;
        write(self.out, text.as_bytes())
    }

    fn end(&mut self, piece: usize) -> Result<()> {
        if std::mem::take(&mut self.any) {
            write(self.out, b"\n  ")?;
        }
        write(self.out, self.after[piece].as_bytes())
    }
}

impl<'a> Results<'a> {
    /// Begins to write; the rows of NDJSON may come before the rest is known.
    pub(crate) fn new(page: &'a Page, out: &'a mut dyn Write, shape: Shape) -> Self {
        let form = match page.format {
            Format::Json if page.jq.is_some() => Form::Whole(out, Vec::new(), Vec::new()),
            Format::Json => Form::Pieces(Pieces {
                out,
                after: Default::default(),
                any: false,
            }),
            Format::Ndjson => Form::Lines(Rows::new(page, out, shape), Tail::default()),
            Format::Table | Format::Csv => Form::Rows(Rows::new(page, out, shape)),
        };
        Self { page, form }
    }

    /// Everything but the lists of steps and of what stays is known.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn begin(&mut self, doc: &ResultDoc) -> Result<()> {
        let Form::Pieces(pieces) = &mut self.form else {
            return Ok(());
        };
        let text = text::clean_json(serde_json::to_string_pretty(doc).map_err(internal)?);
        let parts = text
            .split_once("\n  \"steps\": []")
            .and_then(|(first, rest)| Some((first, rest.split_once("\n  \"next\": []")?)));
        let Some((first, (second, third))) = parts else {
            return Err(Error::new(
                ErrorCode::Internal,
                "a result is not of the usual form",
            ));
        };
        pieces.after = [format!("]{second}\n  \"next\": ["), format!("]{third}\n")];
        write(pieces.out, format!("{first}\n  \"steps\": [").as_bytes())
    }

    /// Adds a row.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn step(&mut self, row: &StepRow) -> Result<()> {
        match &mut self.form {
            Form::Rows(rows) | Form::Lines(rows, _) => rows.push(row),
            Form::Pieces(pieces) => pieces.item(row),
            Form::Whole(_, steps, _) => {
                steps.push(row.clone());
                Ok(())
            }
        }
    }

    /// Lets the reader have what was added so far.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn flush(&mut self) -> Result<()> {
        match &mut self.form {
            Form::Rows(rows) | Form::Lines(rows, _) => rows.flush(),
            Form::Pieces(_) | Form::Whole(..) => Ok(()),
        }
    }

    /// There are no more rows.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn end_of_steps(&mut self, doc: &ResultDoc) -> Result<()> {
        match &mut self.form {
            Form::Pieces(pieces) => pieces.end(0),
            Form::Lines(rows, tail) => {
                let mut summary = to_value(doc)?;
                if let Some(fields) = summary.as_object_mut() {
                    fields.shift_remove("steps");
                }
                let line = line("summary", &summary)?;
                let (first, rest) = line
                    .split_once("\"next\":[]")
                    .ok_or_else(|| Error::new(ErrorCode::Internal, "a result is not of the usual form"))?;
                tail.after = format!("]{rest}");
                rows.raw(&format!("{first}\"next\":["))
            }
            Form::Rows(_) | Form::Whole(..) => Ok(()),
        }
    }

    /// Whether this form tells what stays for people.
    pub(crate) fn tells_next(&self) -> bool {
        !matches!(self.page.format, Format::Table | Format::Csv)
    }

    /// Adds what stays for somebody.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn next(&mut self, next: &Next) -> Result<()> {
        match &mut self.form {
            Form::Pieces(pieces) => pieces.item(next),
            Form::Lines(rows, tail) => {
                let text = text::clean_json(serde_json::to_string(next).map_err(internal)?);
                let comma = if std::mem::replace(&mut tail.any, true) {
                    ","
                } else {
                    ""
                };
                rows.raw(&format!("{comma}{text}"))
            }
            Form::Whole(.., all) => {
                all.push(next.clone());
                Ok(())
            }
            Form::Rows(_) => Ok(()),
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn finish(self, doc: &ResultDoc) -> Result<()> {
        match self.form {
            Form::Rows(rows) => rows.finish(&()),
            Form::Lines(mut rows, tail) => rows.raw(&tail.after),
            Form::Pieces(mut pieces) => pieces.end(1),
            Form::Whole(out, steps, next) => {
                let doc = ResultDoc {
                    steps,
                    next,
                    ..doc.clone()
                };
                self.page.json(out, &doc)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, written};
    use super::*;
    use serde_json::{Value, json};

    fn step(user: &str, step: &str, target: &str, status: &str, detail: &str) -> Value {
        json!({"user": user, "user_id": user, "step": step, "target": target, "status": status, "detail": detail,
            "error": null, "attempts": 1, "request_id": null, "at": null})
    }

    fn doc(steps: &[Value]) -> ResultDoc {
        let selected = if steps.iter().any(|step| step["user"] == "cy@contoso.com") {
            2
        } else {
            1
        };
        serde_json::from_value(json!({"schema": "result/1", "job": null, "dry_run": false, "profile": "local",
            "tenant": "t", "verb": "user reset", "playbook": null, "ticket": null, "reason": null, "plan": null,
            "started_at": null, "finished_at": null, "exit_code": 0, "summary": {
                "users": {"selected": selected, "done": 1, "unchanged": 0, "skipped": 0, "failed": 0},
                "steps": {"planned": 0, "done": 1, "unchanged": 0, "skipped": 0, "failed": 0, "unsupported": 0,
                    "unknown": 0}},
            "steps": steps, "by_hand": [], "next": [], "access_ends_within_s": null, "undo": null, "audit": null}))
        .unwrap()
    }

    fn adele() -> ResultDoc {
        let adele = "adele@contoso.example";
        doc(&[
            step(adele, "change", "phone:mobile", "done", "+1 425 555 0199"),
            step(adele, "remove", "phone:alternate", "done", "read back: gone"),
            step(adele, "forget", "remembered devices", "done", "1"),
            step(adele, "sign out", "everywhere", "done", ""),
        ])
    }

    #[test]
    fn one_person_has_no_user_column() {
        insta::assert_snapshot!(written(|out| result(&page(Format::Table), out, &adele())), @r"
        STEP      TARGET              STATUS  DETAIL
        change    phone:mobile        done    +1 425 555 0199
        remove    phone:alternate     done    read back: gone
        forget    remembered devices  done    1
        sign out  everywhere          done    -
        ");
    }

    #[test]
    fn several_people_are_told_apart_and_escapes_are_harmless() {
        let doc = doc(&[
            step(
                "bo@contoso.com",
                "remove",
                "phone:mobile",
                "failed",
                "\u{1b}[2Jgone",
            ),
            step("cy@contoso.com", "all", "", "skipped", "changed since the plan"),
        ]);
        insta::assert_snapshot!(written(|out| result(&page(Format::Table), out, &doc)), @r"
        USER            STEP    TARGET        STATUS   DETAIL
        bo@contoso.com  remove  phone:mobile  failed   \u{1b}[2Jgone
        cy@contoso.com  all     -             skipped  changed since the plan
        ");
    }

    #[test]
    fn lines_end_with_a_summary_that_holds_the_rest() {
        let text = written(|out| result(&page(Format::Ndjson), out, &adele()));
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 5);
        assert!(text.starts_with("{\"type\":\"step\",\"user\":"));
        assert_eq!(lines[4]["type"], "summary");
        assert_eq!(lines[4]["verb"], "user reset");
        assert!(lines[4].get("steps").is_none());
    }

    #[test]
    fn one_object_in_pieces_is_the_object_whole() {
        for doc in [adele(), doc(&[])] {
            let mut doc = doc;
            for name in ["adele", "bas"].iter().filter(|_| !doc.steps.is_empty()) {
                doc.next.push(Next {
                    user: (*name).to_owned(),
                    notice: crate::domain::Notice {
                        text: "a \"next\": [] that is text".to_owned(),
                        url: None,
                    },
                });
            }
            let whole = format!("{}\n", serde_json::to_string_pretty(&doc).unwrap());
            assert_eq!(written(|out| result(&page(Format::Json), out, &doc)), whole);
        }
    }

    #[test]
    fn csv_has_a_row_a_step() {
        let text = written(|out| result(&page(Format::Csv), out, &adele()));
        assert_eq!(text.lines().count(), 5);
        assert!(
            text.contains(",change,phone:mobile,done,'+1 425 555 0199,"),
            "{text}"
        );
    }
}
