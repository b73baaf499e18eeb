//! `methods`: what a person can verify a sign-in or a reset with.

pub(crate) mod list;

use super::context::Context;
use crate::domain::Result;

/// Verbs on methods.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List a person's methods, with the default and whether each can be used
    List(list::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(args) => args.run(cx).await,
        }
    }
}
