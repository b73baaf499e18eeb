//! `methods remove USER METHOD…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Which methods of whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods remove emre authenticator:b2f7\n  \
    mfactl methods remove adele authenticator phone:mobile\n  \
    mfactl methods remove adele --all --leave-none\n  \
    mfactl methods remove --from left.csv --all --leave-none")]
pub struct Args {
    /// Sign-in name, object id or primary mail address; with a selector: a method
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// The methods, as methods list prints them; phone means all phones
    #[arg(value_name = "METHOD", conflicts_with = "all")]
    method: Vec<String>,
    /// Remove every method; never the password
    #[arg(long)]
    all: bool,
    /// A method that is not there is fine
    #[arg(long)]
    missing_ok: bool,
    /// Remove the last usable method too
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
            all,
            missing_ok,
            leave_none,
            many,
            change,
        } = self;
        let (users, methods) = many.operands(user, method);
        if all && !methods.is_empty() {
            return Err(Error::new(ErrorCode::Usage, "--all does not go with METHOD"));
        }
        let has_rows = many.has_rows();
        // What the command says is for everybody; a column beside it is told as not used.
        let options: &'static [&'static str] = if methods.is_empty() && !all {
            &["method"]
        } else {
            &[]
        };
        let selection = many.select(cx, users, options, move |given| {
            let mut wanted = methods.clone();
            if wanted.is_empty() && !all {
                if !has_rows {
                    return Err(Error::new(ErrorCode::Usage, "METHOD… is missing")
                        .hint("name the methods, or --all for every one of them"));
                }
                wanted = given.listed("method")?;
            }
            Ok(Wish::Remove {
                methods: wanted,
                missing_ok,
                leave_none,
            })
        })?;
        let change = Change {
            verb: "methods remove",
            doing: "Remove methods of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
