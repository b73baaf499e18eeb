//! `policy`: what the organization allows.

pub(crate) mod show;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on the policy.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Show which methods are allowed, for whom and with which limits
    Show(Later<show::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Show(Later(args)) => args.run(cx).await,
        }
    }
}
