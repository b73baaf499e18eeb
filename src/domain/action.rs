//! Changes as data: what to do (`Action`), for whom and in which order (`Step`).

use hmac::digest::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::error::{Error, ErrorCode, Result};
use super::kind::MethodKind;
use super::leave::Leave;
use super::method::{DeviceId, MethodId, UserId, Via};
use super::mfa::MfaState;
use super::phone::PhoneNumber;
use super::secret::{Secret, Slot, Slots};

/// One change of one person's security info. Serializable, and never holds a secret: see [`super::secret::Slot`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Add a number. `kind` is one of the three phones.
    AddPhone {
        /// Which of the three.
        kind: MethodKind,
        /// The number.
        number: PhoneNumber,
        /// How its code goes out, where the service sends one.
        via: Option<Via>,
    },
    /// Add a mail address.
    AddEmail {
        /// The address.
        address: String,
    },
    /// Enrol an authenticator by a seed that the effect brings back.
    AddTotp {
        /// The name of the device.
        name: Option<String>,
    },
    /// Enrol an authenticator that counts, by a seed that the effect brings back.
    AddHotp {
        /// The name of the device.
        name: Option<String>,
    },
    /// Enrol a telephone that approves notifications, by a link that the effect brings back.
    AddPush {
        /// The name of the device.
        name: Option<String>,
    },
    /// Issue a temporary access pass that the effect brings back.
    AddTemporaryPass {
        /// Minutes; `None`: policy's own.
        lifetime_minutes: Option<u32>,
        /// Whether it works once; `None`: policy's own.
        one_time: Option<bool>,
        /// From when; `None`: now.
        start: Option<Timestamp>,
    },
    /// Set security questions; needs the slot `Answers`.
    AddQuestions {
        /// The questions, without the answers.
        questions: Vec<String>,
    },
    /// Register somebody for a method that another provider checks.
    AddExternal {
        /// The id of the provider in the organization's policy.
        configuration: String,
        /// The name that lists show.
        name: String,
    },
    /// Register a passkey; needs the slot `Credential`.
    AddPasskey {
        /// The name that lists show.
        name: Option<String>,
    },
    /// Give somebody a hardware token of the organization.
    AddHardwareToken {
        /// What is printed on it.
        serial: String,
        /// The name that lists show.
        name: Option<String>,
        /// Whether it counts at once; needs the slot `Code`.
        activate: bool,
    },
    /// Issue a QR code and a PIN that the effect brings back.
    AddQrPin {
        /// How long the code works, in days; `None`: as policy says.
        days: Option<u32>,
    },
    /// Give a phone another number.
    UpdatePhone {
        /// Which method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
        /// The new number.
        number: PhoneNumber,
    },
    /// Give the mail method another address.
    UpdateEmail {
        /// Which method.
        method: MethodId,
        /// The new address.
        address: String,
    },
    /// Give a method another name.
    Rename {
        /// Which method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
        /// The new name.
        name: String,
    },
    /// Remove a method.
    RemoveMethod {
        /// Which method.
        method: MethodId,
        /// Its kind: services route by it.
        kind: MethodKind,
    },
    /// Switch a method off, or on again.
    SwitchMethod {
        /// Which method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
        /// Whether it may be used.
        enabled: bool,
    },
    /// Switch a lost method off, and make a password that stands in for it for some days, which the effect brings back.
    ReplaceLost {
        /// Which method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
    },
    /// Make a method the default.
    SetDefault {
        /// Which method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
        /// By text or by call, where the method can do both.
        via: Option<Via>,
    },
    /// Ask a second factor again on one device.
    ForgetDevice {
        /// Which one.
        device: DeviceId,
    },
    /// Ask a second factor again on every device.
    ForgetAllDevices,
    /// End one app password.
    RevokeAppPassword {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// End every app password.
    RevokeAllAppPasswords,
    /// Make an app password that the effect brings back.
    IssueAppPassword {
        /// The name.
        name: String,
    },
    /// Give an app password another secret in its place, which the effect brings back.
    ResetAppPassword {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// End every session everywhere.
    SignOut,
    /// Set the password from the slot `NewPassword`.
    SetPassword {
        /// Whether it stays; else the person chooses another at next sign-in.
        permanent: bool,
    },
    /// Make a password that the effect brings back.
    GeneratePassword {
        /// Whether it stays; else the person chooses another at next sign-in.
        permanent: bool,
    },
    /// Ask for registration at next sign-in.
    RequireRegistration,
    /// Mail the person a link behind which they register.
    MailRegistration,
    /// Stop the account from signing in.
    DisableAccount,
    /// Let it sign in again.
    EnableAccount,
    /// Stop a registered device from signing in, or let it again.
    SwitchDevice {
        /// Which one.
        device: DeviceId,
        /// Whether it may sign in.
        enabled: bool,
    },
    /// Set per-user MFA.
    SetMfaState {
        /// What it becomes.
        state: MfaState,
    },
    /// End the lock that wrong tries brought about.
    Unlock,
}

/// What may be done again when the answer to a request was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepClass {
    /// Sending it twice gives the same state.
    Idempotent,
    /// Look first whether it was done.
    ReadBackFirst,
    /// Each sending makes something new: only a person decides.
    Never,
}

