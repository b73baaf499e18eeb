//! `plan apply FILE`

use std::path::PathBuf;

use futures::TryStreamExt as _;

use super::{read, reference, title};
use crate::cli::change::{self, Begun, Gathered, JobName, Kept, Prepared, Qr};
use crate::cli::context::{Context, Intent, Session};
use crate::domain::{Error, ErrorCode, Parts, Result, Status, User, UserId, UserQuery};
use crate::jobs::journal::{Entry, Journal};
use crate::jobs::plan::{PlannedUser, State};

/// Which plan.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl -p local plan apply inc.plan\n  \
    mfactl -p local plan apply inc.plan --digest sha256:9be1f0 --yes --secrets-out inc.secrets")]
pub struct Args {
    /// A file that --plan-out wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Refuse unless the plan has this digest, or one that begins so
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    digest: Option<String>,
    #[command(flatten)]
    job: JobName,
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
        let Self { file, digest, job } = self;
        let plan = read(&file)?;
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
        head.name = job.name;
        let kept = if dry_run {
            Kept::in_memory(&head)?
        } else {
            match change::begin(cx, &head).await? {
                Begun::New(kept) => kept,
                Begun::Known(journal) => return change::resume(cx, &session, journal.as_ref()).await,
            }
        };
        let gathered = compare(cx, &session, &plan.people, kept.journal()?).await?;
        let prepared = Prepared {
            head,
            doing: "Apply the plan to".to_owned(),
            gathered,
            kept,
            qr: Qr::Auto,
        };
        change::finish(cx, &session, prepared).await
    }
}

/// Tells people who are as they were from those who changed since: their rows say what is different.
async fn compare(
    cx: &Context,
    session: &Session,
    planned: &[PlannedUser],
    journal: &dyn Journal,
) -> Result<Gathered> {
    let query = UserQuery::Ids(planned.iter().map(|person| person.user_id.0.clone()).collect());
    let found: Vec<User> = session.service.users(&query).try_collect().await?;
    let find = |id: &UserId| found.iter().find(|user| user.id == *id);
    let there: Vec<User> = planned
        .iter()
        .filter_map(|person| find(&person.user_id).cloned())
        .collect();
    change::admit_people(cx, session, &there).await?;
    let parts = Parts {
        devices: true,
        ..Parts::METHODS
    };
    let infos = change::read(session, &there, parts).await;
    let mut gathered = Gathered::default();
    let mut people = Vec::new();
    let mut left = Vec::new();
    let mut infos = there.iter().zip(infos);
    for person in planned {
        let mut leave = |status, error: &Error| {
            left.push(Entry::Left(change::left_out(
                &person.user,
                &person.user_id,
                status,
                error,
            )));
        };
        let Some((user, info)) = find(&person.user_id).and_then(|_| infos.next()) else {
            let gone = Error::new(ErrorCode::UserNotFound, "is not there any more");
            leave(Status::Skipped, &gone);
            continue;
        };
        match info {
            Err(error) => leave(Status::Failed, &error),
            Ok(info) => {
                let state = State::new(user, &info);
                if person.state_digest.as_deref() == Some(&state.digest()) {
                    people.push(Entry::Planned(person.clone()));
                    continue;
                }
                let what = person
                    .state
                    .as_ref()
                    .map(|before| format!(": {}", before.difference(&state)))
                    .unwrap_or_default();
                let changed = Error::new(ErrorCode::PlanChanged, format!("changed since the plan{what}"))
                    .hint("make a new plan for this person");
                leave(Status::Skipped, &changed);
            }
        }
    }
    people.append(&mut left);
    for entry in &people {
        match entry {
            Entry::Planned(person) => gathered.plan(person),
            Entry::Left(row) => gathered.leave(row),
        }
    }
    journal.add(people).await?;
    Ok(gathered)
}
