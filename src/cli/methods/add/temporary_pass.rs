//! `methods add temporary-pass USER…`

use jiff::{SignedDuration, Timestamp};

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Whose pass, and for how long.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add temporary-pass adele --lifetime 60m\n  \
    mfactl methods add temporary-pass --from new.csv --one-time --secrets-out passes.json --yes")]
pub struct Args {
    /// How long it works, such as 60m; within the policy's limits
    #[arg(long, value_name = "DUR")]
    lifetime: Option<String>,
    /// It works once
    #[arg(long)]
    one_time: bool,
    /// From when it works, such as 2026-12-24T08:00:00+01:00
    #[arg(long, value_name = "RFC3339")]
    start: Option<String>,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            lifetime,
            one_time,
            start,
            who,
            change,
        } = self;
        let selection = who.select(cx, &["lifetime", "start"], move |given| {
            Ok(Wish::AddPass {
                lifetime: given.value("lifetime", lifetime.as_deref(), span)?,
                one_time: one_time.then_some(true),
                start: given.value("start", start.as_deref(), moment)?,
            })
        })?;
        let change = Change {
            verb: "methods add temporary-pass",
            doing: "Issue a temporary pass for",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}

fn span(text: &str) -> Result<SignedDuration> {
    text.trim().parse().map_err(|_| {
        Error::new(
            ErrorCode::InvalidInput,
            format!("\"{text}\" is not a span of time"),
        )
        .hint("write a number with its unit, such as 60m or 2h")
    })
}

fn moment(text: &str) -> Result<Timestamp> {
    text.trim().parse().map_err(|_| {
        Error::new(ErrorCode::InvalidInput, format!("\"{text}\" is not a moment"))
            .hint("write it as RFC 3339, such as 2026-12-24T08:00:00+01:00")
    })
}
