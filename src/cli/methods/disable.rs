//! `methods disable USER METHOD…`

use super::switched;
use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Which methods of whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods disable emre totp\n  \
    mfactl methods disable emre totp --lost --secrets-out -\n  \
    mfactl methods disable --from lost.csv totp\n\n\
    What is off stays, and methods enable switches it on again")]
pub struct Args {
    /// Sign-in name, object id or primary mail address; with a selector: a method
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// The methods, as methods list prints them
    #[arg(value_name = "METHOD")]
    method: Vec<String>,
    /// It is lost: a password stands in for it for some days, shown once
    #[arg(long)]
    lost: bool,
    /// Switch the last usable method off too
    #[arg(long)]
    leave_none: bool,
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
            lost,
            leave_none,
            many,
            change,
        } = self;
        let selection = switched(cx, many, user, method, move |methods| Wish::SwitchMethods {
            methods,
            enabled: false,
            lost,
            leave_none,
        })?;
        let change = Change {
            verb: "methods disable",
            doing: "Switch off methods of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
