//! `devices`: where a person is not asked for a second factor, and what is registered.

mod forget;
pub(crate) mod list;

use super::context::Context;
use crate::domain::Result;

/// Verbs on devices.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List remembered and registered devices
    List(list::Args),
    /// Ask a second factor again on remembered devices
    Forget(forget::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(args) => args.run(cx).await,
            Self::Forget(args) => args.run(cx).await,
        }
    }
}
