//! What the cases stand on: a service that runs, people with what a case asks for, and the service's own word on what
//! became of them, past the program. One implementation a kind of server: the embedded one, and one each live one.

use std::collections::BTreeSet;

use super::case::Verdict;
use crate::domain::{Asked, MethodKind, Policy, User, UserId, Via};
use crate::services::ConnectOptions;

/// A password that every server's policy takes.
pub(super) const PASSWORD: &str = "Correct-Horse_042-BATTERY";

/// What differs between servers and is no capability.
pub(super) struct Facts {
    /// Two kinds that can be the default: the one that is, and another.
    pub(super) defaults: [MethodKind; 2],
    /// What somebody has who is registered, in the order of reports.
    pub(super) registered: Vec<MethodKind>,
    /// What somebody has who is not.
    pub(super) unregistered: Vec<MethodKind>,
    /// Name and id of the group that people are put in.
    pub(super) group: (String, String),
    /// The sign-in name of somebody with rights over the directory; where, [`World::of_admins`] says.
    pub(super) admin: String,
    /// The kind that the policy keeps for the group, as its row is called.
    pub(super) for_group: Option<&'static str>,
    /// Remembered devices of whoever has any: several, where the service lists them.
    pub(super) remembered: usize,
    /// The registered device of everybody who is made.
    pub(super) device: Option<&'static str>,
    /// App passwords of whoever has any: several, where the service lists them.
    pub(super) app_passwords: usize,
    /// Questions that somebody may choose, as many as the service wants.
    pub(super) questions: Vec<String>,
    /// Those of mail and questions that verify a sign-in too; the others serve password reset alone.
    pub(super) signing_in: &'static [MethodKind],
    /// How the first code of a number goes out.
    pub(super) code_goes: Via,
    /// Whether a number that is replaced counts until the new one is verified.
    pub(super) keeps_number: bool,
    /// How callers can be asked: by which kind, in which way, and what the challenge calls it.
    pub(super) asking: &'static [(MethodKind, Asked, &'static str)],
}

/// A server with its directory. What it makes and asks goes past the program.
pub(super) trait World: Send + Sync {
    /// What differs from other servers.
    fn facts(&self) -> &Facts;

    /// How to connect to it.
    fn options(&self) -> ConnectOptions;

    /// How to connect to where the administrators are; `None`: they are among the people.
    fn of_admins(&self) -> Option<ConnectOptions> {
        None
    }

    /// A person with a password, one session, and of these methods those that the service has, ready where nothing but a
    /// code is waited for; the first of them is the default where it can be.
    fn add_person(&self, has: &[MethodKind]) -> UserId;

    /// Has devices of somebody remembered, where that is not so of everybody.
    fn remember(&self, _user: &UserId) {}

    /// Gives somebody app passwords, where not everybody has some.
    fn give_app_passwords(&self, _user: &UserId) {}

    /// The app passwords that the person was given.
    fn app_passwords(&self, _user: &UserId) -> Vec<String> {
        unreachable!("a service that declares resets of app passwords knows them here")
    }

    /// Whether a program with this password is let in for somebody.
    fn lets_program_in(&self, _user: &UserId, _password: &str) -> bool {
        unreachable!("a service that declares resets of app passwords takes them here")
    }

    /// Whether the authenticator that the person was made with is let in.
    fn lets_in(&self, _user: &UserId) -> bool {
        unreachable!("a service that declares switches of methods checks codes here")
    }

    /// Switches the methods of somebody off.
    fn switch_off(&self, _user: &UserId) {
        unreachable!("a service that declares switches of methods has them here")
    }

    /// Stops the account from signing in.
    fn close(&self, user: &UserId);

    /// Puts somebody in the group.
    fn join(&self, user: &UserId);

    /// Locks somebody by wrong tries, where the service locks.
    fn lock(&self, user: &UserId);

    /// The filter that selects this person alone.
    fn filter_for(&self, user: &User) -> String;

    /// The code that went out last to somebody.
    fn last_code(&self, user: &UserId) -> String;

    /// Has the person approve what a telephone that approves shows, where the service does not take a code for that.
    fn approve(&self, _user: &UserId) {}

    /// Whether the password was changed by an administrator, and whether it must be changed again.
    fn password_state(&self, user: &UserId) -> (bool, bool);

    /// Whether registration was asked for.
    fn registration_required(&self, user: &UserId) -> bool;

    /// How many mails came for somebody, where the service mails.
    fn mails(&self, _user: &User) -> usize {
        unreachable!("a service that declares mail has a mailbox here")
    }

    /// Whether the session that the person was made with is over.
    fn signed_out(&self, user: &UserId) -> bool;

    /// Whether the policy for everybody is what the server has.
    fn policy_is_told(&self, policy: &Policy) -> Verdict;
}

/// The cases that ran, each once.
#[derive(Default)]
pub(super) struct Ran(BTreeSet<String>);

impl Ran {
    /// One ran.
    pub(super) fn case(&mut self, name: &str) {
        assert!(self.0.insert(name.to_owned()), "two cases are called \"{name}\"");
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}
