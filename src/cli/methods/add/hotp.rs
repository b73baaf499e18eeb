//! `methods add hotp USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose authenticator.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add hotp adele --name \"YubiKey slot 2\"\n  \
    mfactl methods add hotp adele --qr seed.png --secrets-out seed.json --yes\n\n\
    It shows codes by a counter, each for one use")]
pub struct Args {
    /// The name of the device
    #[arg(long, value_name = "DEVICE")]
    name: Option<String>,
    /// Where the QR code goes: auto (the terminal), none, or a new .png or .svg
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    qr: String,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            name,
            qr,
            who,
            change,
        } = self;
        let qr = Qr::parse(&qr)?;
        let selection = who.select(cx, &["name"], move |given| {
            Ok(Wish::AddHotp {
                name: given.value("name", name.as_deref(), |text| Ok(text.to_owned()))?,
            })
        })?;
        let change = Change {
            verb: "methods add hotp",
            doing: "Enrol an authenticator by counter for",
            selection,
            playbook: None,
            qr,
            args: change,
        };
        change::run(cx, change).await
    }
}
