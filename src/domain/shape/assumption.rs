//! The shape of `doctor --verify-assumptions`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{Held, Verified};

/// A row of `doctor --verify-assumptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssumptionRow {
    /// Its name.
    pub id: String,
    /// How it stands here.
    pub verdict: AssumptionVerdict,
    /// What is assumed.
    pub assumes: String,
    /// What the program does because of it.
    pub changes: String,
    /// How to find out whether it holds.
    pub how: String,
    /// Whether reads alone show it; what only a change shows is never tried.
    pub read_only: bool,
    /// What was seen, or why nothing was.
    pub seen: String,
}

/// How an assumption stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssumptionVerdict {
    /// The service is as assumed.
    Confirmed,
    /// The service is not as assumed.
    Contradicted,
    /// Nothing showed it.
    CannotTell,
}

impl AssumptionVerdict {
    /// As it is printed in a table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Contradicted => "contradicted",
            Self::CannotTell => "cannot tell",
        }
    }
}

impl From<Verified> for AssumptionRow {
    fn from(verified: Verified) -> Self {
        let Verified {
            assumption,
            held,
            seen,
        } = verified;
        Self {
            id: assumption.id.to_owned(),
            verdict: match held {
                Held::Confirmed => AssumptionVerdict::Confirmed,
                Held::Contradicted => AssumptionVerdict::Contradicted,
                Held::CannotTell => AssumptionVerdict::CannotTell,
            },
            assumes: assumption.says.to_owned(),
            changes: assumption.changes.to_owned(),
            how: assumption.how.to_owned(),
            read_only: assumption.read_only,
            seen,
        }
    }
}
