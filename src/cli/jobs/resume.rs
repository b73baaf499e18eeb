//! `jobs resume JOB`

use super::{counts, here, there};
use crate::cli::change::{self, NotifyArgs};
use crate::cli::context::{Context, Intent};
use crate::domain::Result;
use crate::render::text::counted;

/// Which job.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl -p local jobs resume j-4f7a\n  \
    mfactl -p local jobs resume j-4f7a --first 10\n  \
    mfactl -p local jobs resume j-4f7a --notify ticket.txt")]
pub struct Args {
    /// j-4f7a, the whole id or any end of it, or the name given with --job
    #[arg(value_name = "JOB")]
    job: String,
    /// Go on with so many people, and stop
    #[arg(long, value_name = "N", value_parser = crate::cli::who::some)]
    first: Option<u64>,
    #[command(flatten)]
    notify: NotifyArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            job: meant,
            first,
            notify,
        } = self;
        let store = cx.store().await?;
        let id = store.find(&meant).await?;
        let short = store.short(&id).await;
        let job = store.look(&id).await?;
        here(cx, &job.head, "resume", &short)?;
        if cx.globals.dry_run {
            change::may_go_on(job.state, &short)?;
            let journal = store.read(&id).await?;
            let people = change::ahead(cx, &job.head, journal.as_ref(), first).await?;
            cx.ui.note(&format!(
                "Dry run: {} of job {short} would be gone on with ({}); nothing was sent",
                counted(people, "person", "people"),
                counts(&job)
            ));
            return Ok(0);
        }
        // Nobody else runs it from here on.
        let journal = store.open(&id).await?;
        cx.does_part(job.head.part);
        let session = cx.connect(Intent::Change).await?;
        there(&session, &job.head)?;
        let notify = notify.said_again(cx, &job.head)?;
        change::resume(cx, &session, journal.as_ref(), first, notify).await
    }
}
