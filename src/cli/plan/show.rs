//! `plan show FILE`

use std::path::PathBuf;

use super::{read, reference, title};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::{ResultDoc, StepRow};
use crate::jobs::execute::planned_row;
use crate::jobs::outcome;
use crate::render;

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

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { file } = self;
        let plan = read(&file)?;
        let steps: Vec<StepRow> = plan
            .people
            .iter()
            .flat_map(|person| person.steps.iter().map(|row| planned_row(person, row).0))
            .collect();
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
            by_hand: outcome::by_hand(&plan.people),
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
            "{} people in {} ({}); left out: {}; {} writes; it ends {}",
            head.summary.users,
            head.profile,
            head.tenant,
            head.left_out.len(),
            head.estimate.writes,
            render::time::short(head.expires_at, cx.clock.now(), &cx.zone)
        ));
        cx.ui.note(&format!("sha256:{}", plan.digest));
        if cx.clock.now() >= head.expires_at {
            cx.ui.warn("the plan has ended and can no longer be applied");
        }
        Ok(0)
    }
}
