//! What every service makes of what it read, so that all of them show it alike: the order of lists, and how far a
//! registration is. Sends nothing, knows no vendor.

use crate::domain::{Method, MethodKind, MethodPolicy, PolicyUse, Registration, RegistrationState, Use};

/// The order of lists: by kind, then the oldest first, then by id.
pub(crate) fn sort_methods(methods: &mut [Method]) {
    let place = |kind: MethodKind| MethodKind::ALL.iter().position(|known| *known == kind);
    methods.sort_by(|a, b| {
        place(a.kind)
            .cmp(&place(b.kind))
            .then_with(|| a.added_at.cmp(&b.added_at))
            .then_with(|| a.id.cmp(&b.id))
    });
}

/// How far registration is, by what is registered.
pub(crate) fn registration(methods: &[Method], mfa_state: Option<String>) -> Registration {
    let signs_in = methods.iter().any(Method::signs_in);
    let state = if signs_in {
        RegistrationState::Complete
    } else if methods.is_empty() {
        RegistrationState::None
    } else {
        RegistrationState::Partial
    };
    let resets = methods
        .iter()
        .any(|method| method.usable() && method.uses.contains(&Use::Reset));
    Registration {
        state,
        mfa_state,
        mfa_capable: Some(signs_in),
        reset_capable: Some(resets),
        grace_until: None,
    }
}

/// What signs in first, then what resets, then what is off; within, the order of kinds.
pub(crate) fn sort_policy(methods: &mut [MethodPolicy]) {
    let place = |method: &MethodPolicy| {
        let purpose = match method.purpose {
            PolicyUse::SignIn => 0,
            PolicyUse::Reset => 1,
            PolicyUse::Off => 2,
        };
        let name = match method.kind.as_str() {
            "phone, text" | "phone, call" => "phone:mobile",
            other => other,
        };
        let kind = MethodKind::ALL
            .iter()
            .position(|kind| kind.as_str() == name)
            .unwrap_or(usize::MAX);
        (purpose, kind, method.kind == "phone, call")
    };
    methods.sort_by_key(place);
}
