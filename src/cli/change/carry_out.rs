//! Sending what was confirmed, with secrets put away and rows shown as they become known.

use super::keep::Keeper;
use super::{Prepared, report};
use crate::cli::context::{Context, Session};
use crate::domain::shape::StepRow;
use crate::domain::{Minted, Result};
use crate::jobs::execute::{Job, PAUSES, Sink};
use crate::render::{Format, Rows, Shape};

/// Takes secrets and rows while the job runs.
struct Taking<'a, 'b> {
    keeper: &'a mut Keeper,
    rows: Option<Rows<'b, StepRow>>,
    failed: Result<()>,
}

impl Sink for Taking<'_, '_> {
    fn secret(&mut self, user: &str, minted: &Minted) -> Result<()> {
        self.keeper.keep(user, minted)
    }

    fn row(&mut self, row: &StepRow) {
        if let Some(rows) = &mut self.rows
            && self.failed.is_ok()
        {
            self.failed = rows.push(row).and_then(|()| rows.flush());
        }
    }
}

/// Carries out what was prepared, and reports it; gives the exit status.
///
/// # Errors
/// Why it did not end well; what was done is on stdout by then.
pub(super) async fn run(cx: &Context, session: &Session, prepared: Prepared) -> Result<u8> {
    let mints = prepared
        .people
        .iter()
        .flat_map(|person| person.to_send())
        .any(|step| step.action.mints());
    let mut keeper = Keeper::open(cx, &prepared.qr, mints)?;
    let prefix = super::prefix(cx);
    let started = cx.clock.now();
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let streamed = page.format == Format::Ndjson;
    let mut job = Job::new(
        session.service.as_ref(),
        cx.clock.as_ref(),
        &prepared.people,
        &prefix,
        &PAUSES,
    );
    let hold = cx.interrupt.hold();
    let mut taking = Taking {
        keeper: &mut keeper,
        rows: streamed.then(|| Rows::new(&page, &mut out, Shape::Several)),
        failed: Ok(()),
    };
    job.run(&mut taking, &|| cx.interrupt.is_set()).await;
    let Taking {
        rows: streaming,
        failed,
        ..
    } = taking;
    let ended = report::Ended {
        rows: job.rows(),
        next: job.next().to_vec(),
        hints: job.hints().to_vec(),
        started,
        interrupted: cx.interrupt.is_set(),
    };
    let doc = report::doc(cx, session, &prepared, &ended, &keeper);
    match streaming {
        Some(mut rows) => {
            for row in &prepared.left {
                rows.push(row)?;
            }
            rows.finish(&report::without_steps(&doc)?)?;
        }
        None => crate::render::result(&page, &mut out, &doc)?,
    }
    keeper.show_on(cx, &mut out)?;
    out.done()?;
    failed?;
    let code = report::say(cx, session, &prepared, &ended, &doc);
    drop(hold);
    code
}
