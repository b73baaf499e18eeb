//! `methods add qr-pin USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// The longest time of a code, in days (api/entra 1.9: the policy's own lifetime is about a year).
const MOST_DAYS: u32 = 395;

/// Whose code, and for how long.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add qr-pin adele\n  \
    mfactl methods add qr-pin adele --days 90 --qr badge.png --secrets-out pin.json --yes\n\n\
    Code and PIN are shown once; a code that stands gives way")]
pub struct Args {
    /// How long the code works; without it as policy says
    #[arg(long, value_name = "N")]
    days: Option<String>,
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
            days: typed,
            qr,
            who,
            change,
        } = self;
        let qr = Qr::parse(&qr)?;
        let has_place = cx.globals.secrets_out.is_some() || cx.ui.stdout_is_terminal() || cx.globals.dry_run;
        if matches!(qr, Qr::Image(_)) && !has_place {
            return Err(Error::new(
                ErrorCode::SecretsNeedAPlace,
                "the image holds the code and not the PIN",
            )
            .hint("--secrets-out FILE writes the PIN to a new file"));
        }
        let selection = who.select(cx, &["days"], move |given| {
            Ok(Wish::AddQrPin {
                days: given.value("days", typed.as_deref(), days)?,
            })
        })?;
        let change = Change {
            verb: "methods add qr-pin",
            doing: "Issue a QR code and a PIN for",
            selection,
            playbook: None,
            qr,
            args: change,
        };
        change::run(cx, change).await
    }
}

fn days(text: &str) -> Result<u32> {
    let days = text.trim().parse().ok();
    days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| {
        Error::new(
            ErrorCode::InvalidInput,
            format!("\"{text}\" is not a number of days"),
        )
        .hint(format!("1 to {MOST_DAYS}"))
    })
}
