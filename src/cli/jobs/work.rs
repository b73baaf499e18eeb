//! `jobs work JOB`: one more worker of a job that a database holds.

use crate::cli::change;
use crate::cli::context::{Context, Intent};
use crate::domain::{Error, ErrorCode, Result};

/// Which job.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Any number of workers on any machines share the people of the job and one pace. One that dies is \
    replaced\nby whoever is left: what it held is free after a minute. It ends when the job has ended.\n\n\
    Examples:\n  \
    mfactl -p contoso jobs work j-4f7a --store postgres://mfactl@db.example/jobs\n  \
    MFACTL_STORE=postgres://mfactl@db.example/jobs mfactl -p contoso jobs work inc9 --secrets-out mine.ndjson"
)]
pub struct Args {
    /// j-4f7a, the whole id or any end of it, or the name given with --job
    #[arg(value_name = "JOB")]
    job: String,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { job: meant } = self;
        if cx.globals.store.is_none() {
            return Err(Error::new(
                ErrorCode::Usage,
                "a job in the folder of this machine has one process: there is nothing to share",
            )
            .hint("--store postgres://USER@HOST/DATABASE, for the job and for its workers"));
        }
        cx.interrupt.watch()?;
        let store = cx.store().await?;
        let id = store.find(&meant).await?;
        let journal = store.open(&id).await?;
        let session = cx.connect(Intent::Change).await?;
        change::work(cx, &session, journal.as_ref()).await
    }
}
