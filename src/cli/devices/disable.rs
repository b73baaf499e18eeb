//! `devices disable USER DEVICE…`

use super::Switched;
use crate::cli::context::Context;
use crate::domain::Result;

/// Whose devices, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl devices disable adele device:0b7e\n  \
    mfactl devices disable adele \"iPhone 14\" --ticket INC0042\n\n\
    The device stays registered and signs in no more; devices enable lets it again")]
pub struct Args {
    #[command(flatten)]
    switched: Switched,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { switched } = self;
        switched
            .run(cx, false, "devices disable", "Disable registered devices of")
            .await
    }
}