impl Action {
    /// What may be done when its answer was lost.
    pub const fn class(&self) -> StepClass {
        match self {
            Self::AddPhone { .. }
            | Self::AddEmail { .. }
            | Self::AddQuestions { .. }
            | Self::AddExternal { .. }
            | Self::AddPasskey { .. }
            | Self::AddHardwareToken { .. } => StepClass::ReadBackFirst,
            Self::AddTotp { .. }
            | Self::AddHotp { .. }
            | Self::AddPush { .. }
            | Self::ReplaceLost { .. }
            | Self::ResetAppPassword { .. }
            | Self::AddTemporaryPass { .. }
            | Self::AddQrPin { .. }
            | Self::IssueAppPassword { .. }
            | Self::GeneratePassword { .. }
            | Self::MailRegistration => StepClass::Never,
            _ => StepClass::Idempotent,
        }
    }

    /// Whether its effect brings a secret that somebody asked for.
    pub const fn mints(&self) -> bool {
        matches!(
            self,
            Self::AddTotp { .. }
                | Self::AddHotp { .. }
                | Self::AddPush { .. }
                | Self::ReplaceLost { .. }
                | Self::ResetAppPassword { .. }
                | Self::AddTemporaryPass { .. }
                | Self::AddQrPin { .. }
                | Self::IssueAppPassword { .. }
                | Self::GeneratePassword { .. }
        )
    }
}

/// One action for one person, in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// SHA-256 of job, person, place and action, in hexadecimal.
    pub id: String,
    /// For whom.
    pub user: UserId,
    /// Its place among the person's steps, from 0.
    pub seq: u16,
    /// What to do.
    pub action: Action,
    /// Steps of the same person that must have succeeded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<u16>,
    /// What may be done when its answer was lost.
    pub class: StepClass,
    /// Secret inputs, filled at execution, never written.
    #[serde(skip)]
    pub slots: Slots,
    /// What it asks right before it goes out, where a job sends it.
    #[serde(skip)]
    pub leave: Option<Leave>,
}

impl Step {
    /// The password that a step of [`Action::SetPassword`] sets.
    ///
    /// # Errors
    /// `internal`, where nobody put one into its slot.
    pub fn new_password(&self) -> Result<&Secret> {
        let none = || Error::new(ErrorCode::Internal, "the step has no password to set");
        self.slots.get(Slot::NewPassword).ok_or_else(none)
    }

    /// A step of `job` for `user` at place `seq`.
    pub fn new(job: &str, user: UserId, seq: u16, action: Action, after: Vec<u16>) -> Self {
        let canonical = serde_json::to_string(&action).unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [job, &user.0, &seq.to_string(), &canonical] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let id = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let class = action.class();
        Self {
            id,
            user,
            seq,
            action,
            after,
            class,
            slots: Slots::default(),
            leave: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_equal_actions_in_different_places_have_different_ids() {
        let step = |seq| Step::new("job", "u".into(), seq, Action::SignOut, vec![]).id;
        assert_ne!(step(0), step(1));
        assert_eq!(step(0), step(0));
        assert_eq!(step(0).len(), 64);
    }
}
