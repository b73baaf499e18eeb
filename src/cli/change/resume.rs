//! Going on with a job: what failed, what was not begun, what nobody knows. The guards are asked again, and so is the
//! person at the keyboard.

use std::collections::HashMap;

use futures::TryStreamExt as _;

use super::ahead::may_go_on;
use super::carry_out::Work;
use super::gathered::FEW;
use super::keep::Keeper;
use super::notify::{Message, Notify};
use super::report::{Ended, Report};
use super::{Qr, admit, confirm, keep, lines, place, together};
use crate::cli::context::{Context, Session};
use crate::domain::{Error, ErrorCode, Result, User};
use crate::jobs::execute::Ran;
use crate::jobs::guard::Bound;
use crate::jobs::journal::{JobHead, JobState, Journal, Open};
use crate::render::text::{clean, counted, grouped};
use crate::render::{Format, Results};

/// Goes on with a job until everybody is done with, or `first` people are; gives the exit status. Where nothing is left it says so, and shows
/// what the job came to. `notify`: the message that is
/// wanted now; without one, that of the job.
///
/// # Errors
/// `usage` for a job that cannot be gone on with, or is of another place; what the guards say; why it did not end well.
pub(crate) async fn resume(
    cx: &Context,
    session: &Session,
    journal: &dyn Journal,
    first: Option<u64>,
    notify: Option<Box<Notify>>,
) -> Result<u8> {
    let head = journal.head().await?;
    let shown = lines::shown(cx, &head.id).await;
    let asked = notify.is_some();
    admit_job(&head, journal.state().await?, session, &shown)?;
    super::admit_command(
        cx,
        false,
        cx.globals.ticket.clone().or_else(|| head.ticket.clone()),
    )?;
    // What keeps the message from being written is said before anything is sent.
    let message = match notify {
        Some(notify) => Some(notify),
        None => Notify::of_job(cx, &head, &shown)?,
    };
    let message = message
        .map(|notify| notify.begin())
        .transpose()
        .map_err(|error| Notify::another(cx, error, &shown))?;
    let open = journal.reopen().await?;
    if open == 0 {
        journal.set_state(JobState::Ended).await?;
        // What ended a run before it wrote its message does not lose it; one that is there is not written twice.
        let message = message.filter(|message| asked || message.is_missing());
        return over(cx, &head, journal, &shown, message).await;
    }
    let left = admit_left(cx, session, &head, journal).await?;
    keep::check_number(cx, left.minting)?;
    let qr = Qr::None;
    if left.minting > 0 {
        keep::check(cx, &qr, true)?;
    }
    let summary = journal.summary().await?;
    let mut plan = vec![format!(
        "Go on with job {shown} in {}: {}; {} of {} left, {} to send",
        place(session),
        head.playbook.as_ref().map_or_else(
            || head.verb.clone(),
            |playbook| format!("{}, playbook {playbook}", head.verb)
        ),
        grouped(open),
        counted(summary.users.selected, "person", "people"),
        counted(summary.steps.planned + summary.steps.unknown, "step", "steps"),
    )];
    plan.extend(left.few.iter().map(|user| format!("  {}", clean(user))));
    if open > left.few.len() as u64 {
        plan.push(format!("  and {} more", grouped(open - left.few.len() as u64)));
    }
    plan.extend(left.warning.iter().map(|warning| format!("warning: {warning}")));
    confirm::shown_is_meant(cx, &plan.join("\n"), open)?;
    let work = Work {
        head: &head,
        keeper: Keeper::open(cx, &qr, left.minting > 0, true)?,
        slots: HashMap::new(),
        missing_ok: true,
        limit: first,
        people: first.map_or(open, |first| first.min(open)),
        selected: summary.users.selected,
        message,
    };
    work.run(cx, session, journal).await
}

