//! `methods add hotp USER…`

use super::enrol::Enrol;
use crate::cli::context::Context;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose authenticator.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add hotp adele --name \"YubiKey slot 2\"\n  \
    mfactl methods add hotp adele --qr seed.png --secrets-out seed.json --yes\n\n\
    It shows codes by a counter, each for one use")]
pub struct Args {
    #[command(flatten)]
    enrol: Enrol,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let wish = |name| Wish::AddHotp { name };
        self.enrol
            .run(
                cx,
                "methods add hotp",
                "Enrol an authenticator by counter for",
                wish,
            )
            .await
    }
}
