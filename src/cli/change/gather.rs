//! From USERs to plans in the journal: look people up, ask the guard, read what is needed, plan each, a batch at a time.
//! Only a bounded summary stays in memory.

use std::collections::HashMap;

use crate::cli::context::{Context, Session};
use crate::cli::who::{Asked, Selection};
use crate::domain::shape::StepRow;
use crate::domain::{
    Action, Error, ErrorCode, Parts, Policy, Result, SecurityInfo, Slots, Status, User, UserId,
};
use crate::jobs::journal::{Entry, Journal, Size};
use crate::jobs::plan::{self, Deed, Person, PlannedUser, Setting, Wish};
use crate::jobs::{guard, select};

/// People a round trip.
pub(super) const BATCH: usize = 20;
/// How many people are shown one by one.
pub(crate) const FEW: usize = 20;
/// How many different warnings are shown.
const WARNINGS: usize = 20;

/// What is planned, as far as it is shown and judged before anything is sent; the journal has all of it.
#[derive(Default)]
pub(crate) struct Gathered {
    /// The first plans.
    pub(crate) few: Vec<PlannedUser>,
    /// The first rows of people for whom nothing is done.
    pub(crate) left: Vec<StepRow>,
    /// People who were planned.
    pub(crate) planned: u64,
    /// People and steps to send, people left out.
    pub(crate) size: Size,
    /// What to know before saying yes, each thing once.
    pub(crate) warnings: Vec<String>,
    /// The first thing that is left for somebody's hands.
    pub(crate) by_hand: Option<Error>,
    /// Secret inputs by the ids of their steps: the journal has none.
    pub(crate) slots: HashMap<String, Slots>,
}

impl Gathered {
    /// Takes somebody's plan.
    pub(crate) fn plan(&mut self, person: &PlannedUser) {
        self.planned += 1;
        let (mut writes, mut mints) = (0, false);
        for step in person.to_send() {
            writes += 1;
            mints |= step.action.mints();
            if !step.slots.is_empty() {
                self.slots.insert(step.id.clone(), step.slots.clone());
            }
        }
        self.size.steps += writes;
        self.size.people += u64::from(writes > 0);
        self.size.minting += u64::from(mints);
        for warning in &person.warnings {
            if self.warnings.len() < WARNINGS && !self.warnings.contains(warning) {
                self.warnings.push(warning.clone());
            }
        }
        if self.by_hand.is_none() {
            self.by_hand = person.steps.iter().find_map(|row| match &row.deed {
                Deed::ByHand { why, instead } => {
                    let message = format!("cannot {} {}: {why}", row.step, row.target);
                    Some(Error::new(ErrorCode::Unsupported, message).hint(instead.clone()))
                }
                _ => None,
            });
        }
        if self.few.len() < FEW {
            self.few.push(person.clone());
        }
    }

    /// Takes the row of somebody for whom nothing is done.
    pub(crate) fn leave(&mut self, row: &StepRow) {
        self.size.left_out += 1;
        if self.left.len() < FEW {
            self.left.push(row.clone());
        }
    }

    /// People in all.
    pub(crate) fn people(&self) -> u64 {
        self.planned + self.size.left_out
    }
}

/// Plans the wishes of a selection into the journal.
///
/// # Errors
/// People who are not there or not allowed; for one person, why no plan can be made; for several, where none can.
pub(super) async fn plan(
    cx: &Context,
    session: &Session,
    verb: &str,
    selection: &Selection,
    job: &str,
    journal: &dyn Journal,
    for_file: bool,
) -> Result<Gathered> {
    let prefix = super::prefix(cx);
    let asked = people(cx, session, verb, &prefix, &selection.asked).await?;
    let users: Vec<User> = asked.iter().map(|(user, ..)| user.clone()).collect();
    let privileges = super::admit_people(cx, session, &users).await?;
    let mut parts = parts(&asked);
    if for_file {
        // What the state of a plan stands on.
        (parts.methods, parts.default, parts.devices) = (true, true, true);
    }
    let setting = Setting {
        capabilities: session.service.capabilities(),
        profile: &session.profile,
        tenant: &session.tenant,
        job,
        prefix: &prefix,
        verb,
        now: cx.clock.now(),
    };
    let mut gathered = Gathered::default();
    let mut left: Vec<StepRow> = Vec::new();
    let mut errors: Vec<(String, Error)> = Vec::new();
    let mut people = asked.into_iter().zip(privileges);
    loop {
        let chunk: Vec<_> = people.by_ref().take(BATCH).collect();
        if chunk.is_empty() {
            break;
        }
        let users: Vec<User> = chunk.iter().map(|((user, ..), _)| user.clone()).collect();
        let infos = read(session, &users, parts).await;
        let mut entries = Vec::with_capacity(chunk.len());
        for (((user, typed, wish), privileges), info) in chunk.into_iter().zip(infos) {
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
                Ok(plan) => {
                    gathered.plan(&plan);
                    entries.push(Entry::Planned(plan));
                }
                // The service cannot do it for anybody.
                Err(error) if matches!(error.code(), ErrorCode::Unsupported | ErrorCode::ConfigInvalid) => {
                    return Err(error);
                }
                Err(error) => {
                    let row = left_out(&name, &id, Status::Failed, &error);
                    gathered.leave(&row);
                    left.push(row);
                    errors.push((name, error));
                }
            }
        }
        journal.add(entries).await?;
    }
    if gathered.planned == 0
        && let Some(error) = plan::only_error(&errors)
    {
        return Err(error);
    }
    // They are shown behind the others.
    journal.add(left.into_iter().map(Entry::Left).collect()).await?;
    Ok(gathered)
}

