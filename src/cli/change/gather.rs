//! From a selection to plans in the journal: look people up, ask the guard, read what is needed, plan each; in pieces,
//! of which few are in memory.

use std::cell::Cell;

use futures::stream::{self, StreamExt as _};

use super::admit::{allow, cannot_tell, held_back};
use super::gathered::{Failed, Gathered};
use super::policies::Policies;
use crate::cli::context::{Context, Session};
use crate::cli::who::{Selection, Telling};
use crate::domain::shape::StepRow;
use crate::domain::{
    Action, Error, ErrorCode, Parts, Privileges, Result, SecurityInfo, Status, User, UserId,
};
use crate::jobs::guard;
use crate::jobs::guard::Bound;
use crate::jobs::journal::{Entry, Journal};
use crate::jobs::plan::{self, Person, PlannedUser, Setting, Wish};
pub(crate) use crate::jobs::select::left_out;
use crate::jobs::select::{Chosen, Pick, Picked};

/// Pieces that are planned side by side.
const AT_ONCE: usize = 8;
/// People whom the guard refuses, named one by one.
const NAMED: usize = 50;
/// Rows of people for whom nothing is done, put into the journal at once.
const LEFT_AT_ONCE: usize = 500;
/// People a round trip.
pub(super) const BATCH: usize = 20;

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
    let own_page = session.service.own_page();
    let setting = Setting {
        own_page: &own_page,
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
        all_parts: selection.part.map_or(0, |_| chosen.selected),
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
        let mut users: Vec<User> = picks.iter().map(|pick| pick.user.clone()).collect();
        let groups = self.selection.facts.asks_policy && self.policy.needs_groups().await?;
        let needed = groups || guard::needs_privileges(&session.guard, allow(cx));
        let held = privileges(session, &users, needed);
        // For one person who was named both are read at once: one round trip less for whoever waits. What is read of
        // somebody whom the guard refuses is thrown away.
        let (mut privileges, read_already) = if needed && selection.is_named() && users.len() == 1 {
            let (held, infos) = futures::join!(held, read(session, &users, self.parts));
            (held?, Some(infos))
        } else {
            (held.await?, None)
        };
        piece.warning = cannot_tell(cx, session, &privileges);
        if !selection.is_named() {
            // Nobody named these people: whom the guard holds back is left out, and the rest is done.
            let kept = picks.into_iter().zip(privileges).filter(|(pick, held)| {
                let row = held_back(cx, session, &pick.user, held);
                let stays = row.is_none();
                piece.left.extend(row);
                stays
            });
            (picks, privileges) = kept.unzip();
            users = picks.iter().map(|pick| pick.user.clone()).collect();
        }
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
        let infos = match read_already {
            Some(infos) => infos,
            None => read(session, &users, self.parts).await,
        };
        for ((pick, privileges), info) in picks.into_iter().zip(privileges).zip(infos) {
            let wish = selection.wish(&pick)?;
            let Pick { user, typed, .. } = pick;
            let planned = match info {
                Err(error) => Err(error),
                Ok(info) => {
                    // What is not listed is not touched either.
                    let not_listed = info.unknown.iter().find(|unknown| unknown.part == "methods");
                    piece.warning = piece
                        .warning
                        .or_else(|| not_listed.map(|part| format!("{}; {}", part.why, part.instead)));
                    let person = Person {
                        protected_by: guard::protected_by(&session.guard, &user, &privileges),
                        user: user.clone(),
                        typed,
                        info,
                        privileges,
                        policy: None,
                    };
                    self.one(person, &wish).await
                }
            };
            piece.planned.push((user, planned));
        }
        Ok(piece)
    }

    /// The plan of one person, where the service would take it of this account.
    async fn one(&self, person: Person, wish: &Wish) -> Result<PlannedUser> {
        let user = person.user.id.clone();
        let planned = one(self.policy, self.setting, person, wish).await?;
        let changes: Vec<_> = planned.to_send().map(|step| step.action.needs()).collect();
        match self.session.service.beyond(&user, &changes).await {
            Some(refused) => Err(refused),
            None => Ok(planned),
        }
    }
}

/// Roles and groups of these people, where they are needed, a batch at a time.
pub(super) async fn privileges(session: &Session, users: &[User], needed: bool) -> Result<Vec<Privileges>> {
    if !needed {
        return Ok(vec![Privileges::default(); users.len()]);
    }
    let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
    let mut privileges = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(BATCH) {
        for one in session.service.privileges(chunk).await {
            privileges.push(one?);
        }
    }
    Ok(privileges)
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