/// Works on a job that others may work on too, until it has ended; gives the exit status. It was confirmed where it
/// began; the guards of this machine are asked again.
///
/// # Errors
/// As [`resume`].
pub(crate) async fn work(cx: &Context, session: &Session, journal: &dyn Journal) -> Result<u8> {
    let head = journal.head().await?;
    let shown = lines::shown(cx, &head.id).await;
    let state = together::confirmed(cx, journal, &shown).await?;
    admit_job(&head, state, session, &shown)?;
    match state {
        JobState::Ended => return over(cx, &head, journal, &shown, None).await,
        JobState::Stopped => {
            let resume = cx.command(["jobs", "resume", &shown]);
            return Err(Error::new(
                ErrorCode::Usage,
                format!("job {shown} was stopped: workers wait for nothing"),
            )
            .hint(resume));
        }
        _ => {}
    }
    super::admit_command(
        cx,
        false,
        cx.globals.ticket.clone().or_else(|| head.ticket.clone()),
    )?;
    let left = admit_left(cx, session, &head, journal).await?;
    keep::check_number(cx, left.minting)?;
    let qr = Qr::None;
    if left.minting > 0 {
        keep::check(cx, &qr, true)?;
    }
    cx.ui.note(&format!(
        "Working on job {shown} in {}: {} left",
        place(session),
        counted(left.people, "person", "people"),
    ));
    let work = Work {
        head: &head,
        keeper: Keeper::open(cx, &qr, left.minting > 0, true)?,
        slots: HashMap::new(),
        missing_ok: head.playbook.is_some(),
        limit: None,
        people: left.people,
        selected: journal.summary().await?.users.selected,
        message: None,
    };
    work.run(cx, session, journal).await
}

/// Whether the job may be gone on with, here.
fn admit_job(head: &JobHead, state: JobState, session: &Session, shown: &str) -> Result<()> {
    may_go_on(state, shown)?;
    if head.profile != session.profile
        || head.service != session.service_name
        || !head.tenant.eq_ignore_ascii_case(&session.tenant)
    {
        let why = format!("job {shown} is of {} ({})", head.profile, head.tenant);
        return Err(Error::new(ErrorCode::Usage, why).hint(format!("add -p {}", head.profile)));
    }
    Ok(())
}

/// Who is left, as far as it is shown.
#[derive(Default)]
struct Left {
    people: u64,
    few: Vec<String>,
    minting: u64,
    /// What to know before saying yes.
    warning: Option<String>,
}

/// Asks the guards about everybody who is left.
async fn admit_left(cx: &Context, session: &Session, head: &JobHead, journal: &dyn Journal) -> Result<Left> {
    let mut left = Left::default();
    let mut open = journal.open().try_chunks(super::gather::BATCH);
    while let Some(chunk) = open.try_next().await.map_err(|error| error.1)? {
        left.people += chunk.len() as u64;
        left.minting += chunk.iter().filter(|one| one.mints).count() as u64;
        let room = FEW.saturating_sub(left.few.len());
        left.few
            .extend(chunk.iter().take(room).map(|one| one.user.clone()));
        let users: Vec<User> = chunk.into_iter().map(user).collect();
        let privileges = admit::admit_people(cx, session, &users).await?;
        if left.warning.is_none() {
            left.warning = admit::cannot_tell(cx, session, &privileges);
        }
    }
    drop(open);
    let people = usize::try_from(left.people).unwrap_or(usize::MAX);
    admit::admit_number(cx, session, people, Bound::Planned)?;
    admit::admit_job(cx, session, head, journal, people).await?;
    Ok(left)
}

/// A person as far as the journal knows one.
fn user(open: Open) -> User {
    User {
        id: open.user_id,
        sign_in_name: open.user,
        display_name: None,
        mail: None,
        enabled: true,
        guest: false,
        synced: None,
        last_sign_in_at: None,
    }
}

/// Shows what a job came to in which nothing is left, and writes its message where one is wanted.
async fn over(
    cx: &Context,
    head: &JobHead,
    journal: &dyn Journal,
    shown: &str,
    message: Option<Message>,
) -> Result<u8> {
    let ended = Ended {
        ran: Ran::default(),
        started: head.made_at,
        open: false,
    };
    let report = Report::new(cx, head, journal, ended).await?;
    let page = cx.page();
    let mut out = cx.ui.stdout();
    if page.format != Format::Table {
        report
            .print(Results::new(&page, &mut out, report.shape()), &page, false)
            .await?;
    }
    if let Some(message) = message {
        let written = message.write(cx, &report, &mut out).await;
        written.map_err(|error| Notify::another(cx, error, shown))?;
    }
    out.done()?;
    let name = head
        .name
        .as_ref()
        .map_or_else(|| shown.to_owned(), |name| format!("{name} ({shown})"));
    cx.ui.note(&format!(
        "Job {name} is done already: nothing is left, and nothing was sent"
    ));
    let unplanned = lines::failures(journal).await?.unplanned;
    if unplanned > 0 {
        let people = counted(unplanned, "person", "people");
        let list = lines::never_planned(cx, shown);
        cx.ui.note(&format!(
            "{people} could never be planned, and are not tried again: {list}"
        ));
    }
    report.verdict.map_or(Ok(0), Err)
}
