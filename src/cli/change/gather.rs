//! From USERs to plans in the journal: look people up, ask the guard, read what is needed, plan each, a batch at a time.
//! Only a bounded summary stays in memory.

use std::cell::Cell;
use std::collections::HashMap;

use futures::stream::{self, StreamExt as _};
use tokio::sync::OnceCell;

use super::admit::{allow, cannot_tell};
use crate::cli::context::{Context, Session};
use crate::cli::who::{Selection, Telling};
use crate::domain::shape::StepRow;
use crate::domain::{
    Action, Error, ErrorCode, Parts, Policy, Privileges, Result, SecurityInfo, Slots, Status, User, UserId,
};
use crate::jobs::guard::Bound;
use crate::jobs::journal::{Entry, Journal, Size};
use crate::jobs::plan::{self, Deed, Person, PlannedUser, Setting, Wish};
pub(crate) use crate::jobs::select::left_out;
use crate::jobs::select::{Chosen, Pick, Picked};
use crate::jobs::{guard, policy};

/// Pieces that are planned side by side.
const AT_ONCE: usize = 3;
/// People whom the guard refuses, named one by one.
const NAMED: usize = 50;
/// Rows of people for whom nothing is done, put into the journal at once.
const LEFT_AT_ONCE: usize = 500;
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
    /// So many people are carried out, and then the job stops.
    pub(crate) limit: Option<u64>,
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
        self.warn(person.warnings.iter().cloned());
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

    /// Takes what to know before saying yes.
    pub(crate) fn warn(&mut self, warnings: impl IntoIterator<Item = String>) {
        for warning in warnings {
            if self.warnings.len() < WARNINGS && !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
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
    let bound = if for_file || cx.globals.dry_run {
        Bound::Planned
    } else {
        Bound::Direct
    };
    early(session, selection, bound)?;
    let chosen = selection.pick(cx, session, verb).await?;
    let selected = usize::try_from(chosen.selected).unwrap_or(usize::MAX);
    super::admit_number(cx, session, selected, bound)?;
    let (people, left_out) = (chosen.people, chosen.left);
    let mut parts = selection.facts.parts;
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
    let policy = Policies::new(session, people);
    let refused = Cell::new(false);
    let planning = Planning {
        cx,
        session,
        selection,
        setting: &setting,
        parts,
        policy: &policy,
        refused: &refused,
    };
    let telling = Telling::new(cx, Some(people));
    let mut gathered = Gathered {
        limit: selection.limit,
        ..Gathered::default()
    };
    let mut protected: Vec<(User, Privileges)> = Vec::new();
    let mut failed: Option<Failed> = None;
    // They are shown behind the others.
    let mut behind = Chosen::default();
    let mut done = 0;
    let mut pieces = stream::iter(chosen.pieces(BATCH)?)
        .map(|piece| async { planning.piece(piece?).await })
        .buffered(AT_ONCE);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        done += piece.planned.len() as u64;
        telling.told("planned", done)?;
        gathered.warn(piece.warning);
        let space = NAMED.saturating_sub(protected.len());
        protected.extend(piece.refused.into_iter().take(space));
        for row in piece.left {
            gathered.leave(&row);
            behind.push(&Picked::Left(Box::new(row)))?;
        }
        let mut entries = Vec::with_capacity(piece.planned.len());
        for (user, planned) in piece.planned {
            match planned {
                Ok(plan) => {
                    gathered.plan(&plan);
                    entries.push(Entry::Planned(plan));
                }
                // The service cannot do it for anybody.
                Err(error) if matches!(error.code(), ErrorCode::Unsupported | ErrorCode::ConfigInvalid) => {
                    return Err(error);
                }
                Err(error) => {
                    let row = left_out_row(&user, &error);
                    gathered.leave(&row);
                    behind.push(&Picked::Left(Box::new(row)))?;
                    Failed::note(&mut failed, error);
                }
            }
        }
        if !refused.get() {
            journal.add(entries).await?;
        }
    }
    drop(pieces);
    admit(cx, session, &protected)?;
    if gathered.planned == 0
        && left_out == 0
        && let Some(failed) = failed.and_then(Failed::into_error)
    {
        return Err(failed);
    }
    for piece in behind.pieces(LEFT_AT_ONCE)? {
        let rows = piece?.into_iter().filter_map(|picked| match picked {
            Picked::Left(row) => Some(Entry::Left(*row)),
            Picked::Pick(_) => None,
        });
        journal.add(rows.collect()).await?;
    }
    Ok(gathered)
}

