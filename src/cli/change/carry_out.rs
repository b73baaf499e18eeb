//! Sending what was confirmed, with secrets put away and rows shown as they become known.

use std::cell::RefCell;
use std::collections::HashMap;

use super::keep::Keeper;
use super::{Prepared, lines, report};
use crate::cli::context::{Context, Session};
use crate::cli::globals::MaxFailures;
use crate::domain::shape::StepRow;
use crate::domain::{Minted, Result, Slots};
use crate::jobs::execute::{Early, Job, Limits, MostFailures, PAUSES, Ran, Sink, Stop, Unwitnessed};
use crate::jobs::journal::{JobHead, JobState, Journal};
use crate::render::{Format, Rows, Shape};

/// Takes secrets and rows while the job runs.
struct Taking<'a, 'b>(RefCell<Inner<'a, 'b>>);

struct Inner<'a, 'b> {
    keeper: &'a mut Keeper,
    rows: Option<Rows<'b, StepRow>>,
    failed: Result<()>,
}

impl Sink for Taking<'_, '_> {
    fn secret(&self, user: &str, minted: &Minted) -> Result<()> {
        self.0.borrow_mut().keeper.keep(user, minted)
    }

    fn rows(&self, rows: &[&StepRow]) {
        let mut inner = self.0.borrow_mut();
        let Inner {
            rows: out, failed, ..
        } = &mut *inner;
        if let Some(out) = out
            && failed.is_ok()
        {
            *failed = rows
                .iter()
                .try_for_each(|row| out.push(row))
                .and_then(|()| out.flush());
        }
    }
}

/// Carries out what was prepared, and reports it; gives the exit status.
///
/// # Errors
/// Why it did not end well; what was done is on stdout by then.
pub(super) async fn run(cx: &Context, session: &Session, prepared: Prepared) -> Result<u8> {
    let Prepared {
        head,
        gathered,
        mut kept,
        limit,
        qr,
        ..
    } = prepared;
    let keeper = Keeper::open(cx, &qr, gathered.size.minting > 0)?;
    kept.journal()?.set_state(JobState::Ready).await?;
    kept.stay();
    let work = Work {
        head: &head,
        keeper,
        slots: gathered.slots,
        limit,
        missing_ok: head.playbook.is_some(),
    };
    work.run(cx, session, kept.journal()?).await
}

/// A job whose turn has come.
pub(super) struct Work<'a> {
    pub(super) head: &'a JobHead,
    pub(super) keeper: Keeper,
    pub(super) slots: HashMap<String, Slots>,
    /// So many people are worked on in this run.
    pub(super) limit: Option<u64>,
    pub(super) missing_ok: bool,
}

impl Work<'_> {
    /// Runs it and reports it; gives the exit status.
    ///
    /// # Errors
    /// Why it did not end well; what was done is on stdout by then.
    pub(super) async fn run(self, cx: &Context, session: &Session, journal: &dyn Journal) -> Result<u8> {
        let Self {
            head,
            mut keeper,
            slots,
            limit,
            missing_ok,
        } = self;
        let prefix = super::prefix(cx);
        let started = cx.clock.now();
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let hold = cx.interrupt.hold();
        journal.set_state(JobState::Running).await?;
        cx.progress.begin(journal.size().await?.people);
        let rows = (page.format == Format::Ndjson).then(|| Rows::new(&page, &mut out, Shape::Several));
        let taking = Taking(RefCell::new(Inner {
            keeper: &mut keeper,
            rows,
            failed: Ok(()),
        }));
        let job = Job {
            service: session.service.as_ref(),
            clock: cx.clock.as_ref(),
            journal,
            witness: &Unwitnessed,
            sink: &taking,
            progress: &cx.progress,
            prefix: &prefix,
            pauses: &PAUSES,
            limits: limits(cx, limit),
            missing_ok,
            slots: &slots,
        };
        let outcome = until_stopped(cx, &job).await;
        let Inner { rows, failed, .. } = taking.0.into_inner();
        let summary = journal.summary().await?;
        let users = &summary.users;
        let ended = users.done + users.unchanged + users.skipped + users.failed;
        let all = ended >= users.selected;
        let state = if all && outcome.is_ok() {
            JobState::Ended
        } else {
            JobState::Stopped
        };
        let stood = journal.set_state(state).await;
        let mut ran = outcome?;
        stood?;
        if all && ran.early != Some(Early::Told) {
            ran.early = None;
        }
        let ended = report::Ended {
            ran,
            started,
            open: !all,
        };
        let doc = report::doc(cx, session, head, journal, &ended, &keeper).await?;
        match rows {
            Some(mut rows) => {
                for row in doc.steps.iter().filter(|row| row.step == "all") {
                    rows.push(row)?;
                }
                rows.finish(&report::without_steps(&doc)?)?;
            }
            None => crate::render::result(&page, &mut out, &doc)?,
        }
        keeper.show_on(cx, &mut out)?;
        out.done()?;
        failed?;
        let code = lines::say(cx, session, head, journal, &ended, &doc).await;
        drop(hold);
        code
    }
}

/// Runs the job; a signal asks it to stop.
async fn until_stopped(cx: &Context, job: &Job<'_>) -> Result<Ran> {
    let stop = Stop::default();
    let mut run = std::pin::pin!(job.run(&stop));
    tokio::select! {
        biased;
        outcome = &mut run => return outcome,
        () = cx.interrupt.wait() => stop.set(),
    }
    run.await
}

fn limits(cx: &Context, people: Option<u64>) -> Limits {
    Limits {
        in_flight: cx
            .globals
            .concurrency
            .map_or(Limits::default().in_flight, usize::from),
        most_failures: cx.globals.max_failures.map(|most| match most {
            MaxFailures::People(people) => MostFailures::People(people),
            MaxFailures::Share(share) => MostFailures::Share(share),
        }),
        people,
    }
}
