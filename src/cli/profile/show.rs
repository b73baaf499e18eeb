//! `profile show [NAME]`

use crate::cli::context::Context;
use crate::domain::shape::ProfileShow;
use crate::domain::{Error, ErrorCode, Result};
use crate::render;

use super::doubt;

/// Which profile.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl profile show contoso --origin\n  mfactl profile show -o json --jq '.values[] | select(.key == \"tenant\") | .value'"
)]
pub struct Args {
    /// The profile; without it the one that serves
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Say where each value comes from: file and line, variable, the profile that is extended, the machine's guard
    #[arg(long)]
    origin: bool,
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { name, origin } = self;
        let config = cx.config()?;
        let name = name
            .or_else(|| cx.globals.profile.clone())
            .or_else(|| config.chosen().map(str::to_owned))
            .ok_or_else(|| {
                Error::new(ErrorCode::NoProfile, "no profile was chosen")
                    .hint(cx.command_of(None, ["profile", "list"]))
            })?;
        let show = ProfileShow {
            values: config.values(&name)?,
            default: config.chosen() == Some(name.as_str()),
            problem: config.problem(&name),
            profile: name,
        };
        let mut out = cx.ui.stdout();
        render::profile(&cx.page(), &mut out, &show, origin)?;
        out.done()?;
        doubt(cx)?;
        match &show.problem {
            None => cx.ui.note(&format!("profile {} can be used", show.profile)),
            Some(problem) => cx
                .ui
                .note(&format!("profile {} cannot be used yet: {problem}", show.profile)),
        }
        Ok(0)
    }
}
