//! `methods add push USER…`

use super::enrol::Enrol;
use crate::cli::context::Context;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose telephone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add push adele --name \"Pixel 9\"\n  \
    mfactl methods add push adele --qr app.png --secrets-out app.json --yes\n\n\
    It counts once the app has scanned the code and answered")]
pub struct Args {
    #[command(flatten)]
    enrol: Enrol,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let wish = |name| Wish::AddPush { name };
        self.enrol
            .run(
                cx,
                "methods add push",
                "Enrol a telephone that approves for",
                wish,
            )
            .await
    }
}
