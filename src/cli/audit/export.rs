//! `audit export`

use std::io::Write as _;

use super::doubt;
use super::filter::Filter;
use crate::cli::context::Context;
use crate::cli::record;
use crate::domain::{AuditRow, Result};
use crate::jobs::audit::Lines;
use crate::render::text::counted;
use crate::render::{self, Format, Page, Rows, Shape};

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// The lines as they are kept, which "audit verify" checks anywhere
    Jsonl,
    /// A table for a spreadsheet
    Csv,
    /// ArcSight's Common Event Format
    Cef,
}

/// Which lines, in which form.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl audit export > audit.jsonl\n  \
    mfactl audit export --format cef --since 1d\n  \
    mfactl audit export --format csv --job j-4f7a\n\n\
    With -p only lines of that profile are written")]
pub struct Args {
    /// The form
    #[arg(long, value_name = "FORM", value_enum, default_value = "jsonl")]
    format: To,
    #[command(flatten)]
    filter: Filter,
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { format, filter } = self;
        let mut lines = Lines::open(&record::folder(cx)?, filter.wanted(cx)?)?;
        let page = Page {
            format: Format::Csv,
            ..cx.page()
        };
        let mut out = cx.ui.stdout();
        let closed = out.closed();
        let mut count = 0;
        if format == To::Csv {
            let mut rows: Rows<'_, AuditRow> = Rows::new(&page, &mut out, Shape::One);
            while let Some(found) = lines.read()?.filter(|_| !closed.get()) {
                rows.push(&found.row)?;
            }
            count = rows.count();
            rows.finish(&())?;
        } else {
            while let Some(found) = lines.read()?.filter(|_| !closed.get()) {
                let mut line = match format {
                    To::Cef => render::cef(&found.row).into_bytes(),
                    _ => found.line,
                };
                line.push(b'\n');
                render::write(&mut out, &line)?;
                count += 1;
            }
        }
        out.flush()
            .map_err(|error| render::cannot_write(&error, "standard output"))?;
        cx.ui.note(&counted(count, "line", "lines"));
        doubt(cx, lines.wrong());
        Ok(0)
    }
}
