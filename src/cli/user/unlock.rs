//! `user unlock USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl user unlock adele\n  \
    mfactl user unlock --from locked.csv --expect 3 --yes\n\n\
    It ends a lock after wrong tries; an account that was disabled stays so")]
pub struct Args {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { who, change } = self;
        let selection = who.select(cx, &[], |_| Ok(Wish::Unlock))?;
        let change = Change {
            verb: "user unlock",
            doing: "Unlock",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
