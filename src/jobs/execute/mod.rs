//! Doing what was planned: steps of one person in their order, people side by side, a batch at a time; what was sent
//! and not answered is looked at before it is sent again; in the end everything is read back.

mod check;
mod read_back;

use std::time::Duration;

use check::Look;

use super::plan::{Deed, PlannedRow, PlannedUser};
use crate::domain::shape::{Next, StepRow};
use crate::domain::{
    Action, Clock, Effect, EffectState, Error, ErrorCode, IdentityService, MethodId, Minted, Notice, Result,
    Status, Step, StepClass, UserId,
};

/// How many people are worked on together.
const TOGETHER: usize = 20;
/// How often a step is sent at most.
const TRIES: u32 = 3;

/// Where results go while they become known.
pub trait Sink {
    /// Takes a secret that a step made; the step counts as done only when this succeeds.
    ///
    /// # Errors
    /// Why the secret could not be kept.
    fn secret(&mut self, user: &str, minted: &Minted) -> Result<()>;

    /// Takes a row that has ended.
    fn row(&mut self, row: &StepRow);
}

/// How long to wait between two looks at what was done.
pub const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
];

/// A row on its way.
struct Row {
    row: StepRow,
    /// `None`: it has not ended.
    ended: bool,
    sent: bool,
    created: Option<MethodId>,
    reissued: bool,
}

/// A plan while it is carried out.
pub struct Job<'a> {
    service: &'a dyn IdentityService,
    clock: &'a dyn Clock,
    people: &'a [PlannedUser],
    rows: Vec<Vec<Row>>,
    next: Vec<Next>,
    hints: Vec<String>,
    prefix: &'a str,
    pauses: &'a [Duration],
}

impl<'a> Job<'a> {
    /// A job that has not begun. `prefix` is how a command begins, for hints; `pauses` are waited between two looks.
    pub fn new(
        service: &'a dyn IdentityService,
        clock: &'a dyn Clock,
        people: &'a [PlannedUser],
        prefix: &'a str,
        pauses: &'a [Duration],
    ) -> Self {
        let rows = people
            .iter()
            .map(|person| person.steps.iter().map(|row| Row::new(person, row)).collect())
            .collect();
        Self {
            service,
            clock,
            people,
            rows,
            next: Vec::new(),
            hints: Vec::new(),
            prefix,
            pauses,
        }
    }

    /// Runs it to its end, or until `stop` says so: then what is in flight is finished and the rest is skipped.
    pub async fn run(&mut self, sink: &mut dyn Sink, stop: &dyn Fn() -> bool) {
        let all: Vec<usize> = (0..self.people.len()).collect();
        for together in all.chunks(TOGETHER) {
            while !stop() && self.round(together, sink).await {}
            if stop() {
                self.skip(together, "interrupted");
            }
            self.read_back(together).await;
            for person in together {
                for row in &self.rows[*person] {
                    sink.row(&row.row);
                }
            }
        }
        self.remember();
    }

    /// The rows, person by person.
    pub fn rows(&self) -> Vec<StepRow> {
        self.rows.iter().flatten().map(|row| row.row.clone()).collect()
    }

    /// What stays for the people.
    pub fn next(&self) -> &[Next] {
        &self.next
    }

    /// What comes next, with its command.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Sends the next steps of these people; gives whether there were any.
    async fn round(&mut self, together: &[usize], sink: &mut dyn Sink) -> bool {
        let mut places = Vec::new();
        for person in together {
            self.skip_dependants(*person);
            for place in self.due(*person) {
                places.push((*person, place));
            }
        }
        let mut batch = Vec::with_capacity(places.len());
        for (person, place) in &places {
            let row = &mut self.rows[*person][*place];
            row.sent = true;
            row.row.attempts += 1;
            if let Some(step) = self.people[*person].steps[*place].to_send() {
                batch.push(step.clone());
            }
        }
        if batch.is_empty() {
            return false;
        }
        let mut effects = self.service.apply(&batch).await.into_iter();
        for (person, place) in places {
            let effect = effects.next().unwrap_or_else(|| {
                Err(Error::new(
                    ErrorCode::Internal,
                    "the service answered fewer steps than it was given",
                ))
            });
            self.settle(person, place, effect, sink).await;
        }
        true
    }

