//! `methods add hardware-token USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::jobs::plan::Wish;

/// Whose token, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add hardware-token adele --serial 2309 --code 123456\n  \
    mfactl methods add hardware-token --from tokens.csv --column serial=\"Serial number\"\n\n\
    The token is in the organization's inventory: hardware-tokens list. Without a code it waits for one: \
    methods verify USER hardware-token --code CODE")]
pub struct Args {
    /// The serial number that is printed on it
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    serial: Option<String>,
    /// The six digits that it shows now: it counts at once
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The name that lists show, once it counts
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            serial,
            code: typed,
            name,
            who,
            change,
        } = self;
        let one_token = serial.is_some();
        let selection = who.select(cx, &["serial", "code", "name"], move |given| {
            let text = |text: &str| Ok(text.trim().to_owned());
            Ok(Wish::AddHardwareToken {
                serial: given.required("serial", serial.as_deref(), text)?,
                code: given.value("code", typed.as_deref(), code)?,
                name: given.value("name", name.as_deref(), text)?,
            })
        })?;
        if one_token && selection.at_most() != Some(1) {
            return Err(Error::new(
                ErrorCode::Usage,
                "one token for several people is none: --serial takes one USER",
            )
            .hint("give a file with the columns user and serial: --from FILE"));
        }
        let change = Change {
            verb: "methods add hardware-token",
            doing: "Give a hardware token to",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}

/// The code of a token, however its digits are grouped. It is not repeated in the error.
fn code(text: &str) -> Result<Secret> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Secret::new(digits));
    }
    Err(
        Error::new(ErrorCode::InvalidInput, "a code of a token has six digits")
            .hint("press the token's button, and type what it shows"),
    )
}
