//! The shape of the audit log: one line, as it is kept, listed and exported.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::{AuditRef, PlanRef};
use super::{ErrorCode, Status};

/// What a line of the audit log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// A step is about to be sent.
    Intent,
    /// A step has ended.
    Outcome,
    /// A change was refused before anything of it was sent.
    Refusal,
    /// Something else that was done: a token shown, a caller checked, an undo asked for.
    Event,
    /// What befell the log itself: an unfinished line put aside, lines that were gone.
    Notice,
}

impl AuditKind {
    /// The word as it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Outcome => "outcome",
            Self::Refusal => "refusal",
            Self::Event => "event",
            Self::Notice => "notice",
        }
    }
}

/// Who ran the program, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditOperator {
    /// The account that the service knows; missing where nobody was signed in yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The account of the operating system.
    pub os_user: String,
    /// The machine.
    pub host: String,
    /// The run of a pipeline, such as `github:4711`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_run: Option<String>,
}

/// A line of the audit log. What is not known is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRow {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// The SHA-256 of the line before it; zeros in the first.
    pub prev: String,
    /// When.
    pub time: Timestamp,
    /// What it tells.
    pub kind: AuditKind,
    /// The profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Who ran it.
    pub operator: AuditOperator,
    /// The verb, such as `user reset`.
    pub verb: String,
    /// The command, without secrets.
    #[serde(default)]
    pub argv: Vec<String>,
    /// The plan that was applied, with its maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRef>,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The id of the step: the same in its intent and its outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<String>,
    /// What is done, such as `remove`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// To what, such as `phone:mobile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// For whom: the sign-in name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The service's id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// How the step ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why it failed or was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// The vendor's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_code: Option<String>,
    /// The service's ids of the requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
    /// More words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How and when the caller was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_check: Option<String>,
    /// The version of the program.
    pub version: String,
}

impl AuditRef {
    /// As it is shown and typed: `1042:9be1`.
    pub fn short(&self) -> String {
        let head = self.head.get(..4).unwrap_or(&self.head);
        format!("{}:{head}", self.seq)
    }
}
