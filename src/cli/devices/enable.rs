//! `devices enable USER DEVICE…`

use super::Switched;
use crate::cli::context::Context;
use crate::domain::Result;

/// Whose devices, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl devices enable adele device:0b7e\n  \
    mfactl devices enable --from found.csv")]
pub struct Args {
    #[command(flatten)]
    switched: Switched,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { switched } = self;
        switched
            .run(cx, true, "devices enable", "Enable registered devices of")
            .await
    }
}
