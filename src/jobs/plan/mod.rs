//! From what is wished to what is sent: every step of every person, with the words for the screen, before anything
//! is. The capabilities are asked here, so that a dry run shows what the service cannot do.

mod account;
mod add;
mod around;
mod back;
mod draft;
mod enrol;
mod order;
mod planned;
mod put;
mod remove;
mod several;
mod simulate;
mod state;
mod switch;

use jiff::{SignedDuration, Timestamp};

use super::playbook::{Options, Pass, Playbook};
use crate::domain::shape::Who;
use crate::domain::{
    Capabilities, MethodKind, MfaState, Notice, Parts, PhoneNumber, Policy, Privileges, Result, Secret,
    SecurityInfo, User, Via,
};

pub(crate) use account::{NO_SIGN_IN, warn_of_sync};
pub(crate) use add::{admit_pass, at_home};
pub(crate) use around::password_words;
pub use back::{Back, put_back};
pub(crate) use draft::{Draft, Words};
pub(crate) use order::strongest;
pub use planned::{Deed, PlannedRow, PlannedUser, Remains};
pub use several::only_error;
pub use state::State;

/// What a change verb asks for one person.
#[derive(Clone, Debug)]
pub enum Wish {
    /// `methods add phone`.
    AddPhone {
        /// The number.
        number: PhoneNumber,
        /// Which of the three.
        kind: MethodKind,
        /// How codes go out.
        via: Option<Via>,
        /// Whether another number gives way.
        replace: bool,
    },
    /// `methods add email`.
    AddEmail {
        /// The address.
        address: String,
        /// Whether another address gives way.
        replace: bool,
    },
    /// `methods add totp`.
    AddTotp {
        /// The name of the device.
        name: Option<String>,
    },
    /// `methods add hotp`.
    AddHotp {
        /// The name of the device.
        name: Option<String>,
    },
    /// `methods add push`.
    AddPush {
        /// The name of the device.
        name: Option<String>,
    },
    /// `methods add temporary-pass`.
    AddPass {
        /// How long it works.
        lifetime: Option<SignedDuration>,
        /// Whether it works once.
        one_time: Option<bool>,
        /// From when.
        start: Option<Timestamp>,
    },
    /// `methods add questions`: question and answer.
    AddQuestions(Vec<(String, Secret)>),
    /// `methods add external`.
    AddExternal {
        /// The provider: its name or id in the policy; `None`: the only one.
        provider: Option<String>,
        /// The name that lists show; `None`: the provider's.
        name: Option<String>,
    },
    /// `methods add passkey`: by the response of an authenticator.
    AddPasskey {
        /// The name that lists show.
        name: Option<String>,
        /// The response, JSON.
        response: Secret,
    },
    /// `methods add hardware-token`.
    AddHardwareToken {
        /// What is printed on it.
        serial: String,
        /// The name that lists show.
        name: Option<String>,
        /// A code that it shows now.
        code: Option<Secret>,
    },
    /// `methods add qr-pin`.
    AddQrPin {
        /// How long the code works, in days.
        days: Option<u32>,
    },
    /// `methods update`.
    Update {
        /// METHOD as it was typed.
        method: String,
        /// What it becomes.
        value: NewValue,
    },
    /// `methods remove`.
    Remove {
        /// Each METHOD as it was typed; empty: all of them.
        methods: Vec<String>,
        /// Whether what is not there is fine.
        missing_ok: bool,
        /// Whether the last usable method may go.
        leave_none: bool,
    },
    /// `methods disable`, `methods enable`.
    SwitchMethods {
        /// Each METHOD as it was typed.
        methods: Vec<String>,
        /// Whether they may be used.
        enabled: bool,
        /// Whether they are lost, and a password stands in.
        lost: bool,
        /// Whether the last usable method may be switched off.
        leave_none: bool,
    },
    /// `methods set-default`.
    SetDefault {
        /// METHOD as it was typed.
        method: String,
    },
    /// `devices forget`: each DEVICE as it was typed; empty: all remembered ones.
    Forget(Vec<String>),
    /// `app-passwords reset`.
    AppPasswords {
        /// Each NAME as it was typed; empty: all of them.
        names: Vec<String>,
        /// Whether new ones of the same names are made.
        reissue: bool,
    },
    /// `user sign-out`.
    SignOut,
    /// `user unlock`.
    Unlock,
    /// `user disable`, `user enable`.
    Account {
        /// Whether it may sign in.
        enabled: bool,
    },
    /// `devices disable`, `devices enable`.
    SwitchDevices {
        /// Each DEVICE as it was typed.
        devices: Vec<String>,
        /// Whether they may sign in.
        enabled: bool,
    },
    /// `user set-mfa-state`.
    MfaState(MfaState),
    /// `user reset`.
    Playbook(Box<Playbook>, Options),
    /// `user reset-password`: this password, or a generated one.
    Password {
        /// The password; `None`: one is made.
        given: Option<Secret>,
        /// Whether it stays.
        permanent: bool,
    },
}

