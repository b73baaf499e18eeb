//! `app-passwords`: passwords of programs that cannot do two-step verification.

pub(crate) mod list;
mod reset;

use super::context::Context;
use crate::domain::Result;

/// Verbs on app passwords.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List app passwords, by name and last use
    List(list::Args),
    /// End app passwords, and make new ones where asked to
    Reset(reset::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(args) => args.run(cx).await,
            Self::Reset(args) => args.run(cx).await,
        }
    }
}
