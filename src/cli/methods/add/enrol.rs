//! What `methods add totp`, `hotp` and `push` have in common: a device with a name is enrolled, by a QR code shown once.

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose device, and where its QR code goes.
#[derive(Debug, clap::Args)]
pub struct Enrol {
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

impl Enrol {
    /// Runs the verb; `wish` makes what is wanted of the name of the device.
    ///
    /// # Errors
    /// `usage` for a QR code that goes nowhere; as [`Who::select`] and [`change::run`].
    pub(super) async fn run(
        self,
        cx: &Context,
        verb: &'static str,
        doing: &'static str,
        wish: fn(Option<String>) -> Wish,
    ) -> Result<u8> {
        let Self {
            name,
            qr,
            who,
            change,
        } = self;
        let qr = Qr::parse(&qr)?;
        let selection = who.select(cx, &["name"], move |given| {
            let name = given.value("name", name.as_deref(), |text| Ok(text.to_owned()))?;
            Ok(wish(name))
        })?;
        let change = Change {
            verb,
            doing,
            selection,
            playbook: None,
            qr,
            args: change,
        };
        change::run(cx, change).await
    }
}
