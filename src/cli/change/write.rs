//! The plan written into a file, to be carried out later.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use futures::TryStreamExt as _;
use jiff::SignedDuration;

use super::{Prepared, prefix, private};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::{PlanRef, StepRow};
use crate::jobs::journal::{Journal, Which};
use crate::jobs::planfile::{self, Estimate, Head, PlanSummary};
use crate::render::cannot_write;
use crate::render::text::counted;

/// Writes the plan file and says where it is. `valid`: for how long it may be applied.
///
/// # Errors
/// `file_unreadable`, `disk_full`: the file is there already, or cannot be written.
pub(super) async fn plan(
    cx: &Context,
    prepared: &Prepared,
    path: &Path,
    valid: Option<SignedDuration>,
) -> Result<PlanRef> {
    let journal = prepared.kept.journal()?;
    let job = &prepared.head;
    let now = cx.clock.now();
    let mut head = Head {
        schema: Head::schema(),
        id: job.id.clone(),
        version: job.version.clone(),
        service: job.service.clone(),
        profile: job.profile.clone(),
        tenant: job.tenant.clone(),
        verb: job.verb.clone(),
        made_at: now,
        expires_at: now + valid.unwrap_or(planfile::VALID),
        made_by: job.operator.clone(),
        argv: job.argv.clone(),
        playbook: job.playbook.clone(),
        ticket: job.ticket.clone(),
        reason: job.reason.clone(),
        selection: job.selection.clone(),
        notify: job.notify.as_ref().map(|wish| match &wish.to {
            Some(file) => file.display().to_string(),
            None => "-".to_owned(),
        }),
        summary: PlanSummary::default(),
        left_out: left_out(journal).await?,
        estimate: Estimate::default(),
    };
    // The counts stand in the first line: everybody is looked at twice, and nobody is kept in memory.
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        head.count(&taken.person);
    }
    drop(people);
    let file = private::create(path)?;
    let digest = match write(file, &head, journal, path).await {
        Ok(digest) => digest,
        Err(error) => {
            // Half a plan would stand in the way of the next try.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
    };
    let file = path.display().to_string();
    cx.ui.note(&format!(
        "Plan written to {file}: {}, {}; it ends {}",
        counted(head.summary.users, "person", "people"),
        counted(head.estimate.writes, "write", "writes"),
        crate::render::time::moment(head.expires_at, now, &cx.zone)
    ));
    cx.ui.note(&format!("sha256:{digest}"));
    cx.ui.hint(&format!(
        "{} plan apply {}",
        prefix(cx),
        crate::domain::quoted(&file)
    ));
    Ok(PlanRef {
        id: head.id,
        digest: format!("sha256:{digest}"),
        made_by: head.made_by,
    })
}

/// Writes it, synced; gives the digest.
async fn write(file: File, head: &Head, journal: &dyn Journal, path: &Path) -> Result<String> {
    let failed = |error: std::io::Error| cannot_write(&error, &path.display().to_string());
    let mut writer = planfile::Writer::begin(BufWriter::new(file), head).map_err(failed)?;
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        writer.person(&taken.person).map_err(failed)?;
    }
    let (out, digest) = writer.end().map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(digest)
}

/// Who is left out, and why.
async fn left_out(journal: &dyn Journal) -> Result<Vec<planfile::LeftOut>> {
    journal
        .rows(Which::NotDone)
        .try_filter(|row| std::future::ready(row.step == "all"))
        .map_ok(|row: StepRow| planfile::LeftOut {
            user: row.user,
            why: row.detail,
        })
        .try_collect()
        .await
}
