//! `user`: one person on one page, and what is done to the account.

pub(crate) mod search;
pub(crate) mod show;

use super::context::Context;
use crate::domain::Result;

/// Verbs on people.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Find people whose name or address begins with a text
    Search(search::Args),
    /// Show account, registration, methods, devices and sessions on one page
    Show(show::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Search(args) => args.run(cx).await,
            Self::Show(args) => args.run(cx).await,
        }
    }
}
