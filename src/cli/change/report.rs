//! What was done, for scripts and on the screen, read from the journal; the last lines for people are in `lines.rs`.

use futures::TryStreamExt as _;
use jiff::Timestamp;

use super::gathered::FEW;
use super::keep::Keeper;
use super::{Prepared, confirm, lines, shown};
use crate::cli::context::{Context, Session};
use crate::domain::shape::{AuditRef, Next, ResultDoc, StepRow, Summary};
use crate::domain::{Action, Error, ErrorCode, Notice, Result, Status};
use crate::jobs::execute::{Early, Ran};
use crate::jobs::journal::{JobHead, Journal, Standing, StepRecord, Taken, Which};
use crate::jobs::outcome::{self, Reasons};
use crate::jobs::undo::Reach;
use crate::render::{Page, Results, Shape};

/// How long an open page may go on after a sign-out, in seconds, where the service's maker says so. Elsewhere an organization
/// sets it, and mostly far shorter.
const ACCESS_ENDS_WITHIN: u64 = 3600;

/// How a job ended.
pub(super) struct Ended {
    pub(super) ran: Ran,
    pub(super) started: Timestamp,
    /// Whether somebody is not done with.
    pub(super) open: bool,
}

/// A job as it is reported.
pub(super) struct Report<'a> {
    pub(super) head: &'a JobHead,
    pub(super) journal: &'a dyn Journal,
    pub(super) ended: Ended,
    /// The result without its lists of steps and of what stays.
    pub(super) doc: ResultDoc,
    /// Why it did not end well.
    pub(super) verdict: Option<Error>,
}

/// Shows a plan that is not carried out; gives the exit status.
///
/// # Errors
/// stdout is a file that cannot take it; where some had no plan, that.
pub(super) async fn only_planned(cx: &Context, session: &Session, prepared: &Prepared) -> Result<u8> {
    let Prepared {
        head, gathered, kept, ..
    } = prepared;
    let ended = Ended {
        ran: Ran::default(),
        started: cx.clock.now(),
        open: false,
    };
    let mut report = Report::new(cx, head, kept.journal()?, ended).await?;
    report.doc.dry_run = true;
    report.doc.job = None;
    (report.doc.started_at, report.doc.finished_at) = (None, None);
    let mut out = cx.ui.stdout();
    let page = cx.page();
    report
        .print(Results::new(&page, &mut out, report.shape()), &page, false)
        .await?;
    out.done()?;
    if head.plan.is_none() {
        let heading = shown::plan(cx, session, prepared);
        let lines: Vec<&str> = heading.lines().collect();
        cx.ui.note(&format!(
            "Dry run: {}; nothing was sent",
            lines.first().copied().unwrap_or_default()
        ));
    }
    if let Some(first) = gathered.limit.filter(|first| *first < gathered.size.people) {
        cx.ui.note(&confirm::of_first(gathered.size.people, first));
    }
    for warning in &gathered.warnings {
        cx.ui.warn(warning);
    }
    if let (1, [person]) = (gathered.planned, gathered.few.as_slice())
        && !person.stays.is_empty()
    {
        cx.ui.note(&format!("Stays: {}", person.stays));
    }
    lines::by_hand(cx, &report.doc);
    match report.verdict {
        None => Ok(0),
        Some(error) if gathered.planned == 0 => Err(error),
        Some(error) => Err(Error::new(ErrorCode::Incomplete, error.message())),
    }
}

/// Shows that there is nobody to change. No job is kept of it, so that one of the same name begins when there is somebody.
///
/// # Errors
/// stdout is a file that cannot take it.
pub(super) async fn nobody(cx: &Context, session: &Session, prepared: &Prepared) -> Result<u8> {
    let Prepared { head, kept, .. } = prepared;
    let ended = Ended {
        ran: Ran::default(),
        started: cx.clock.now(),
        open: false,
    };
    let mut report = Report::new(cx, head, kept.journal()?, ended).await?;
    report.doc.job = None;
    let (mut out, page) = (cx.ui.stdout(), cx.page());
    report
        .print(Results::new(&page, &mut out, report.shape()), &page, false)
        .await?;
    out.done()?;
    lines::counts(cx, session, &report.doc, "", None, None);
    Ok(0)
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
    let whom = row.user.clone();
    rows(cx, session, head, &whom, vec![row], hints)
}

