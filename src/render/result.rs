//! What a change did, step by step.

use std::io::Write;

use super::{Format, Page, Row, Rows, Shape, cell, text, to_value};
use crate::domain::Result;
use crate::domain::shape::{ResultDoc, StepRow};

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
            cell(Some(&self.detail)),
        ]
    }

    fn user(&self) -> Option<&str> {
        Some(&self.user)
    }
}

/// The result of a change, of one person or of many: a table with USER where there are several, one object, lines
/// with a last one that holds everything but the steps, or a row a step.
///
/// # Errors
/// stdout is a file that cannot take it; the filter of `--jq` failed.
pub(crate) fn result(page: &Page, out: &mut dyn Write, doc: &ResultDoc) -> Result<()> {
    if page.format == Format::Json {
        return page.json(out, doc);
    }
    let several = doc.summary.users.selected > 1
        || doc
            .steps
            .first()
            .is_some_and(|first| doc.steps.iter().any(|step| step.user_id != first.user_id));
    let shape = if several { Shape::Several } else { Shape::One };
    let mut rows = Rows::new(page, out, shape);
    for step in &doc.steps {
        rows.push(step)?;
    }
    let mut summary = to_value(doc)?;
    if let Some(fields) = summary.as_object_mut() {
        fields.shift_remove("steps");
    }
    rows.finish(&summary)
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
    fn csv_has_a_row_a_step() {
        let text = written(|out| result(&page(Format::Csv), out, &adele()));
        assert_eq!(text.lines().count(), 5);
        assert!(
            text.contains(",change,phone:mobile,done,'+1 425 555 0199,"),
            "{text}"
        );
    }
}
