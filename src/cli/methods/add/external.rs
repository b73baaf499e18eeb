//! `methods add external USER…`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;

/// Whom, and with which provider.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add external adele --provider \"Fabrikam ID\"\n  \
    mfactl methods add external --group Sales --provider \"Fabrikam ID\" --expect 12 --yes")]
pub struct Args {
    /// The provider in the organization's policy: its name or id; without it the only one
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The name that lists show; without it the provider's
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
            provider,
            name,
            who,
            change,
        } = self;
        let selection = who.select(cx, &["provider", "name"], move |given| {
            let text = |text: &str| Ok(text.to_owned());
            Ok(Wish::AddExternal {
                provider: given.value("provider", provider.as_deref(), text)?,
                name: given.value("name", name.as_deref(), text)?,
            })
        })?;
        let change = Change {
            verb: "methods add external",
            doing: "Register with another provider",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
