//! What a person has and policy lets nobody use: after a reset it is no way to sign in.

use super::Person;
use super::add::forbids;
use super::draft::Draft;
use super::planned::PlannedUser;
use crate::domain::{Action, Method, MethodKind, MethodState};

/// Kinds that organizations allow to some people: others are taken to be allowed, which saves asking.
const OF_SOME: [MethodKind; 4] = [
    MethodKind::Passkey,
    MethodKind::HardwareToken,
    MethodKind::External,
    MethodKind::QrPin,
];

/// Whether what a plan leaves to sign in with may be nothing by policy: then policy is worth asking, and the plan made again.
pub fn hangs_on_policy(person: &Person, planned: &PlannedUser) -> bool {
    let removed = |method: &Method| {
        planned.to_send().any(|step| {
            matches!(&step.action, Action::RemoveMethod { method: id, kind } if *id == method.id && *kind == method.kind)
        })
    };
    let (gone, left): (Vec<&Method>, Vec<&Method>) = person
        .info
        .methods()
        .iter()
        .filter(|method| method.signs_in())
        .partition(|method| removed(method));
    !gone.is_empty() && !left.is_empty() && left.iter().all(|method| OF_SOME.contains(&method.kind))
}

impl Draft<'_> {
    /// Takes what policy lets nobody use, or not this person, for no way to sign in; and says so.
    pub(crate) fn set_aside_what_policy_forbids(&mut self) {
        let Some(policy) = &self.person.policy else { return };
        let forbidden = |kind: MethodKind| {
            let rows: Vec<_> = policy
                .methods
                .iter()
                .filter(|row| row.kind == kind.as_str())
                .collect();
            !rows.is_empty() && rows.iter().all(|row| forbids(row))
        };
        let mut kinds: Vec<MethodKind> = Vec::new();
        for method in self.info.methods.iter_mut().flatten() {
            if method.signs_in() && OF_SOME.contains(&method.kind) && forbidden(method.kind) {
                method.state = MethodState::Disabled;
                kinds.push(method.kind);
            }
        }
        kinds.dedup();
        for kind in kinds {
            let whose = self.whose();
            self.warnings.push(format!(
                "policy does not let {whose} use {kind}: it is no way to sign in"
            ));
        }
    }
}
