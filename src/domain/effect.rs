//! What came of a change: how it ended (`Effect`, `Status`), the secret that it made, and what stays for somebody to do.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::method::MethodId;
use super::secret::Secret;

/// How a step that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// It was done.
    Done,
    /// It was so already.
    Unchanged,
    /// It was sent, and nobody knows.
    Unknown,
}

/// A secret that a step made, shown once.
#[derive(Clone, Debug)]
pub struct Minted {
    /// What it is: `temporary-pass`, `password`, `totp`, `hotp`, `push`, `app-password`, `qr-pin`.
    pub kind: &'static str,
    /// The secret.
    pub value: Secret,
    /// What a QR code of it says: the enrolment link (`otpauth:`), which holds the seed too, or the code beside a PIN.
    pub uri: Option<Secret>,
    /// Until when it works.
    pub expires_at: Option<Timestamp>,
}

impl Minted {
    /// A password that was made: it works until it is changed.
    pub fn password(value: Secret) -> Self {
        Self {
            kind: "password",
            value,
            uri: None,
            expires_at: None,
        }
    }
}

/// What came of a step that did not fail.
#[derive(Clone, Debug)]
pub struct Effect {
    /// How it ended.
    pub state: EffectState,
    /// What stood there before, where it was read.
    pub before: Option<Value>,
    /// The id of what was made.
    pub created: Option<MethodId>,
    /// A secret that was made.
    pub secret: Option<Minted>,
    /// The service's ids of the requests.
    pub request_ids: Vec<String>,
    /// What stays for somebody to do or to know.
    pub remains: Vec<Notice>,
    /// A few words for the DETAIL column, such as `2` or `waits for its code`.
    pub detail: Option<String>,
}

impl Effect {
    /// Done, with nothing more to say.
    pub fn done() -> Self {
        Self::of(EffectState::Done)
    }

    /// It was so already.
    pub fn unchanged() -> Self {
        Self::of(EffectState::Unchanged)
    }

    /// An effect of this state.
    pub fn of(state: EffectState) -> Self {
        Self {
            state,
            before: None,
            created: None,
            secret: None,
            request_ids: Vec::new(),
            remains: Vec::new(),
            detail: None,
        }
    }

    /// Adds words for the DETAIL column.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }
}

/// Something that stays for the person or an administrator to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// In a sentence.
    pub text: String,
    /// Where.
    pub url: Option<String>,
}

/// The status of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Would be done: dry runs and `plan show` only.
    Planned,
    /// Done.
    Done,
    /// So already.
    Unchanged,
    /// Not tried, because something before it failed or the person changed.
    Skipped,
    /// Tried and failed.
    Failed,
    /// This service cannot do it.
    Unsupported,
    /// Sent, and the read-back failed too.
    Unknown,
}

impl Status {
    /// The word in the STATUS column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Unsupported => "unsupported",
            Self::Unknown => "unknown",
        }
    }
}
