//! The shapes of a plan as journals and plan files keep it: a person's rows, what becomes of each, what stays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use crate::domain::{Step, UserId};

/// What becomes of a row of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// It is sent.
    Send(Step),
    /// It is so already.
    Unchanged,
    /// The service cannot; somebody does it by hand.
    ByHand {
        /// Why, as a clause.
        why: String,
        /// What an administrator does instead.
        instead: String,
    },
    /// It is left alone.
    Skip {
        /// Why, as a clause.
        why: String,
    },
}

/// A line of a person's plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlannedRow {
    /// What is done, such as `remove`.
    pub step: String,
    /// To what, such as `phone:mobile`.
    pub target: String,
    /// What the plan says of it. May hold untrusted text.
    pub detail: String,
    /// What the result says of it when it is done and the service says nothing better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What becomes of it.
    #[serde(flatten)]
    pub deed: Deed,
}

impl PlannedRow {
    /// The step, where one is sent.
    pub fn to_send(&self) -> Option<&Step> {
        match &self.deed {
            Deed::Send(step) => Some(step),
            Deed::Unchanged | Deed::ByHand { .. } | Deed::Skip { .. } => None,
        }
    }
}

/// What stays for the person, where certain steps were done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remains {
    /// Words that go behind the name: `registers at next sign-in`. May hold untrusted text.
    pub text: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The places of the steps of which one must have been done.
    pub of: Vec<u16>,
}

/// The plan of one person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlannedUser {
    /// The sign-in name.
    pub user: String,
    /// The service's id.
    pub user_id: UserId,
    /// The name that people read, untrusted text.
    pub display_name: Option<String>,
    /// SHA-256 of the state that was planned on; only in plan files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_digest: Option<String>,
    /// When it was read; only in plan files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_at: Option<Timestamp>,
    /// The state itself, so that a difference can be named; only in plan files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What stays, in words.
    pub stays: String,
    /// What the person has to do afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<Remains>,
    /// What to know before saying yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Line by line.
    pub steps: Vec<PlannedRow>,
}

impl PlannedUser {
    /// `Adele Vance <adele@contoso.example>`. Untrusted text.
    pub fn title(&self) -> String {
        match &self.display_name {
            Some(name) => format!("{name} <{}>", self.user),
            None => self.user.clone(),
        }
    }

    /// The steps that are sent.
    pub fn to_send(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter_map(PlannedRow::to_send)
    }
}
