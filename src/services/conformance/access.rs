//! The cases about what lets somebody in without a second factor, and about the account: devices, app passwords,
//! sessions, passwords.

use super::case::{Case, Seen, Verdict, case, ensure};
use super::world::{Facts, PASSWORD};
use crate::domain::{
    Action, Answer, Capability, DeviceKind, EffectState, IdentityService as _, MethodKind, MfaState,
    SecurityInfo, Slot,
};

pub(super) fn cases(cases: &mut Vec<Case>, facts: &Facts) {
    let (devices, passwords) = (facts.remembered, facts.app_passwords);
    let remembered = |info: &SecurityInfo| info.remembered().count();
    cases.push(
        case(
            "forgets one remembered device and no other",
            &[],
            |info| {
                // The session that is ended in its place, where a service remembers none.
                let mut all = info.devices.iter().flatten();
                let session = all.find(|device| device.kind == DeviceKind::Session);
                let device = info.remembered().next().or(session);
                Action::ForgetDevice {
                    device: device.map_or_else(|| "none".into(), |device| device.id.clone()),
                }
            },
            None,
            move |seen| forgotten(seen, Capability::ForgetOne, devices, 1, remembered),
        )
        .after(|world, user| world.remember(user)),
    );
    cases.push(
        case(
            "forgets every remembered device and keeps registered ones",
            &[],
            |_| Action::ForgetAllDevices,
            None,
            move |seen| {
                let registered = |info: &SecurityInfo| {
                    info.devices
                        .iter()
                        .flatten()
                        .filter(|device| device.kind == DeviceKind::Registered)
                        .count()
                };
                let device = usize::from(seen.bench.facts().device.is_some());
                ensure(registered(seen.after) == device, "the registered device is gone")?;
                forgotten(seen, Capability::ForgetAll, devices, devices, remembered)
            },
        )
        .after(|world, user| world.remember(user)),
    );
    let app_passwords = |info: &SecurityInfo| info.app_passwords.as_ref().map(Vec::len);
    cases.push(
        case(
            "ends one app password and no other",
            &[],
            |info| {
                let first = info.app_passwords.as_ref().and_then(|all| all.first().cloned());
                let (id, name) =
                    first.map_or_else(|| ("none".into(), "none".into()), |first| (first.id, first.name));
                Action::RevokeAppPassword { id, name }
            },
            Some(EffectState::Unchanged),
            move |seen| {
                ensure(
                    app_passwords(seen.after) == Some(passwords - 1),
                    "not one is gone",
                )
            },
        )
        .after(|world, user| world.give_app_passwords(user)),
    );
    cases.push(
        case(
            "ends every app password",
            &[],
            |_| Action::RevokeAllAppPasswords,
            Some(EffectState::Unchanged),
            move |seen| {
                ensure(
                    app_passwords(seen.before) == Some(passwords),
                    "they were not listed",
                )?;
                ensure(app_passwords(seen.after) == Some(0), "some are left")?;
                ensure(
                    seen.effect.detail == Some(passwords.to_string()),
                    "it does not say how many",
                )
            },
        )
        .after(|world, user| world.give_app_passwords(user)),
    );
    cases.push(
        case(
            "makes an app password and shows it once",
            &[],
            |_| Action::IssueAppPassword {
                name: "Old mail".into(),
            },
            None,
            move |seen| {
                let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
                ensure(
                    minted.kind == "app-password" && minted.value.expose().len() >= 12,
                    "the secret is odd",
                )?;
                ensure(
                    app_passwords(seen.after) == Some(passwords + 1),
                    "it is not listed",
                )
            },
        )
        .after(|world, user| world.give_app_passwords(user)),
    );
    cases.push(case(
        "signs out everywhere",
        &[],
        |_| Action::SignOut,
        Some(EffectState::Done),
        |seen| {
            ensure(
                seen.bench.world.signed_out(seen.user),
                "its session is still good",
            )?;
            ensure(
                seen.after
                    .sessions
                    .as_ref()
                    .is_none_or(|sessions| sessions.count == 0),
                "sessions are open",
            )
        },
    ));
    passwords_set(cases);
    cases.push(case(
        "asks for registration at next sign-in",
        &[],
        |_| Action::RequireRegistration,
        // Who can see that it is asked for already says so.
        None,
        |seen| {
            ensure(
                seen.bench.world.registration_required(seen.user),
                "it is not asked for",
            )
        },
    ));
    cases.push(case(
        "mails a link by which the person registers",
        &[],
        |_| Action::MailRegistration,
        // Each is another mail.
        Some(EffectState::Done),
        |seen| {
            let mails = seen.bench.world.mails(seen.account_before);
            ensure(mails == 1, format!("{mails} mails came"))
        },
    ));
    cases.push(
        case(
            "ends a lock after wrong tries",
            &facts.registered[..1],
            |_| Action::Unlock,
            Some(EffectState::Unchanged),
            |seen| {
                ensure(seen.before.locked == Some(true), "it was not locked")?;
                ensure(seen.after.locked == Some(false), "it is locked")
            },
        )
        .after(|world, user| world.lock(user)),
    );
    cases.push(case(
        "stops an account from signing in",
        &[],
        |_| Action::DisableAccount,
        Some(EffectState::Done),
        |seen| {
            ensure(
                seen.account_before.enabled && !seen.account_after.enabled,
                "it is enabled",
            )
        },
    ));
    account(cases);
}