    /// The places of a person's next steps: up to the first that waits for one of them.
    fn due(&self, person: usize) -> Vec<usize> {
        let mut due: Vec<usize> = Vec::new();
        let mut seqs: Vec<u16> = Vec::new();
        for (place, row) in self.people[person].steps.iter().enumerate() {
            let Some(step) = row.to_send().filter(|_| !self.rows[person][place].ended) else {
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

    /// Skips steps whose condition has failed.
    fn skip_dependants(&mut self, person: usize) {
        for place in 0..self.rows[person].len() {
            let Some(step) = self.people[person].steps[place].to_send() else {
                continue;
            };
            if self.rows[person][place].ended {
                continue;
            }
            let failed = self.people[person].steps.iter().enumerate().find(|(at, row)| {
                let ended = &self.rows[person][*at];
                row.to_send()
                    .is_some_and(|before| step.after.contains(&before.seq))
                    && ended.ended
                    && !matches!(ended.row.status, Status::Done | Status::Unchanged)
            });
            if let Some((_, before)) = failed {
                let detail = format!("because \"{} {}\" was not done", before.step, before.target);
                self.rows[person][place].end(Status::Skipped, detail);
            }
        }
    }

    fn skip(&mut self, together: &[usize], why: &str) {
        for person in together {
            for row in self.rows[*person].iter_mut().filter(|row| !row.ended) {
                row.end(Status::Skipped, why.to_owned());
            }
        }
    }

    /// Takes the answer to a step.
    async fn settle(&mut self, person: usize, place: usize, effect: Result<Effect>, sink: &mut dyn Sink) {
        let planned = &self.people[person].steps[place];
        let name = self.people[person].user.clone();
        let now = self.clock.now();
        let row = &mut self.rows[person][place];
        row.row.at = Some(now);
        let effect = match effect {
            Err(error) if error.code() == ErrorCode::OutcomeUnknown => Effect::of(EffectState::Unknown),
            Err(error) => return row.fail(&error),
            Ok(effect) => effect,
        };
        row.row.request_id = effect.request_ids.last().cloned().or(row.row.request_id.take());
        row.created = effect.created.clone();
        if effect.state == EffectState::Unknown {
            return self.settle_unknown(person, place).await;
        }
        if let Some(minted) = &effect.secret
            && let Err(error) = sink.secret(&name, minted)
        {
            return row.fail(&error);
        }
        let mut detail = said(planned, &effect);
        if row.reissued {
            detail = format!("reissued, the answer to the first was lost; {detail}");
        }
        let (status, detail) = match effect.state {
            EffectState::Unchanged if detail.is_empty() => (Status::Unchanged, "so already".to_owned()),
            EffectState::Unchanged => (Status::Unchanged, detail),
            _ => (Status::Done, detail),
        };
        row.end(status, detail.trim_end_matches("; ").to_owned());
        for notice in effect.remains {
            self.next.push(Next {
                user: name.clone(),
                notice,
            });
        }
    }

    /// A step that was sent and got no answer: looked at, and sent again where that does no harm. A pass or a password
    /// that nobody saw is made anew: the new one takes the place of the other.
    async fn settle_unknown(&mut self, person: usize, place: usize) {
        let Some(step) = self.people[person].steps[place].to_send() else {
            return;
        };
        let made_anew = matches!(
            step.action,
            Action::AddTemporaryPass { .. } | Action::GeneratePassword { .. }
        );
        let again = self.rows[person][place].row.attempts < TRIES;
        let unknown = |row: &mut Row, why: &str| {
            row.row.error = Some(Error::new(ErrorCode::OutcomeUnknown, why.to_owned()).to_body());
            row.end(Status::Unknown, why.to_owned());
        };
        if step.class == StepClass::Never {
            let row = &mut self.rows[person][place];
            if made_anew && again {
                row.reissued = true;
            } else {
                unknown(row, "sent, and no answer came; it may have been made");
            }
            return;
        }
        let looked = self.look(&step.user, step).await;
        let row = &mut self.rows[person][place];
        match looked {
            Ok(Some(true)) => {
                let outcome = self.people[person].steps[place].outcome.clone();
                row.end(
                    Status::Done,
                    outcome.unwrap_or_else(|| "read back: done".to_owned()),
                );
            }
            Ok(Some(false)) if again => {}
            Ok(None) if again && step.class == StepClass::Idempotent => {}
            Ok(Some(false)) => unknown(row, "sent several times, and no answer came"),
            Ok(None) => unknown(row, "sent, and no answer came; it cannot be read back"),
            Err(error) => unknown(
                row,
                &format!("sent, and no answer came; reading it back failed: {error}"),
            ),
        }
    }

    /// Whether a step was done; `None`: cannot be told.
    async fn look(&self, user: &UserId, step: &Step) -> Result<Option<bool>> {
        let mut look = Look::of([&step.action].into_iter());
        look.read(self.service, std::slice::from_ref(user)).await;
        let seen = look.seen(0)?;
        Ok(check::holds(&step.action, None, seen))
    }

    /// What stays for the people, of what was done.
    fn remember(&mut self) {
        for (person, rows) in self.people.iter().zip(&self.rows) {
            let done: Vec<u16> = person
                .steps
                .iter()
                .zip(rows)
                .filter(|(_, row)| matches!(row.row.status, Status::Done | Status::Unchanged))
                .filter_map(|(planned, _)| planned.to_send().map(|step| step.seq))
                .collect();
            for remains in &person.remains {
                if remains.of.iter().any(|seq| done.contains(seq)) {
                    self.next.push(Next {
                        user: person.user.clone(),
                        notice: Notice {
                            text: remains.text.clone(),
                            url: None,
                        },
                    });
                }
            }
        }
    }
}

impl Row {
    fn new(person: &PlannedUser, planned: &PlannedRow) -> Self {
        let (row, ended) = planned_row(person, planned);
        Self {
            row,
            ended,
            sent: false,
            created: None,
            reissued: false,
        }
    }

    fn end(&mut self, status: Status, detail: String) {
        self.ended = true;
        self.row.status = status;
        self.row.detail = detail;
    }

    fn fail(&mut self, error: &Error) {
        self.row.error = Some(error.to_body());
        self.end(Status::Failed, error.message().to_owned());
    }
}

/// The row of a plan as a result shows it before anything is sent, and whether that is how it ends.
pub fn planned_row(person: &PlannedUser, planned: &PlannedRow) -> (StepRow, bool) {
    let (status, detail, ended) = match &planned.deed {
        Deed::Send(_) => (Status::Planned, planned.detail.clone(), false),
        Deed::Unchanged => (Status::Unchanged, planned.detail.clone(), true),
        Deed::ByHand { why, .. } => (Status::Unsupported, why.clone(), true),
    };
    let row = StepRow {
        user: person.user.clone(),
        user_id: person.user_id.0.clone(),
        step: planned.step.clone(),
        target: planned.target.clone(),
        status,
        detail,
        error: None,
        attempts: 0,
        request_id: None,
        at: None,
    };
    (row, ended)
}

/// The words for a step that ended well: the plan's, then the service's.
fn said(planned: &PlannedRow, effect: &Effect) -> String {
    let mut parts: Vec<&str> = [planned.outcome.as_deref(), effect.detail.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    parts.dedup();
    parts.join(", ")
}

#[cfg(test)]
mod tests;