/// Shows rows that have ended. `whom`: about whom they are, or what.
///
/// # Errors
/// Why they did not all end well.
pub(super) fn rows(
    cx: &Context,
    session: &Session,
    head: &JobHead,
    whom: &str,
    rows: Vec<StepRow>,
    hints: Vec<String>,
) -> Result<u8> {
    let mut doc = empty(cx, head);
    doc.job = None;
    doc.dry_run = rows.iter().any(|row| row.status == Status::Planned);
    doc.audit = cx.record.last();
    doc.summary = outcome::summary(&rows);
    let verdict = outcome::verdict(&doc.summary, &Reasons::of(&rows), None);
    doc.exit_code = verdict.as_ref().map_or(0, |error| error.code().exit_code());
    doc.steps = rows;
    let mut out = cx.ui.stdout();
    crate::render::result(&cx.page(), &mut out, &doc)?;
    out.done()?;
    lines::counts(cx, session, &doc, whom, None, verdict.as_ref());
    for hint in &hints {
        cx.ui.note(hint);
    }
    verdict.map_or(Ok(0), Err)
}

/// A result that holds nothing yet.
pub(super) fn empty(cx: &Context, head: &JobHead) -> ResultDoc {
    let now = cx.clock.now();
    ResultDoc {
        schema: "result/1".to_owned(),
        job: Some(head.id.clone()),
        dry_run: false,
        profile: head.profile.clone(),
        tenant: head.tenant.clone(),
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

impl<'a> Report<'a> {
    /// What the journal says now.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(super) async fn new(
        cx: &Context,
        head: &'a JobHead,
        journal: &'a dyn Journal,
        ended: Ended,
    ) -> Result<Self> {
        let mut doc = empty(cx, head);
        doc.started_at = Some(ended.started);
        let mut people = journal.people();
        let mut reach = Reach::default();
        let mut begun = 0;
        while let Some(taken) = people.try_next().await? {
            reach.add(&taken);
            let Taken { person, steps, .. } = taken;
            outcome::add_by_hand(&mut doc.by_hand, &person);
            let is_begun = |record: &StepRecord| record.standing == Standing::Started;
            begun += u64::from(steps.iter().any(is_begun));
            let ends = person.steps.iter().zip(&steps).any(|(planned, record)| {
                let ends = |step: &crate::domain::Step| {
                    matches!(step.action, Action::SignOut | Action::DisableAccount)
                };
                record.row.status == Status::Done && planned.to_send().is_some_and(ends)
            });
            if ends && matches!(head.service.as_str(), "entra" | "local") {
                doc.access_ends_within_s = Some(ACCESS_ENDS_WITHIN);
            }
        }
        let shown = lines::shown(cx, &head.id).await;
        doc.undo = reach.undo(|| cx.command(["jobs", "undo", &shown]));
        let mut reasons = Reasons::default().signed_out(ended.ran.signed_out.clone());
        // Whoever is stopped is not told single reasons.
        if !matches!(
            ended.ran.early,
            Some(Early::Told | Early::TooManyFailed | Early::SignedOut)
        ) {
            let mut rows = journal.rows(Which::NotDone);
            while let Some(row) = rows.try_next().await? {
                reasons.add(&row);
            }
        }
        doc.summary = counted(journal.summary().await?, &ended, begun);
        let verdict = outcome::verdict(&doc.summary, &reasons, ended.ran.early);
        doc.exit_code = verdict.as_ref().map_or(0, |error| error.code().exit_code());
        Ok(Self {
            head,
            journal,
            ended,
            doc,
            verdict,
        })
    }

    /// Whether the table has a column for people.
    pub(super) fn shape(&self) -> Shape {
        if self.doc.summary.users.selected > 1 {
            Shape::Several
        } else {
            Shape::One
        }
    }

    /// Takes the secrets that belong into the answer.
    pub(super) fn with_secrets(&mut self, keeper: &Keeper) {
        self.doc.secrets = keeper.rows();
    }

    /// Takes where it stands in the audit log.
    pub(super) fn with_audit(&mut self, audit: Option<AuditRef>) {
        self.doc.audit = audit;
    }

    /// Writes the result, rows as they are read. `streamed`: those of people who were worked on are written already.
    ///
    /// # Errors
    /// stdout is a file that cannot take it; the journal cannot be read.
    pub(super) async fn print(&self, results: Results<'_>, page: &Page, streamed: bool) -> Result<()> {
        let is_table = page.format == crate::render::Format::Table;
        let many = is_table && !self.doc.dry_run && self.doc.summary.users.selected > FEW as u64;
        let mut results = results;
        results.begin(&self.doc)?;
        let which = if many || streamed {
            Which::NotDone
        } else {
            Which::All
        };
        let mut rows = self.journal.rows(which);
        while let Some(row) = rows.try_next().await? {
            let wanted = match row.status {
                // Who was left out was not worked on.
                _ if streamed => row.attempts == 0 && row.step == "all",
                Status::Planned | Status::Unsupported => !many,
                _ => true,
            };
            if wanted {
                results.step(&self.as_ended(row))?;
            }
        }
        results.end_of_steps(&self.doc)?;
        if results.tells_next() {
            let mut people = self.journal.people();
            while let Some(taken) = people.try_next().await? {
                for next in self.next(&taken) {
                    results.next(&next)?;
                }
            }
        }
        results.finish(&self.doc)
    }

    /// What stays for a person: what the service said, and what was planned to remain.
    pub(super) fn next(&self, taken: &Taken) -> Vec<Next> {
        let Taken { person, steps, .. } = taken;
        let done: Vec<u16> = person
            .steps
            .iter()
            .zip(steps)
            .filter(|(_, record)| matches!(record.row.status, Status::Done | Status::Unchanged))
            .filter_map(|(planned, _)| planned.to_send().map(|step| step.seq))
            .collect();
        let remains = person
            .remains
            .iter()
            .filter(|remains| remains.of.iter().any(|seq| done.contains(seq)))
            .map(|remains| Next {
                user: person.user.clone(),
                notice: Notice {
                    text: remains.text.clone(),
                    url: remains.url.clone(),
                },
            });
        let said = self.ended.ran.notices.iter();
        let said = said.filter(|next| next.user == person.user).cloned();
        said.chain(remains).collect()
    }

    /// A row as a result shows it once nothing more is sent: what was not begun is skipped.
    fn as_ended(&self, mut row: StepRow) -> StepRow {
        if self.ended.open && row.status == Status::Planned {
            row.status = Status::Skipped;
            row.detail = match self.ended.ran.early {
                Some(Early::Told) => "interrupted",
                Some(Early::TooManyFailed) => "too many failed before",
                Some(Early::SignedOut) => "the sign-in had ended",
                Some(Early::Enough) | None => "not begun",
            }
            .to_owned();
        }
        row
    }
}

/// Counts as a result has them once nothing more is sent. `begun`: people of whom nobody knows how a step ended.
fn counted(mut summary: Summary, ended: &Ended, begun: u64) -> Summary {
    if ended.open {
        let users = &mut summary.users;
        users.failed += begun;
        users.skipped = users
            .selected
            .saturating_sub(users.done + users.unchanged + users.failed);
        summary.steps.skipped += std::mem::take(&mut summary.steps.planned);
    }
    summary
}
