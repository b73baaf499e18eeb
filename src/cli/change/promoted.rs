//! A second reset of the same person: the number that the first one left to sign in with would go. Whoever says yes is told.

use std::collections::HashMap;

use futures::TryStreamExt as _;
use jiff::SignedDuration;

use super::gathered::Gathered;
use crate::cli::context::Context;
use crate::domain::{Action, MethodKind, PhoneNumber, Result, Status, UserId};
use crate::jobs::journal::{JobHead, Journal};
use crate::jobs::plan::PlannedUser;
use crate::render::text::clean;

/// A reset of longer ago is of another phone.
const RECENT: SignedDuration = SignedDuration::from_hours(24);
/// So many jobs are looked into, the newest first.
const JOBS: usize = 20;
/// Jobs of more people are not looked into: nobody waits for a warning.
const PEOPLE: u64 = 1000;

/// Warns of the mobile numbers that a recent playbook put where they stand, and that this one takes away. Only those who
/// are shown one by one are looked at. Where jobs cannot be read there is nothing to warn of.
pub(super) async fn warn(cx: &Context, head: &JobHead, gathered: &mut Gathered) {
    let going: HashMap<&UserId, (&PlannedUser, PhoneNumber)> = gathered
        .few
        .iter()
        .filter_map(|person| Some((&person.user_id, (person, goes(person)?))))
        .collect();
    // A dry run asks no database.
    let elsewhere = cx.globals.dry_run && cx.globals.store.is_some();
    if head.playbook.is_none() || going.is_empty() || elsewhere {
        return;
    }
    let Ok(store) = cx.store().await else { return };
    let ids = store.ids().await.unwrap_or_default();
    let mut warnings = Vec::new();
    for id in ids.into_iter().filter(|id| *id != head.id).take(JOBS) {
        let Ok(journal) = store.read(&id).await else {
            continue;
        };
        if let Ok(found) = put_there(journal.as_ref(), head, &going).await {
            let short = store.short(&id).await;
            warnings.extend(found.into_iter().map(|(user, number)| {
                format!(
                    "{} {number} of {} is what job {short} left to sign in with: this takes it away; --keep {} keeps it",
                    MethodKind::PhoneMobile,
                    clean(&user),
                    MethodKind::PhoneMobile
                )
            }));
        }
    }
    gathered.warn(warnings);
}

/// The mobile number that the plan takes away.
fn goes(person: &PlannedUser) -> Option<PhoneNumber> {
    let goes = person.to_send().any(|step| {
        matches!(
            step.action,
            Action::RemoveMethod {
                kind: MethodKind::PhoneMobile,
                ..
            }
        )
    });
    let methods = person.state.as_ref().filter(|_| goes)?.methods.iter();
    let mobile = methods
        .into_iter()
        .find(|method| method.kind == MethodKind::PhoneMobile)?;
    PhoneNumber::kept(mobile.value.as_deref()?)
}

/// Those of them whose number a job of a playbook put there lately.
async fn put_there(
    journal: &dyn Journal,
    head: &JobHead,
    going: &HashMap<&UserId, (&PlannedUser, PhoneNumber)>,
) -> Result<Vec<(String, PhoneNumber)>> {
    let of = journal.head().await?;
    let is_near = of.playbook.is_some()
        && of.service == head.service
        && of.tenant == head.tenant
        && head.made_at.duration_since(of.made_at) <= RECENT;
    if !is_near || journal.summary().await?.users.selected > PEOPLE {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut people = journal.people();
    while let Some(taken) = people.try_next().await? {
        let Some((person, standing)) = going.get(&taken.person.user_id) else {
            continue;
        };
        let put = taken.person.steps.iter().zip(&taken.steps).any(|(planned, record)| {
            let action = planned.to_send().map(|step| &step.action);
            let is_it = matches!(action, Some(Action::UpdatePhone { kind: MethodKind::PhoneMobile, number, .. }) if number == standing);
            is_it && record.row.status == Status::Done
        });
        if put {
            found.push((person.user.clone(), standing.clone()));
        }
    }
    Ok(found)
}
