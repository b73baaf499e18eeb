//! `app-passwords`: passwords of programs that cannot do two-step verification.

pub(crate) mod list;
mod reset;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on app passwords.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List app passwords, by name and last use
    List(Later<list::Args>),
    /// End app passwords, and make new ones where asked to
    Reset(Later<reset::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx).await,
            Self::Reset(Later(args)) => args.run(cx).await,
        }
    }
}
