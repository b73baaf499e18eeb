//! The plan written into a file, to be carried out later.

use std::path::Path;

use futures::TryStreamExt as _;

use super::{Prepared, keep, prefix};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::{PlanRef, StepRow};
use crate::jobs::journal::{Journal, Which};
use crate::jobs::plan::PlannedUser;
use crate::jobs::planfile::{self, Estimate, Head, PlanSummary};
use crate::jobs::select;

/// Writes the plan file and says where it is.
///
/// # Errors
/// `file_unreadable`, `disk_full`: the file is there already, or cannot be written.
pub(super) async fn plan(cx: &Context, prepared: &Prepared, path: &Path) -> Result<PlanRef> {
    let journal = prepared.kept.journal()?;
    let people: Vec<PlannedUser> = journal
        .people()
        .map_ok(|taken| taken.person)
        .try_collect()
        .await?;
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
        expires_at: now + planfile::VALID,
        made_by: job.operator.clone(),
        argv: job.argv.clone(),
        playbook: job.playbook.clone(),
        ticket: job.ticket.clone(),
        reason: job.reason.clone(),
        selection: job.selection.clone(),
        summary: PlanSummary::default(),
        left_out: left_out(journal).await?,
        estimate: Estimate::default(),
    };
    head.count(&people);
    let (text, digest) = planfile::write(&head, &people)?;
    keep::write_new(path, text.as_bytes())?;
    let file = path.display().to_string();
    cx.ui.note(&format!(
        "Plan written to {file}: {} people, {} writes; it ends {}",
        head.summary.users, head.estimate.writes, head.expires_at
    ));
    cx.ui.note(&format!("sha256:{digest}"));
    cx.ui
        .hint(&format!("{} plan apply {}", prefix(cx), select::quoted(&file)));
    Ok(PlanRef {
        id: head.id,
        digest: format!("sha256:{digest}"),
        made_by: head.made_by,
    })
}

/// Who is left out, and why.
async fn left_out(journal: &dyn Journal) -> Result<Vec<planfile::LeftOut>> {
    journal
        .rows(Which::Failed)
        .map_ok(|row: StepRow| planfile::LeftOut {
            user: row.user,
            why: row.detail,
        })
        .try_collect()
        .await
}
