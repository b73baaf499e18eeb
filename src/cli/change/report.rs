//! What was done, for scripts; the last lines for people are in `lines.rs`.

use futures::TryStreamExt as _;
use jiff::Timestamp;
use serde_json::Value;

use super::keep::Keeper;
use super::{Prepared, lines, shown};
use crate::cli::context::{Context, Session};
use crate::domain::shape::{ByHand, Next, ResultDoc, StepRow, Summary};
use crate::domain::{Action, Error, ErrorCode, Notice, Result, Status};
use crate::jobs::execute::{Early, Ran};
use crate::jobs::journal::{JobHead, Journal, Taken, Which};
use crate::jobs::outcome::{self, Reasons};

/// How long an open page may go on after a sign-out, in seconds.
const ACCESS_ENDS_WITHIN: u64 = 3600;
/// Where people change their own security info, on services that have such a page.
const SECURITY_INFO: &str = "https://mysignins.microsoft.com/security-info";

/// How a job ended.
pub(super) struct Ended {
    pub(super) ran: Ran,
    pub(super) started: Timestamp,
    /// Whether somebody is not done with.
    pub(super) open: bool,
}

/// Shows a plan that is not carried out; gives the exit status.
///
/// # Errors
/// stdout is a file that cannot take it; where some had no plan, that.
pub(super) async fn only_planned(cx: &Context, session: &Session, prepared: &Prepared) -> Result<u8> {
    let Prepared {
        head, gathered, kept, ..
    } = prepared;
    let journal = kept.journal()?;
    let ended = Ended {
        ran: Ran::default(),
        started: cx.clock.now(),
        open: false,
    };
    let mut doc = doc(cx, session, head, journal, &ended, &Keeper::none()).await?;
    doc.dry_run = true;
    doc.job = None;
    (doc.started_at, doc.finished_at) = (None, None);
    let mut out = cx.ui.stdout();
    crate::render::result(&cx.page(), &mut out, &doc)?;
    out.done()?;
    if head.plan.is_none() {
        let heading = shown::plan(session, prepared);
        let lines: Vec<&str> = heading.lines().collect();
        cx.ui.note(&format!(
            "Dry run: {}; nothing was sent",
            lines.first().copied().unwrap_or_default()
        ));
    }
    for warning in &gathered.warnings {
        cx.ui.warn(warning);
    }
    if let (1, [person]) = (gathered.planned, gathered.few.as_slice())
        && !person.stays.is_empty()
    {
        cx.ui.note(&format!("Stays: {}", person.stays));
    }
    lines::by_hand(cx, &doc);
    let left = Reasons::of(doc.steps.iter().filter(|row| row.status != Status::Planned));
    let mut summary = doc.summary;
    summary.steps.done = 0;
    match outcome::verdict(&summary, &left, None) {
        None => Ok(0),
        Some(error) if gathered.planned == 0 => Err(error),
        Some(error) => Err(Error::new(ErrorCode::Incomplete, error.message())),
    }
}

/// Shows one row that has ended.
///
/// # Errors
/// Why it did not end well.
pub(super) fn one_row(
    cx: &Context,
    session: &Session,
    head: &JobHead,
    row: StepRow,
    hints: Vec<String>,
) -> Result<u8> {
    let planned = row.status == Status::Planned;
    let mut doc = empty(cx, session, head);
    doc.job = None;
    doc.dry_run = planned;
    doc.summary = outcome::summary(std::slice::from_ref(&row));
    let verdict = outcome::verdict(&doc.summary, &Reasons::of([&row]), None);
    doc.exit_code = verdict.as_ref().map_or(0, |error| error.code().exit_code());
    doc.steps = vec![row];
    let mut out = cx.ui.stdout();
    crate::render::result(&cx.page(), &mut out, &doc)?;
    out.done()?;
    lines::counts(cx, session, &doc, verdict.as_ref());
    for hint in &hints {
        cx.ui.note(hint);
    }
    verdict.map_or(Ok(0), Err)
}

