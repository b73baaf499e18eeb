//! What a service can do, as data: asked by the planner, by the gate, by `capabilities` and by README's table.

use std::fmt;

use super::action::Action;
use super::error::{Error, ErrorCode};
use super::kind::MethodKind;
use super::user::User;

/// A verb, with the kind of method where that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Add a method of this kind.
    Add(MethodKind),
    /// Change one.
    Update(MethodKind),
    /// Remove one.
    Remove(MethodKind),
    /// Set the default method.
    SetDefault,
    /// Verify a method before it counts.
    Verify(MethodKind),
    /// List remembered devices.
    ListRemembered,
    /// Forget one remembered device.
    ForgetOne,
    /// Forget all of them.
    ForgetAll,
    /// List open sessions.
    ListSessions,
    /// Sign out everywhere.
    SignOut,
    /// List app passwords.
    ListAppPasswords,
    /// End app passwords.
    RevokeAppPasswords,
    /// Make an app password.
    IssueAppPassword,
    /// Give an app password another secret in its place.
    ResetAppPassword,
    /// Set a given password.
    SetPassword,
    /// Make a password.
    GeneratePassword,
    /// Ask for registration at next sign-in.
    RequireRegistration,
    /// Mail a link to register by.
    MailRegistration,
    /// Set per-user MFA.
    SetMfaState,
    /// Stop an account from signing in.
    DisableAccount,
    /// Let it sign in again.
    EnableAccount,
    /// Stop a registered device, and let it again.
    DisableDevice,
    /// Stop a method without removing it, and let it again.
    DisableMethod,
    /// Let a password stand in for a lost method for some days.
    ReplaceLost,
    /// End a lockout.
    Unlock,
    /// Check a caller by a challenge.
    CheckCaller,
    /// Keep an inventory of hardware tokens.
    HardwareTokens,
    /// The registration report.
    Report,
    /// Read the policy.
    PolicyRead,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(kind) => write!(f, "add {kind}"),
            Self::Update(kind) => write!(f, "update {kind}"),
            Self::Remove(kind) => write!(f, "remove {kind}"),
            Self::SetDefault => f.write_str("set the default"),
            Self::Verify(kind) => write!(f, "verify {kind}"),
            Self::ListRemembered => f.write_str("list remembered devices"),
            Self::ForgetOne => f.write_str("forget one remembered device"),
            Self::ForgetAll => f.write_str("forget all remembered devices"),
            Self::ListSessions => f.write_str("list sessions"),
            Self::SignOut => f.write_str("sign out everywhere"),
            Self::ListAppPasswords => f.write_str("list app passwords"),
            Self::RevokeAppPasswords => f.write_str("revoke app passwords"),
            Self::IssueAppPassword => f.write_str("issue an app password"),
            Self::ResetAppPassword => f.write_str("reset an app password in place"),
            Self::SetPassword => f.write_str("set a password"),
            Self::GeneratePassword => f.write_str("generate a password"),
            Self::RequireRegistration => f.write_str("require registration"),
            Self::MailRegistration => f.write_str("mail a link for registration"),
            Self::SetMfaState => f.write_str("set per-user MFA"),
            Self::DisableAccount => f.write_str("disable the account"),
            Self::EnableAccount => f.write_str("enable the account"),
            Self::DisableDevice => f.write_str("disable or enable a device"),
            Self::DisableMethod => f.write_str("disable or enable a method"),
            Self::ReplaceLost => f.write_str("replace a lost method for some days"),
            Self::Unlock => f.write_str("unlock"),
            Self::CheckCaller => f.write_str("check a caller"),
            Self::HardwareTokens => f.write_str("keep hardware tokens"),
            Self::Report => f.write_str("registration report"),
            Self::PolicyRead => f.write_str("read the policy"),
        }
    }
}

/// What a service says of a capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does it.
    Native,
    /// It does something else to the same end.
    Substitute {
        /// What it does, as a clause: `sign out everywhere`.
        what: String,
        /// Whether that does more than was asked.
        wider: bool,
    },
    /// It cannot.
    Unsupported {
        /// Why, as a clause.
        why: String,
        /// What an administrator does instead, as a clause.
        instead: String,
    },
    /// It does it, and not for this account.
    Forbidden {
        /// Which right is missing, as a clause.
        why: String,
        /// How it is given, as a clause.
        mend: String,
    },
}

impl Answer {
    /// The refusal, before anything is sent; `None`: it may be asked for.
    pub fn refusal(&self, capability: Capability) -> Option<Error> {
        let (code, why, hint) = match self {
            Self::Native | Self::Substitute { .. } => return None,
            Self::Unsupported { why, instead } => (ErrorCode::Unsupported, why, instead),
            Self::Forbidden { why, mend } => (ErrorCode::PermissionMissing, why, mend),
        };
        Some(Error::new(code, format!("cannot {capability}: {why}")).hint(hint.as_str()))
    }

    /// Whether it may be asked for.
    pub const fn is_yes(&self) -> bool {
        matches!(self, Self::Native | Self::Substitute { .. })
    }
}

