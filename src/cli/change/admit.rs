//! The guard asked about a change: the command, the people, and what was planned for them. Nothing was sent by then.

use futures::TryStreamExt as _;

use super::{Prepared, gather, prefix};
use crate::cli::context::{Context, Session};
use crate::cli::who::Selection;
use crate::domain::shape::StepRow;
use crate::domain::{Error, ErrorCode, Privileges, Result, Status, User, UserQuery};
use crate::jobs::caller::{Callers, Checked};
use crate::jobs::guard::{self, Allow, Bound};
use crate::jobs::journal::{JobHead, Journal, StepRecord};
use crate::render::text::{clean, counted};

/// What the command itself must satisfy; a ticket that is missing is asked for where somebody is there.
///
/// # Errors
/// What the guard says.
pub(crate) fn admit_command(
    cx: &Context,
    only_planned: bool,
    ticket: Option<String>,
) -> Result<Option<String>> {
    if only_planned {
        return Ok(ticket);
    }
    let profile = cx.profile()?;
    let missing = ticket.as_deref().is_none_or(|ticket| ticket.trim().is_empty());
    let ticket =
        if profile.guard.require_ticket && missing && !profile.guard.read_only && cx.ui.can_ask().is_ok() {
            Some(cx.ui.ask("Ticket: ")?)
        } else {
            ticket
        };
    guard::admit_command(&profile.guard, ticket.as_deref(), &profile.name)?;
    Ok(ticket)
}

/// Whether a selector may be used like this: everybody, or whoever a filter finds, only with a number that was said. A
/// dry run is how that number is found.
///
/// # Errors
/// `guard_everyone`; `usage` without the number.
pub(super) fn admit_selector(cx: &Context, selection: &Selection, only_shown: bool) -> Result<()> {
    let missing = |what: &str| {
        Error::new(
            ErrorCode::Usage,
            format!("{what} needs --expect N, the number of people who are meant"),
        )
        .hint("--dry-run shows how many there are")
    };
    let counted = cx.globals.expect.is_some();
    match selection.query() {
        Some(UserQuery::Everyone) => {
            if !only_shown {
                guard::admit_everyone(&cx.profile()?.guard)?;
            }
            if only_shown || counted {
                Ok(())
            } else {
                Err(missing("--everyone"))
            }
        }
        Some(UserQuery::Filter(_)) if cx.globals.yes && !only_shown && !counted => {
            Err(missing("--filter with --yes"))
        }
        _ => Ok(()),
    }
}

/// Whether these people may be changed. Gives what was read of their roles and groups.
///
/// # Errors
/// What the guard says; that roles and groups cannot be read where the guard needs them.
pub(crate) async fn admit_people(cx: &Context, session: &Session, users: &[User]) -> Result<Vec<Privileges>> {
    let privileges = privileges(cx, session, users).await?;
    let people: Vec<(&User, &Privileges)> = users.iter().zip(&privileges).collect();
    guard::admit(&session.guard, &people, &session.operator, allow(cx))?;
    Ok(privileges)
}

/// The row of somebody of many whom the guard holds back.
pub(super) fn held_back(cx: &Context, session: &Session, user: &User, held: &Privileges) -> Option<StepRow> {
    let error = guard::refusal(&session.guard, user, held, &session.operator, allow(cx))?;
    Some(gather::left_out(
        &user.sign_in_name,
        &user.id,
        Status::Skipped,
        &error,
    ))
}

/// Whether so many people may be changed.
///
/// # Errors
/// `guard_max_users`, `expect_mismatch`.
pub(crate) fn admit_number(cx: &Context, session: &Session, people: usize, bound: Bound) -> Result<()> {
    guard::admit_number(&session.guard, people, cx.globals.expect, bound)
}

/// What to know before saying yes, as far as roles and groups are read for the guard: that nobody can tell who is privileged, or who is out of
/// reach.
pub(crate) fn cannot_tell(cx: &Context, session: &Session, privileges: &[Privileges]) -> Option<String> {
    if !guard::needs_privileges(&session.guard, allow(cx)) {
        return None;
    }
    guard::cannot_tell(privileges).or_else(|| restricted(privileges))
}

/// Who is out of reach for whoever holds no role over the unit that the person is in: the service refuses, and nothing here tells which
/// roles over units one holds.
fn restricted(privileges: &[Privileges]) -> Option<String> {
    let mut units: Vec<&str> = privileges
        .iter()
        .filter_map(|one| one.restricted.as_deref())
        .collect();
    let people = counted(units.len() as u64, "person is", "people are");
    units.sort_unstable();
    units.dedup();
    let units: Vec<String> = units.into_iter().map(|unit| clean(unit).into_owned()).collect();
    (!units.is_empty()).then(|| {
        format!(
            "{people} in a restricted administrative unit ({}): only a role that is held over it acts on its members",
            units.join(", ")
        )
    })
}