/// A result that holds nothing yet.
fn empty(cx: &Context, session: &Session, head: &JobHead) -> ResultDoc {
    let now = cx.clock.now();
    ResultDoc {
        schema: "result/1".to_owned(),
        job: Some(head.id.clone()),
        dry_run: false,
        profile: session.profile.clone(),
        tenant: session.tenant.clone(),
        verb: head.verb.clone(),
        playbook: head.playbook.clone(),
        ticket: head.ticket.clone(),
        reason: head.reason.clone(),
        plan: head.plan.clone(),
        started_at: Some(now),
        finished_at: Some(now),
        exit_code: 0,
        summary: Summary::default(),
        steps: Vec::new(),
        by_hand: Vec::new(),
        next: Vec::new(),
        access_ends_within_s: None,
        undo: None,
        secrets: Vec::new(),
        audit: None,
    }
}

/// The result as scripts get it.
///
/// # Errors
/// The journal cannot be read.
pub(super) async fn doc(
    cx: &Context,
    session: &Session,
    head: &JobHead,
    journal: &dyn Journal,
    ended: &Ended,
    keeper: &Keeper,
) -> Result<ResultDoc> {
    let mut doc = empty(cx, session, head);
    doc.started_at = Some(ended.started);
    let mut survey = Survey::default();
    survey.next.extend(ended.ran.notices.iter().cloned());
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        survey.add(&taken);
    }
    doc.steps = journal
        .rows(Which::All)
        .map_ok(|row| as_ended(row, ended))
        .try_collect()
        .await?;
    doc.summary = counted(journal.summary().await?, ended);
    let verdict = outcome::verdict(&doc.summary, &Reasons::of(&doc.steps), ended.ran.early);
    doc.exit_code = verdict.map_or(0, |error| error.code().exit_code());
    let page = (session.service_name == "entra").then(|| SECURITY_INFO.to_owned());
    doc.next = survey.next;
    for next in &mut doc.next {
        if next.notice.url.is_none() && next.notice.text.contains("security info page") {
            next.notice.url.clone_from(&page);
        }
    }
    doc.by_hand = survey.by_hand;
    doc.access_ends_within_s = survey.signed_out.then_some(ACCESS_ENDS_WITHIN);
    doc.secrets = keeper.rows();
    Ok(doc)
}

/// A row as a result shows it once nothing more is sent: what was not begun is skipped.
fn as_ended(mut row: StepRow, ended: &Ended) -> StepRow {
    if ended.open && row.status == Status::Planned {
        row.status = Status::Skipped;
        row.detail = match ended.ran.early {
            Some(Early::Told) => "interrupted",
            Some(Early::TooManyFailed) => "too many failed before",
            Some(Early::Enough) | None => "not begun",
        }
        .to_owned();
    }
    row
}

/// Counts as a result has them once nothing more is sent.
fn counted(mut summary: Summary, ended: &Ended) -> Summary {
    if ended.open {
        let users = &mut summary.users;
        users.skipped = users
            .selected
            .saturating_sub(users.done + users.unchanged + users.failed);
        summary.steps.skipped += std::mem::take(&mut summary.steps.planned);
    }
    summary
}

/// What is told of all people together.
#[derive(Default)]
struct Survey {
    by_hand: Vec<ByHand>,
    next: Vec<Next>,
    signed_out: bool,
}

impl Survey {
    fn add(&mut self, taken: &Taken) {
        let Taken { person, steps, .. } = taken;
        outcome::add_by_hand(&mut self.by_hand, person);
        let mut done: Vec<u16> = Vec::new();
        for (planned, record) in person.steps.iter().zip(steps) {
            let Some(step) = planned.to_send() else { continue };
            let status = record.row.status;
            if matches!(status, Status::Done | Status::Unchanged) {
                done.push(step.seq);
            }
            self.signed_out |=
                status == Status::Done && matches!(step.action, Action::SignOut | Action::DisableAccount);
        }
        for remains in &person.remains {
            if remains.of.iter().any(|seq| done.contains(seq)) {
                self.next.push(Next {
                    user: person.user.clone(),
                    notice: Notice {
                        text: remains.text.clone(),
                        url: None,
                    },
                });
            }
        }
    }
}

/// Everything of a result but its steps: the last line of NDJSON.
pub(super) fn without_steps(doc: &ResultDoc) -> Result<Value> {
    let mut value = serde_json::to_value(doc)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("writing JSON failed: {error}")))?;
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("steps");
    }
    Ok(value)
}
