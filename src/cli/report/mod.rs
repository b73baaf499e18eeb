//! `report`: across the organization.

mod page;
pub(crate) mod registration;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Reports.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List who has registered what, or count it
    Registration(Later<registration::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Registration(Later(args)) => args.run(cx).await,
        }
    }
}
