//! `jobs prune`

use jiff::SignedDuration;

use super::listed;
use crate::cli::change;
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::JobRow;
use crate::jobs::journal::{JobHead, Listed, RETENTION, Store};
use crate::render::{self, text::counted};

/// Which jobs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl jobs prune --dry-run\n  \
    mfactl jobs prune --older-than 30d --yes\n\n\
    Jobs that retention would keep are asked about.")]
pub struct Args {
    /// Jobs whose last step is older than this [default: retention of their profile, else 90d]
    #[arg(long, value_name = "DUR", value_parser = age)]
    older_than: Option<SignedDuration>,
}

/// A length of time; a day is 24 hours here.
fn age(text: &str) -> Result<SignedDuration, String> {
    crate::config::length(text).ok_or_else(|| "write a number with its unit, such as 90d or 12h".to_owned())
}

/// The jobs that have been kept long enough.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn old(
    cx: &Context,
    store: &dyn Store,
    older_than: Option<SignedDuration>,
) -> Result<Vec<Listed>> {
    let config = cx.config()?;
    let least = older_than.unwrap_or_else(|| config.least_retention().unwrap_or(RETENTION).min(RETENTION));
    let keep = |head: &JobHead| {
        older_than
            .or_else(|| config.retention(&head.profile))
            .unwrap_or(RETENTION)
    };
    store.old(cx.clock.now(), least, &keep).await
}

/// Asks before jobs go that `retention` would keep: what they did can then neither be taken back nor gone on with, and
/// `1m` is a minute.
///
/// # Errors
/// `not_confirmed`: nobody can be asked, or the answer was No.
fn ask(cx: &Context, old: &[Listed]) -> Result<()> {
    let (config, now) = (cx.config()?, cx.clock.now());
    let is_kept = |one: &&Listed| {
        one.job.as_ref().is_ok_and(|job| {
            let age = now.duration_since(job.last_at.unwrap_or(job.head.made_at));
            age <= config.retention(&job.head.profile).unwrap_or(RETENTION)
        })
    };
    let kept = old.iter().filter(is_kept).count() as u64;
    if kept == 0 || cx.globals.dry_run {
        return Ok(());
    }
    let (jobs, kept) = (
        counted(old.len() as u64, "job", "jobs"),
        counted(kept, "is younger", "are younger"),
    );
    let plan = format!(
        "Delete {jobs}, of which {kept} than retention keeps them: what they did cannot be taken back then"
    );
    change::confirm(cx, &plan, old.len() as u64)
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { older_than } = self;
        // What the configuration says is read before anything is deleted.
        cx.config()?.check_retention()?;
        let store = cx.store().await?;
        if !cx.globals.dry_run {
            store.sweep().await;
        }
        let old = old(cx, store.as_ref(), older_than).await?;
        ask(cx, &old)?;
        let mut gone: Vec<JobRow> = Vec::with_capacity(old.len());
        let mut failed = None;
        for one in &old {
            let removed = if cx.globals.dry_run {
                Ok(())
            } else {
                store.remove(&one.id).await
            };
            match removed {
                Ok(()) => gone.push(listed(one)),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let mut out = cx.ui.stdout();
        render::jobs(&cx.page(), &mut out, &gone)?;
        out.done()?;
        let jobs = counted(gone.len() as u64, "job", "jobs");
        cx.ui.note(&match (gone.len(), cx.globals.dry_run) {
            (0, _) => "no job is over and old enough".to_owned(),
            (_, true) => format!("Dry run: {jobs} would be deleted"),
            (_, false) => format!("{jobs} deleted"),
        });
        failed.map_or(Ok(0), Err)
    }
}