fn passwords_set(cases: &mut Vec<Case>) {
    let set = case(
        "sets a password that is to be changed",
        &[],
        |_| Action::SetPassword { permanent: false },
        Some(EffectState::Done),
        |seen| changed(seen, Capability::SetPassword, false),
    );
    cases.push(set.with(Slot::NewPassword, PASSWORD.chars().rev().collect()));
    for permanent in [false, true] {
        cases.push(case(
            if permanent {
                "makes a password that stays"
            } else {
                "makes a password that is to be changed"
            },
            &[],
            move |_| Action::GeneratePassword { permanent },
            Some(EffectState::Done),
            move |seen| {
                let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
                ensure(
                    minted.kind == "password" && minted.value.expose().len() >= 16,
                    "the secret is odd",
                )?;
                changed(seen, Capability::GeneratePassword, permanent)
            },
        ));
    }
}

/// The password is another one, and is to be changed again unless it stays. A service that cannot have it changed sets one
/// that stays instead, and says so.
fn changed(seen: &Seen<'_>, capability: Capability, permanent: bool) -> Verdict {
    let instead = matches!(
        seen.bench.service.capabilities().get(capability),
        Answer::Substitute { .. }
    );
    let state = seen.bench.world.password_state(seen.user);
    ensure(
        state == (true, !permanent && !instead),
        format!("changed and to be changed again: {state:?}"),
    )?;
    let said = !seen.effect.remains.is_empty();
    ensure(
        !instead || said != permanent,
        format!("that it stays is said: {said}"),
    )
}

fn account(cases: &mut Vec<Case>) {
    cases.push(
        case(
            "lets an account sign in again",
            &[],
            |_| Action::EnableAccount,
            None,
            |seen| {
                ensure(
                    !seen.account_before.enabled && seen.account_after.enabled,
                    "it is disabled",
                )
            },
        )
        .after(|world, user| world.close(user)),
    );
    let registered = |info: &SecurityInfo| {
        let mut devices = info.devices.iter().flatten();
        devices.find(|device| device.kind.is_registered()).cloned()
    };
    cases.push(case(
        "stops a registered device and leaves it registered",
        &[],
        move |info| Action::SwitchDevice {
            device: registered(info).map_or_else(|| "none".into(), |device| device.id),
            enabled: false,
        },
        Some(EffectState::Done),
        move |seen| {
            let enabled = |info| registered(info).and_then(|device| device.enabled);
            ensure(
                enabled(seen.before) == Some(true) && enabled(seen.after) == Some(false),
                "it is not stopped",
            )
        },
    ));
    for state in MfaState::ALL {
        cases.push(case(
            &format!("sets per-user MFA to {state}"),
            &[MethodKind::PhoneMobile],
            move |_| Action::SetMfaState { state },
            Some(EffectState::Done),
            move |seen| {
                let registration = seen.after.registration.as_ref();
                let stands = registration.and_then(|registration| registration.mfa_state.as_deref());
                // A person with a method is never only enabled.
                let wanted = if state == MfaState::Enabled {
                    MfaState::Enforced
                } else {
                    state
                };
                ensure(stands == Some(wanted.as_str()), format!("it is {stands:?}"))
            },
        ));
    }
}

/// Devices forgotten one by one, or by a substitute that says so and ends all sessions, or the one that was named.
fn forgotten(
    seen: &Seen<'_>,
    capability: Capability,
    devices: usize,
    gone: usize,
    remembered: impl Fn(&SecurityInfo) -> usize,
) -> Verdict {
    if let Answer::Substitute { wider, .. } = seen.bench.service.capabilities().get(capability) {
        ensure(
            seen.effect.detail.is_some(),
            "the effect does not say what was done instead",
        )?;
        return ensure(
            wider || seen.bench.world.signed_out(seen.user),
            "its session is still good",
        );
    }
    ensure(remembered(seen.before) == devices, "they were not listed")?;
    ensure(
        remembered(seen.after) == devices - gone,
        format!("{} are left", remembered(seen.after)),
    )
}
