//! Sending what was confirmed, with secrets put away and rows shown as they become known.

use std::cell::RefCell;
use std::collections::HashMap;

use super::keep::Keeper;
use super::notify::{Message, Notify};
use super::report::{self, Report};
use super::together;
use super::try_code;
use super::{Prepared, lines};
use crate::cli::context::{Context, Session};
use crate::cli::globals::MaxFailures;
use crate::cli::record;
use crate::domain::shape::{StepRow, Summary};
use crate::domain::{Error, ErrorCode, Minted, Result, Slots};
use crate::jobs::execute::{Early, Job, Limits, MostFailures, PAUSES, Ran, Sink, Stop};
use crate::jobs::journal::{JobHead, JobState, Journal};
use crate::render::text::counted;
use crate::render::{Format, Results, Shape};
use crate::services::Traffic;

/// People in flight, at the least: those of one batch.
const FEWEST: usize = 20;

/// Takes secrets and rows while the job runs.
struct Taking<'a, 'b>(RefCell<Inner<'a, 'b>>);

struct Inner<'a, 'b> {
    keeper: &'a mut Keeper,
    results: Results<'b>,
    streams: bool,
    failed: Result<()>,
}

impl Sink for Taking<'_, '_> {
    fn secret(&self, user: &str, minted: &Minted) -> Result<()> {
        self.0.borrow_mut().keeper.keep(user, minted)
    }

    fn sync(&self) -> Result<()> {
        self.0.borrow_mut().keeper.sync()
    }

    fn rows(&self, rows: &[&StepRow]) {
        let mut inner = self.0.borrow_mut();
        let Inner {
            results,
            streams,
            failed,
            ..
        } = &mut *inner;
        if *streams && failed.is_ok() {
            *failed = rows
                .iter()
                .try_for_each(|row| results.step(row))
                .and_then(|()| results.flush());
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
        qr,
        notify,
        ..
    } = prepared;
    let message = notify.map(|notify| notify.begin()).transpose()?;
    // What cannot be logged leaves no job behind.
    record::of_job(cx, &head)?;
    if gathered.size.left_out > 0 {
        record::left_out(cx, &head, kept.journal()?).await?;
    }
    let keeper = Keeper::open(cx, &qr, gathered.size.minting > 0, false)?;
    kept.journal()?.set_state(JobState::Ready).await?;
    kept.stay();
    let work = Work {
        selected: gathered.people(),
        head: &head,
        keeper,
        slots: gathered.slots,
        missing_ok: head.playbook.is_some(),
        limit: gathered.limit,
        people: gathered.size.people,
        message,
    };
    work.run(cx, session, kept.journal()?).await
}

/// A job whose turn has come.
pub(super) struct Work<'a> {
    pub(super) head: &'a JobHead,
    pub(super) keeper: Keeper,
    pub(super) slots: HashMap<String, Slots>,
    /// Whether what is to be removed may be gone already.
    pub(super) missing_ok: bool,
    /// So many people, and then stop.
    pub(super) limit: Option<u64>,
    /// People who are left.
    pub(super) people: u64,
    /// People in all.
    pub(super) selected: u64,
    /// The message that is wanted.
    pub(super) message: Option<Message>,
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
            missing_ok,
            limit,
            people,
            selected,
            message,
        } = self;
        // From here on there is a job to go on with, whatever fails.
        let shown = lines::shown(cx, &head.id).await;
        let resume = cx.command(["jobs", "resume", &shown]);
        let open = |error: Error| goes_on(error, &resume);
        let log = record::of_job(cx, head).map_err(open)?;
        let prefix = super::prefix(cx);
        let started = cx.clock.now();
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let hold = cx.interrupt.hold();
        cx.interrupt.at_once(format!(
            "stopped at once; what was in flight is looked at when the job goes on\nhint: {resume}"
        ));
        let running = journal.set_state(JobState::Running).await;
        running.map_err(open)?;
        let _job = session.traffic.as_ref().filter(|_| people > 1).map(Traffic::job);
        cx.progress.begin(people.min(limit.unwrap_or(u64::MAX)));
        let streams = page.format == Format::Ndjson;
        let shape = if selected > 1 { Shape::Several } else { Shape::One };
        let taking = Taking(RefCell::new(Inner {
            keeper: &mut keeper,
            results: Results::new(&page, &mut out, shape),
            streams,
            failed: Ok(()),
        }));
        let job = Job {
            service: session.service.as_ref(),
            clock: cx.clock.as_ref(),
            journal,
            witness: log.as_ref(),
            sink: &taking,
            progress: &cx.progress,
            prefix: &prefix,
            pauses: &PAUSES,
            limits: Limits {
                people: limit,
                ..limits(cx, session)
            },
            missing_ok,
            slots: &slots,
        };
        let shared = journal.is_shared();
        let outcome = if shared {
            together::run(cx, &job, &head.id).await
        } else {
            until_stopped(cx, &job).await
        };
        let Inner { results, failed, .. } = taking.0.into_inner();
        let summary = journal.summary().await;
        let all = everybody(&summary.map_err(open)?);
        let stood = match state_after(&outcome, all, shared) {
            Some(state) => journal.set_state(state).await,
            None => Ok(()),
        };
        // What keeps the journal or the witness from being written comes before what the job came to.
        let mut ran = outcome.map_err(open)?;
        stood.map_err(open)?;
        if all && ran.early != Some(Early::Told) {
            ran.early = None;
        }
        let ended = report::Ended {
            ran,
            started,
            open: !all,
        };
        let mut report = Report::new(cx, head, journal, ended).await?;
        report.with_secrets(&keeper);
        report.with_audit(log.last());
        let printed = report.print(results, &page, streams).await;
        let unseen = |error| unseen(cx, error, &shown, keeper.unseen());
        printed
            .and_then(|()| keeper.show_on(cx, &mut out))
            .map_err(unseen)?;
        let told = match message {
            Some(message) => message.write(cx, &report, &mut out).await,
            None => Ok(()),
        };
        out.done().and(failed).map_err(unseen)?;
        if out.closed().get() && keeper.unseen() > 0 {
            cx.ui.warn(&lost(keeper.unseen()));
        }
        try_code::ask(cx, session, &keeper)?;
        let code = lines::say(cx, session, report).await;
        drop(hold);
        // What was done is said first: a message that is missing is no reason to do it again.
        told.map_err(|error| Notify::another(cx, error, &shown))?;
        code
    }
}