/// What the flags allow.
pub(crate) fn allow(cx: &Context) -> Allow {
    Allow {
        own: cx.globals.include_self,
        privileged: cx.globals.allow_privileged,
    }
}

/// Roles and groups, where the guard needs them; else nothing is asked for.
///
/// # Errors
/// They cannot be read for another reason than a right that is missing.
pub(crate) async fn privileges(cx: &Context, session: &Session, users: &[User]) -> Result<Vec<Privileges>> {
    let needed = guard::needs_privileges(&session.guard, allow(cx));
    gather::privileges(session, users, needed).await
}

/// What can be judged only when everybody is planned. Keeps the check of the one who is changed, for the plan's screen.
///
/// # Errors
/// As [`admit_job`].
pub(super) async fn admit_planned(cx: &Context, session: &Session, prepared: &mut Prepared) -> Result<()> {
    let Prepared {
        head, kept, gathered, ..
    } = &*prepared;
    // Whoever divides people divides no guard.
    let people = usize::try_from(gathered.size.people.max(gathered.all_parts)).unwrap_or(usize::MAX);
    let checked = admit_job(cx, session, head, kept.journal()?, people).await?;
    if let [person] = gathered.few.as_slice()
        && gathered.planned == 1
    {
        let playbook = head.playbook.as_deref();
        prepared.caller = checked.of(&person.user_id, playbook).cloned();
    }
    Ok(())
}

/// Whether one person alone may change so many, and whether the callers were checked. The audit log learns of the checks.
///
/// # Errors
/// `guard_two_person`, `guard_caller`; the checks or the journal cannot be read.
pub(super) async fn admit_job(
    cx: &Context,
    session: &Session,
    head: &JobHead,
    journal: &dyn Journal,
    people: usize,
) -> Result<Checked> {
    admit_alone(cx, session, head, people)?;
    let checked = checked(cx, session)?;
    admit_callers(cx, session, head, &checked, journal).await?;
    for check in checked.serving(head.playbook.as_deref()) {
        cx.record
            .checked(&check.user_id, &format!("{} {}", check.at, check.said()));
    }
    Ok(checked)
}

/// Whether one person alone may change so many.
///
/// # Errors
/// `guard_two_person`.
fn admit_alone(cx: &Context, session: &Session, head: &JobHead, people: usize) -> Result<()> {
    let maker = head.plan.as_ref().map(|plan| plan.made_by.as_str());
    let words = head.verb.split(' ').chain(["…", "--plan-out", "FILE"]);
    guard::admit_alone(
        &session.guard,
        people,
        maker,
        &session.operator,
        &cx.command(words).replace("'…'", "…"),
    )
}

/// The checks of callers that hold now.
///
/// # Errors
/// `file_unreadable`.
pub(crate) fn checked(cx: &Context, session: &Session) -> Result<Checked> {
    let all = Callers::of(&cx.config()?.state_dir()?).read()?;
    Ok(Checked::new(
        all,
        &session.tenant,
        &session.operator,
        cx.clock.now(),
    ))
}

/// Whether every caller was checked, where the guard asks for it: one who was not stops the whole change.
///
/// # Errors
/// `guard_caller`, with how many more there are.
async fn admit_callers(
    cx: &Context,
    session: &Session,
    head: &JobHead,
    checked: &Checked,
    journal: &dyn Journal,
) -> Result<()> {
    if !session.guard.require_caller_check {
        return Ok(());
    }
    let (playbook, prefix) = (head.playbook.as_deref(), prefix(cx));
    let maker = head.plan.as_ref().map(|plan| plan.made_by.as_str());
    let mut first: Option<Error> = None;
    let mut more = 0_u64;
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        let over = |record: &StepRecord| matches!(record.row.status, Status::Done | Status::Unchanged);
        if taken.steps.iter().all(over) {
            continue;
        }
        let (guard, operator) = (&session.guard, &session.operator);
        match checked.admit(guard, &taken.person, playbook, maker, operator, &prefix) {
            Ok(()) => {}
            Err(error) if first.is_none() => first = Some(error),
            Err(_) => more += 1,
        }
    }
    let Some(error) = first else { return Ok(()) };
    if more == 0 {
        return Err(error);
    }
    let others = match more {
        1 => "1 other".to_owned(),
        more => format!("{more} others"),
    };
    let hint = error.hint_text().unwrap_or_default().to_owned();
    Err(Error::new(
        ErrorCode::GuardCaller,
        format!("{}; the same holds for {others}", error.message()),
    )
    .hint(format!(
        "check each: {hint}; or let somebody else apply a plan that you make with --plan-out"
    )))
}
