//! `jobs undo JOB`: the way back is planned on what stands there now, and goes through the one path as a job of its own.

use std::collections::HashMap;

use futures::TryStreamExt as _;

use super::{here, there};
use crate::cli::change::{self, Gathered, Kept, PlanOut, Prepared, Qr};
use crate::cli::context::{Context, Intent, Session};
use crate::domain::{
    Error, ErrorCode, Parts, Privileges, Result, SecurityInfo, Status, User, UserId, UserQuery,
};
use crate::jobs::guard::{self, Bound};
use crate::jobs::journal::{Entry, Journal, Taken};
use crate::jobs::plan::{Back, Person, Setting, put_back};
use crate::jobs::undo::{Reach, backs};
use crate::services::Traffic;

/// Which job.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What can come back: numbers, addresses, names, the default method. What cannot is listed: \
    authenticators,\npasskeys, passwords, passes, sessions, remembered devices, app passwords.\n\n\
    Examples:\n  \
    mfactl -p local jobs undo j-4f7a --dry-run\n  \
    mfactl -p local jobs undo j-4f7a --plan-out back.plan\n  \
    mfactl -p local jobs undo j-4f7a --ticket INC0042"
)]
pub struct Args {
    /// j-4f7a, the whole id or any end of it, or the name given with --job
    #[arg(value_name = "JOB")]
    job: String,
    /// Take away what the job added, also where it is the last usable method
    #[arg(long)]
    leave_none: bool,
    #[command(flatten)]
    plan: PlanOut,
}

/// People who are read together.
const TOGETHER: usize = 20;

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            job: meant,
            leave_none,
            plan,
        } = self;
        plan.check()?;
        let store = cx.store().await?;
        let id = store.find(&meant).await?;
        let short = store.short(&id).await;
        let job = store.look(&id).await?;
        if job.runs {
            return Err(Error::new(
                ErrorCode::FileLocked,
                format!("job {short} is being run by another process"),
            )
            .hint(cx.command(["jobs", "watch", &short])));
        }
        here(cx, &job.head, "undo", &short)?;
        let before = store.read(&id).await?;
        let show = cx.command(["jobs", "show", &short]);
        let ids = who(before.as_ref(), &short, &show).await?;
        let only_planned = cx.globals.dry_run || plan.is_given();
        let ticket = change::admit_command(cx, only_planned, cx.globals.ticket.clone())?;
        let session = cx
            .connect(if only_planned {
                Intent::Read
            } else {
                Intent::Change
            })
            .await?;
        there(&session, &job.head)?;
        // One person's calls go out as soon as they are made.
        let traffic = session.traffic.as_ref().filter(|_| ids.len() > 1);
        let _job = traffic.map(Traffic::job);
        let mut head = change::head(cx, &session, "jobs undo", &format!("job {short}"));
        (head.ticket, head.undoes) = (ticket, Some(id));
        let kept = if only_planned {
            Kept::in_memory(&head)?
        } else {
            Kept::create(cx, &head).await?
        };
        let undoing = Undoing {
            cx,
            session: &session,
            job: &head.id,
            leave_none,
            parts: Parts {
                // What the state of a plan stands on.
                devices: plan.is_given(),
                ..Parts::METHODS
            },
        };
        let gathered = undoing.gather(&ids, before.as_ref(), kept.journal()?).await?;
        let prepared = Prepared {
            head,
            doing: format!("Take back job {short} for"),
            gathered,
            kept,
            caller: None,
            notify: None,
            qr: Qr::None,
        };
        match plan.write(cx, &session, prepared).await? {
            Ok(code) => Ok(code),
            Err(prepared) => change::finish(cx, &session, *prepared).await,
        }
    }
}

/// The people of whom anything can come back. `show`: the command that shows the job.
///
/// # Errors
/// `unsupported` where there is nobody.
async fn who(journal: &dyn Journal, short: &str, show: &str) -> Result<Vec<UserId>> {
    let mut reach = Reach::default();
    let mut ids = Vec::new();
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        reach.add(&taken);
        if !backs(&taken).is_empty() {
            ids.push(taken.person.user_id);
        }
    }
    match reach.undo(String::new) {
        None => Err(Error::new(
            ErrorCode::Unsupported,
            format!("job {short} changed nothing: there is nothing to undo"),
        )
        .hint(show)),
        Some(undo) if undo.command.is_none() => Err(Error::new(
            ErrorCode::Unsupported,
            format!("nothing of what job {short} did can come back"),
        )
        .hint(show)),
        Some(_) => Ok(ids),
    }
}

