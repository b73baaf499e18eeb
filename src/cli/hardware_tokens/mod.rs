//! `hardware-tokens`: the organization's inventory of tokens that show codes.

mod import;
pub(crate) mod list;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on the inventory.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List the tokens, and who has them
    List(Later<list::Args>),
    /// Put tokens into the inventory, from a file in Microsoft's form
    Import(Later<import::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx).await,
            Self::Import(Later(args)) => args.run(cx).await,
        }
    }
}
