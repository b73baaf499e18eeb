//! `jobs list`

use super::{command, listed};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::JobRow;
use crate::render::{self, text::counted};

/// Which jobs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl jobs list\n  \
    mfactl -p contoso jobs list --state stopped\n  \
    mfactl jobs list -o json --jq '.[] | select(.summary.users.failed > 0) | .ref'")]
pub struct Args {
    /// Only jobs that stand so: running, stopped, ended, cancelled …
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = STATES.to_vec())]
    state: Vec<String>,
}

/// Every word of the column STATE.
const STATES: &[&str] = &[
    "planning",
    "abandoned",
    "ready",
    "running",
    "stopped",
    "ended",
    "cancelled",
    "unreadable",
];

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { state } = self;
        let profile = cx.globals.profile.as_deref();
        let of_profile = |row: &JobRow| match (profile, &row.profile) {
            (Some(wanted), Some(profile)) => wanted == profile,
            _ => true,
        };
        let all = cx.store().await?.list().await?;
        let rows: Vec<JobRow> = all
            .iter()
            .map(listed)
            .filter(|row| of_profile(row) && (state.is_empty() || state.contains(&row.state)))
            .collect();
        let mut out = cx.ui.stdout();
        render::jobs(&cx.page(), &mut out, &rows)?;
        out.done()?;
        let stopped: Vec<&JobRow> = rows.iter().filter(|row| row.state == "stopped").collect();
        cx.ui.note(&match rows.len() {
            0 => "no jobs".to_owned(),
            count => counted(count as u64, "job", "jobs"),
        });
        if let Some(first) = stopped.first() {
            let profile = first.profile.as_deref().unwrap_or_default();
            let resume = command(cx, profile, ["resume", &first.reference]);
            cx.ui
                .note(&format!("{} stopped; go on with: {resume}", stopped.len()));
        }
        Ok(0)
    }
}
