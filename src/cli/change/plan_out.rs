//! `--plan-out FILE`: the plan goes into a new file instead of being carried out.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::{Prepared, private, report, write};
use crate::cli::context::{Context, Session};
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::planfile;

/// Where a plan is written, and for how long it is good.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PlanOut {
    /// Write the plan to a new file and stop; "plan apply FILE" carries it out
    #[arg(long, value_name = "FILE", help_heading = "Options everywhere")]
    plan_out: Option<PathBuf>,
    /// Let the plan be applied for so long, at most 7d [default: 24h]
    #[arg(long, value_name = "DUR", help_heading = "Options everywhere", requires = "plan_out", value_parser = valid,
          hide_short_help = true)]
    valid: Option<SignedDuration>,
}

/// `12h`, `3d`.
fn valid(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text
        .parse()
        .map_err(|_| "write a number with its unit, such as 12h or 3d".to_owned())?;
    let duration = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "write hours or days, such as 12h or 3d".to_owned())?;
    if !duration.is_positive() {
        return Err("it must be longer than nothing".to_owned());
    }
    if duration > planfile::LONGEST_VALID {
        return Err("a plan is good for 7 days at most".to_owned());
    }
    Ok(duration)
}

impl PlanOut {
    /// Whether a plan is wanted instead of its execution.
    pub(crate) const fn is_given(&self) -> bool {
        self.plan_out.is_some()
    }

    /// What can be refused before anybody is connected to.
    ///
    /// # Errors
    /// `usage` for what is no file; `file_unreadable` for one that is there.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(path) = &self.plan_out else { return Ok(()) };
        if path.as_os_str() == "-" {
            return Err(Error::new(
                ErrorCode::Usage,
                "--plan-out takes a file: a plan is applied from one",
            )
            .hint("--plan-out FILE; --dry-run -o json prints what would be done"));
        }
        private::must_be_new(path)
    }

    /// Writes the plan where one is wanted, and shows it; gives the exit status, or what is to be carried out.
    ///
    /// # Errors
    /// The file or stdout cannot be written; where some had no plan, that.
    pub(crate) async fn write(
        self,
        cx: &Context,
        session: &Session,
        mut prepared: Prepared,
    ) -> Result<Result<u8, Box<Prepared>>> {
        let Self { plan_out, valid } = self;
        let Some(path) = plan_out else {
            return Ok(Err(Box::new(prepared)));
        };
        prepared.head.plan = Some(write::plan(cx, &prepared, &path, valid).await?);
        report::only_planned(cx, session, &prepared).await.map(Ok)
    }
}