/// The error with the command that goes on with the job, behind what is to be done first.
fn goes_on(error: Error, resume: &str) -> Error {
    let hint = match (error.code(), error.hint_text()) {
        (ErrorCode::DiskFull | ErrorCode::AuditUnwritable, Some(first)) => {
            format!("{first}; the job goes on with: {resume}")
        }
        (_, Some(_)) => return error,
        (_, None) => resume.to_owned(),
    };
    error.hint(hint)
}

/// Secrets that were made and that nobody saw.
fn lost(unseen: usize) -> String {
    let people = counted(
        unseen as u64,
        "secret that was made is",
        "secrets that were made are",
    );
    format!("{people} lost: nobody reads the answer; make new ones, with --secrets-out FILE")
}

/// The error of an answer that could not be written, with what nobody saw: it was done all the same.
fn unseen(cx: &Context, error: Error, shown: &str, secrets: usize) -> Error {
    let show = cx.command(["jobs", "show", shown]);
    let hint = match secrets {
        0 => show,
        secrets => format!("{show}; {}", lost(secrets)),
    };
    Error::new(
        error.code(),
        format!("{}; the job was carried out all the same", error.message()),
    )
    .hint(hint)
}

/// Where a job stands after a run; `None`: as it stood. One worker of several that leaves stops nobody else.
fn state_after(outcome: &Result<Ran>, all: bool, shared: bool) -> Option<JobState> {
    match outcome {
        Ok(_) if all => Some(JobState::Ended),
        Ok(Ran {
            early: Some(Early::TooManyFailed | Early::Enough),
            ..
        }) => Some(JobState::Stopped),
        _ => (!shared).then_some(JobState::Stopped),
    }
}

/// Whether everybody is done with.
pub(super) fn everybody(summary: &Summary) -> bool {
    let users = &summary.users;
    users.done + users.unchanged + users.skipped + users.failed >= users.selected
}

/// Runs the job and shows how far it is; a signal asks it to stop.
pub(super) async fn until_stopped(cx: &Context, job: &Job<'_>) -> Result<Ran> {
    let stop = Stop::default();
    let mut run = std::pin::pin!(job.run(&stop));
    let mut shown = std::pin::pin!(cx.ui.show_progress(&cx.progress, cx.globals.no_progress));
    loop {
        tokio::select! {
            biased;
            outcome = &mut run => return outcome,
            () = cx.interrupt.wait(), if !stop.is_set() => stop.set(),
            () = &mut shown => {}
        }
    }
}

fn limits(cx: &Context, session: &Session) -> Limits {
    let most = Limits::default().in_flight;
    let rate = session.traffic.as_ref().and_then(Traffic::writes_per_second);
    // Where little is allowed, few are begun: who is stopped waits for those.
    let liked = rate.map_or(most, |rate| ((rate * 2.0) as usize).clamp(FEWEST, most));
    Limits {
        in_flight: cx.globals.concurrency.map_or(liked, usize::from),
        most_failures: cx.globals.max_failures.map(|most| match most {
            MaxFailures::People(people) => MostFailures::People(people),
            MaxFailures::Share(share) => MostFailures::Share(share),
        }),
        people: None,
    }
}
