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
    /// Enrol an authenticator that counts, by a seed shown once
    Hotp(hotp::Args),
    /// Enrol a telephone that approves notifications, by a link shown once
    Push(push::Args),
    /// Issue a temporary access pass, shown once
    #[command(alias = "tap")]
    TemporaryPass(temporary_pass::Args),
    /// Set security questions, for password reset
    Questions(questions::Args),
    /// Register a passkey: print the options, take the response
    Passkey(passkey::Args),
    /// Register people with another provider that policy knows
    External(external::Args),
    /// Give a hardware token of the inventory to a person
    HardwareToken(hardware_token::Args),
    /// Issue a QR code and a PIN, shown once
    QrPin(qr_pin::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Phone(args) => args.run(cx).await,
            Self::Email(args) => args.run(cx).await,
            Self::Totp(args) => args.run(cx).await,
            Self::Hotp(args) => args.run(cx).await,
            Self::Push(args) => args.run(cx).await,
            Self::TemporaryPass(args) => args.run(cx).await,
            Self::Questions(args) => args.run(cx).await,
            Self::Passkey(args) => args.run(cx).await,
            Self::External(args) => args.run(cx).await,
            Self::HardwareToken(args) => args.run(cx).await,
            Self::QrPin(args) => args.run(cx).await,
        }
    }
}
