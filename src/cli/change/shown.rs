//! The plan as a person reads it before saying yes.

use super::{Prepared, place};
use crate::cli::context::{Context, Session};
use crate::jobs::plan::{Deed, PlannedRow, PlannedUser};
use crate::render::text::{clean, grouped};
use crate::render::time;

/// Heading, ticket, and every line, without a question.
pub(super) fn plan(cx: &Context, session: &Session, prepared: &Prepared) -> String {
    let Prepared { head, gathered, .. } = prepared;
    let mut lines = vec![heading(session, prepared)];
    let said: Vec<String> = [
        head.ticket.as_ref().map(|ticket| format!("Ticket {ticket}.")),
        head.reason.as_ref().map(|reason| format!("Reason: {reason}.")),
        prepared.caller.as_ref().map(|check| {
            let at = time::short(check.at, cx.clock.now(), &cx.zone);
            format!(
                "Caller checked {} {}.",
                at.strip_prefix("today ").unwrap_or(&at),
                check.said()
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !said.is_empty() {
        lines.push(clean(&said.join(" ")).into_owned());
    }
    let one = gathered.people() == 1;
    let all: Vec<&PlannedRow> = gathered.few.iter().flat_map(|person| &person.steps).collect();
    let width = Widths::new(&all);
    for person in &gathered.few {
        if !one {
            lines.push(format!("  {}", clean(&person.title())));
        }
        lines.extend(rows(person, width, if one { "  " } else { "    " }));
    }
    let more = gathered.planned - gathered.few.len() as u64;
    if more > 0 {
        lines.push(format!("  and {} more; --dry-run shows all", grouped(more)));
    }
    for row in &gathered.left {
        let who = match row.error.as_ref().and_then(|error| error.line) {
            Some(line) if row.user.is_empty() => format!("line {line}"),
            _ => clean(&row.user).into_owned(),
        };
        lines.push(format!("  {who}: {}", clean(&row.detail)));
    }
    let more = gathered.size.left_out - gathered.left.len() as u64;
    if more > 0 {
        lines.push(format!("  and {} more are left out", grouped(more)));
    }
    lines.extend(
        gathered
            .warnings
            .iter()
            .map(|warning| format!("warning: {}", clean(warning))),
    );
    lines.join("\n")
}

fn heading(session: &Session, prepared: &Prepared) -> String {
    let whom = match (prepared.gathered.planned, prepared.gathered.few.as_slice()) {
        (1, [one]) => one.title(),
        (planned, _) => format!("{} people", grouped(planned)),
    };
    let playbook = prepared
        .head
        .playbook
        .as_ref()
        .map(|name| format!(", playbook {name}"))
        .unwrap_or_default();
    clean(&format!(
        "{} {whom} in {}{playbook}",
        prepared.doing,
        place(session)
    ))
    .into_owned()
}

#[derive(Clone, Copy)]
struct Widths {
    step: usize,
    target: usize,
}

impl Widths {
    fn new(rows: &[&PlannedRow]) -> Self {
        let longest = |of: fn(&PlannedRow) -> &str| {
            rows.iter()
                .map(|row| clean(of(row)).chars().count())
                .max()
                .unwrap_or_default()
        };
        Self {
            step: longest(|row| &row.step).max("stays".len()),
            target: longest(|row| &row.target),
        }
    }
}

fn rows(person: &PlannedUser, width: Widths, indent: &str) -> Vec<String> {
    let mut lines: Vec<String> = person
        .steps
        .iter()
        .map(|row| {
            let detail = match &row.deed {
                Deed::Send(_) => row.detail.clone(),
                Deed::Unchanged if row.detail.is_empty() => "so already".to_owned(),
                Deed::Unchanged => format!("{}; so already", row.detail),
                Deed::ByHand { why, .. } => format!("by hand: {why}"),
                Deed::Skip { why } => format!("left alone: {why}"),
            };
            let Widths { step, target } = width;
            format!(
                "{indent}{:step$}  {:target$}  {}",
                clean(&row.step),
                clean(&row.target),
                clean(&detail)
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    if !person.stays.is_empty() {
        lines.push(format!(
            "{indent}{:1$}  {2}",
            "stays",
            width.step,
            clean(&person.stays)
        ));
    }
    lines
}
