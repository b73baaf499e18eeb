//! `user enable USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose account.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl user enable adele\n  \
    mfactl user enable --from back.csv --expect 12 --yes")]
pub struct Args {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { who, change } = self;
        let selection = who.select(cx, &[], |_| Ok(Wish::Account { enabled: true }))?;
        let change = Change {
            verb: "user enable",
            doing: "Enable the account of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
