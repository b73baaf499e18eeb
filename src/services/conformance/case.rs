//! What a case of a change is: what the person has, what is done, and what is looked at afterwards.

use super::Bench;
use super::world::World;
use crate::domain::{
    Action, Capability, Effect, EffectState, Method, MethodKind, Secret, SecurityInfo, Slot, Step, User,
    UserId,
};

pub(super) type Verdict = Result<(), String>;

/// What a case looks at.
pub(super) struct Seen<'a> {
    pub(super) bench: &'a Bench,
    pub(super) user: &'a UserId,
    pub(super) effect: &'a Effect,
    pub(super) before: &'a SecurityInfo,
    pub(super) after: &'a SecurityInfo,
    pub(super) account_before: &'a User,
    pub(super) account_after: &'a User,
}

/// One case.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) has: Vec<MethodKind>,
    /// What is done to the person first, past the program.
    pub(super) prepare: fn(&dyn World, &UserId),
    action: Box<dyn Fn(&SecurityInfo) -> Action + Send + Sync>,
    slot: Option<(Slot, String)>,
    pub(super) holds: Box<dyn Fn(&Seen<'_>) -> Verdict + Send + Sync>,
    /// What the same step is a second time; `None`: that is the service's affair.
    pub(super) again: Option<EffectState>,
}

impl Case {
    /// The same, once this was done to the person.
    pub(super) fn after(mut self, prepare: fn(&dyn World, &UserId)) -> Self {
        self.prepare = prepare;
        self
    }

    /// The same, with a secret that goes in.
    pub(super) fn with(mut self, slot: Slot, text: String) -> Self {
        self.slot = Some((slot, text));
        self
    }

    /// What a service must declare for it.
    pub(super) fn needs(&self) -> Capability {
        (self.action)(&SecurityInfo::default()).needs()
    }

    /// The step, for somebody who has this.
    pub(super) fn step(&self, user: &UserId, before: &SecurityInfo) -> Step {
        let mut step = Step::new("job", user.clone(), 0, (self.action)(before), vec![]);
        if let Some((slot, text)) = &self.slot {
            step.slots.fill(*slot, Secret::new(text.clone()));
        }
        step
    }
}

pub(super) fn case(
    name: &str,
    has: &[MethodKind],
    action: impl Fn(&SecurityInfo) -> Action + Send + Sync + 'static,
    again: Option<EffectState>,
    holds: impl Fn(&Seen<'_>) -> Verdict + Send + Sync + 'static,
) -> Case {
    Case {
        name: name.to_owned(),
        has: has.to_vec(),
        prepare: |_, _| {},
        action: Box::new(action),
        slot: None,
        holds: Box::new(holds),
        again,
    }
}

pub(super) fn ensure(holds: bool, what: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(what.into()) }
}

pub(super) fn find(info: &SecurityInfo, kind: MethodKind) -> Option<&Method> {
    info.methods().iter().find(|method| method.kind == kind)
}

pub(super) fn id_of(info: &SecurityInfo, kind: MethodKind) -> crate::domain::MethodId {
    find(info, kind).map_or_else(|| "none".into(), |method| method.id.clone())
}