/// What can be refused before anybody is looked up: a list that is longer than the guard allows, whoever is in it.
fn early(session: &Session, selection: &Selection, bound: Bound) -> Result<()> {
    match selection.at_most() {
        Some(people) if selection.is_list() => guard::admit_number(
            &session.guard,
            usize::try_from(people).unwrap_or(usize::MAX),
            None,
            bound,
        ),
        _ => Ok(()),
    }
}

fn admit(cx: &Context, session: &Session, people: &[(User, Privileges)]) -> Result<()> {
    let people: Vec<(&User, &Privileges)> = people.iter().map(|(user, held)| (user, held)).collect();
    guard::admit(&session.guard, &people, &session.operator, allow(cx))
}

fn left_out_row(user: &User, error: &Error) -> StepRow {
    left_out(&user.sign_in_name, &user.id, Status::Failed, error)
}

/// People for whom no plan could be made: the first reason, and whether it is that of all.
struct Failed {
    first: Error,
    others: u64,
    same: bool,
}

impl Failed {
    fn note(failed: &mut Option<Self>, error: Error) {
        match failed {
            None => {
                *failed = Some(Self {
                    first: error,
                    others: 0,
                    same: true,
                });
            }
            Some(failed) => {
                failed.others += 1;
                failed.same &= failed.first.code() == error.code();
            }
        }
    }

