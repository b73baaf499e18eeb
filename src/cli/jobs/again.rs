//! What failed for a person, as a row that the same verb takes again by `--from`: its own value options, as far as the
//! planned actions hold them. Never a secret, because no action holds one.

use crate::domain::{Action, MethodKind, PhoneNumber, Status};
use crate::jobs::journal::{StepRecord, Taken};
use crate::render::AgainRow;

/// The value options of a verb that `--from` fills.
pub(super) fn options(verb: &str) -> &'static [&'static str] {
    match verb {
        "methods add phone" => &["number", "type", "via"],
        "methods add email" => &["address"],
        "methods add totp" => &["name"],
        "methods add temporary-pass" => &["lifetime", "start"],
        "methods update" => &["method", "number", "address", "name"],
        "methods remove" | "methods set-default" => &["method"],
        _ => &[],
    }
}

/// The row of a person; `None`: nothing failed.
pub(super) fn again(taken: &Taken) -> Option<AgainRow> {
    let is_bad = |record: &StepRecord| matches!(record.row.status, Status::Failed | Status::Unknown);
    let first = taken.steps.iter().find(|record| is_bad(record))?;
    let mut row = AgainRow {
        user: first.row.user.clone(),
        step: first.row.step.clone(),
        target: first.row.target.clone(),
        status: first.row.status.as_str().to_owned(),
        detail: first.row.detail.clone(),
        ..AgainRow::default()
    };
    let mut methods: Vec<&str> = Vec::new();
    for record in taken
        .steps
        .iter()
        .filter(|record| record.row.status != Status::Done)
    {
        let planned = taken.person.steps.get(usize::from(record.place));
        if let Some(action) = planned.and_then(|planned| planned.to_send()) {
            fill(&mut row, &mut methods, &action.action);
        }
    }
    row.method = (!methods.is_empty()).then(|| methods.join(","));
    Some(row)
}

/// A number as a column has it.
fn whole(number: &PhoneNumber) -> String {
    let extension = number.extension().map(|digits| format!("x{digits}"));
    number.e164() + &extension.unwrap_or_default()
}

fn fill<'a>(row: &mut AgainRow, methods: &mut Vec<&'a str>, action: &'a Action) {
    let phone = |kind: &MethodKind| kind.as_str().strip_prefix("phone:").map(str::to_owned);
    match action {
        Action::AddPhone { kind, number, via } => {
            row.number.get_or_insert_with(|| whole(number));
            row.kind = row.kind.take().or_else(|| phone(kind));
            row.via = row.via.take().or_else(|| via.map(|via| via.as_str().to_owned()));
        }
        Action::UpdatePhone { method, kind, number } => {
            methods.push(&method.0);
            row.number.get_or_insert_with(|| whole(number));
            row.kind = row.kind.take().or_else(|| phone(kind));
        }
        Action::AddEmail { address } => {
            row.address.get_or_insert_with(|| address.clone());
        }
        Action::UpdateEmail { method, address } => {
            methods.push(&method.0);
            row.address.get_or_insert_with(|| address.clone());
        }
        Action::AddTotp { name } | Action::AddHotp { name } | Action::AddPush { name } => {
            row.name = row.name.take().or_else(|| name.clone())
        }
        Action::Rename { method, name, .. } => {
            methods.push(&method.0);
            row.name.get_or_insert_with(|| name.clone());
        }
        Action::AddTemporaryPass {
            lifetime_minutes,
            start,
            ..
        } => {
            row.lifetime = lifetime_minutes.map(|minutes| format!("{minutes}m"));
            row.start = start.map(|start| start.to_string());
        }
        Action::RemoveMethod { method, .. } | Action::SetDefault { method, .. } => methods.push(&method.0),
        _ => {}
    }
}
