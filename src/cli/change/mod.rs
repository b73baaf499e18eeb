//! The one path of every change: select, plan, confirm, execute, report. One person is a job of one.

mod admit;
mod ahead;
mod carry_out;
mod confirm;
mod gather;
mod gathered;
mod image;
mod keep;
mod kept;
mod lines;
mod merged;
mod named;
mod notify;
mod plan_out;
mod policies;
mod private;
mod report;
mod resume;
mod shown;
mod together;
mod try_code;
mod write;

use super::context::{Context, Intent, Session};
use super::who::Selection;
use crate::domain::shape::StepRow;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::caller::Check;
use crate::jobs::journal::JobHead;
use crate::services::Traffic;

pub(crate) use admit::{admit_command, admit_number, admit_people, cannot_tell, checked};
pub(crate) use ahead::{ahead, may_go_on};
pub(crate) use gather::{left_out, read};
pub(crate) use gathered::Gathered;
pub(crate) use image::Qr;
pub(crate) use kept::{Kept, head};
pub(crate) use merged::merged;
pub(crate) use named::{Begun, JobName, begin};
pub(crate) use notify::{Notify, NotifyArgs};
pub(crate) use plan_out::PlanOut;
pub(crate) use policies::of as policy;
pub(crate) use private::{must_be_new, write_new as write_private};
pub(crate) use resume::{resume, work};

/// Options of every verb that changes something.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    plan: PlanOut,
    #[command(flatten)]
    pub(crate) job: JobName,
    /// A message of what was done; only some verbs have the options for it.
    #[arg(skip)]
    pub(crate) notify: Option<Box<Notify>>,
}

/// A change as a verb wishes it.
pub(crate) struct Change {
    /// The verb: `user reset`.
    pub(crate) verb: &'static str,
    /// The beginning of the plan's heading: `Reset`, `Add a phone number for`.
    pub(crate) doing: &'static str,
    /// For whom, and what.
    pub(crate) selection: Selection,
    /// The playbook.
    pub(crate) playbook: Option<String>,
    /// Where the QR code of a seed goes.
    pub(crate) qr: Qr,
    /// Options of every change.
    pub(crate) args: ChangeArgs,
}

/// A change that is ready to be confirmed.
pub(crate) struct Prepared {
    /// What the job is.
    pub(crate) head: JobHead,
    /// The beginning of the plan's heading.
    pub(crate) doing: String,
    /// What is planned, as far as it is shown.
    pub(crate) gathered: Gathered,
    /// All of it.
    pub(crate) kept: Kept,
    pub(crate) qr: Qr,
    /// How and when the caller was checked, where one was and one person is changed.
    pub(crate) caller: Option<Check>,
    /// The message that is wanted.
    pub(crate) notify: Option<Box<Notify>>,
}

/// Runs a change to its end; gives the exit status.
///
/// # Errors
/// Everything that keeps it from being done, before anything is sent or after: what was done is on stdout by then.
pub(crate) async fn run(cx: &Context, change: Change) -> Result<u8> {
    if change.selection.only_check {
        return Ok(0);
    }
    let ticket = before(cx, &change)?;
    let session = connect(cx, &change.args).await?;
    run_on(cx, &session, change, ticket).await
}

/// Connects for a change, or for a plan of one.
///
/// # Errors
/// As [`Context::connect`].
pub(crate) async fn connect(cx: &Context, args: &ChangeArgs) -> Result<Session> {
    let only_planned = cx.globals.dry_run || args.plan.is_given();
    cx.connect(if only_planned {
        Intent::Read
    } else {
        Intent::Change
    })
    .await
}

/// What can be refused before anybody is connected to; gives the ticket.
///
/// # Errors
/// What the guard says; secrets without a place; a plan that would hold one.
pub(crate) fn before(cx: &Context, change: &Change) -> Result<Option<String>> {
    let Change {
        verb,
        selection,
        qr,
        args: ChangeArgs { plan, job, notify: _ },
        ..
    } = change;
    let only_planned = cx.globals.dry_run || plan.is_given();
    if plan.is_given() && selection.facts.holds_secret {
        return Err(Error::new(
            ErrorCode::Usage,
            format!("a plan holds no secrets, and {verb} was given one"),
        )
        .hint("leave out --plan-out"));
    }
    if let Some(first) = selection.limit.filter(|_| plan.is_given()) {
        return Err(Error::new(
            ErrorCode::Usage,
            "a plan is of everybody, and --first is about a run",
        )
        .hint(format!(
            "leave it out here, and apply the plan with: {} plan apply FILE --first {first}",
            prefix(cx)
        )));
    }
    admit::admit_selector(cx, selection, cx.globals.dry_run)?;
    if !only_planned && selection.facts.mints {
        keep::check(cx, qr, job.name.is_some())?;
    }
    plan.check()?;
    if !only_planned && cx.globals.store.is_some() && selection.facts.holds_secret {
        return Err(Error::new(
            ErrorCode::Usage,
            format!("{verb} was given a secret, which the workers of a shared job cannot be given"),
        )
        .hint("leave out --store: one process does it"));
    }
    admit_command(cx, only_planned, cx.globals.ticket.clone())
}

