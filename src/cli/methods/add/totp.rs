//! `methods add totp USER…`

use super::enrol::Enrol;
use crate::cli::context::Context;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose authenticator.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add totp adele --name \"Pixel 9\"\n  \
    mfactl methods add totp adele --qr seed.png --secrets-out seed.json --yes\n\n\
    It counts once a code of it is confirmed: methods verify USER totp --code CODE")]
pub struct Args {
    #[command(flatten)]
    enrol: Enrol,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let wish = |name| Wish::AddTotp { name };
        self.enrol
            .run(cx, "methods add totp", "Enrol an authenticator for", wish)
            .await
    }
}
