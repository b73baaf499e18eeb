//! `methods add phone USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::{Error, ErrorCode, MethodKind, PhoneNumber, Result, Via};
use crate::jobs::plan::Wish;

/// Whose number, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add phone bas --number \"+31 612345678\"\n  \
    mfactl methods add phone adele --number \"+1 4255550199\" --type alternate --replace\n  \
    mfactl methods add phone --from numbers.csv --column number=Mobile --yes")]
pub struct Args {
    /// The number: +COUNTRY NUMBER, with an extension as x123
    #[arg(long, value_name = "NUMBER", required_unless_present = "from")]
    number: Option<String>,
    /// Which of the three numbers: mobile, alternate or office [default: mobile]
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// How codes go out: sms or call
    #[arg(long, value_name = "WAY")]
    via: Option<String>,
    /// Put it in the place of a number that stands there
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            number,
            kind,
            via,
            replace,
            who,
            change,
        } = self;
        let region = who.region(cx)?;
        let selection = who.select(cx, &["number", "type", "via"], move |given| {
            Ok(Wish::AddPhone {
                number: given.required("number", number.as_deref(), |text| {
                    Ok(PhoneNumber::parse(text, region.as_deref())?)
                })?,
                kind: given
                    .value("type", kind.as_deref(), phone_kind)?
                    .unwrap_or(MethodKind::PhoneMobile),
                via: given.value("via", via.as_deref(), way)?,
                replace,
            })
        })?;
        let change = Change {
            verb: "methods add phone",
            doing: "Add a number for",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}

fn phone_kind(text: &str) -> Result<MethodKind> {
    match text.to_lowercase().trim_start_matches("phone:") {
        "mobile" => Ok(MethodKind::PhoneMobile),
        "alternate" => Ok(MethodKind::PhoneAlternate),
        "office" => Ok(MethodKind::PhoneOffice),
        _ => Err(Error::new(
            ErrorCode::InvalidInput,
            format!("\"{text}\" is not a type of phone"),
        )
        .hint("one of: mobile, alternate, office")),
    }
}

fn way(text: &str) -> Result<Via> {
    match text.to_lowercase().as_str() {
        "sms" | "text" => Ok(Via::Sms),
        "call" => Ok(Via::Call),
        _ => Err(Error::new(
            ErrorCode::InvalidInput,
            format!("\"{text}\" is no way for a code to go out"),
        )
        .hint("one of: sms, call")),
    }
}
