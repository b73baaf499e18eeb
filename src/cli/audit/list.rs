//! `audit list`

use super::doubt;
use super::filter::Filter;
use crate::cli::context::Context;
use crate::cli::record;
use crate::domain::{AuditRow, Result};
use crate::jobs::audit::Lines;
use crate::render::text::counted;
use crate::render::{Rows, Shape};

/// How many lines are listed where nobody says.
const USUAL: usize = 100;

/// Which lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl audit list --since 7d --user adele\n  \
    mfactl audit list --status failed,refusal --limit 20\n  \
    mfactl audit list --verb \"user reset\" --limit 0 -o csv\n\n\
    With -p only lines of that profile are listed")]
pub struct Args {
    #[command(flatten)]
    filter: Filter,
    /// List the last so many; 0 lists all
    #[arg(long, value_name = "N", default_value_t = USUAL)]
    limit: usize,
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { filter, limit } = self;
        let wanted = filter.wanted(cx)?;
        let whose = wanted
            .profile
            .as_ref()
            .map_or_else(String::new, |profile| format!(" of profile {profile}"));
        let mut lines = Lines::open(&record::folder(cx)?, wanted)?;
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let closed = out.closed();
        let mut rows: Rows<'_, AuditRow> = Rows::new(&page, &mut out, Shape::One);
        let wrong = if limit == 0 {
            while let Some(found) = lines.read()? {
                rows.push(&found.row)?;
                if closed.get() {
                    return Ok(0);
                }
            }
            lines.wrong().cloned()
        } else {
            let (found, wrong) = lines.last(limit)?;
            for found in found {
                rows.push(&found.row)?;
            }
            wrong
        };
        let count = rows.count();
        rows.finish(&serde_json::json!({ "rows": count }))?;
        out.done()?;
        let said = counted(count, "line", "lines");
        if count == 0 {
            cx.ui.note(&format!("nothing is logged{whose} that matches"));
        } else if count == limit as u64 {
            cx.ui
                .note(&format!("the last {said}{whose}; --limit 0 lists all"));
        } else {
            cx.ui.note(&format!("{said}{whose}"));
        }
        doubt(cx, wrong.as_ref());
        Ok(0)
    }
}
