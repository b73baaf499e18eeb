//! What `doctor` finds, as scripts see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::ErrorCode;

/// A row of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorRow {
    /// What was looked at: config, profile, changes, proxy, dns, connect, tls, tenant, clock, sign_in, service, right.
    pub check: String,
    /// Of what: a host, a verb; `null`: there is one of it.
    pub about: Option<String>,
    /// How it stands.
    pub state: DoctorState,
    /// What was found, or why nothing was looked at.
    pub detail: String,
    /// What to do: a command to paste, or what to grant; `null`: nothing.
    pub mend: Option<String>,
    /// The code of the error that it would be; `null`: it is none.
    pub code: Option<ErrorCode>,
    /// The exit status that it gives; 0 unless it failed.
    pub exit_code: u8,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorState {
    /// Nothing is wrong.
    Ok,
    /// It works, and may not go on to, or not for all.
    Warn,
    /// It does not work.
    Fail,
    /// Nobody looked, because something before it failed or it does not apply.
    Skipped,
}

impl DoctorState {
    /// As it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }
}
