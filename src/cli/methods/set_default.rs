//! `methods set-default USER METHOD`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Which method of whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods set-default dora authenticator\n  \
    mfactl methods set-default --from wrong.csv phone:mobile")]
pub struct Args {
    /// Sign-in name, object id or primary mail address; with a selector: the method
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// The method, as methods list prints it
    #[arg(
        value_name = "METHOD",
        required_unless_present_any = ["from", "group", "filter", "everyone"],
        conflicts_with_all = ["from", "group", "filter", "everyone"]
    )]
    method: Option<String>,
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
        let (users, methods) = many.operands(user, method.into_iter().collect());
        let method = methods.into_iter().next();
        let selection = many.select(cx, users, &["method"], move |given| {
            let method = given.required("method", method.as_deref(), |text| Ok(text.to_owned()))?;
            Ok(Wish::SetDefault { method })
        })?;
        let change = Change {
            verb: "methods set-default",
            doing: "Set the default method of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
