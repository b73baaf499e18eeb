//! `jobs cancel JOB`

use super::counts;
use crate::cli::context::Context;
use crate::domain::Result;
use crate::jobs::journal::JobState;
use crate::render::{self, text::counted};

/// Which job.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl jobs cancel j-4f7a")]
pub struct Args {
    /// j-4f7a, the whole id or any end of it, or the name given with --job
    #[arg(value_name = "JOB")]
    job: String,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { job: meant } = self;
        let store = cx.store().await?;
        let id = store.find(&meant).await?;
        let short = store.short(&id).await;
        let before = store.look(&id).await?;
        let said = match before.state {
            JobState::Ended => format!("Job {short} has ended already: {}", counts(&before)),
            JobState::Cancelled => format!("Job {short} is cancelled already"),
            _ if cx.globals.dry_run => {
                format!("Dry run: job {short} would be cancelled: {}", counts(&before))
            }
            _ => {
                store.cancel(&id).await?;
                match before.runs {
                    true => format!(
                        "Job {short} is cancelled: what is in flight is finished, nobody else is begun"
                    ),
                    false => format!("Job {short} is cancelled: {}", counts(&before)),
                }
            }
        };
        let job = store.look(&id).await?;
        let mut out = cx.ui.stdout();
        render::jobs(&cx.page(), &mut out, &[super::row(&short, &job)])?;
        out.done()?;
        cx.ui.note(&said);
        let unknown = job.summary.steps.unknown;
        if unknown > 0 && !job.runs && !cx.globals.dry_run {
            cx.ui.note(&format!(
                "{} may have been sent, and nobody saw the answer: {}",
                counted(unknown, "step", "steps"),
                cx.command(["jobs", "show", &short])
            ));
        }
        Ok(0)
    }
}
