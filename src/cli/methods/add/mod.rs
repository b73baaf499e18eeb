//! `methods add`: methods that an administrator adds for a person.

mod email;
mod enrol;
mod external;
mod hardware_token;
mod hotp;
mod passkey;
mod phone;
mod push;
mod qr_pin;
mod questions;
mod temporary_pass;
mod totp;

use crate::cli::context::Context;
use crate::cli::later::Later;
use crate::domain::Result;

pub(crate) use email::mail_address;

/// Kinds of method that can be added.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Add a telephone number
    Phone(Later<phone::Args>),
    /// Add a mail address, for password reset
    Email(Later<email::Args>),
    /// Enrol an authenticator app that shows codes, by a seed shown once
    Totp(Later<totp::Args>),
    /// Enrol an authenticator that counts, by a seed shown once
    Hotp(Later<hotp::Args>),
    /// Enrol a telephone that approves notifications, by a link shown once
    Push(Later<push::Args>),
    /// Issue a temporary access pass, shown once
    #[command(alias = "tap")]
    TemporaryPass(Later<temporary_pass::Args>),
    /// Set security questions, for password reset
    Questions(Later<questions::Args>),
    /// Register a passkey: print the options, take the response
    Passkey(Later<passkey::Args>),
    /// Register people with another provider that policy knows
    External(Later<external::Args>),
    /// Give a hardware token of the inventory to a person
    HardwareToken(Later<hardware_token::Args>),
    /// Issue a QR code and a PIN, shown once
    QrPin(Later<qr_pin::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Phone(Later(args)) => args.run(cx).await,
            Self::Email(Later(args)) => args.run(cx).await,
            Self::Totp(Later(args)) => args.run(cx).await,
            Self::Hotp(Later(args)) => args.run(cx).await,
            Self::Push(Later(args)) => args.run(cx).await,
            Self::TemporaryPass(Later(args)) => args.run(cx).await,
            Self::Questions(Later(args)) => args.run(cx).await,
            Self::Passkey(Later(args)) => args.run(cx).await,
            Self::External(Later(args)) => args.run(cx).await,
            Self::HardwareToken(Later(args)) => args.run(cx).await,
            Self::QrPin(Later(args)) => args.run(cx).await,
        }
    }
}
