//! `policy`: what the organization allows.

pub(crate) mod show;

use super::context::Context;
use crate::domain::Result;

/// Verbs on the policy.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Show which methods are allowed, for whom and with which limits
    Show(show::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Show(args) => args.run(cx).await,
        }
    }
}
