//! `plan apply FILE`

use std::path::PathBuf;

use futures::TryStreamExt as _;

use super::{Plan, read, reference, title};
use crate::cli::change::{self, Begun, Gathered, JobName, Kept, Notify, NotifyArgs, Prepared, Qr};
use crate::cli::context::{Context, Intent, Session};
use crate::cli::who::some;
use crate::domain::shape::StepRow;
use crate::domain::{Error, ErrorCode, Parts, Result, Status, User, UserId, UserQuery};
use crate::jobs::guard::Bound;
use crate::jobs::journal::{Entry, JobHead, JobState, Journal};
use crate::jobs::plan::{PlannedUser, State};

/// Which plan.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl -p local plan apply inc.plan\n  \
    mfactl -p local plan apply inc.plan --digest sha256:9be1f0 --yes --secrets-out inc.secrets\n  \
    mfactl -p local plan apply inc.plan --first 10\n  \
    mfactl -p local plan apply inc.plan --notify ticket.txt\n  \
    mfactl -p local plan apply inc.plan --on-drift stop")]
pub struct Args {
    /// A file that --plan-out wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Refuse unless the plan has this digest, or one that begins so
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    digest: Option<String>,
    /// What to do about people who changed since: leave them out, or refuse all
    #[arg(long, value_name = "skip|stop", value_enum, default_value_t)]
    on_drift: OnDrift,
    /// Do this many people and stop; jobs resume goes on
    #[arg(long, value_name = "N", value_parser = some)]
    first: Option<u64>,
    #[command(flatten)]
    notify: NotifyArgs,
    #[command(flatten)]
    job: JobName,
}

/// What to do about people who changed since the plan was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum OnDrift {
    /// Leave them out, and do the rest
    #[default]
    Skip,
    /// Refuse all
    Stop,
}

/// The shortest beginning of a digest that says anything.
const SHORTEST: usize = 6;

fn digest(text: &str) -> Result<String, String> {
    let digits = text
        .trim()
        .trim_start_matches("sha256:")
        .trim_end_matches('…')
        .to_lowercase();
    let is_hex = digits.chars().all(|c| c.is_ascii_hexdigit());
    if is_hex && (SHORTEST..=64).contains(&digits.len()) {
        Ok(digits)
    } else {
        Err("write the digest that was approved, such as sha256:9be1f0…".to_owned())
    }
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            file,
            digest,
            on_drift,
            first,
            notify,
            job,
        } = self;
        let mut plan = read(&file)?;
        cx.record.applies(reference(&plan));
        if let Some(approved) = digest
            && !plan.digest.starts_with(&approved)
        {
            return Err(Error::new(
                ErrorCode::PlanInvalid,
                format!(
                    "the plan's digest is sha256:{}, not the one that was approved",
                    plan.digest
                ),
            ));
        }
        let ticket = cx.globals.ticket.clone().or_else(|| plan.head.ticket.clone());
        let dry_run = cx.globals.dry_run;
        let ticket = change::admit_command(cx, dry_run, ticket)?;
        let profile = cx.profile()?;
        if profile.name != plan.head.profile {
            // Said before anything is connected to.
            plan.admit(
                &plan.head.service,
                &profile.name,
                &plan.head.tenant,
                cx.clock.now(),
            )?;
        }
        let session = cx
            .connect(if dry_run { Intent::Read } else { Intent::Change })
            .await?;
        plan.admit(
            session.service_name,
            &session.profile,
            &session.tenant,
            cx.clock.now(),
        )?;
        cx.ui.note(&title(cx, &plan));
        let mut head = change::head(cx, &session, &plan.head.verb, &plan.head.selection);
        head.playbook.clone_from(&plan.head.playbook);
        head.ticket = ticket;
        head.reason = cx.globals.reason.clone().or_else(|| plan.head.reason.clone());
        head.plan = Some(reference(&plan));
        let notify = notify.of_plan(cx, &plan.head, job.name.is_some())?;
        head.notify = notify.as_ref().map(|notify| notify.wish().clone());
        head.name = job.name;
        let kept = if dry_run {
            Kept::in_memory(&head)?
        } else {
            match change::begin(cx, &head).await? {
                Begun::New(kept) => {
                    notify.as_deref().map_or(Ok(()), Notify::begins)?;
                    kept
                }
                Begun::Known(journal) => {
                    return change::resume(cx, &session, journal.as_ref(), first, notify).await;
                }
            }
        };
        let before = before(cx, &plan).await?;
        let mut gathered = compare(cx, &session, &mut plan, kept.journal()?, on_drift).await?;
        gathered.warn(before.map(|job| {
            format!("this plan was applied before, as job {job}: what makes something makes it again")
        }));
        gathered.limit = first;
        let prepared = Prepared {
            head,
            doing: "Apply the plan to".to_owned(),
            gathered,
            kept,
            qr: Qr::Auto,
            caller: None,
            notify,
        };
        change::finish(cx, &session, prepared).await
    }
}

