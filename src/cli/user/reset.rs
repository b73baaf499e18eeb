//! `user reset USER…`: a playbook, such as that of a lost phone.

use crate::cli::change::{self, Change, ChangeArgs, NotifyArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::Result;
use crate::jobs::plan::Wish;
use crate::jobs::playbook::{self, Options, Pass};

/// Whom, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl user reset adele\n  \
    mfactl user reset bas --playbook new-phone --pass always\n  \
    mfactl user reset emre --only authenticator:b2f7\n  \
    mfactl user reset adele --notify ticket.txt\n  \
    mfactl user reset adele --dry-run")]
pub struct Args {
    /// What to do: lost-phone, new-phone, compromised, or one of the configuration
    #[arg(long, value_name = "NAME", default_value = playbook::USUAL)]
    playbook: String,
    /// Remove these methods at most; can be repeated
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    only: Vec<String>,
    /// Keep these methods; can be repeated
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    keep: Vec<String>,
    /// Whether to issue a temporary pass
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pass: WhenPass,
    #[command(flatten)]
    notify: NotifyArgs,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

/// When a temporary pass is issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum WhenPass {
    /// Where the playbook says so: when nothing usable is left
    #[default]
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            playbook,
            only,
            keep,
            pass,
            notify,
            who,
            mut change,
        } = self;
        let own = cx.config()?.playbooks();
        let found = playbook::find(&playbook, &own)?;
        // The same command with the same name goes on with its job, whose file is there.
        let again = change.job.name.is_some();
        change.notify = notify.wanted(cx, found.notify.as_ref(), again)?;
        let options = Options {
            only,
            keep,
            pass: match pass {
                WhenPass::Auto => Pass::Auto,
                WhenPass::Always => Pass::Always,
                WhenPass::Never => Pass::Never,
            },
        };
        let selection = who.select(cx, &[], move |_| {
            Ok(Wish::Playbook(Box::new(found.clone()), options.clone()))
        })?;
        let change = Change {
            verb: "user reset",
            doing: "Reset",
            selection,
            playbook: Some(playbook),
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
