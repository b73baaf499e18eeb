//! The shapes of jobs: a row of `jobs list`, and `jobs show`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PlanRef, StepRow, Summary};
use crate::domain::ErrorBody;

/// A row of `jobs list`. Of a job that cannot be read, only the id and the error are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobRow {
    /// What can be typed back: `j-4f7a`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The whole id.
    pub id: String,
    /// The name of `--job`.
    pub name: Option<String>,
    /// `planning`, `abandoned` (nothing was sent), `ready`, `running`, `stopped` (it can be resumed), `ended`,
    /// `cancelled` or `unreadable`.
    pub state: String,
    /// The profile.
    pub profile: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The verb, such as `user reset`.
    pub verb: Option<String>,
    /// The playbook.
    pub playbook: Option<String>,
    /// How people were selected: `adele bas`, `--from new.csv`.
    pub selection: Option<String>,
    /// Whose account it runs under.
    pub operator: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// When it was made.
    pub made_at: Option<Timestamp>,
    /// When its last step ended.
    pub last_at: Option<Timestamp>,
    /// The plan that it applies.
    pub plan: Option<PlanRef>,
    /// Which part of how many it is: `1/4`.
    pub part: Option<String>,
    /// The id of the job that it takes back.
    pub undoes: Option<String>,
    /// Counted.
    pub summary: Option<Summary>,
    /// People whose steps have not ended.
    pub left: Option<u64>,
    /// Why it cannot be read.
    pub error: Option<ErrorBody>,
}

/// `jobs show`: a job with its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobShow {
    /// The job.
    #[serde(flatten)]
    pub job: JobRow,
    /// The version of the program that made it.
    pub version: String,
    /// The command, without secrets.
    pub argv: Vec<String>,
    /// Step by step.
    pub steps: Vec<StepRow>,
}
