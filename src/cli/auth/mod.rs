//! `auth`: signing in, who is signed in, signing out, and the token itself.

mod again;
mod interactive;
mod login;
mod logout;
mod status;
mod token;
mod typed;

pub(crate) use again::Again;
pub(crate) use logout::end;

use crate::cli::context::Context;
use crate::cli::later::Later;
use crate::domain::Result;

/// Sign in, see who is signed in, and sign out
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Sign in, with a browser or a code
    Login(Later<login::Args>),
    /// Show who is signed in, until when and with which rights
    Status(Later<status::Args>),
    /// Sign out: remove what is kept, and end it at the service
    Logout(Later<logout::Args>),
    /// Hand the token to another program
    Token(Later<token::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Login(Later(args)) => args.run(cx).await,
            Self::Status(Later(args)) => args.run(cx).await,
            Self::Logout(Later(args)) => args.run(cx).await,
            Self::Token(Later(args)) => args.run(cx).await,
        }
    }
}
