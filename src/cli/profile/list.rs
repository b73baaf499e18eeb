//! `profile list`

use super::{doubt, file};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::domain::shape::ProfileRow;
use crate::render::{Rows, Shape, text::counted};

/// Nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mfactl profile list\n  mfactl profile list -o json --jq '.[].profile'")]
pub struct Args {}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self {} = self;
        let config = cx.config()?;
        let (rows, written) = (config.rows(), config.written());
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let mut list: Rows<'_, ProfileRow> = Rows::new(&page, &mut out, Shape::One);
        for row in &rows {
            list.push(row)?;
        }
        list.finish(&serde_json::json!({ "rows": rows.len() }))?;
        out.done()?;
        doubt(cx)?;
        let all = counted(rows.len() as u64, "profile", "profiles");
        let file = file(cx)?;
        cx.ui.note(&match written {
            written if written == rows.len() => format!("{all} in {file}"),
            0 => format!("{all}, none of them in {file}"),
            written => format!("{all}, {written} of them in {file}"),
        });
        if rows.iter().all(|row| row.profile == crate::config::LOCAL) {
            cx.ui.hint(&cx.command_of(None, ["profile", "add"]));
        }
        Ok(0)
    }
}
