//! The cases about what is stopped without being removed: methods switched off and on, what stands in for a lost one, and
//! app passwords with another secret in their place.

use super::case::{Case, case, ensure, find, id_of};
use super::changes::shows_a_pass;
use super::world::Facts;
use crate::domain::{Action, EffectState, MethodKind, MethodState, SecurityInfo};

const KIND: MethodKind = MethodKind::Totp;

fn state(info: &SecurityInfo) -> Option<MethodState> {
    find(info, KIND).map(|method| method.state)
}

fn switch(enabled: bool) -> impl Fn(&SecurityInfo) -> Action + Send + Sync + 'static {
    move |info| Action::SwitchMethod {
        method: id_of(info, KIND),
        kind: KIND,
        enabled,
    }
}

pub(super) fn cases(cases: &mut Vec<Case>, facts: &Facts) {
    cases.push(case(
        "switches a method off and keeps it",
        &[KIND],
        switch(false),
        Some(EffectState::Unchanged),
        |seen| {
            ensure(
                state(seen.before) == Some(MethodState::Ready),
                "it was off before",
            )?;
            ensure(
                state(seen.after) == Some(MethodState::Disabled),
                format!("it is {:?}", state(seen.after)),
            )?;
            ensure(!seen.bench.world.lets_in(seen.user), "its code is let in")
        },
    ));
    cases.push(
        case(
            "switches a method on again",
            &[KIND],
            switch(true),
            Some(EffectState::Unchanged),
            |seen| {
                ensure(
                    state(seen.before) == Some(MethodState::Disabled),
                    "it was on before",
                )?;
                ensure(
                    state(seen.after) == Some(MethodState::Ready),
                    format!("it is {:?}", state(seen.after)),
                )?;
                ensure(seen.bench.world.lets_in(seen.user), "its code is refused")
            },
        )
        .after(|world, user| world.switch_off(user)),
    );
    cases.push(case(
        "lets a password stand in for a lost method and shows it once",
        &[KIND],
        |info| Action::ReplaceLost {
            method: id_of(info, KIND),
            kind: KIND,
        },
        // Another password would be made.
        Some(EffectState::Unchanged),
        |seen| {
            shows_a_pass(seen)?;
            ensure(
                state(seen.after) == Some(MethodState::Disabled),
                format!("the lost one is {:?}", state(seen.after)),
            )?;
            let stands_in = find(seen.after, MethodKind::TemporaryPass).ok_or("it is not listed")?;
            ensure(
                stands_in.state == MethodState::Ready && seen.effect.created.as_ref() == Some(&stands_in.id),
                format!("{stands_in:?}"),
            )?;
            ensure(!seen.bench.world.lets_in(seen.user), "the lost one is let in")
        },
    ));
    let passwords = facts.app_passwords;
    cases.push(
        case(
            "gives one app password another secret in its place",
            &[],
            |info| {
                let first = info.app_passwords.as_ref().and_then(|all| all.first().cloned());
                let (id, name) =
                    first.map_or_else(|| ("none".into(), "none".into()), |first| (first.id, first.name));
                Action::ResetAppPassword { id, name }
            },
            Some(EffectState::Done),
            move |seen| {
                let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
                ensure(minted.kind == "app-password", "the secret is odd")?;
                let shown = |info: &SecurityInfo| {
                    let all = info.app_passwords.iter().flatten();
                    let mut all: Vec<_> = all.map(|one| (one.id.clone(), one.name.clone())).collect();
                    all.sort();
                    all
                };
                ensure(
                    shown(seen.before).len() == passwords && shown(seen.before) == shown(seen.after),
                    format!("{:?}", seen.after.app_passwords),
                )?;
                let world = &seen.bench.world;
                let given = world.app_passwords(seen.user);
                let good = given.iter().filter(|one| world.lets_program_in(seen.user, one));
                ensure(
                    given.len() == passwords && good.count() == passwords - 1,
                    "not one of the old ones is refused",
                )?;
                ensure(
                    world.lets_program_in(seen.user, minted.value.expose()),
                    "the new one is refused",
                )
            },
        )
        .after(|world, user| world.give_app_passwords(user)),
    );
}
