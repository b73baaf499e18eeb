//! The shapes of a change: its steps, its counts, what it leaves to do, and the error object.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{ErrorBody, Notice, Status};

/// A row of a change: one step of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepRow {
    /// The sign-in name.
    pub user: String,
    /// The service's id of the person.
    pub user_id: String,
    /// What is done, such as `remove`.
    pub step: String,
    /// To what, such as `phone:mobile`.
    pub target: String,
    /// How it ended.
    pub status: Status,
    /// More words.
    pub detail: String,
    /// Why it failed.
    pub error: Option<ErrorBody>,
    /// How often it was tried.
    pub attempts: u32,
    /// The service's id of the last request.
    pub request_id: Option<String>,
    /// When it ended.
    pub at: Option<Timestamp>,
}

/// The plan that a change came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRef {
    /// Its id.
    pub id: String,
    /// Its digest.
    pub digest: String,
    /// Who made it.
    pub made_by: String,
}

/// People, counted by how they came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserCounts {
    /// Selected.
    pub selected: u64,
    /// Done.
    pub done: u64,
    /// So already.
    pub unchanged: u64,
    /// Not tried.
    pub skipped: u64,
    /// With a step that failed.
    pub failed: u64,
}

/// Steps, counted by how they came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepCounts {
    /// Would be done.
    pub planned: u64,
    /// Done.
    pub done: u64,
    /// So already.
    pub unchanged: u64,
    /// Not tried.
    pub skipped: u64,
    /// Failed.
    pub failed: u64,
    /// Not to be had on this service.
    pub unsupported: u64,
    /// Sent, and nobody knows.
    pub unknown: u64,
}

/// A change, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// People.
    pub users: UserCounts,
    /// Steps.
    pub steps: StepCounts,
}

/// What an administrator does by hand, because the service has no call for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ByHand {
    /// For how many people.
    pub users: u64,
    /// What.
    pub what: String,
    /// Where.
    #[serde(rename = "where")]
    pub place: String,
}

/// What stays for a person to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Next {
    /// For whom: the sign-in name.
    pub user: String,
    /// What, in a sentence, or where.
    #[serde(flatten)]
    pub notice: Notice,
}

/// A secret that was asked for; only with `--secrets-out -`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretRow {
    /// For whom: the sign-in name.
    pub user: String,
    /// `temporary-pass`, `password`, `totp` or `app-password`.
    pub kind: String,
    /// The secret itself.
    pub value: String,
    /// The enrolment link of a seed (`otpauth:`), which holds it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Until when it works.
    pub expires_at: Option<Timestamp>,
}

/// Whether a change can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undo {
    /// `full`, `partial` or `none`.
    pub possible: String,
    /// What would come back: `numbers`, `addresses`, `names`, `default`.
    #[serde(default)]
    pub what: Vec<String>,
    /// The command that does it.
    pub command: Option<String>,
}

/// Where the change stands in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRef {
    /// Its last line.
    pub seq: u64,
    /// The hash of that line.
    pub head: String,
}

/// Every change, of one person or of many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultDoc {
    /// `result/1`.
    pub schema: String,
    /// The job.
    pub job: Option<String>,
    /// Whether nothing was sent.
    pub dry_run: bool,
    /// The profile that was used.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// The verb, such as `user reset`.
    pub verb: String,
    /// The playbook.
    pub playbook: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// The plan that was applied.
    pub plan: Option<PlanRef>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The exit status.
    pub exit_code: u8,
    /// Counted.
    pub summary: Summary,
    /// Step by step.
    pub steps: Vec<StepRow>,
    /// What is to be done by hand.
    pub by_hand: Vec<ByHand>,
    /// What stays for the people.
    pub next: Vec<Next>,
    /// How long a page that is open may go on, in seconds.
    pub access_ends_within_s: Option<u64>,
    /// Whether it can be taken back.
    pub undo: Option<Undo>,
    /// Secrets, only with `--secrets-out -`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretRow>,
    /// Where it stands in the audit log.
    pub audit: Option<AuditRef>,
}

/// The error object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorDoc {
    /// The error.
    pub error: ErrorBody,
}
