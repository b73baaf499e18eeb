//! From USERs to plans: look people up, ask the guard, read what is needed, plan each.

use crate::cli::context::{Context, Session};
use crate::cli::who::Selection;
use crate::domain::shape::StepRow;
use crate::domain::{Action, Error, ErrorCode, Parts, Policy, Result, SecurityInfo, Status, User, UserId};
use crate::jobs::guard;
use crate::jobs::plan::{self, Person, PlannedUser, Setting, Wish};
use crate::jobs::select::Picked;
pub(crate) use crate::jobs::select::left_out;

/// People a round trip.
pub(super) const BATCH: usize = 20;

/// What became of the people who were asked for.
pub(super) struct Planned {
    pub(super) people: Vec<PlannedUser>,
    pub(super) left: Vec<StepRow>,
}

/// Plans the wishes of a selection.
///
/// # Errors
/// People who are not there or not allowed; for one person, why no plan can be made; for several, where none can.
pub(super) async fn plan(
    cx: &Context,
    session: &Session,
    verb: &str,
    selection: &Selection,
    job: &str,
    for_file: bool,
) -> Result<Planned> {
    let prefix = super::prefix(cx);
    let chosen = selection.pick(cx, session, verb).await?;
    let mut asked = Vec::new();
    let mut left = Vec::new();
    for piece in chosen.pieces(BATCH)? {
        for picked in piece? {
            match picked {
                Picked::Pick(pick) => {
                    let wish = selection.wish(&pick)?;
                    asked.push((pick.user, pick.typed, wish));
                }
                Picked::Left(row) => left.push(*row),
            }
        }
    }
    let users: Vec<User> = asked.iter().map(|(user, ..)| user.clone()).collect();
    let privileges = super::admit_people(cx, session, &users).await?;
    let mut parts = selection.facts.parts;
    if for_file {
        // What the state of a plan stands on.
        (parts.methods, parts.default, parts.devices) = (true, true, true);
    }
    let infos = read(session, &users, parts).await;
    let setting = Setting {
        capabilities: session.service.capabilities(),
        profile: &session.profile,
        tenant: &session.tenant,
        job,
        prefix: &prefix,
        verb,
        now: cx.clock.now(),
    };
    let mut planned = Planned {
        people: Vec::new(),
        left,
    };
    let mut errors: Vec<(String, Error)> = Vec::new();
    for (((user, typed, wish), privileges), info) in asked.into_iter().zip(privileges).zip(infos) {
        let name = user.sign_in_name.clone();
        let id = user.id.clone();
        let protected_by = guard::protected_by(&session.guard, &user, &privileges);
        let read = info.map(|info| Person {
            user,
            typed,
            info,
            privileges,
            protected_by,
            policy: None,
        });
        match one(session, &setting, read, &wish).await {
            Ok(plan) => planned.people.push(plan),
            // The service cannot do it for anybody.
            Err(error) if matches!(error.code(), ErrorCode::Unsupported | ErrorCode::ConfigInvalid) => {
                return Err(error);
            }
            Err(error) => {
                planned.left.push(left_out(&name, &id, Status::Failed, &error));
                errors.push((name, error));
            }
        }
    }
    if planned.people.is_empty()
        && let Some(error) = plan::only_error(&errors)
    {
        return Err(error);
    }
    Ok(planned)
}

/// Reads these parts of people, a batch at a time.
pub(crate) async fn read(session: &Session, users: &[User], parts: Parts) -> Vec<Result<SecurityInfo>> {
    if parts == Parts::NONE {
        return users.iter().map(|_| Ok(SecurityInfo::default())).collect();
    }
    let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
    let mut infos = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(BATCH) {
        infos.extend(session.service.security_info(chunk, parts).await);
    }
    infos
}

async fn one(
    session: &Session,
    setting: &Setting<'_>,
    person: Result<Person>,
    wish: &Wish,
) -> Result<PlannedUser> {
    let mut person = person?;
    if wish.asks_policy() {
        person.policy = policy(session, &person.user.id).await?;
    }
    let planned = plan::plan(setting, &person, wish)?;
    // A playbook may come to issue a pass, and only then has policy a say in it.
    let issues = planned
        .to_send()
        .any(|step| matches!(step.action, Action::AddTemporaryPass { .. }));
    if person.policy.is_none() && issues && matches!(wish, Wish::Playbook(..)) {
        person.policy = policy(session, &person.user.id).await?;
        return plan::plan(setting, &person, wish);
    }
    Ok(planned)
}

/// The policy for a person; where it cannot be read the service has the last word anyway.
async fn policy(session: &Session, user: &UserId) -> Result<Option<Policy>> {
    match session.service.policy(Some(user)).await {
        Ok(policy) => Ok(Some(policy)),
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::Unsupported | ErrorCode::PermissionMissing
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
