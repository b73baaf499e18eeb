//! `profile remove NAME`: the profile goes, and with it every sign-in that is kept for it.

use super::file;
use crate::auth;
use crate::cli::auth::end;
use crate::cli::context::Context;
use crate::domain::{Error, ErrorCode, Result};
use crate::services::{ConnectOptions, sign_in};

/// Which profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl profile remove contoso --yes")]
pub struct Args {
    /// The profile
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { name } = self;
        cx.interrupt.watch()?;
        let config = cx.config()?;
        let at = file(cx)?;
        // What keeps it from being removed is said before anybody is asked.
        config.may_remove(&name)?;
        if cx.globals.dry_run {
            cx.ui.note(&format!(
                "profile {name} and its guard would be removed from {at}, with the sign-ins that are kept for it"
            ));
            return Ok(0);
        }
        if !cx.globals.yes
            && !cx
                .ui
                .confirm(&format!("Remove profile {name} and its guard from {at}?"))?
        {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "not confirmed: nothing was removed",
            ));
        }
        // Looked up while the profile can still be read.
        let person = cx.way_of_person(&name).await;
        let was_default = config.remove(&name)?;
        cx.ui.note(&format!("profile {name} is removed from {at}"));
        if was_default {
            cx.ui
                .note("it was the default one; no profile serves unasked now");
            cx.ui.hint(&cx.command_of(None, ["profile", "use", "NAME"]));
        }
        match sign_out(cx, &name, person.as_ref()).await {
            Ok(code) => Ok(code),
            Err(error) => {
                cx.ui.warn(&format!(
                    "the profile is gone, and what is kept of its sign-in is not: {error}"
                ));
                if let Some(hint) = error.hint_text() {
                    cx.ui.hint(hint);
                }
                Ok(7)
            }
        }
    }
}

/// Ends the profile's sign-in, and takes away whatever else is kept for it: of other accounts, of another tenant that
/// it was for before. Gives the exit status.
async fn sign_out(cx: &Context, name: &str, person: Option<&ConnectOptions>) -> Result<u8> {
    let mut code = 0;
    if let Some(options) = person
        && let Some((place, _)) = sign_in::place(options)?
    {
        code = end(cx, name, options, &place).await?.unwrap_or(0);
    }
    match auth::forget(&cx.sign_ins()?, name).await? {
        0 => {}
        1 => cx.ui.note(&format!("the kept token of {name} is removed")),
        more => cx.ui.note(&format!("{more} kept tokens of {name} are removed")),
    }
    Ok(code)
}
