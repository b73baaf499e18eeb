//! What came of a change, counted, and the one exit status that says it (`cli.md`, "Exit status").

use std::collections::BTreeMap;

use super::execute::Early;
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

/// What rows that did not end well say together, without keeping them.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    /// Codes of rows that failed, are unknown or were skipped. A step that was skipped has one only where nothing
    /// before it failed: a person who changed since the plan.
    codes: BTreeMap<ErrorCode, u64>,
    failed: Option<StepRow>,
    skipped: Option<StepRow>,
    /// What ended the sign-in.
    signed_out: Option<Error>,
}

impl Reasons {
    /// Takes a row, however it ended.
    pub fn add(&mut self, row: &StepRow) {
        let first = match row.status {
            Status::Failed | Status::Unknown => &mut self.failed,
            Status::Skipped => &mut self.skipped,
            _ => return,
        };
        let Some(error) = &row.error else { return };
        *self.codes.entry(error.code).or_default() += 1;
        if first.is_none() {
            *first = Some(row.clone());
        }
    }

    /// The same, where the sign-in ended and this is why.
    #[must_use]
    pub fn signed_out(mut self, why: Option<Error>) -> Self {
        self.signed_out = why;
        self
    }

    /// What rows say together.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a StepRow>) -> Self {
        let mut reasons = Self::default();
        rows.into_iter().for_each(|row| reasons.add(row));
        reasons
    }

    /// The one reason of all of it, where there is one.
    fn only(&self, summary: &Summary) -> Option<Error> {
        let row = self.failed.as_ref().or(self.skipped.as_ref())?;
        let body = row.error.as_ref()?;
        if self.codes.keys().any(|code| *code != body.code) {
            return None;
        }
        // Some say themselves whom they are about.
        let said = if body.message.starts_with(&row.user) {
            body.message.clone()
        } else {
            format!("{}: {}", row.user, body.message)
        };
        let message = match self.codes.values().sum() {
            1 if summary.users.selected <= 1 => body.message.clone(),
            1 => said,
            more => format!("{said}; the same for {} more", more - 1),
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
        Some(error)
    }
}

/// Why a change did not end well, as one error; `None`: it did. `early`: why it ended before everybody did.
pub fn verdict(summary: &Summary, reasons: &Reasons, early: Option<Early>) -> Option<Error> {
    let steps = &summary.steps;
    match early {
        Some(Early::Told) => {
            let left = steps.skipped + steps.unknown;
            return Some(Error::new(
                ErrorCode::Interrupted,
                format!("interrupted: {} done, {left} not", steps.done),
            ));
        }
        Some(Early::TooManyFailed) => {
            let failed = match summary.users.failed {
                1 => "1 person".to_owned(),
                failed => format!("{failed} people"),
            };
            return Some(Error::new(
                ErrorCode::Incomplete,
                format!("stopped, because {failed} failed: --max-failures allows fewer"),
            ));
        }
        Some(Early::SignedOut) => {
            let left = steps.skipped + steps.unknown;
            return Some(signed_out(reasons, &format!("{} done, {left} not", steps.done)));
        }
        // As many were done as were asked for.
        Some(Early::Enough) if steps.failed + steps.unknown == 0 => return None,
        Some(Early::Enough) | None => {}
    }
    if steps.failed + steps.unknown + steps.skipped == 0 {
        return None;
    }
    if steps.done == 0
        && let Some(error) = reasons.only(summary)
    {
        return Some(error);
    }
    // Of a plan nothing is done.
    let (count, word) = match (steps.done, steps.planned) {
        (0, planned) if planned > 0 => (planned, "planned"),
        (done, _) => (done, "done"),
    };
    let mut parts = vec![match count {
        1 => format!("1 step {word}"),
        count => format!("{count} steps {word}"),
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

/// Why a job stopped whose sign-in ended: what whoever hands tokens out said, with its code and its mend. The command
/// that goes on is added by whoever knows the job.
fn signed_out(reasons: &Reasons, counts: &str) -> Error {
    const ENDED: &str = "stopped, because the sign-in has ended";
    let Some(why) = &reasons.signed_out else {
        return Error::new(ErrorCode::NotSignedIn, format!("{ENDED}: {counts}"));
    };
    let body = why.to_body();
    let said = body
        .message
        .strip_prefix("not signed in: ")
        .unwrap_or(&body.message);
    // Of a person that is all there is to say.
    let message = if said.ends_with("sign-in has ended") {
        format!("{ENDED}: {counts}")
    } else {
        format!("{ENDED}: {said}; {counts}")
    };
    let mut error = Error::new(ErrorCode::NotSignedIn, message).request_id(body.request_id.clone());
    if let Some(hint) = &body.hint {
        error = error.hint(hint.clone());
    }
    if let Some(code) = &body.service_code {
        error = error.service_code(code.clone());
    }
    error
}

/// What is to be done by hand, each thing with the number of people.
pub fn by_hand<'a>(people: impl IntoIterator<Item = &'a PlannedUser>) -> Vec<ByHand> {
    let mut all: Vec<ByHand> = Vec::new();
    for person in people {
        add_by_hand(&mut all, person);
    }
    all
}

/// Adds what is to be done by hand for a person.
pub fn add_by_hand(all: &mut Vec<ByHand>, person: &PlannedUser) {
    for row in &person.steps {
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
}

#[cfg(test)]
mod tests;
