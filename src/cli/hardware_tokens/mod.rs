//! `hardware-tokens`: the organization's inventory of tokens that show codes.

mod import;
pub(crate) mod list;

use super::context::Context;
use crate::domain::Result;

/// Verbs on the inventory.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List the tokens, and who has them
    List(list::Args),
    /// Put tokens into the inventory, from a file in Microsoft's form
    Import(import::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(args) => args.run(cx).await,
            Self::Import(args) => args.run(cx).await,
        }
    }
}
