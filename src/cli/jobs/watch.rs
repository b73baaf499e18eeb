//! `jobs watch JOB`

use std::time::Duration;

use futures::TryStreamExt as _;

use super::{command, counts, row};
use crate::cli::context::Context;
use crate::cli::interrupt::Interrupt;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::journal::{Job, Store, Which};
use crate::jobs::outcome::{self, Reasons};
use crate::render::{self, text::grouped};

/// Which job.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl jobs watch j-4f7a")]
pub struct Args {
    /// j-4f7a, the whole id or any end of it, or the name given with --job
    #[arg(value_name = "JOB")]
    job: String,
}

/// How long between two looks at a job that somebody sees on a terminal, and at one whose lines go elsewhere.
const LOOKS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));
/// How long between two looks at whether it still runs.
const STILL: Duration = Duration::from_millis(500);

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { job: meant } = self;
        cx.interrupt.watch()?;
        let store = cx.store().await?;
        let id = store.find(&meant).await?;
        let short = store.short(&id).await;
        let job = follow(cx, store.as_ref(), &id).await?;
        let mut out = cx.ui.stdout();
        render::jobs(&cx.page(), &mut out, &[row(&short, &job)])?;
        out.done()?;
        cx.ui
            .note(&format!("Job {short} {}: {}", said(&job), counts(&job)));
        let resume = command(cx, &job.head.profile, ["resume", &short]);
        match job.word() {
            "ended" => {
                let mut reasons = Reasons::default();
                let journal = store.read(&id).await?;
                let mut rows = journal.rows(Which::NotDone);
                while let Some(step) = rows.try_next().await? {
                    reasons.add(&step);
                }
                match outcome::verdict(&job.summary, &reasons, None) {
                    None => Ok(0),
                    Some(error) => Err(error),
                }
            }
            "cancelled" | "abandoned" if job.left() == 0 => Ok(0),
            word => {
                let left = grouped(job.left());
                let error = Error::new(
                    ErrorCode::Incomplete,
                    format!("job {short} is {word}: {left} left"),
                );
                Err(match word {
                    "cancelled" | "abandoned" => error,
                    _ => error.hint(resume),
                })
            }
        }
    }
}

/// Says how far it comes until nobody runs it any more.
async fn follow(cx: &Context, store: &dyn Store, id: &str) -> Result<Job> {
    let between = if cx.ui.can_ask().is_ok() { LOOKS.0 } else { LOOKS.1 };
    let mut said = String::new();
    loop {
        let job = store.look(id).await?;
        if !job.runs {
            return Ok(job);
        }
        let users = &job.summary.users;
        let line = format!(
            "{}/{}, {} failed",
            grouped(users.selected - job.left()),
            grouped(users.selected),
            grouped(users.failed)
        );
        if line != said {
            cx.ui.note(&line);
            said = line;
        }
        // Whether it still runs is asked more often: that costs nothing.
        let mut waited = Duration::ZERO;
        while waited < between && store.runs(id).await? {
            tokio::select! {
                () = cx.interrupt.wait() => return Err(Interrupt::error()),
                () = tokio::time::sleep(STILL) => waited += STILL,
            }
        }
    }
}

/// Where it stands, as a clause.
fn said(job: &Job) -> &'static str {
    match job.word() {
        "ended" => "has ended",
        "cancelled" => "is cancelled",
        "ready" => "waits to be run",
        "abandoned" => "was never begun",
        _ => "has stopped",
    }
}