    /// One error for all, where they agree.
    fn into_error(self) -> Option<Error> {
        let Self { first, others, same } = self;
        match others {
            0 => Some(first),
            _ if !same => None,
            _ => {
                let message = format!("{}; the same holds for {others} others", first.message());
                let error = Error::new(first.code(), message);
                Some(match first.hint_text() {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
        }
    }
}

/// How pieces of people are planned.
struct Planning<'a> {
    cx: &'a Context,
    session: &'a Session,
    selection: &'a Selection,
    setting: &'a Setting<'a>,
    parts: Parts,
    policy: &'a Policies<'a>,
    /// Whether the guard refused somebody: then nothing more is read but what it asks for.
    refused: &'a Cell<bool>,
}

/// A piece that was planned.
struct Piece {
    planned: Vec<(User, Result<PlannedUser>)>,
    left: Vec<StepRow>,
    refused: Vec<(User, Privileges)>,
    /// What to know before saying yes.
    warning: Option<String>,
}

impl Planning<'_> {
    async fn piece(&self, picked: Vec<Picked>) -> Result<Piece> {
        let Self {
            cx,
            session,
            selection,
            ..
        } = self;
        let mut piece = Piece {
            planned: Vec::new(),
            left: Vec::new(),
            refused: Vec::new(),
            warning: None,
        };
        let mut picks: Vec<Pick> = Vec::with_capacity(picked.len());
        for picked in picked {
            match picked {
                Picked::Pick(pick) => picks.push(*pick),
                Picked::Left(row) => piece.left.push(*row),
            }
        }
        let users: Vec<User> = picks.iter().map(|pick| pick.user.clone()).collect();
        let groups = self.selection.facts.asks_policy && self.policy.needs_groups().await?;
        let privileges = privileges(
            session,
            &users,
            groups || guard::needs_privileges(&session.guard, allow(cx)),
        )
        .await?;
        piece.warning = cannot_tell(cx, session, &privileges);
        let people: Vec<(User, Privileges)> = users.iter().cloned().zip(privileges.iter().cloned()).collect();
        if admit(cx, session, &people).is_err() {
            self.refused.set(true);
            let refused =
                |person: &(User, Privileges)| admit(cx, session, std::slice::from_ref(person)).is_err();
            piece.refused = people.into_iter().filter(refused).collect();
        }
        if self.refused.get() {
            return Ok(piece);
        }
        let infos = read(session, &users, self.parts).await;
        for ((pick, privileges), info) in picks.into_iter().zip(privileges).zip(infos) {
            let wish = selection.wish(&pick)?;
            let Pick { user, typed, .. } = pick;
            let planned = match info {
                Err(error) => Err(error),
                Ok(info) => {
                    let person = Person {
                        protected_by: guard::protected_by(&session.guard, &user, &privileges),
                        user: user.clone(),
                        typed,
                        info,
                        privileges,
                        policy: None,
                    };
                    one(self.policy, self.setting, person, &wish).await
                }
            };
            piece.planned.push((user, planned));
        }
        Ok(piece)
    }
}

/// Roles and groups of these people, where they are needed.
async fn privileges(session: &Session, users: &[User], needed: bool) -> Result<Vec<Privileges>> {
    if !needed {
        return Ok(vec![Privileges::default(); users.len()]);
    }
    let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
    session.service.privileges(&ids).await.into_iter().collect()
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
    policy: &Policies<'_>,
    setting: &Setting<'_>,
    mut person: Person,
    wish: &Wish,
) -> Result<PlannedUser> {
    if wish.asks_policy() {
        person.policy = policy.of(&person).await?;
    }
    let planned = plan::plan(setting, &person, wish)?;
    // A playbook may come to issue a pass, and only then has policy a say in it.
    let issues = planned
        .to_send()
        .any(|step| matches!(step.action, Action::AddTemporaryPass { .. }));
    if person.policy.is_none() && issues && matches!(wish, Wish::Playbook(..)) {
        person.policy = policy.of(&person).await?;
        return plan::plan(setting, &person, wish);
    }
    Ok(planned)
}

/// What policy says of people: asked for each where they are few, else read once for all.
struct Policies<'a> {
    session: &'a Session,
    once: bool,
    general: OnceCell<Option<Policy>>,
}

impl<'a> Policies<'a> {
    fn new(session: &'a Session, people: u64) -> Self {
        Self {
            session,
            once: people > FEW as u64,
            general: OnceCell::new(),
        }
    }

    async fn general(&self) -> Result<Option<&Policy>> {
        let read = || readable(self.session, None);
        Ok(self.general.get_or_try_init(read).await?.as_ref())
    }

    /// Whether people's groups are to be read with them.
    async fn needs_groups(&self) -> Result<bool> {
        Ok(self.once && self.general().await?.is_some_and(policy::needs_groups))
    }

    async fn of(&self, person: &Person) -> Result<Option<Policy>> {
        let id = &person.user.id;
        if !self.once {
            return readable(self.session, Some(id)).await;
        }
        let Some(general) = self.general().await? else {
            return Ok(None);
        };
        let mut held = person.privileges.clone();
        if held.groups.is_none() && policy::needs_groups(general) {
            held = privileges(self.session, std::slice::from_ref(&person.user), true)
                .await?
                .pop()
                .unwrap_or_default();
        }
        Ok(Some(policy::of(general, id, &held)))
    }
}

/// The policy for a person; where it cannot be read the service has the last word anyway.
pub(crate) async fn policy(session: &Session, user: &UserId) -> Result<Option<Policy>> {
    readable(session, Some(user)).await
}

/// The policy; where it cannot be read the service has the last word anyway.
async fn readable(session: &Session, user: Option<&UserId>) -> Result<Option<Policy>> {
    match session.service.policy(user).await {
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
