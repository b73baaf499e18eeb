//! What came of a change, counted, and the one exit status that says it (`cli.md`, "Exit status").

use std::collections::BTreeMap;

use super::plan::{Deed, PlannedUser};
use crate::domain::shape::{ByHand, StepCounts, StepRow, Summary, UserCounts};
use crate::domain::{Error, ErrorCode, Status};

/// Counts rows and people.
pub fn summary(rows: &[StepRow]) -> Summary {
    let mut steps = StepCounts::default();
    let mut people: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    for row in rows {
        let count = match row.status {
            Status::Planned => &mut steps.planned,
            Status::Done => &mut steps.done,
            Status::Unchanged => &mut steps.unchanged,
            Status::Skipped => &mut steps.skipped,
            Status::Failed => &mut steps.failed,
            Status::Unsupported => &mut steps.unsupported,
            Status::Unknown => &mut steps.unknown,
        };
        *count += 1;
        people.entry(&row.user_id).or_default().push(row.status);
    }
    let mut users = UserCounts {
        selected: people.len() as u64,
        ..UserCounts::default()
    };
    for statuses in people.values() {
        let any = |wanted: &[Status]| statuses.iter().any(|status| wanted.contains(status));
        if any(&[Status::Failed, Status::Unknown]) {
            users.failed += 1;
        } else if any(&[Status::Skipped]) {
            users.skipped += 1;
        } else if any(&[Status::Done]) {
            users.done += 1;
        } else if !any(&[Status::Planned]) {
            users.unchanged += 1;
        }
    }
    Summary { users, steps }
}

/// Why a change did not end well, as one error; `None`: it did.
pub fn verdict(rows: &[StepRow], interrupted: bool) -> Option<Error> {
    let counted = summary(rows);
    let Summary { users, steps } = &counted;
    let bad: Vec<&StepRow> = rows
        .iter()
        .filter(|row| matches!(row.status, Status::Failed | Status::Unknown))
        .collect();
    // A step that was skipped says why only where nothing before it failed: a person who changed since the plan.
    let said: Vec<ErrorCode> = rows
        .iter()
        .filter(|row| matches!(row.status, Status::Failed | Status::Unknown | Status::Skipped))
        .filter_map(|row| row.error.as_ref().map(|error| error.code))
        .collect();
    if interrupted {
        let left = steps.skipped + steps.unknown;
        return Some(Error::new(
            ErrorCode::Interrupted,
            format!("interrupted: {} done, {left} not", steps.done),
        ));
    }
    if bad.is_empty() && steps.skipped == 0 {
        return None;
    }
    let first = bad
        .iter()
        .copied()
        .chain(rows.iter().filter(|row| row.status == Status::Skipped))
        .find_map(|row| row.error.as_ref().map(|error| (row, error)));
    if steps.done == 0
        && let Some((row, body)) = first
        && said.iter().all(|code| *code == body.code)
    {
        let message = match said.len() {
            1 if users.selected <= 1 => body.message.clone(),
            1 => format!("{}: {}", row.user, body.message),
            more => format!("{}: {}; the same for {} more", row.user, body.message, more - 1),
        };
        let mut error = Error::new(body.code, message)
            .request_id(body.request_id.clone())
            .retry_after(body.retry_after_s)
            .matches(body.matches.clone().unwrap_or_default());
        if let Some(hint) = &body.hint {
            error = error.hint(hint.clone());
        }
        if let Some(code) = &body.service_code {
            error = error.service_code(code.clone());
        }
        return Some(error);
    }
    let mut parts = vec![match steps.done {
        1 => "1 step done".to_owned(),
        done => format!("{done} steps done"),
    }];
    for (count, word) in [
        (steps.failed, "failed"),
        (steps.unknown, "unknown"),
        (steps.skipped, "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    Some(Error::new(ErrorCode::Incomplete, parts.join(", ")))
}

/// What is to be done by hand, each thing with the number of people.
pub fn by_hand(people: &[PlannedUser]) -> Vec<ByHand> {
    let mut all: Vec<ByHand> = Vec::new();
    for row in people.iter().flat_map(|person| &person.steps) {
        let Deed::ByHand { instead, .. } = &row.deed else {
            continue;
        };
        let what = format!("{} {}", row.step, row.target);
        match all
            .iter_mut()
            .find(|known| known.what == what && known.place == *instead)
        {
            Some(known) => known.users += 1,
            None => all.push(ByHand {
                users: 1,
                what,
                place: instead.clone(),
            }),
        }
    }
    all
}

#[cfg(test)]
mod tests;
