//! The report of several parts of one selection, as of one job.

use jiff::Timestamp;

use super::carry_out::everybody;
use super::lines;
use super::report::{Ended, Report};
use crate::cli::context::Context;
use crate::domain::{Error, Result};
use crate::jobs::execute::Ran;
use crate::jobs::journal::Journal;
use crate::render::Results;

/// Writes the report; gives why it did not end well.
///
/// # Errors
/// The parts cannot be read; stdout is a file that cannot take it.
pub(crate) async fn merged(cx: &Context, journal: &dyn Journal, began: Timestamp) -> Result<Option<Error>> {
    let head = journal.head().await?;
    let ended = Ended {
        ran: Ran::default(),
        started: began,
        open: !everybody(&journal.summary().await?),
    };
    let mut report = Report::new(cx, &head, journal, ended).await?;
    // Each part is a job of its own: they are resumed and taken back one by one.
    (report.doc.job, report.doc.undo) = (None, None);
    report.doc.finished_at = None;
    let mut out = cx.ui.stdout();
    let page = cx.page();
    report
        .print(Results::new(&page, &mut out, report.shape()), &page, false)
        .await?;
    out.done()?;
    cx.ui.note(&format!("{}.", lines::outcomes(&report.doc.summary)));
    lines::by_hand(cx, &report.doc);
    Ok(report.verdict)
}
