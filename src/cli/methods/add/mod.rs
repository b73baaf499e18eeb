//! `methods add`: methods that an administrator adds for a person.

mod email;
mod phone;
mod questions;
mod temporary_pass;
mod totp;

use crate::cli::context::Context;
use crate::domain::Result;

pub(crate) use email::mail_address;

/// Kinds of method that can be added.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Add a telephone number
    Phone(phone::Args),
    /// Add a mail address, for password reset
    Email(email::Args),
    /// Enrol an authenticator app that shows codes, by a seed shown once
    Totp(totp::Args),
    /// Issue a temporary access pass, shown once
    #[command(alias = "tap")]
    TemporaryPass(temporary_pass::Args),
    /// Set security questions, for password reset
    Questions(questions::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Phone(args) => args.run(cx).await,
            Self::Email(args) => args.run(cx).await,
            Self::Totp(args) => args.run(cx).await,
            Self::TemporaryPass(args) => args.run(cx).await,
            Self::Questions(args) => args.run(cx).await,
        }
    }
}
