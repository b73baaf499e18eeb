//! `user`: one person on one page, and what is done to the account.

mod check_caller;
mod disable;
mod enable;
mod reset;
mod reset_password;
pub(crate) mod search;
mod set_mfa_state;
pub(crate) mod show;
mod sign_out;
mod unlock;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on people.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Find people whose name or address begins with a text
    Search(Later<search::Args>),
    /// Show account, registration, methods, devices and sessions on one page
    Show(Later<show::Args>),
    /// End every session, everywhere
    #[command(alias = "logout")]
    SignOut(Later<sign_out::Args>),
    /// Put right a lost phone, a new phone or a compromised account
    Reset(Later<reset::Args>),
    /// Give a new password
    ResetPassword(Later<reset_password::Args>),
    /// End a lock after wrong tries
    Unlock(Later<unlock::Args>),
    /// Stop accounts from signing in
    Disable(Later<disable::Args>),
    /// Let accounts sign in again
    Enable(Later<enable::Args>),
    /// Set per-user MFA: disabled, enabled or enforced
    SetMfaState(Later<set_mfa_state::Args>),
    /// Check that a caller is the person, before anything is changed
    CheckCaller(Later<check_caller::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Search(Later(args)) => args.run(cx).await,
            Self::Show(Later(args)) => args.run(cx).await,
            Self::SignOut(Later(args)) => args.run(cx).await,
            Self::Reset(Later(args)) => args.run(cx).await,
            Self::ResetPassword(Later(args)) => args.run(cx).await,
            Self::Unlock(Later(args)) => args.run(cx).await,
            Self::Disable(Later(args)) => args.run(cx).await,
            Self::Enable(Later(args)) => args.run(cx).await,
            Self::SetMfaState(Later(args)) => args.run(cx).await,
            Self::CheckCaller(Later(args)) => args.run(cx).await,
        }
    }
}
