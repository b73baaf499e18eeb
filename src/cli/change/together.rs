//! A job that several workers share: nobody left to take does not mean that it has ended, because whoever holds people
//! may die. Whoever is idle waits for that, until everybody is done with or somebody stopped the job.

use std::time::Duration;

use futures::TryStreamExt as _;

use super::carry_out::until_stopped;
use super::lines;
use crate::cli::context::Context;
use crate::cli::interrupt::Interrupt;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::execute::{Early, Job, Ran};
use crate::jobs::journal::{JobState, Journal};
use crate::render::text::counted;

/// How long an idle worker waits before it looks again.
const IDLE: Duration = Duration::from_secs(1);

/// Works on the job until it has ended, or this worker is told to stop.
///
/// # Errors
/// Those of a run; `incomplete` where somebody else stopped the job.
pub(super) async fn run(cx: &Context, job: &Job<'_>, id: &str) -> Result<Ran> {
    let mut all = Ran::default();
    loop {
        match until_stopped(cx, job).await {
            Ok(ran) => {
                all.notices.extend(ran.notices);
                all.hints.extend(ran.hints);
                all.early = ran.early;
                all.signed_out = ran.signed_out;
                // It was silent too long. Whom it held then is the others' now.
                if ran.lost > 0 {
                    cx.ui.note(&format!(
                        "another worker took over {} of this one; going on with who is left",
                        counted(ran.lost, "person", "people")
                    ));
                }
            }
            Err(error) => return Err(error),
        }
        if all.early.is_some() || job.journal.open().try_next().await?.is_none() {
            return Ok(all);
        }
        let state = job.journal.state().await?;
        if !matches!(state, JobState::Ready | JobState::Running) {
            let shown = lines::shown(cx, id).await;
            let word = if state == JobState::Cancelled {
                "cancelled"
            } else {
                "stopped"
            };
            return Err(Error::new(
                ErrorCode::Incomplete,
                format!("job {shown} was {word} while people were left"),
            ));
        }
        tokio::select! {
            () = cx.interrupt.wait() => {
                all.early = Some(Early::Told);
                return Ok(all);
            }
            () = tokio::time::sleep(IDLE) => {}
        }
    }
}

/// Waits until a job is planned and confirmed; gives where it stands then.
///
/// # Errors
/// `interrupted`; what the journal says.
pub(super) async fn confirmed(cx: &Context, journal: &dyn Journal, shown: &str) -> Result<JobState> {
    let mut told = false;
    loop {
        let state = journal.state().await?;
        if state != JobState::Planning {
            return Ok(state);
        }
        if !told {
            cx.ui
                .note(&format!("Job {shown} is still being planned: waiting for it"));
            told = true;
        }
        tokio::select! {
            () = cx.interrupt.wait() => return Err(Interrupt::error()),
            () = tokio::time::sleep(IDLE) => {}
        }
    }
}
