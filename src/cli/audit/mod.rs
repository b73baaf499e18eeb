//! `audit`: who did what to whom, and whether the log of it is whole.

mod export;
mod filter;
mod list;
mod verify;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on the audit log.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List what was done and refused, the newest last
    List(Later<list::Args>),
    /// Check that no line was changed, deleted, swapped or inserted, and that none is missing at the end
    Verify(Later<verify::Args>),
    /// Write every line for another program to read
    Export(Later<export::Args>),
}

impl Verb {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx),
            Self::Verify(Later(args)) => args.run(cx),
            Self::Export(Later(args)) => args.run(cx),
        }
    }
}

/// Says where a line stands that is none: what is listed may not be all.
fn doubt(cx: &Context, wrong: Option<&(String, u64)>) {
    if let Some((file, line)) = wrong {
        cx.ui.warn(&format!("{file}:{line} is no line of the audit log"));
        cx.ui.hint(&cx.command(["audit", "verify"]));
    }
}
