//! `methods update USER METHOD`

use super::add::mail_address;
use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::{Error, ErrorCode, PhoneNumber, Result};
use crate::jobs::plan::{NewValue, Wish};

/// Which method of whom, and what it becomes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods update bas phone:mobile --number \"+31 612345678\"\n  \
    mfactl methods update adele email --address adele@home.example\n  \
    mfactl methods update --from numbers.csv phone:mobile")]
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
    /// The new number of a phone
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["address", "name"])]
    number: Option<String>,
    /// The new address of an email
    #[arg(long, value_name = "ADDR", conflicts_with = "name")]
    address: Option<String>,
    /// The new name of a device or key
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
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
            number,
            address,
            name,
            many,
            change,
        } = self;
        let region = many.region(cx)?;
        let (users, methods) = many.operands(user, method.into_iter().collect());
        let method = methods.into_iter().next();
        let selection = many.select(
            cx,
            users,
            &["method", "number", "address", "name"],
            move |given| {
                let method = given.required("method", method.as_deref(), |text| Ok(text.to_owned()))?;
                let number = given.value("number", number.as_deref(), |text| {
                    Ok(NewValue::Number(PhoneNumber::parse(text, region.as_deref())?))
                })?;
                let address = given.value("address", address.as_deref(), |text| {
                    Ok(NewValue::Address(mail_address(text)?))
                })?;
                let name = given.value("name", name.as_deref(), |text| {
                    Ok(NewValue::Name(text.trim().to_owned()))
                })?;
                let mut values = [number, address, name].into_iter().flatten();
                match (values.next(), values.next()) {
                    (Some(value), None) => Ok(Wish::Update { method, value }),
                    (None, _) => Err(Error::new(ErrorCode::Usage, "there is nothing to change")
                        .hint("give --number, --address or --name")),
                    (Some(_), Some(_)) => Err(Error::new(
                        ErrorCode::InvalidInput,
                        "a method takes one of number, address and name",
                    )),
                }
            },
        )?;
        let change = Change {
            verb: "methods update",
            doing: "Change a method of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
