//! `methods enable USER METHOD…`

use super::switched;
use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Which methods of whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods enable emre totp\n  \
    mfactl methods enable --from found.csv totp")]
pub struct Args {
    /// Sign-in name, object id or primary mail address; with a selector: a method
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// The methods, as methods list prints them
    #[arg(value_name = "METHOD")]
    method: Vec<String>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            method,
            many,
            change,
        } = self;
        let selection = switched(cx, many, user, method, move |methods| Wish::SwitchMethods {
            methods,
            enabled: true,
            lost: false,
            leave_none: false,
        })?;
        let change = Change {
            verb: "methods enable",
            doing: "Switch on methods of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