/// Everything a service declares, in the order in which it is printed.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    declared: Vec<(Capability, Answer)>,
    /// What is another answer for accounts that come from another directory.
    synced: Vec<(Capability, Answer)>,
    /// Whether a mobile number stays as long as there is an alternate one.
    alternate_needs_mobile: bool,
}

impl Capabilities {
    /// Takes the declared answers; what is not among them is unsupported.
    pub fn new(entries: Vec<(Capability, Answer)>) -> Self {
        Self {
            declared: entries,
            synced: Vec::new(),
            alternate_needs_mobile: false,
        }
    }

    /// The same of a service where a mobile number stays as long as there is an alternate one.
    #[must_use]
    pub const fn with_alternate_on_mobile(mut self) -> Self {
        self.alternate_needs_mobile = true;
        self
    }

    /// Whether a mobile number stays as long as there is an alternate one.
    pub const fn alternate_needs_mobile(&self) -> bool {
        self.alternate_needs_mobile
    }

    /// The answer for a capability.
    pub fn get(&self, capability: Capability) -> Answer {
        self.declared
            .iter()
            .find(|(declared, _)| *declared == capability)
            .map_or_else(
                || Answer::Unsupported {
                    why: "this service has no call for it".to_owned(),
                    instead: "mfactl capabilities lists what it can do".to_owned(),
                },
                |(_, answer)| answer.clone(),
            )
    }

    /// Declares or overrides one answer, in place or at the end.
    pub fn set(&mut self, capability: Capability, answer: Answer) {
        match self
            .declared
            .iter_mut()
            .find(|(declared, _)| *declared == capability)
        {
            Some(entry) => entry.1 = answer,
            None => self.declared.push((capability, answer)),
        }
    }

    /// Declares what holds of accounts that come from another directory, where what holds of all others does not.
    pub fn set_for_synced(&mut self, capability: Capability, answer: Answer) {
        self.synced.push((capability, answer));
    }

    /// The answer for somebody. What is not to be had at all is not to be had for accounts from another directory either.
    pub fn of(&self, capability: Capability, user: &User) -> Answer {
        let answer = self.get(capability);
        let other = self
            .synced
            .iter()
            .find(|(declared, _)| user.synced == Some(true) && *declared == capability);
        match other {
            Some((_, other)) if answer.is_yes() => other.clone(),
            _ => answer,
        }
    }

    /// All declared answers.
    pub fn entries(&self) -> &[(Capability, Answer)] {
        &self.declared
    }
}

impl Action {
    /// The capability that a service must declare for this action.
    pub const fn needs(&self) -> Capability {
        match self {
            Self::AddPhone { kind, .. } => Capability::Add(*kind),
            Self::AddEmail { .. } => Capability::Add(MethodKind::Email),
            Self::AddTotp { .. } => Capability::Add(MethodKind::Totp),
            Self::AddHotp { .. } => Capability::Add(MethodKind::Hotp),
            Self::AddPush { .. } => Capability::Add(MethodKind::Push),
            Self::AddTemporaryPass { .. } => Capability::Add(MethodKind::TemporaryPass),
            Self::AddQuestions { .. } => Capability::Add(MethodKind::Questions),
            Self::AddExternal { .. } => Capability::Add(MethodKind::External),
            Self::AddPasskey { .. } => Capability::Add(MethodKind::Passkey),
            Self::AddHardwareToken { .. } => Capability::Add(MethodKind::HardwareToken),
            Self::AddQrPin { .. } => Capability::Add(MethodKind::QrPin),
            Self::UpdatePhone { kind, .. } | Self::Rename { kind, .. } => Capability::Update(*kind),
            Self::UpdateEmail { .. } => Capability::Update(MethodKind::Email),
            Self::RemoveMethod { kind, .. } => Capability::Remove(*kind),
            Self::SwitchMethod { .. } => Capability::DisableMethod,
            Self::ReplaceLost { .. } => Capability::ReplaceLost,
            Self::SetDefault { .. } => Capability::SetDefault,
            Self::ForgetDevice { .. } => Capability::ForgetOne,
            Self::ForgetAllDevices => Capability::ForgetAll,
            Self::RevokeAppPassword { .. } | Self::RevokeAllAppPasswords => Capability::RevokeAppPasswords,
            Self::IssueAppPassword { .. } => Capability::IssueAppPassword,
            Self::ResetAppPassword { .. } => Capability::ResetAppPassword,
            Self::SignOut => Capability::SignOut,
            Self::SetPassword { .. } => Capability::SetPassword,
            Self::GeneratePassword { .. } => Capability::GeneratePassword,
            Self::RequireRegistration => Capability::RequireRegistration,
            Self::MailRegistration => Capability::MailRegistration,
            Self::DisableAccount => Capability::DisableAccount,
            Self::EnableAccount => Capability::EnableAccount,
            Self::SwitchDevice { .. } => Capability::DisableDevice,
            Self::SetMfaState { .. } => Capability::SetMfaState,
            Self::Unlock => Capability::Unlock,
        }
    }
}
