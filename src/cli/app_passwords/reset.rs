//! `app-passwords reset USER NAME…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Whose app passwords, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl app-passwords reset adele --all\n  \
    mfactl app-passwords reset adele \"Outlook 2013\" --reissue\n  \
    mfactl app-passwords reset --from people.csv --all")]
pub struct Args {
    /// Sign-in name, object id or primary mail address
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// App passwords, by their id or whole name
    #[arg(value_name = "NAME", conflicts_with = "all")]
    name: Vec<String>,
    /// End every app password of the person
    #[arg(long)]
    all: bool,
    /// Make new ones of the same names, shown once
    #[arg(long)]
    reissue: bool,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            name,
            all,
            reissue,
            many,
            change,
        } = self;
        let (users, names) = many.operands(user, name);
        if names.is_empty() && !all {
            return Err(Error::new(ErrorCode::Usage, "NAME… is missing")
                .hint("name the app passwords, or --all for every one of them"));
        }
        if all && !names.is_empty() {
            return Err(Error::new(ErrorCode::Usage, "--all does not go with NAME"));
        }
        let selection = many.select(cx, users, &[], move |_| {
            Ok(Wish::AppPasswords {
                names: names.clone(),
                reissue,
            })
        })?;
        let change = Change {
            verb: "app-passwords reset",
            doing: "Reset app passwords of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