/// Looks up the people, each once; two wishes for one person must be the same, or be removals.
async fn people(
    cx: &Context,
    session: &Session,
    verb: &str,
    prefix: &str,
    asked: &[Asked],
) -> Result<Vec<(User, String, Wish)>> {
    let typed: Vec<_> = asked.iter().map(|asked| asked.typed.clone()).collect();
    let words: Vec<&str> = verb.split(' ').collect();
    let command = |user: &str| words::command(cx, &words, user);
    let domain = session.domain.as_deref();
    let users = select::places(session.service.as_ref(), &typed, domain, prefix, &command)
        .await
        .map_err(|error| elsewhere(session, error, &typed))?;
    let mut people: Vec<(User, String, Wish)> = Vec::with_capacity(users.len());
    for (user, asked) in users.into_iter().zip(asked) {
        let Some((.., known)) = people.iter_mut().find(|(known, ..)| known.id == user.id) else {
            people.push((user, asked.typed.text.clone(), asked.wish.clone()));
            continue;
        };
        match (known, &asked.wish) {
            (Wish::Remove { methods, .. }, Wish::Remove { methods: more, .. })
                if !methods.is_empty() && !more.is_empty() =>
            {
                methods.extend(more.iter().cloned());
            }
            (known, wish) if format!("{known:?}") == format!("{wish:?}") => {}
            _ => {
                let error = Error::new(
                    ErrorCode::InvalidInput,
                    format!("{} is there twice, with different values", user.sign_in_name),
                );
                return Err(match &asked.typed.place {
                    Some((file, line)) => error.at(file.clone(), Some(*line), None),
                    None => error,
                });
            }
        }
    }
    Ok(people)
}

mod words {
    //! The command for a USER, for hints.

    use crate::cli::context::Context;

    pub(super) fn command(cx: &Context, verb: &[&str], user: &str) -> String {
        cx.command(verb.iter().copied().chain([user]))
    }
}

/// A sign-in name whose domain is another profile's is answered with that.
fn elsewhere(session: &Session, error: Error, typed: &[select::Typed]) -> Error {
    if error.code() != ErrorCode::UserNotFound {
        return error;
    }
    let other = typed.iter().find_map(|one| {
        let (_, domain) = one.text.rsplit_once('@')?;
        session
            .other_domains
            .iter()
            .find(|(other, _)| *other == domain.to_lowercase())
    });
    match other {
        Some((domain, profile)) => error.hint(format!("{domain} is of another profile: add -p {profile}")),
        None => error,
    }
}

/// The parts that the wishes need, and what a plan's state stands on.
fn parts(asked: &[(User, String, Wish)]) -> Parts {
    let mut all = Parts::NONE;
    for (.., wish) in asked {
        let parts = wish.parts();
        all.methods |= parts.methods;
        all.default |= parts.default;
        all.devices |= parts.devices;
        all.sessions |= parts.sessions;
        all.app_passwords |= parts.app_passwords;
        all.registration |= parts.registration;
        all.locks |= parts.locks;
    }
    all
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

/// The row of a person for whom nothing is done.
pub(crate) fn left_out(user: &str, id: &UserId, status: Status, error: &Error) -> StepRow {
    StepRow {
        user: user.to_owned(),
        user_id: id.0.clone(),
        step: "all".to_owned(),
        target: "-".to_owned(),
        status,
        detail: error.message().to_owned(),
        error: Some(error.to_body()),
        attempts: 0,
        request_id: None,
        at: None,
    }
}
