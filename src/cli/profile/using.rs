//! `profile use NAME`

use super::file;
use crate::cli::context::Context;
use crate::domain::Result;

/// Which profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl profile use contoso")]
pub struct Args {
    /// The profile that serves from now on where none is named
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { name } = self;
        let config = cx.config()?;
        config.use_as_default(&name)?;
        cx.ui
            .note(&format!("{name} is the default profile now, in {}", file(cx)?));
        if !config.is_default_by_file() && config.chosen() != Some(name.as_str()) {
            cx.ui
                .warn("MFACTL_PROFILE or MFACTL_SERVICE is set, and beats it here");
        }
        Ok(0)
    }
}
