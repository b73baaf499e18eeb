//! A person who is worked on: the plan, and how far each step has come.

use crate::domain::{Error, Status, Step};
use crate::jobs::journal::{Standing, StepRecord, Taken};
use crate::jobs::plan::PlannedUser;

/// Somebody who was taken from the journal.
pub(super) struct Person {
    pub(super) seq: u64,
    pub(super) plan: PlannedUser,
    pub(super) rows: Vec<Row>,
    /// Whether steps that an earlier run did are read back too: nobody has looked at them yet.
    pub(super) unseen: bool,
    /// Whether the service does not show yet what was done.
    pub(super) waits: bool,
    /// Whether somebody else took over: nothing of theirs is sent or written here any more.
    pub(super) lost: bool,
}

/// A step on its way.
pub(super) struct Row {
    pub(super) record: StepRecord,
    /// How often it was sent in this run.
    pub(super) tries: u32,
    /// The ending that the witness was told of: it hears of another only where reading back shows another.
    pub(super) told: Option<Status>,
}

impl Row {
    pub(super) fn has_ended(&self) -> bool {
        self.record.standing == Standing::Ended
    }

    pub(super) fn status(&self) -> Status {
        self.record.row.status
    }

    pub(super) fn end(&mut self, status: Status, detail: String) {
        self.record.standing = Standing::Ended;
        self.record.row.status = status;
        self.record.row.detail = detail;
    }

    pub(super) fn fail(&mut self, error: &Error) {
        let body = error.to_body();
        let request = &mut self.record.row.request_id;
        *request = request.take().or_else(|| body.request_id.clone());
        self.record.row.error = Some(body);
        self.end(Status::Failed, error.message().to_owned());
    }
}

impl Person {
    /// A person as the journal has one. What failed or was skipped is tried again, and what is unknown looked at.
    pub(super) fn new(taken: Taken) -> Self {
        let Taken { seq, person, steps } = taken;
        // Somebody with a step that is to be tried once more came to an end before, and was read back then.
        let is_again = |step: &StepRecord| match step.row.status {
            Status::Failed | Status::Unknown | Status::Skipped => true,
            _ => step.standing == Standing::Planned && step.row.attempts > 0,
        };
        let unseen = !steps.iter().any(is_again);
        let rows = steps.into_iter().zip(&person.steps).map(|(mut record, planned)| {
            let again = match record.row.status {
                Status::Failed | Status::Skipped => Some(Standing::Planned),
                Status::Unknown => Some(Standing::Started),
                _ => None,
            };
            if let Some(standing) = again
                && record.standing == Standing::Ended
                && planned.to_send().is_some()
            {
                record.standing = standing;
                record.row.status = Status::Planned;
                record.row.detail.clone_from(&planned.detail);
                record.row.error = None;
            }
            Row {
                record,
                tries: 0,
                told: None,
            }
        });
        let rows = rows.collect();
        Self {
            seq,
            plan: person,
            rows,
            unseen,
            waits: false,
            lost: false,
        }
    }

    pub(super) fn step(&self, place: usize) -> Option<&Step> {
        self.plan.steps.get(place)?.to_send()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.rows.iter().all(Row::has_ended)
    }

    pub(super) fn has_failed(&self) -> bool {
        let failed = |row: &Row| matches!(row.status(), Status::Failed | Status::Unknown);
        self.rows.iter().any(failed)
    }

    /// The places of the next steps: up to the first that waits for one of them.
    pub(super) fn due(&self) -> Vec<usize> {
        let mut due = Vec::new();
        let mut seqs: Vec<u16> = Vec::new();
        if self.lost {
            return due;
        }
        for (place, row) in self.rows.iter().enumerate() {
            let Some(step) = self.step(place).filter(|_| !row.has_ended()) else {
                continue;
            };
            if step.after.iter().any(|before| seqs.contains(before)) {
                break;
            }
            seqs.push(step.seq);
            due.push(place);
        }
        due
    }

    /// Skips steps whose condition has failed; gives their places.
    pub(super) fn skip_dependants(&mut self) -> Vec<usize> {
        let mut skipped = Vec::new();
        if self.lost {
            return skipped;
        }
        for place in 0..self.rows.len() {
            let Some(step) = self.step(place).filter(|_| !self.rows[place].has_ended()) else {
                continue;
            };
            let failed = self.plan.steps.iter().zip(&self.rows).find(|(planned, row)| {
                planned
                    .to_send()
                    .is_some_and(|before| step.after.contains(&before.seq))
                    && row.has_ended()
                    && !matches!(row.status(), Status::Done | Status::Unchanged)
            });
            if let Some((before, _)) = failed {
                let detail = format!("because \"{} {}\" was not done", before.step, before.target);
                self.rows[place].end(Status::Skipped, detail);
                skipped.push(place);
            }
        }
        skipped
    }
}
