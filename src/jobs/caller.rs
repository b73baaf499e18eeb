//! Checks of callers: whether somebody on the phone is the person, by which method that may be asked, and what is kept of
//! it. A check is good for half an hour, for one operator, one person, one tenant; it holds no secret. The file is no
//! proof by itself, since its owner can write it: what stands in the audit log is.

mod file;
mod way;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use file::Callers;
pub use way::{NEW, Way, ways};

use super::guard::is_other;
use super::plan::PlannedUser;
use crate::domain::{Action, Asked, Error, ErrorCode, Guard, MethodKind, Operator, User, UserId};

/// How long a check is good.
pub const GOOD_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How a caller was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The person answered a notification.
    Push,
    /// The person read out a code.
    Code,
    /// A number that is registered was called.
    Callback,
    /// The person stood there.
    InPerson,
    /// The manager vouched.
    Manager,
}

impl By {
    /// How the service asks so; `None`: only an operator can attest it.
    pub const fn asked(self) -> Option<Asked> {
        match self {
            Self::Push => Some(Asked::Push),
            Self::Code => Some(Asked::Code),
            Self::Callback => Some(Asked::Call),
            Self::InPerson | Self::Manager => None,
        }
    }

    /// As it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Code => "code",
            Self::Callback => "callback",
            Self::InPerson => "in-person",
            Self::Manager => "manager",
        }
    }
}

impl From<Asked> for By {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Push => Self::Push,
            Asked::Code => Self::Code,
            Asked::Call => Self::Callback,
        }
    }
}

/// A caller who was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub at: Timestamp,
    /// The profile.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// The account that checked.
    pub operator: String,
    /// The sign-in name of the person.
    pub user: String,
    /// The service's id of the person.
    pub user_id: String,
    /// How.
    pub by: By,
    /// Whether the operator alone says so: the service challenged nobody.
    pub attested: bool,
    /// The method that was asked, as it is typed.
    pub method: Option<String>,
    /// Its kind.
    pub kind: Option<MethodKind>,
    /// What the caller had lost.
    pub lost: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
}

impl Check {
    /// `by call-back to phone:alternate`, and whether that is only attested.
    pub fn said(&self) -> String {
        let to = |how: &str| match &self.method {
            Some(method) => format!("by {how} {method}"),
            None => format!("by {}", how.split(' ').next().unwrap_or(how)),
        };
        let said = match self.by {
            By::Push => to("push to"),
            By::Code => to("code of"),
            By::Callback => to("call-back to"),
            By::InPerson => "in person".to_owned(),
            By::Manager => "by the manager".to_owned(),
        };
        if self.attested {
            format!("{said} (attested)")
        } else {
            said
        }
    }

    /// Until when it is good.
    pub fn good_until(&self) -> Timestamp {
        self.at.saturating_add(GOOD_FOR).unwrap_or(self.at)
    }

    /// Whether it holds for this operator in this tenant now.
    fn holds(&self, tenant: &str, operator: &Operator, now: Timestamp) -> bool {
        self.tenant.eq_ignore_ascii_case(tenant)
            && !is_other(&self.operator, operator)
            && self.at <= now
            && now < self.good_until()
    }
}

/// The checks that hold for an operator in a tenant now.
#[derive(Clone, Debug, Default)]
pub struct Checked(Vec<Check>);

impl Checked {
    /// Those of `all` that hold.
    pub fn new(all: Vec<Check>, tenant: &str, operator: &Operator, now: Timestamp) -> Self {
        let holds = |check: &Check| check.holds(tenant, operator, now);
        Self(all.into_iter().filter(holds).collect())
    }

    /// The latest check of a person that serves a change by this playbook.
    pub fn of(&self, user_id: &UserId, playbook: Option<&str>) -> Option<&Check> {
        self.all(user_id)
            .filter(|check| !on_lost_phone(check, playbook))
            .max_by_key(|check| check.at)
    }

    /// The latest check of each person that serves a change by this playbook, the latest last.
    pub fn serving(&self, playbook: Option<&str>) -> Vec<&Check> {
        let mut all: Vec<&Check> = self
            .0
            .iter()
            .filter(|check| !on_lost_phone(check, playbook))
            .collect();
        all.sort_by_key(|check| check.at);
        all
    }

