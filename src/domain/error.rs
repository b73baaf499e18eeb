//! Errors by what they mean, and the one table that gives each its exit status and whether to try again.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of whatever can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($variant:ident = $text:literal, $exit:literal, $retryable:literal, $meaning:literal;)+) => {
        /// What went wrong, as scripts may branch on it. Codes are stable, texts are not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode { $(#[doc = $meaning] $variant,)+ }

        impl ErrorCode {
            /// Every code, in the order of the table in README.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it is printed in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The exit status when nothing was done and this is why (`cli.md`, "Exit status").
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$variant => $exit,)+ }
            }

            /// Whether the same command may succeed later.
            pub const fn retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)+ }
            }

            /// What it means, in one sentence without a full stop.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

codes! {
    Internal = "internal", 1, false, "Something failed that should not; please report it";
    FileUnreadable = "file_unreadable", 1, false, "A local file cannot be read or written";
    FileCorrupt = "file_corrupt", 1, false, "A local file is damaged";
    FileFromNewerVersion = "file_from_newer_version", 1, false, "A local file, or the database of jobs, was written by a newer mfactl";
    DiskFull = "disk_full", 1, false, "The disk is full";
    AuditUnwritable = "audit_unwritable", 1, false, "The audit log cannot be written, and without it nothing is sent";
    AuditBroken = "audit_broken", 1, false, "A line of the audit log was changed, deleted, swapped or inserted, or its end is missing";
    Usage = "usage", 2, false, "The command line is wrong";
    InvalidInput = "invalid_input", 2, false, "A value or an input file is wrong";
    InvalidNumber = "invalid_number", 2, false, "That is not a phone number";
    ConfigInvalid = "config_invalid", 2, false, "The configuration is wrong";
    NoProfile = "no_profile", 2, false, "No profile was chosen";
    SecretsNeedAPlace = "secrets_need_a_place", 2, false, "A secret would be made and there is nowhere to show it";
    UserNotFound = "user_not_found", 3, false, "There is no such person";
    MethodNotFound = "method_not_found", 3, false, "The person has no such method";
    DeviceNotFound = "device_not_found", 3, false, "The person has no such device";
    NotFound = "not_found", 3, false, "What was named is not there";
    Ambiguous = "ambiguous", 3, false, "Several match";
    NotSignedIn = "not_signed_in", 4, false, "Not signed in, or the sign-in was refused";
    TokenRejected = "token_rejected", 4, false, "The service does not take the token";
    PermissionMissing = "permission_missing", 4, false, "The token lacks a permission or role";
    Unsupported = "unsupported", 5, false, "This service cannot do that";
    PolicyRefused = "policy_refused", 6, false, "The organization's policy forbids it";
    ServiceRefused = "service_refused", 6, false, "The service refused the change";
    AlreadySet = "already_set", 6, false, "Another value stands there; --replace changes it";
    LastMethod = "last_method", 6, false, "It is the last usable method; --leave-none removes it all the same";
    GuardProtected = "guard_protected", 6, false, "The person is protected by the guard";
    GuardPrivileged = "guard_privileged", 6, false, "The person holds a role; guard and --allow-privileged must agree";
    GuardSelf = "guard_self", 6, false, "It is your own account; --include-self allows it";
    GuardMaxUsers = "guard_max_users", 6, false, "More people than the guard allows in one command";
    GuardEveryone = "guard_everyone", 6, false, "The guard does not allow --everyone";
    GuardTwoPerson = "guard_two_person", 6, false, "So many people take a plan that another account made";
    GuardCaller = "guard_caller", 6, false, "The guard asks for a caller who was checked";
    GuardTicket = "guard_ticket", 6, false, "The guard asks for a ticket";
    GuardReadOnly = "guard_read_only", 6, false, "The profile is read-only";
    ExpectMismatch = "expect_mismatch", 6, false, "Not as many people as --expect says";
    NotConfirmed = "not_confirmed", 6, false, "Nobody confirmed the change";
    PlanInvalid = "plan_invalid", 6, false, "The plan file was altered, has expired or is for another tenant";
    JobElsewhere = "job_elsewhere", 6, false, "The job is of another profile or tenant";
    PlanChanged = "plan_changed", 6, false, "The person changed since the plan was made";
    Incomplete = "incomplete", 7, true, "What was to be gone or set is not, after all tries";
    Throttled = "throttled", 8, true, "The service asks to slow down";
    Unavailable = "unavailable", 8, true, "The service cannot be reached or answers with an error";
    TimedOut = "timed_out", 8, true, "The deadline passed";
    FileLocked = "file_locked", 8, true, "A local file is in use by another process";
    LeaseLost = "lease_lost", 8, true, "Another worker took over people whom this one held";
    OutcomeUnknown = "outcome_unknown", 8, true, "The request was sent and no answer came";
    Interrupted = "interrupted", 130, true, "Stopped by Ctrl-C, SIGTERM or hang-up";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One of several that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Match {
    /// What to type.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How to tell it from the others.
    pub detail: String,
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column, from 1.
    pub column: Option<u64>,
}

/// An error with its meaning, its words, and the next step as a hint. Never holds a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    code: ErrorCode,
    message: String,
    hint: Option<String>,
    service_code: Option<String>,
    request_id: Option<String>,
    retry_after_s: Option<u64>,
    matches: Vec<Match>,
    place: Option<Place>,
}

