//! What the answer to a step means for its row, and what is done where no answer came.

use super::check;
use super::window::{At, Window};
use crate::domain::{Action, Effect, EffectState, Error, ErrorCode, Result, Slot, Status, Step, StepClass};
use crate::jobs::journal::Standing;
use crate::jobs::plan::PlannedRow;

/// How often a step is sent at most in one run.
const TRIES: u32 = 3;

impl Window<'_> {
    /// Takes the answer to a step; `false`: there was none, and somebody has to look.
    pub(super) fn settle(&mut self, at: At, effect: Result<Effect>) -> bool {
        let (who, place) = at;
        let now = self.job.clock.now();
        let missing_ok = self.job.missing_ok;
        let again = self.row(at).record.row.attempts > 1;
        self.row(at).record.row.at = Some(now);
        let effect = match effect {
            Err(error) if error.code() == ErrorCode::OutcomeUnknown => return false,
            // The service failed in the middle: whether it was made or not, a new one takes its place.
            Err(error) if error.code() == ErrorCode::Unavailable && self.is_made_anew(at) => return false,
            Err(error) if error.code() == ErrorCode::NotSignedIn => {
                self.withhold(at, &error);
                return true;
            }
            Err(error) => {
                if !self.is_gone(at, &error) || !(missing_ok || again) {
                    self.row(at).fail(&error);
                } else {
                    self.row(at).end(Status::Unchanged, "gone already".to_owned());
                }
                return true;
            }
            Ok(effect) => effect,
        };
        let record = &mut self.row(at).record;
        if let Some(id) = effect.request_ids.last() {
            record.row.request_id = Some(id.clone());
        }
        record.created.clone_from(&effect.created);
        if effect.state == EffectState::Unknown {
            return false;
        }
        let reissued = record.reissued;
        let user = self.people[who].plan.user.clone();
        if let Some(minted) = &effect.secret
            && let Err(error) = self.job.sink.secret(&user, minted)
        {
            // It was made, and nobody has it.
            self.row(at).record.reissued = true;
            self.row(at).fail(&error);
            return true;
        }
        let mut detail = self.people[who]
            .plan
            .steps
            .get(place)
            .map_or_else(String::new, |planned| said(planned, &effect));
        if reissued {
            detail = format!("reissued, the first was lost; {detail}");
        }
        let detail = detail.trim_end_matches("; ").to_owned();
        let (status, detail) = match effect.state {
            EffectState::Unchanged if detail.is_empty() => (Status::Unchanged, "so already".to_owned()),
            EffectState::Unchanged => (Status::Unchanged, detail),
            _ => (Status::Done, detail),
        };
        self.row(at).end(status, detail);
        for notice in effect.remains {
            self.notice(who, notice);
        }
        true
    }

    /// Takes a step back that was not sent: without a token nothing is.
    fn withhold(&mut self, at: At, error: &Error) {
        let (who, place) = at;
        self.signed_out.get_or_insert_with(|| error.clone());
        let step_id = self.people[who].step(place).map(|step| step.id.clone());
        let row = self.row(at);
        let mut told = row.record.row.clone();
        told.status = Status::Skipped;
        told.error = Some(error.to_body());
        error.message().clone_into(&mut told.detail);
        row.tries = row.tries.saturating_sub(1);
        row.record.row.attempts = row.record.row.attempts.saturating_sub(1);
        row.record.row.at = None;
        row.record.standing = Standing::Planned;
        self.withheld.extend(step_id.map(|id| (id, told)));
    }

    /// Tells the witness of what was not sent, and begins nothing more: the others are not worth trying, and whoever
    /// resumes begins here.
    pub(super) async fn tell_withheld(&mut self) -> Result<()> {
        if self.withheld.is_empty() {
            return Ok(());
        }
        self.stop.set();
        let withheld = std::mem::take(&mut self.withheld);
        self.job.witness.after(&withheld).await
    }

    /// Whether a step makes something of which the next one takes the place, and may be sent once more.
    fn is_made_anew(&self, (who, place): At) -> bool {
        let person = &self.people[who];
        person.step(place).is_some_and(|step| makes_anew(&step.action)) && person.rows[place].tries < TRIES
    }

    /// Whether an error says that what was to be removed is not there.
    fn is_gone(&self, (who, place): At, error: &Error) -> bool {
        let removes = self.people[who].step(place).is_some_and(|step| {
            matches!(
                step.action,
                Action::RemoveMethod { .. } | Action::ForgetDevice { .. } | Action::RevokeAppPassword { .. }
            )
        });
        removes
            && matches!(
                error.code(),
                ErrorCode::MethodNotFound | ErrorCode::DeviceNotFound | ErrorCode::NotFound
            )
    }

    /// Steps that may have been sent and got no answer: looked at, and sent again where that does no harm. A pass or
    /// a password that nobody saw is made anew: the new one takes the place of the other.
    pub(super) async fn settle_unknown(&mut self, places: &[At]) {
        let mut to_look: Vec<At> = Vec::new();
        for at in places {
            let (who, place) = *at;
            let Some(step) = self.people[who].step(place) else {
                continue;
            };
            if step.class != StepClass::Never {
                to_look.push(*at);
                continue;
            }
            let made_anew = makes_anew(&step.action);
            let row = self.row(*at);
            if made_anew && row.tries < TRIES {
                row.record.reissued = true;
            } else {
                self.unknown(*at, "sent, and no answer came; it may have been made");
            }
        }
        if to_look.is_empty() {
            return;
        }
        let (look, whom) = self.look(&to_look).await;
        for at in to_look {
            let (who, place) = at;
            let Some(step) = self.people[who].step(place) else {
                continue;
            };
            let class = step.class;
            let seen = whom.iter().position(|one| *one == who).unwrap_or(usize::MAX);
            // A sign-out alone leaves nothing that could be read.
            let holds = if look.is_empty() {
                Ok(None)
            } else {
                look.seen(seen).map(|seen| check::holds(&step.action, None, seen))
            };
            let again = self.people[who].rows[place].tries < TRIES;
            match holds {
                Ok(Some(true)) => {
                    let outcome = self.people[who]
                        .plan
                        .steps
                        .get(place)
                        .and_then(|planned| planned.outcome.clone());
                    let words = outcome.unwrap_or_else(|| "read back: done".to_owned());
                    self.row(at).end(Status::Done, words);
                }
                Ok(Some(false)) if again => {}
                Ok(None) | Err(_) if again && class == StepClass::Idempotent => {}
                Ok(Some(false)) => self.unknown(at, "sent several times, and no answer came"),
                Ok(None) => self.unknown(at, "sent, and no answer came; it cannot be read back"),
                Err(error) => self.unknown(
                    at,
                    &format!("sent, and no answer came; reading it back failed: {error}"),
                ),
            }
        }
    }

    fn unknown(&mut self, at: At, why: &str) {
        let row = self.row(at);
        row.record.row.error = Some(Error::new(ErrorCode::OutcomeUnknown, why.to_owned()).to_body());
        row.end(Status::Unknown, why.to_owned());
    }
}

/// Whether the next one that is made takes the place of the one before.
fn makes_anew(action: &Action) -> bool {
    matches!(
        action,
        Action::AddTemporaryPass { .. }
            | Action::AddQrPin { .. }
            | Action::ResetAppPassword { .. }
            | Action::GeneratePassword { .. }
    )
}

/// Refuses a step whose secret input is not there: the journal holds none, so a job that is resumed has none.
///
/// # Errors
/// `invalid_input`.
pub(super) fn has_its_secrets(step: &Step) -> Result<()> {
    let slot = match step.action {
        Action::SetPassword { .. } => Slot::NewPassword,
        Action::AddQuestions { .. } => Slot::Answers,
        Action::AddPasskey { .. } => Slot::Credential,
        Action::AddHardwareToken { activate: true, .. } => Slot::Code,
        _ => return Ok(()),
    };
    if step.slots.get(slot).is_some() {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::InvalidInput,
        "what was typed for it is a secret, and a job keeps none",
    )
    .hint("run the command again"))
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