    fn all(&self, user_id: &UserId) -> impl Iterator<Item = &Check> {
        self.0
            .iter()
            .filter(move |check| check.user_id.eq_ignore_ascii_case(&user_id.0))
    }

    /// Whether a person may be changed so, as far as callers are concerned. `maker`: who made the plan that is applied: one
    /// that somebody else made has had a second pair of eyes, and takes no caller. `prefix`: how a command begins.
    ///
    /// # Errors
    /// `guard_caller`, with the command to type.
    pub fn admit(
        &self,
        guard: &Guard,
        person: &PlannedUser,
        playbook: Option<&str>,
        maker: Option<&str>,
        operator: &Operator,
        prefix: &str,
    ) -> Result<(), Error> {
        if !touches_sign_in(person) || maker.is_some_and(|maker| is_other(maker, operator)) {
            return Ok(());
        }
        let whom = (person.user.as_str(), &person.user_id);
        self.admit_person(guard, whom, playbook, lost(person, playbook), prefix)
    }

    /// As [`Self::admit`], for what is no plan: a sign-in name and an id, and what is lost.
    ///
    /// # Errors
    /// `guard_caller`, with the command to type.
    pub fn admit_person(
        &self,
        guard: &Guard,
        (user, user_id): (&str, &UserId),
        playbook: Option<&str>,
        lost: Option<MethodKind>,
        prefix: &str,
    ) -> Result<(), Error> {
        if !guard.require_caller_check || self.of(user_id, playbook).is_some() {
            return Ok(());
        }
        let by = guard.by("require_caller_check");
        let said = match self.all(user_id).max_by_key(|check| check.at) {
            Some(check) => format!(
                "the caller was checked {}, which is on the lost phone of {user}{by}",
                check.said()
            ),
            None => format!(
                "nobody checked in the last {} minutes that the caller is {user}{by}",
                GOOD_FOR.as_mins()
            ),
        };
        let lost = lost.map_or_else(String::new, |lost| format!(" --lost {lost}"));
        let user = crate::domain::quoted(user);
        Err(Error::new(ErrorCode::GuardCaller, said).hint(format!("{prefix} user check-caller {user}{lost}")))
    }
}

/// Whoever has the phone can answer for it.
fn on_lost_phone(check: &Check, playbook: Option<&str>) -> bool {
    playbook == Some("lost-phone") && check.kind.is_some_and(MethodKind::on_phone)
}

/// What is lost, where the playbook says so: the first thing that it takes from the phone.
fn lost(person: &PlannedUser, playbook: Option<&str>) -> Option<MethodKind> {
    let mut kinds = person.to_send().filter_map(|step| match &step.action {
        Action::RemoveMethod { kind, .. } | Action::UpdatePhone { kind, .. } if kind.on_phone() => {
            Some(*kind)
        }
        _ => None,
    });
    (playbook == Some("lost-phone")).then(|| kinds.next()).flatten()
}

/// Whether a plan touches how the person signs in. What only locks somebody out waits for no caller: a stolen session
/// ends now.
pub fn touches_sign_in(person: &PlannedUser) -> bool {
    person.to_send().any(|step| {
        !matches!(
            step.action,
            Action::SignOut
                | Action::ForgetDevice { .. }
                | Action::ForgetAllDevices
                | Action::DisableAccount
                | Action::SwitchDevice { enabled: false, .. }
        )
    })
}

/// A check of this person, without how it was done.
pub fn blank(profile: &str, tenant: &str, operator: &Operator, user: &User, at: Timestamp) -> Check {
    Check {
        at,
        profile: profile.to_owned(),
        tenant: tenant.to_owned(),
        operator: operator.account.clone(),
        user: user.sign_in_name.clone(),
        user_id: user.id.0.clone(),
        by: By::InPerson,
        attested: false,
        method: None,
        kind: None,
        lost: None,
        ticket: None,
        reason: None,
    }
}

#[cfg(test)]
mod tests;