/// What a method becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// Another number.
    Number(PhoneNumber),
    /// Another address.
    Address(String),
    /// Another name.
    Name(String),
}

impl Wish {
    /// Which parts of a person must be read to plan it.
    pub fn parts(&self) -> Parts {
        match self {
            Self::AddPhone { .. }
            | Self::AddEmail { .. }
            | Self::AddTotp { .. }
            | Self::AddHotp { .. }
            | Self::AddPush { .. }
            | Self::SwitchMethods { .. }
            | Self::AddPass { .. }
            | Self::AddQuestions(_)
            | Self::AddExternal { .. }
            | Self::AddPasskey { .. }
            | Self::AddHardwareToken { .. }
            | Self::AddQrPin { .. }
            | Self::Update { .. }
            | Self::Remove { .. }
            | Self::SetDefault { .. } => Parts::METHODS,
            Self::Forget(_) | Self::SwitchDevices { .. } => Parts {
                devices: true,
                ..Parts::NONE
            },
            Self::AppPasswords { .. } => Parts {
                app_passwords: true,
                ..Parts::NONE
            },
            Self::SignOut => Parts {
                sessions: true,
                ..Parts::NONE
            },
            Self::Unlock => Parts {
                locks: true,
                ..Parts::NONE
            },
            Self::MfaState(_) => Parts {
                registration: true,
                ..Parts::NONE
            },
            Self::Playbook(..) => Parts::ALL,
            Self::Password { .. } | Self::Account { .. } => Parts::NONE,
        }
    }

    /// Whether policy has a say in it.
    pub fn asks_policy(&self) -> bool {
        matches!(
            self,
            Self::Playbook(
                ..,
                Options {
                    pass: Pass::Always,
                    ..
                }
            ) | Self::AddPhone { .. }
                | Self::AddEmail { .. }
                | Self::AddTotp { .. }
                | Self::AddHotp { .. }
                | Self::AddPush { .. }
                | Self::AddPass { .. }
                | Self::AddQuestions(_)
                | Self::AddExternal { .. }
                | Self::AddPasskey { .. }
                | Self::AddHardwareToken { .. }
                | Self::AddQrPin { .. }
                | Self::Update {
                    value: NewValue::Number(_) | NewValue::Address(_),
                    ..
                }
        )
    }

    /// Whether it is certain to make a secret; a playbook may make one.
    pub fn mints(&self) -> bool {
        matches!(
            self,
            Self::AddTotp { .. }
                | Self::AddHotp { .. }
                | Self::AddPush { .. }
                | Self::SwitchMethods { lost: true, .. }
                | Self::AddPass { .. }
                | Self::AddQrPin { .. }
                | Self::AppPasswords { reissue: true, .. }
                | Self::Password { given: None, .. }
        )
    }

    /// Whether it holds a secret, which a plan file must not.
    pub fn holds_secret(&self) -> bool {
        matches!(
            self,
            Self::AddQuestions(_)
                | Self::Password { given: Some(_), .. }
                | Self::AddPasskey { .. }
                | Self::AddHardwareToken { code: Some(_), .. }
        )
    }
}