impl Error {
    /// Somebody wants the program to end.
    pub fn interrupted() -> Self {
        Self::new(ErrorCode::Interrupted, "stopped by Ctrl-C, SIGTERM or hang-up")
    }

    /// An error of this meaning, in these words: lower case, no full stop, no secret.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            message: message.into(),
            hint: None,
            service_code: None,
            request_id: None,
            retry_after_s: None,
            matches: Vec::new(),
            place: None,
        }))
    }

    /// Adds the next step: a command to paste, or what to change.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the vendor's own code.
    #[must_use]
    pub fn service_code(mut self, code: impl Into<String>) -> Self {
        self.0.service_code = Some(code.into());
        self
    }

    /// Adds the service's id of the request.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    /// Adds how long the service asks to wait, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.0.retry_after_s = seconds;
        self
    }

    /// Adds what matches, where several do.
    #[must_use]
    pub fn matches(mut self, matches: Vec<Match>) -> Self {
        self.0.matches = matches;
        self
    }

    /// Adds where in a file.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: Option<u64>, column: Option<u64>) -> Self {
        self.0.place = Some(Place {
            file: file.into(),
            line,
            column,
        });
        self
    }

    /// The same with another meaning, in other words; what the service said of it stays.
    #[must_use]
    pub fn meaning(mut self, code: ErrorCode, message: impl Into<String>) -> Self {
        (self.0.code, self.0.message) = (code, message.into());
        self
    }

    /// Says of which profile it is, where that is not said yet.
    #[must_use]
    pub fn of_profile(mut self, name: &str) -> Self {
        if !self.0.message.contains(&format!("profile \"{name}\"")) {
            self.0.message = format!("profile \"{name}\": {}", self.0.message);
        }
        self
    }

    /// What it means.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The next step.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What matches, where several do.
    pub fn matching(&self) -> &[Match] {
        &self.0.matches
    }

    /// The error as scripts get it.
    pub fn to_body(&self) -> ErrorBody {
        let Inner {
            code,
            message,
            hint,
            service_code,
            request_id,
            retry_after_s,
            matches,
            place,
        } = &*self.0;
        ErrorBody {
            code: *code,
            message: message.clone(),
            hint: hint.clone(),
            service_code: service_code.clone(),
            request_id: request_id.clone(),
            retryable: code.retryable(),
            retry_after_s: *retry_after_s,
            exit_code: code.exit_code(),
            matches: (!matches.is_empty()).then(|| matches.clone()),
            file: place.as_ref().map(|place| place.file.clone()),
            line: place.as_ref().and_then(|place| place.line),
            column: place.as_ref().and_then(|place| place.column),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<super::phone::BadNumber> for Error {
    fn from(bad: super::phone::BadNumber) -> Self {
        let error = Self::new(ErrorCode::InvalidNumber, bad.to_string());
        match bad.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The error object of `output.md`: what stands behind `error` in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// What it means.
    pub code: ErrorCode,
    /// The words; they may change between versions.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
    /// The vendor's own code.
    pub service_code: Option<String>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// Whether the same command may succeed later.
    pub retryable: bool,
    /// How long the service asks to wait.
    pub retry_after_s: Option<u64>,
    /// The exit status it gives alone.
    pub exit_code: u8,
    /// What matches, where several do.
    pub matches: Option<Vec<Match>>,
    /// The file that is wrong.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: Option<u64>,
    /// Its column, from 1.
    pub column: Option<u64>,
}