/// As [`run`], on a connection that is there already.
///
/// # Errors
/// As [`run`].
pub(crate) async fn run_on(
    cx: &Context,
    session: &Session,
    change: Change,
    ticket: Option<String>,
) -> Result<u8> {
    let Change {
        verb,
        doing,
        selection,
        playbook,
        qr,
        args: ChangeArgs { plan, job, notify },
    } = change;
    let only_planned = cx.globals.dry_run || plan.is_given();
    // One person's calls go out as soon as they are made.
    let _job = session
        .traffic
        .as_ref()
        .filter(|_| !selection.is_one())
        .map(Traffic::job);
    let mut head = kept::head(cx, session, verb, &selection.said);
    (head.playbook, head.ticket, head.name) = (playbook, ticket, job.name);
    head.part = selection.part;
    head.rows.clone_from(&selection.rows);
    head.notify = notify.as_ref().map(|notify| notify.wish().clone());
    let kept = if only_planned {
        Kept::in_memory(&head)?
    } else {
        match begin(cx, &head).await? {
            Begun::New(kept) => {
                notify.as_deref().map_or(Ok(()), Notify::begins)?;
                kept
            }
            Begun::Known(journal) => {
                return resume(cx, session, journal.as_ref(), selection.limit, notify).await;
            }
        }
    };
    let for_file = plan.is_given();
    let mut gathered =
        gather::plan(cx, session, verb, &selection, &head.id, kept.journal()?, for_file).await?;
    gathered.limit = selection.limit;
    strict(cx, &gathered)?;
    let prepared = Prepared {
        head,
        doing: doing.to_owned(),
        gathered,
        kept,
        qr,
        caller: None,
        notify,
    };
    match plan.write(cx, session, prepared).await? {
        Ok(code) => Ok(code),
        Err(prepared) => finish(cx, session, *prepared).await,
    }
}

/// Confirms, executes and reports what was prepared.
///
/// # Errors
/// As [`run`].
pub(crate) async fn finish(cx: &Context, session: &Session, mut prepared: Prepared) -> Result<u8> {
    if cx.globals.dry_run {
        return report::only_planned(cx, session, &prepared).await;
    }
    // A part of nobody is a part all the same: jobs merge asks for each.
    if prepared.gathered.people() == 0 && prepared.head.part.is_none() {
        return report::nobody(cx, session, &prepared).await;
    }
    if prepared.gathered.size.people > 0 {
        admit::admit_planned(cx, session, &mut prepared).await?;
    }
    keep::check_number(cx, prepared.gathered.size.minting)?;
    if prepared.gathered.size.minting > 0 {
        keep::check(cx, &prepared.qr, false)?;
    }
    if prepared.gathered.size.people > 0 {
        confirm::ask(cx, session, &prepared)?;
    }
    carry_out::run(cx, session, prepared).await
}

/// Shows what is about to be done, which is no plan of people, and asks whether it is meant. `number`: what is typed.
///
/// # Errors
/// `not_confirmed`: nobody can be asked, or the answer was No.
pub(crate) fn confirm(cx: &Context, plan: &str, number: u64) -> Result<()> {
    confirm::shown_is_meant(cx, plan, number)
}

/// As [`one_row`], of several.
///
/// # Errors
/// As [`one_row`].
pub(crate) fn rows(
    cx: &Context,
    session: &Session,
    verb: &str,
    whom: &str,
    rows: Vec<StepRow>,
) -> Result<u8> {
    let mut head = kept::head(cx, session, verb, whom);
    head.ticket.clone_from(&cx.globals.ticket);
    report::rows(cx, session, &head, whom, rows, Vec::new())
}

/// The result of something that is no plan: one row, which has ended. Gives the exit status.
///
/// # Errors
/// Why it did not end well; the row is on stdout by then.
pub(crate) fn one_row(
    cx: &Context,
    session: &Session,
    verb: &str,
    row: StepRow,
    hints: Vec<String>,
) -> Result<u8> {
    let mut head = kept::head(cx, session, verb, &row.user);
    head.ticket.clone_from(&cx.globals.ticket);
    report::one_row(cx, session, &head, row, hints)
}

/// With `--strict` nothing may be left for somebody's hands.
fn strict(cx: &Context, gathered: &Gathered) -> Result<()> {
    match &gathered.by_hand {
        Some(error) if cx.globals.strict => Err(error.clone()),
        _ => Ok(()),
    }
}

/// How a command begins: `mfactl -p local`.
pub(crate) fn prefix(cx: &Context) -> String {
    cx.command([])
}

/// The profile, and the tenant where it says more.
pub(crate) fn place(session: &Session) -> String {
    if session.service_name == "local" || session.profile == session.tenant {
        session.profile.clone()
    } else {
        format!("{} ({})", session.profile, session.tenant)
    }
}
