//! `devices forget USER [DEVICE…]`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whose devices, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl devices forget adele\n  \
    mfactl devices forget adele device:91ac\n  \
    mfactl devices forget --group Sales --expect 12\n\n\
    Without DEVICE: every remembered one. A registered device is never deleted. Where a service\n    remembers none and lists sessions, DEVICE is a session, and that one is ended")]
pub struct Args {
    /// Sign-in name, object id or primary mail address
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// Remembered devices, or sessions where none are remembered, as devices list prints them
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
        let (users, devices) = many.operands(user, device);
        let selection = many.select(cx, users, &[], move |_| Ok(Wish::Forget(devices.clone())))?;
        let change = Change {
            verb: "devices forget",
            doing: "Forget remembered devices of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