/// A person as planning sees one.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub user: User,
    /// How that was typed, for commands to paste.
    pub typed: String,
    /// What was read.
    pub info: SecurityInfo,
    /// Roles and groups, where a guard or a filter asks.
    pub privileges: Privileges,
    /// Which entries of the guard protect the person.
    pub protected_by: Vec<String>,
    /// The policy for this person, where the wish asks for it.
    pub policy: Option<Policy>,
}

/// What every person's plan is made with.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// What the service can do.
    pub capabilities: &'a Capabilities,
    /// Where people put their own methods right.
    pub own_page: &'a Notice,
    /// The profile.
    pub profile: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The job or plan, for the ids of steps.
    pub job: &'a str,
    /// How a command begins: `mfactl -p local`.
    pub prefix: &'a str,
    /// The verb, such as `methods remove`.
    pub verb: &'a str,
    /// Now.
    pub now: Timestamp,
}

impl Setting<'_> {
    /// The person as scripts see one.
    pub(crate) fn who(&self, user: &User) -> Who {
        Who::new(self.profile, self.tenant, user)
    }
}

/// Plans a wish for a person.
///
/// # Errors
/// What the person lacks, what policy or the service forbids, what is ambiguous: nothing was sent.
pub fn plan(setting: &Setting<'_>, person: &Person, wish: &Wish) -> Result<PlannedUser> {
    let mut draft = Draft::new(setting, person);
    match wish {
        Wish::AddPhone {
            number,
            kind,
            via,
            replace,
        } => add::phone(&mut draft, number, *kind, *via, *replace)?,
        Wish::AddEmail { address, replace } => add::email(&mut draft, address, *replace)?,
        Wish::AddTotp { name } => add::totp(&mut draft, name.as_deref())?,
        Wish::AddHotp { name } => enrol::hotp(&mut draft, name.as_deref())?,
        Wish::AddPush { name } => enrol::push(&mut draft, name.as_deref())?,
        Wish::SwitchMethods {
            methods,
            enabled,
            lost,
            leave_none,
        } => switch::methods(&mut draft, methods, *enabled, *lost, *leave_none)?,
        Wish::AddPass {
            lifetime,
            one_time,
            start,
        } => add::pass(&mut draft, *lifetime, *one_time, *start)?,
        Wish::AddQuestions(answers) => add::questions(&mut draft, answers)?,
        Wish::AddExternal { provider, name } => {
            enrol::external(&mut draft, provider.as_deref(), name.as_deref())?
        }
        Wish::AddPasskey { name, response } => enrol::passkey(&mut draft, name.as_deref(), response)?,
        Wish::AddHardwareToken { serial, name, code } => {
            enrol::hardware_token(&mut draft, serial, name.as_deref(), code.as_ref())?
        }
        Wish::AddQrPin { days } => enrol::qr_pin(&mut draft, *days)?,
        Wish::Update { method, value } => put::update(&mut draft, method, value)?,
        Wish::SetDefault { method } => put::default(&mut draft, method)?,
        Wish::Remove {
            methods,
            missing_ok,
            leave_none,
        } => remove::methods(&mut draft, methods, *missing_ok, *leave_none)?,
        Wish::Forget(devices) => around::forget(&mut draft, devices)?,
        Wish::AppPasswords { names, reissue } => around::app_passwords(&mut draft, names, *reissue)?,
        Wish::SignOut => around::sign_out(&mut draft)?,
        Wish::Unlock => around::unlock(&mut draft)?,
        Wish::Account { enabled } => account::switch(&mut draft, *enabled)?,
        Wish::SwitchDevices { devices, enabled } => account::devices(&mut draft, devices, *enabled)?,
        Wish::MfaState(state) => account::mfa_state(&mut draft, *state)?,
        Wish::Playbook(playbook, options) => playbook.plan(&mut draft, options)?,
        Wish::Password { given, permanent } => around::password(&mut draft, given.as_ref(), *permanent)?,
    }
    draft.is_allowed()?;
    Ok(draft.finish())
}

#[cfg(test)]
mod tests;
