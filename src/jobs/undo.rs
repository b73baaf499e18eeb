//! Taking a job back: what of it can come back, from the state that its plan stood on and from what was done. Numbers,
//! addresses, names and the default can; what only the person has, or what has happened, cannot, and that is said.

use std::collections::BTreeSet;

use super::journal::{Standing, StepRecord, Taken};
use super::plan::{Back, NewValue, PlannedRow, State};
use crate::domain::shape::Undo;
use crate::domain::{Action, MethodId, MethodKind, Status};

/// The way back for a person, in the order in which it goes: the last step first, then the default; what cannot come back
/// is at the end.
pub fn backs(taken: &Taken) -> Vec<Back> {
    let (mut backs, mut lost) = (Vec::new(), Vec::new());
    let mut set_default = None;
    let mut removed = BTreeSet::new();
    let state = taken.person.state.as_ref();
    for (planned, record) in taken.person.steps.iter().zip(&taken.steps).rev() {
        let Some(step) = planned.to_send().filter(|_| was_sent(record)) else {
            continue;
        };
        match &step.action {
            Action::SetDefault { method, kind, .. } => {
                // The last one is what the job left.
                set_default.get_or_insert_with(|| (*kind, method.clone()));
                continue;
            }
            Action::RemoveMethod { method, .. } => {
                removed.insert(&method.0);
            }
            _ => {}
        }
        match back(&step.action, planned, state) {
            gone @ Back::Lost { .. } => lost.push(gone),
            back => backs.push(back),
        }
    }
    // Where the default is a kind, each of that kind bears it: it is gone with the last of them.
    let took_default = |state: &State| state.default.iter().all(|id| removed.contains(id));
    if (set_default.is_some() || state.is_some_and(took_default))
        && let Some((kind, method)) = state.and_then(default_of)
    {
        backs.push(Back::Default {
            method,
            kind,
            set: set_default,
        });
    }
    // In the order in which it was done.
    backs.extend(lost.into_iter().rev());
    backs
}

/// Methods that the job removed and that nothing brings back.
fn gone_for_good(taken: &Taken) -> BTreeSet<&MethodId> {
    let state = taken.person.state.as_ref();
    let sent = taken.person.steps.iter().zip(&taken.steps);
    sent.filter_map(|(planned, record)| {
        let step = planned.to_send().filter(|_| was_sent(record))?;
        match &step.action {
            action @ Action::RemoveMethod { method, .. } => {
                matches!(back(action, planned, state), Back::Lost { .. }).then_some(method)
            }
            _ => None,
        }
    })
    .collect()
}

/// Whether it was done, or may have been: what stands there now decides.
fn was_sent(record: &StepRecord) -> bool {
    if record.standing == Standing::Started {
        return true;
    }
    match record.row.status {
        Status::Done | Status::Unknown => true,
        // What was gone when it was looked at again after an answer was lost.
        Status::Unchanged => record.row.attempts > 0,
        Status::Planned | Status::Skipped | Status::Failed | Status::Unsupported => false,
    }
}

fn default_of(state: &State) -> Option<(MethodKind, MethodId)> {
    let id = state.default.first()?;
    let method = state.methods.iter().find(|method| method.id == *id)?;
    Some((method.kind, MethodId(id.clone())))
}

fn back(action: &Action, planned: &PlannedRow, state: Option<&State>) -> Back {
    let before = |id: &MethodId, kind: MethodKind| -> Option<NewValue> {
        let methods = state?.methods.iter();
        let kept = methods.filter(|method| method.kind == kind && method.id == id.0);
        let kept = kept.filter_map(|method| method.value.as_deref()).next()?;
        match kind {
            kind if kind.is_phone() => NewValue::number(kept),
            MethodKind::Email => Some(NewValue::Address(kept.to_owned())),
            _ => Some(NewValue::Name(kept.to_owned())),
        }
    };
    let value = |method: &MethodId, kind: MethodKind, set: NewValue| match before(method, kind) {
        Some(was) => Back::Value {
            method: method.clone(),
            kind,
            was,
            set,
        },
        None => unknown(planned, kind),
    };
    match action {
        Action::AddPhone { kind, number, .. } => Back::Added {
            kind: *kind,
            set: NewValue::Number(number.clone()),
        },
        Action::AddEmail { address } => Back::Added {
            kind: MethodKind::Email,
            set: NewValue::Address(address.clone()),
        },
        Action::UpdatePhone { method, kind, number } => {
            value(method, *kind, NewValue::Number(number.clone()))
        }
        Action::UpdateEmail { method, address } => {
            value(method, MethodKind::Email, NewValue::Address(address.clone()))
        }
        Action::Rename { method, kind, name } => value(method, *kind, NewValue::Name(name.clone())),
        Action::RemoveMethod { method, kind } if kind.is_phone() || *kind == MethodKind::Email => {
            match before(method, *kind) {
                Some(was) => Back::Taken { kind: *kind, was },
                None => unknown(planned, *kind),
            }
        }
        other => lost(other, planned),
    }
}

