//! What was planned, as far as it is shown and judged before anything is sent.

use std::collections::HashMap;

use crate::domain::shape::StepRow;
use crate::domain::{Error, ErrorCode, Slots};
use crate::jobs::journal::Size;
use crate::jobs::plan::{Deed, PlannedUser};
use crate::render::text::counted;

/// How many people are shown one by one.
pub(crate) const FEW: usize = 20;
/// How many different warnings are shown.
const WARNINGS: usize = 20;

/// What is planned, as far as it is shown and judged before anything is sent; the journal has all of it.
#[derive(Default)]
pub(crate) struct Gathered {
    /// The first plans.
    pub(crate) few: Vec<PlannedUser>,
    /// The first rows of people for whom nothing is done.
    pub(crate) left: Vec<StepRow>,
    /// People who were planned.
    pub(crate) planned: u64,
    /// People and steps to send, people left out.
    pub(crate) size: Size,
    /// What to know before saying yes, each thing once.
    pub(crate) warnings: Vec<String>,
    /// The first thing that is left for somebody's hands.
    pub(crate) by_hand: Option<Error>,
    /// Secret inputs by the ids of their steps: the journal has none.
    pub(crate) slots: HashMap<String, Slots>,
    /// People of all parts together, where this is one of several.
    pub(crate) all_parts: u64,
    /// So many people are carried out, and then the job stops.
    pub(crate) limit: Option<u64>,
}

impl Gathered {
    /// Takes somebody's plan.
    pub(crate) fn plan(&mut self, person: &PlannedUser) {
        self.planned += 1;
        let (mut writes, mut mints) = (0, false);
        for step in person.to_send() {
            writes += 1;
            mints |= step.action.mints();
            if !step.slots.is_empty() {
                self.slots.insert(step.id.clone(), step.slots.clone());
            }
        }
        self.size.steps += writes;
        self.size.people += u64::from(writes > 0);
        self.size.minting += u64::from(mints);
        self.warn(person.warnings.iter().cloned());
        if self.by_hand.is_none() {
            self.by_hand = person.steps.iter().find_map(|row| match &row.deed {
                Deed::ByHand { why, instead } => {
                    let message = format!("cannot {} {}: {why}", row.step, row.target);
                    Some(Error::new(ErrorCode::Unsupported, message).hint(instead.clone()))
                }
                _ => None,
            });
        }
        if self.few.len() < FEW {
            self.few.push(person.clone());
        }
    }

    /// Takes what to know before saying yes.
    pub(crate) fn warn(&mut self, warnings: impl IntoIterator<Item = String>) {
        for warning in warnings {
            if self.warnings.len() < WARNINGS && !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    /// Takes the row of somebody for whom nothing is done.
    pub(crate) fn leave(&mut self, row: &StepRow) {
        self.size.left_out += 1;
        if self.left.len() < FEW {
            self.left.push(row.clone());
        }
    }

    /// People in all.
    pub(crate) fn people(&self) -> u64 {
        self.planned + self.size.left_out
    }
}

/// People for whom no plan could be made: the first reason, and whether it is that of all.
pub(super) struct Failed {
    first: Error,
    others: u64,
    same: bool,
}

impl Failed {
    pub(super) fn note(failed: &mut Option<Self>, error: Error) {
        match failed {
            None => {
                *failed = Some(Self {
                    first: error,
                    others: 0,
                    same: true,
                });
            }
            Some(failed) => {
                failed.others += 1;
                failed.same &= failed.first.code() == error.code();
            }
        }
    }

    /// One error for all, where they agree.
    pub(super) fn into_error(self) -> Option<Error> {
        let Self { first, others, same } = self;
        match others {
            0 => Some(first),
            _ if !same => None,
            _ => {
                let message = format!(
                    "{}; the same holds for {}",
                    first.message(),
                    counted(others, "other", "others")
                );
                let error = Error::new(first.code(), message);
                Some(match first.hint_text() {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
        }
    }
}
