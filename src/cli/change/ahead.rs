//! What going on with a job would send: the rows of everybody who is left, read from the journal. Nobody is connected to.

use futures::TryStreamExt as _;

use super::report::empty;
use crate::cli::context::Context;
use crate::domain::shape::{StepRow, Summary};
use crate::domain::{Error, ErrorCode, Result, Status};
use crate::jobs::execute::planned_row;
use crate::jobs::journal::{JobHead, JobState, Journal, Standing, Taken};
use crate::render::{Results, Shape};

/// Shows what `jobs resume` would send, for at most `first` people; gives how many people that is.
///
/// # Errors
/// The journal cannot be read; stdout is a file that cannot take it.
pub(crate) async fn ahead(
    cx: &Context,
    head: &JobHead,
    journal: &dyn Journal,
    first: Option<u64>,
) -> Result<u64> {
    let mut doc = empty(cx, head);
    doc.dry_run = true;
    (doc.started_at, doc.finished_at) = (None, None);
    let first = first.unwrap_or(u64::MAX);
    // Counted first: an answer begins with how many it is about.
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        let rows = left(&taken);
        if rows.is_empty() || doc.summary.users.selected == first {
            continue;
        }
        count(&mut doc.summary, &rows);
    }
    drop(people);
    let number = doc.summary.users.selected;
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let shape = if number > 1 { Shape::Several } else { Shape::One };
    let mut results = Results::new(&page, &mut out, shape);
    results.begin(&doc)?;
    let mut shown = 0;
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        let rows = left(&taken);
        if rows.is_empty() || shown == number {
            continue;
        }
        shown += 1;
        rows.iter().try_for_each(|row| results.step(row))?;
    }
    results.end_of_steps(&doc)?;
    results.finish(&doc)?;
    out.done()?;
    Ok(number)
}

fn count(summary: &mut Summary, rows: &[StepRow]) {
    summary.users.selected += 1;
    summary.steps.planned += rows.len() as u64;
}

/// The steps of a person that have not ended well, as they would be sent.
fn left(taken: &Taken) -> Vec<StepRow> {
    let Taken { person, steps, .. } = taken;
    let sent = person.steps.iter().zip(steps);
    sent.filter(|(planned, record)| {
        let well = matches!(record.row.status, Status::Done | Status::Unchanged);
        planned.to_send().is_some() && !(record.standing == Standing::Ended && well)
    })
    .map(|(planned, record)| {
        let (mut row, _) = planned_row(person, planned);
        row.attempts = record.row.attempts;
        row.request_id.clone_from(&record.row.request_id);
        if record.standing == Standing::Started || record.row.status == Status::Unknown {
            row.detail = format!("{}; may have been sent, and is looked at first", row.detail)
                .trim_start_matches("; ")
                .to_owned();
        }
        row
    })
    .collect()
}

/// Whether a job that stands so can be gone on with.
///
/// # Errors
/// `usage` where it cannot.
pub(crate) fn may_go_on(state: JobState, shown: &str) -> Result<()> {
    let why = match state {
        JobState::Planning => "was never planned to its end: run its command again",
        JobState::Cancelled => "was cancelled",
        JobState::Ready | JobState::Running | JobState::Stopped | JobState::Ended => return Ok(()),
    };
    Err(Error::new(ErrorCode::Usage, format!("job {shown} {why}")))
}
