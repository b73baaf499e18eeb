//! `user sign-out USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl user sign-out adele\n  \
    mfactl user sign-out --from people.csv --expect 12 --yes\n\n\
    Pages that are open may work for some time more: up to 60 minutes on Microsoft Entra ID")]
pub struct Args {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { who, change } = self;
        let selection = who.select(cx, &[], |_| Ok(Wish::SignOut))?;
        let change = Change {
            verb: "user sign-out",
            doing: "Sign out",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
