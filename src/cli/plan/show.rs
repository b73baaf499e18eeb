//! `plan show FILE`

use std::path::PathBuf;

use super::{read, reference, title};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::{ByHand, ResultDoc, StepRow};
use crate::jobs::execute::planned_row;
use crate::jobs::outcome;
use crate::render;
use crate::render::text::counted;

/// Which plan.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  mfactl plan show inc.plan -o json --jq '.steps[] | [.user, .step, .target] | @tsv'"
)]
pub struct Args {
    /// A file that --plan-out wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// People that are read at once.
const AT_ONCE: usize = 100;

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { file } = self;
        let mut plan = read(&file)?;
        let mut steps: Vec<StepRow> = Vec::new();
        let mut by_hand: Vec<ByHand> = Vec::new();
        plan.each(AT_ONCE, async |people| {
            for person in &people {
                steps.extend(person.steps.iter().map(|row| planned_row(person, row).0));
                outcome::add_by_hand(&mut by_hand, person);
            }
            Ok(())
        })
        .await?;
        let head = &plan.head;
        let doc = ResultDoc {
            schema: "result/1".to_owned(),
            job: None,
            dry_run: true,
            profile: head.profile.clone(),
            tenant: head.tenant.clone(),
            verb: head.verb.clone(),
            playbook: head.playbook.clone(),
            ticket: head.ticket.clone(),
            reason: head.reason.clone(),
            plan: Some(reference(&plan)),
            started_at: None,
            finished_at: None,
            exit_code: 0,
            summary: outcome::summary(&steps),
            steps,
            by_hand,
            next: Vec::new(),
            access_ends_within_s: None,
            undo: None,
            secrets: Vec::new(),
            audit: None,
        };
        let mut out = cx.ui.stdout();
        render::result(&cx.page(), &mut out, &doc)?;
        out.done()?;
        cx.ui.note(&title(cx, &plan));
        cx.ui.note(&format!(
            "{} in {} ({}); left out: {}; {}; it ends {}",
            counted(head.summary.users, "person", "people"),
            head.profile,
            head.tenant,
            head.left_out.len(),
            counted(head.estimate.writes, "write", "writes"),
            render::time::moment(head.expires_at, cx.clock.now(), &cx.zone)
        ));
        cx.ui.note(&format!("sha256:{}", plan.digest));
        if cx.clock.now() >= head.expires_at {
            cx.ui.warn("the plan has ended and can no longer be applied");
        }
        Ok(0)
    }
}
