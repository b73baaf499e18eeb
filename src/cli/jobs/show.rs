//! `jobs show JOB`

use futures::TryStreamExt as _;

use super::again::{again, options};
use super::{command, counts, row};
use crate::cli::context::Context;
use crate::domain::shape::{JobShow, StepRow};
use crate::domain::{Error, ErrorCode, Result, Status};
use crate::jobs::journal::{Job, Journal, MAY_HAVE_BEEN_SENT, Which};
use crate::render::text::{clean, counted};
use crate::render::{AgainRow, AgainRows, Format, JobPage, Shape, time};

/// Which job.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl jobs show j-4f7a\n  \
    mfactl jobs show j-4f7a -o csv > rows.csv\n  \
    mfactl jobs show j-4f7a --failed -o csv > again.csv")]
pub struct Args {
    /// j-4f7a, the whole id or any end of it, or the name given with --job
    #[arg(value_name = "JOB")]
    job: String,
    /// Only people with a step that failed; as csv, a row a person that --from takes
    #[arg(long)]
    failed: bool,
}

/// People up to whom a table shows every row.
const FEW: u64 = 20;

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { job: meant, failed } = self;
        let store = cx.store().await?;
        let id = store.find(&meant).await?;
        let short = store.short(&id).await;
        let job = store.look(&id).await?;
        let journal = store.read(&id).await?;
        // The list is ended properly also when a signal comes.
        cx.interrupt.watch()?;
        let hold = cx.interrupt.hold();
        let page = cx.page();
        if failed && page.format == Format::Csv {
            let code = for_input(cx, journal.as_ref(), &job.head.verb).await?;
            drop(hold);
            return Ok(code);
        }
        let many = job.summary.users.selected > FEW;
        let which = match page.format {
            _ if failed => Which::Failed,
            Format::Table if many => Which::NotDone,
            _ => Which::All,
        };
        let shown = JobShow {
            job: row(&short, &job),
            version: job.head.version.clone(),
            argv: job.head.argv.clone(),
            steps: Vec::new(),
        };
        let shape = if job.summary.users.selected > 1 {
            Shape::Several
        } else {
            Shape::One
        };
        let about = about(cx, &short, &job);
        let mut out = cx.ui.stdout();
        let mut list = JobPage::new(&page, &mut out, &shown, &about, shape)?;
        let mut rows = journal.rows(which);
        let mut number = 0_u64;
        let read: Result<bool> = async {
            while let Some(mut step) = rows.try_next().await? {
                if job.runs {
                    in_flight(&mut step);
                }
                list.push(&step)?;
                number += 1;
                if cx.interrupt.is_set() {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        .await;
        list.finish(&shown)?;
        out.done()?;
        drop(hold);
        if !read? {
            return Err(crate::cli::interrupt::Interrupt::error());
        }
        let unknown = job.summary.steps.unknown;
        if unknown > 0 && job.word() == "stopped" {
            let settle = command(cx, &job.head.profile, ["resume", &short]);
            let steps = counted(unknown, "step", "steps");
            cx.ui.note(&format!(
                "{steps} may have been sent, and nobody saw the answer; to look, and go on: {settle}"
            ));
        }
        if failed && number == 0 {
            cx.ui.note(&format!("nothing failed in job {short}"));
        } else if which == Which::NotDone {
            let rows = match number {
                0 => "everything is done or so already".to_owned(),
                number => counted(number, "row that is", "rows that are") + " neither done nor so already",
            };
            let every = cx.command(["jobs", "show", &short, "-o", "csv"]);
            cx.ui.note(&format!("{rows}; every row: {every}"));
        }
        Ok(0)
    }
}

/// What is on its way while somebody runs the job is still to come: nobody has to wonder about it.
fn in_flight(step: &mut StepRow) {
    if let Some(planned) = step.detail.strip_suffix(MAY_HAVE_BEEN_SENT) {
        step.status = Status::Planned;
        step.detail = planned.trim_end_matches("; ").to_owned();
    }
}

/// What people read of a job before its steps.
fn about(cx: &Context, short: &str, job: &Job) -> Vec<Vec<String>> {
    let head = &job.head;
    let when = |at| time::moment(at, cx.clock.now(), &cx.zone);
    let place = if head.service == "local" || head.profile == head.tenant {
        head.profile.clone()
    } else {
        format!("{} ({})", head.profile, head.tenant)
    };
    let verb = match &head.playbook {
        Some(playbook) => format!("{}, playbook {playbook}", head.verb),
        None => head.verb.clone(),
    };
    let mut lines = vec![
        ("Job", format!("{short}, {}", job.word())),
        ("Verb", verb),
        ("Who", head.selection.clone()),
        ("Profile", place),
        ("Made", format!("{} by {}", when(head.made_at), head.operator)),
    ];
    let mut more = |label, value: Option<String>| lines.extend(value.map(|value| (label, value)));
    more("Last step", job.last_at.map(when));
    more("Name", head.name.clone());
    more("Ticket", head.ticket.clone());
    more("Reason", head.reason.clone());
    more(
        "Plan",
        head.plan
            .as_ref()
            .map(|plan| format!("{}, made by {}", plan.digest, plan.made_by)),
    );
    more("Part", head.part.map(|(part, of)| format!("{part} of {of}")));
    more("Undoes", head.undoes.clone());
    lines.push(("People", counts(job)));
    lines
        .into_iter()
        .map(|(label, value)| vec![label.to_owned(), clean(&value).into_owned()])
        .collect()
}

/// A row for everybody with a step that failed, as `--from` takes it.
async fn for_input(cx: &Context, journal: &dyn Journal, verb: &str) -> Result<u8> {
    let mut out = cx.ui.stdout();
    let mut rows = AgainRows::new(&mut out, options(verb))?;
    let (mut planned, mut unplanned) = (0, 0);
    let stopped = || Error::new(ErrorCode::Interrupted, "interrupted: not everybody is listed");
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        if let Some(row) = again(&taken) {
            rows.push(&row)?;
            planned += 1;
        }
        if cx.interrupt.is_set() {
            return Err(stopped());
        }
    }
    // Who never had a plan has no values either.
    let mut left = journal.rows(Which::Failed);
    while let Some(step) = left.try_next().await? {
        if step.step == "all" {
            rows.push(&AgainRow {
                user: step.user,
                step: step.step,
                status: step.status.as_str().to_owned(),
                detail: step.detail,
                ..AgainRow::default()
            })?;
            unplanned += 1;
        }
        if cx.interrupt.is_set() {
            return Err(stopped());
        }
    }
    out.done()?;
    cx.ui.note(&match planned + unplanned {
        0 => "nobody failed".to_owned(),
        number => counted(number, "person failed", "people failed"),
    });
    if unplanned > 0 && !options(verb).is_empty() {
        cx.ui.note(&format!(
            "{} could not be planned: the job has no values of theirs, take those from where they came",
            counted(unplanned, "of them", "of them")
        ));
    }
    Ok(0)
}
