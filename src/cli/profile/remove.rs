//! `profile remove NAME`

use super::file;
use crate::cli::context::Context;
use crate::domain::{Error, ErrorCode, Result};

/// Which profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl profile remove contoso --yes")]
pub struct Args {
    /// The profile
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { name } = self;
        cx.interrupt.watch()?;
        let config = cx.config()?;
        let at = file(cx)?;
        // What keeps it from being removed is said before anybody is asked.
        config.may_remove(&name)?;
        if cx.globals.dry_run {
            cx.ui.note(&format!(
                "profile {name} and its guard would be removed from {at}"
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
        let was_default = config.remove(&name)?;
        cx.ui.note(&format!("profile {name} is removed from {at}"));
        if was_default {
            cx.ui
                .note("it was the default one; no profile serves unasked now");
            cx.ui.hint(&cx.command_of(None, ["profile", "use", "NAME"]));
        }
        Ok(0)
    }
}
