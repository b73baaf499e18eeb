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
use crate::domain::Result;

/// Verbs on people.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Find people whose name or address begins with a text
    Search(search::Args),
    /// Show account, registration, methods, devices and sessions on one page
    Show(show::Args),
    /// End every session, everywhere
    #[command(alias = "logout")]
    SignOut(sign_out::Args),
    /// Put right a lost phone, a new phone or a compromised account
    Reset(reset::Args),
    /// Give a new password
    ResetPassword(reset_password::Args),
    /// End a lock after wrong tries
    Unlock(unlock::Args),
    /// Stop accounts from signing in
    Disable(disable::Args),
    /// Let accounts sign in again
    Enable(enable::Args),
    /// Set per-user MFA: disabled, enabled or enforced
    SetMfaState(set_mfa_state::Args),
    /// Check that a caller is the person, before anything is changed
    CheckCaller(check_caller::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Search(args) => args.run(cx).await,
            Self::Show(args) => args.run(cx).await,
            Self::SignOut(args) => args.run(cx).await,
            Self::Reset(args) => args.run(cx).await,
            Self::ResetPassword(args) => args.run(cx).await,
            Self::Unlock(args) => args.run(cx).await,
            Self::Disable(args) => args.run(cx).await,
            Self::Enable(args) => args.run(cx).await,
            Self::SetMfaState(args) => args.run(cx).await,
            Self::CheckCaller(args) => args.run(cx).await,
        }
    }
}
