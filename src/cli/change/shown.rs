//! The plan as a person reads it before saying yes.

use super::{Prepared, place};
use crate::cli::context::Session;
use crate::jobs::plan::{Deed, PlannedRow, PlannedUser};
use crate::render::text::{clean, grouped};

/// Heading, ticket, and every line, without a question.
pub(super) fn plan(session: &Session, prepared: &Prepared) -> String {
    let mut lines = vec![heading(session, prepared)];
    let said: Vec<String> = [
        prepared.ticket.as_ref().map(|ticket| format!("Ticket {ticket}.")),
        prepared
            .reason
            .as_ref()
            .map(|reason| format!("Reason: {reason}.")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !said.is_empty() {
        lines.push(clean(&said.join(" ")).into_owned());
    }
    let one = prepared.people.len() + prepared.left.len() == 1;
    let all: Vec<&PlannedRow> = prepared.people.iter().flat_map(|person| &person.steps).collect();
    let width = Widths::new(&all);
    for person in &prepared.people {
        if !one {
            lines.push(format!("  {}", clean(&person.title())));
        }
        lines.extend(rows(person, width, if one { "  " } else { "    " }));
    }
    for row in &prepared.left {
        lines.push(format!("  {}: {}", clean(&row.user), clean(&row.detail)));
    }
    let mut warnings: Vec<&str> = Vec::new();
    for warning in prepared.people.iter().flat_map(|person| &person.warnings) {
        if !warnings.contains(&warning.as_str()) {
            warnings.push(warning);
        }
    }
    lines.extend(
        warnings
            .iter()
            .map(|warning| format!("warning: {}", clean(warning))),
    );
    lines.join("\n")
}

fn heading(session: &Session, prepared: &Prepared) -> String {
    let whom = match prepared.people.as_slice() {
        [one] => one.title(),
        several => format!("{} people", grouped(several.len() as u64)),
    };
    let playbook = prepared
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
