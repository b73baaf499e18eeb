//! `methods add email USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Whose address, and which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add email bas --address bas@home.example\n  \
    mfactl methods add email --from addresses.csv --column address=\"Private mail\"")]
pub struct Args {
    /// The mail address
    #[arg(long, value_name = "ADDR", required_unless_present = "from")]
    address: Option<String>,
    /// Put it in the place of an address that stands there
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
            address,
            replace,
            who,
            change,
        } = self;
        let selection = who.select(cx, &["address"], move |given| {
            Ok(Wish::AddEmail {
                address: given.required("address", address.as_deref(), mail_address)?,
                replace,
            })
        })?;
        let change = Change {
            verb: "methods add email",
            doing: "Add a mail address for",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}

/// A mail address as far as one can tell without sending to it: one `@`, a name before it, a domain with a dot behind.
///
/// # Errors
/// `invalid_input`, with what is wrong.
pub(crate) fn mail_address(text: &str) -> Result<String> {
    let text = text.trim();
    let bad = |why: &str| {
        Err(Error::new(
            ErrorCode::InvalidInput,
            format!("\"{text}\" is not a mail address: {why}"),
        )
        .hint("such as bas@home.example"))
    };
    let Some((name, domain)) = text.rsplit_once('@') else {
        return bad("it has no @");
    };
    if text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>' | '"'))
    {
        return bad("it has a character in it that does not belong there");
    }
    if name.is_empty() || name.contains('@') || name.len() > 64 {
        return bad("the part before the @ is not a name");
    }
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    if labels.len() < 2 || !labels.iter().all(label) || domain.len() > 253 {
        return bad("the part behind the @ is not a domain");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in [
            "bas@home.example",
            "a+b.c@x.y.example",
            "zoë@müller.example",
            " x@y.example ",
        ] {
            assert_eq!(mail_address(good).unwrap(), good.trim());
        }
        for bad in [
            "bas",
            "@home.example",
            "bas@",
            "bas@home",
            "b as@home.example",
            "a@b@c.example",
            "x@y..example",
            "x@-y.example",
            "x@y.example,z@y.example",
        ] {
            assert_eq!(
                mail_address(bad).unwrap_err().code(),
                ErrorCode::InvalidInput,
                "{bad}"
            );
        }
    }
}