struct Undoing<'a> {
    cx: &'a Context,
    session: &'a Session,
    /// The id of the new job.
    job: &'a str,
    leave_none: bool,
    /// What is read of each person.
    parts: Parts,
}

impl Undoing<'_> {
    /// Plans the way back of these people into the new journal.
    async fn gather(&self, ids: &[UserId], before: &dyn Journal, into: &dyn Journal) -> Result<Gathered> {
        let Self { cx, session, .. } = self;
        let mut users: Vec<User> = Vec::with_capacity(ids.len());
        for some in ids.chunks(TOGETHER) {
            let query = UserQuery::Ids(some.iter().map(|id| id.0.clone()).collect());
            let found: Vec<User> = session.service.users(&query).try_collect().await?;
            users.extend(found.into_iter().filter(|user| some.contains(&user.id)));
        }
        change::admit_number(cx, session, users.len(), Bound::Planned)?;
        let privileges = change::admit_people(cx, session, &users).await?;
        let warning = change::cannot_tell(cx, session, &privileges);
        let mut found: HashMap<UserId, (User, Privileges)> = users
            .into_iter()
            .zip(privileges)
            .map(|(user, privileges)| (user.id.clone(), (user, privileges)))
            .collect();
        let mut gathered = Gathered::default();
        gathered.warnings.extend(warning);
        let mut people = before
            .people()
            .try_filter(|taken| futures::future::ready(!backs(taken).is_empty()));
        loop {
            let mut some: Vec<(Taken, Option<(User, Privileges)>)> = Vec::with_capacity(TOGETHER);
            while some.len() < TOGETHER {
                let Some(taken) = people.try_next().await? else {
                    break;
                };
                let who = found.remove(&taken.person.user_id);
                some.push((taken, who));
            }
            if some.is_empty() {
                return Ok(gathered);
            }
            let there: Vec<User> = some
                .iter()
                .filter_map(|(_, who)| Some(who.as_ref()?.0.clone()))
                .collect();
            let mut infos = change::read(session, &there, self.parts).await.into_iter();
            let mut entries = Vec::with_capacity(some.len());
            for (taken, who) in some {
                let entry = match who.and_then(|who| Some((who, infos.next()?))) {
                    None => {
                        let gone = Error::new(ErrorCode::UserNotFound, "is not there any more");
                        left(&taken, Status::Skipped, &gone)
                    }
                    Some((_, Err(error))) => left(&taken, Status::Failed, &error),
                    Some((who, Ok(info))) => match self.plan(&taken, who, info).await {
                        Ok(entry) => entry,
                        // The account lacks it for everybody.
                        Err(error) if error.code() == ErrorCode::PermissionMissing => return Err(error),
                        Err(error) => left(&taken, Status::Failed, &error),
                    },
                };
                match &entry {
                    Entry::Planned(person) => gathered.plan(person),
                    Entry::Left(row) => gathered.leave(row),
                }
                entries.push(entry);
            }
            into.add(entries).await?;
        }
    }

    async fn plan(
        &self,
        taken: &Taken,
        (user, privileges): (User, Privileges),
        info: SecurityInfo,
    ) -> Result<Entry> {
        let Self { cx, session, job, .. } = self;
        let backs = backs(taken);
        let asks = backs
            .iter()
            .any(|back| matches!(back, Back::Value { .. } | Back::Taken { .. }));
        let policy = if asks {
            change::policy(session, &user.id).await?
        } else {
            None
        };
        let prefix = change::prefix(cx);
        let own_page = session.service.own_page();
        let setting = Setting {
            own_page: &own_page,
            capabilities: session.service.capabilities(),
            profile: &session.profile,
            tenant: &session.tenant,
            job,
            prefix: &prefix,
            verb: "jobs undo",
            now: cx.clock.now(),
        };
        let person = Person {
            protected_by: guard::protected_by(&session.guard, &user, &privileges),
            typed: user.sign_in_name.clone(),
            user,
            info,
            privileges,
            policy,
        };
        put_back(&setting, &person, &backs, self.leave_none).map(Entry::Planned)
    }
}

fn left(taken: &Taken, status: Status, error: &Error) -> Entry {
    Entry::Left(change::left_out(
        &taken.person.user,
        &taken.person.user_id,
        status,
        error,
    ))
}
