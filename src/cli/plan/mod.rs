//! `plan`: changes that were written down, to be looked at and carried out.

mod apply;
mod show;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::context::Context;
use super::later::Later;
use crate::domain::shape::PlanRef;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::planfile::{self, PlanFile};

/// Verbs on plans.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Show what a plan would do
    Show(Later<show::Args>),
    /// Carry out a plan, exactly, under your own account and guards
    Apply(Later<apply::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Show(Later(args)) => args.run(cx).await,
            Self::Apply(Later(args)) => args.run(cx).await,
        }
    }
}

/// A plan file that is open.
type Plan = PlanFile<BufReader<File>>;

/// Reads a plan file.
fn read(path: &Path) -> Result<Plan> {
    let name = path.display().to_string();
    let unreadable = |error| Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    planfile::read(BufReader::new(file), &name)
}

/// The plan as a result names it.
fn reference(plan: &Plan) -> PlanRef {
    PlanRef {
        id: plan.head.id.clone(),
        digest: format!("sha256:{}", plan.digest),
        made_by: plan.head.made_by.clone(),
    }
}

/// The beginning of a plan's description: which, what, whose.
fn title(cx: &Context, plan: &Plan) -> String {
    let head = &plan.head;
    let what = head.playbook.as_deref().unwrap_or(&head.verb);
    let ticket = head
        .ticket
        .as_ref()
        .map(|ticket| format!(", {ticket}"))
        .unwrap_or_default();
    let made = crate::render::time::short(head.made_at, cx.clock.now(), &cx.zone);
    let digest = plan.digest.get(..6).unwrap_or(&plan.digest);
    format!(
        "Plan {} sha256:{digest}…: {what}{ticket}, made {made} by {}",
        plan.short_id(),
        head.made_by
    )
}
