//! `devices disable USER DEVICE…`

use super::switched;
use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::Result;

/// Whose devices, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl devices disable adele device:0b7e\n  \
    mfactl devices disable adele \"iPhone 14\" --ticket INC0042\n\n\
    The device stays registered and signs in no more; devices enable lets it again")]
pub struct Args {
    /// Sign-in name, object id or primary mail address; with a selector: a device
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// Registered devices, as devices list prints them
    #[arg(value_name = "DEVICE")]
    device: Vec<String>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            device,
            many,
            change,
        } = self;
        let selection = switched(cx, many, user, device, false)?;
        let change = Change {
            verb: "devices disable",
            doing: "Disable registered devices of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