/// The job that applied this plan before, among those that are kept here; the newest.
///
/// # Errors
/// Those of the store. A job that cannot be read is none.
async fn before(cx: &Context, plan: &Plan) -> Result<Option<String>> {
    let store = cx.store().await?;
    // Ids begin with the time: who came before the plan did not apply it.
    for id in store.ids().await?.into_iter().filter(|id| *id > plan.head.id) {
        let Ok(journal) = store.read(&id).await else {
            continue;
        };
        let is_it = |head: &JobHead| head.plan.as_ref().is_some_and(|of| of.id == plan.head.id);
        let begun = |state| !matches!(state, JobState::Planning);
        if journal.head().await.is_ok_and(|head| is_it(&head)) && journal.state().await.is_ok_and(begun) {
            return Ok(Some(store.short(&id).await));
        }
    }
    Ok(None)
}

/// People who are compared at once.
const AT_ONCE: usize = 100;
/// How many of those who changed are named.
const NAMED: usize = 10;

/// Tells people who are as they were from those who changed since: their rows say what is different. All are held
/// against the guard once more.
async fn compare(
    cx: &Context,
    session: &Session,
    plan: &mut Plan,
    journal: &dyn Journal,
    on_drift: OnDrift,
) -> Result<Gathered> {
    let people = usize::try_from(plan.users).unwrap_or(usize::MAX);
    change::admit_number(cx, session, people, Bound::Planned)?;
    let mut gathered = Gathered::default();
    let mut left: Vec<StepRow> = Vec::new();
    plan.each(AT_ONCE, async |planned| {
        let mut there = Vec::with_capacity(planned.len());
        for (person, said) in compared(cx, session, &mut gathered, planned).await? {
            match said {
                Ok(()) => {
                    gathered.plan(&person);
                    there.push(Entry::Planned(person));
                }
                Err((status, error)) => {
                    left.push(change::left_out(&person.user, &person.user_id, status, &error));
                }
            }
        }
        journal.add(there).await
    })
    .await?;
    if on_drift == OnDrift::Stop && !left.is_empty() {
        return Err(drifted(&left));
    }
    for row in &left {
        gathered.leave(row);
    }
    journal.add(left.into_iter().map(Entry::Left).collect()).await?;
    Ok(gathered)
}

/// Each of these people, and why one is left out.
async fn compared(
    cx: &Context,
    session: &Session,
    gathered: &mut Gathered,
    planned: Vec<PlannedUser>,
) -> Result<Vec<(PlannedUser, Result<(), (Status, Error)>)>> {
    let query = UserQuery::Ids(planned.iter().map(|person| person.user_id.0.clone()).collect());
    let found: Vec<User> = session.service.users(&query).try_collect().await?;
    let find = |id: &UserId| found.iter().find(|user| user.id == *id);
    let there: Vec<User> = planned
        .iter()
        .filter_map(|person| find(&person.user_id).cloned())
        .collect();
    let privileges = change::admit_people(cx, session, &there).await?;
    gathered.warn(change::cannot_tell(cx, session, &privileges));
    let parts = Parts {
        devices: true,
        ..Parts::METHODS
    };
    let infos = change::read(session, &there, parts).await;
    let mut infos = there.iter().zip(infos);
    let mut all = Vec::with_capacity(planned.len());
    for person in planned {
        let said = match find(&person.user_id).and_then(|_| infos.next()) {
            None => {
                let gone = Error::new(ErrorCode::UserNotFound, "is not there any more");
                Err((Status::Skipped, gone))
            }
            Some((_, Err(error))) => Err((Status::Failed, error)),
            Some((user, Ok(info))) => as_planned(&person, &State::new(user, &info)),
        };
        all.push((person, said));
    }
    Ok(all)
}

/// Whether somebody is as the plan says.
fn as_planned(person: &PlannedUser, state: &State) -> Result<(), (Status, Error)> {
    if person.state_digest.as_deref() == Some(&state.digest()) {
        return Ok(());
    }
    let what = person
        .state
        .as_ref()
        .map(|before| format!(": {}", before.difference(state)))
        .unwrap_or_default();
    let changed = Error::new(ErrorCode::PlanChanged, format!("changed since the plan{what}"))
        .hint("make a new plan for this person");
    Err((Status::Skipped, changed))
}

/// The refusal of a plan whose people changed, with the first of them.
fn drifted(left: &[StepRow]) -> Error {
    let mut names: Vec<String> = left
        .iter()
        .take(NAMED)
        .map(|row| format!("{} {}", row.user, row.detail))
        .collect();
    if let Some(more) = left.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("and {more} more"));
    }
    Error::new(
        ErrorCode::PlanChanged,
        format!("nothing was sent: {}", names.join("; ")),
    )
    .hint("make a new plan, or apply it to the others with --on-drift skip")
}