fn what(planned: &PlannedRow) -> String {
    format!("{} {}", planned.step, planned.target)
}

/// A value that nobody knows any more.
fn unknown(planned: &PlannedRow, kind: MethodKind) -> Back {
    let why = if kind.is_phone() {
        "the service had shown the number only in part"
    } else {
        "nobody knows what it was"
    };
    Back::Lost {
        what: what(planned),
        why: why.to_owned(),
        instead: "ask the person, and set it with methods add or methods update".to_owned(),
    }
}

fn lost(action: &Action, planned: &PlannedRow) -> Back {
    let (why, instead) = match action {
        Action::RemoveMethod { .. } => ("it cannot come back", "the person registers it again"),
        Action::AddTotp { .. }
        | Action::AddHotp { .. }
        | Action::AddPush { .. }
        | Action::AddQuestions { .. }
        | Action::AddTemporaryPass { .. }
        | Action::AddExternal { .. }
        | Action::AddPasskey { .. }
        | Action::AddHardwareToken { .. }
        | Action::AddQrPin { .. } => ("it is not taken back here", "methods remove ends it"),
        Action::ForgetDevice { .. } | Action::ForgetAllDevices => (
            "it cannot come back",
            "the person is asked once on each device, and may have it remembered again",
        ),
        Action::RevokeAppPassword { .. } | Action::RevokeAllAppPasswords => {
            ("it cannot come back", "the person makes new app passwords")
        }
        Action::SwitchMethod { enabled: false, .. } | Action::ReplaceLost { .. } => {
            ("it is not taken back here", "methods enable switches it on again")
        }
        Action::SwitchMethod { enabled: true, .. } => (
            "it is not taken back here",
            "methods disable switches it off again",
        ),
        Action::ResetAppPassword { .. } => ("it cannot come back", "the person types the new one"),
        Action::IssueAppPassword { .. } => ("it is not taken back here", "app-passwords reset ends it"),
        Action::SignOut => ("it cannot come back", "the person signs in again"),
        Action::SetPassword { .. } | Action::GeneratePassword { .. } => (
            "the old password is not known",
            "user reset-password sets another",
        ),
        Action::RequireRegistration => (
            "it is not taken back here",
            "the person registers at next sign-in",
        ),
        Action::MailRegistration => ("it cannot come back", "the link ends by itself"),
        Action::Unlock => ("it is not taken back here", "wrong tries lock the account again"),
        Action::DisableAccount => (
            "it is not taken back here",
            "user enable lets the account sign in again",
        ),
        Action::EnableAccount => (
            "it is not taken back here",
            "user disable stops the account again",
        ),
        Action::SwitchDevice { enabled: false, .. } => (
            "it is not taken back here",
            "devices enable lets it sign in again",
        ),
        Action::SwitchDevice { enabled: true, .. } => {
            ("it is not taken back here", "devices disable stops it again")
        }
        Action::SetMfaState { .. } => (
            "it is not taken back here",
            "user set-mfa-state sets another state",
        ),
        _ => ("it is not taken back here", "look at it with user show"),
    };
    Back::Lost {
        what: what(planned),
        why: why.to_owned(),
        instead: instead.to_owned(),
    }
}

/// How much of a job can come back, over all its people.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    words: BTreeSet<&'static str>,
    lost: bool,
}

impl Reach {
    /// Takes a person of the job.
    pub fn add(&mut self, taken: &Taken) {
        let gone = gone_for_good(taken);
        for back in backs(taken) {
            match back {
                // A default is no more than its method.
                Back::Default { method, .. } if gone.contains(&method) => {
                    self.lost = true;
                    continue;
                }
                Back::Default { .. } => self.words.insert("default"),
                Back::Lost { .. } => {
                    self.lost = true;
                    continue;
                }
                Back::Value { was: value, .. }
                | Back::Taken { was: value, .. }
                | Back::Added { set: value, .. } => self.words.insert(match value {
                    NewValue::Number(_) => "numbers",
                    NewValue::Address(_) => "addresses",
                    NewValue::Name(_) => "names",
                }),
            };
        }
    }

    /// What results say of it, with the command that does it; `None`: nothing was done.
    pub fn undo(&self, command: impl FnOnce() -> String) -> Option<Undo> {
        let possible = match (self.words.is_empty(), self.lost) {
            (true, false) => return None,
            (true, true) => "none",
            (false, true) => "partial",
            (false, false) => "full",
        };
        // Not in the order of the alphabet: what matters first.
        let order = ["numbers", "addresses", "names", "default"];
        let what = order.iter().filter(|word| self.words.contains(**word));
        Some(Undo {
            possible: possible.to_owned(),
            what: what.map(|word| (*word).to_owned()).collect(),
            command: (possible != "none").then(command),
        })
    }
}

#[cfg(test)]
mod tests;
