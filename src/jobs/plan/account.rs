//! The account and what signs in beside the person: enabled and disabled, registered devices likewise, per-user MFA.

use super::draft::{Draft, Words};
use crate::domain::{Action, Device, DeviceKind, MfaState, RegistrationState, Result, reference};

/// `user disable`, `user enable`.
pub(super) fn switch(draft: &mut Draft<'_>, enabled: bool) -> Result<()> {
    let (step, action) = if enabled {
        ("enable", Action::EnableAccount)
    } else {
        ("disable", Action::DisableAccount)
    };
    // What the service cannot do at all is said even where the account is so already.
    if draft.user.enabled == enabled && draft.can(&action) {
        let stands = if enabled { "enabled" } else { "disabled" };
        draft.unchanged(Words::new(step, "account", format!("{stands} already")));
        return Ok(());
    }
    let detail = if enabled {
        "signs in again, with the methods that stand"
    } else {
        NO_SIGN_IN
    };
    draft.require(action, Words::new(step, "account", detail), &[])?;
    warn_of_sync(draft);
    Ok(())
}

/// What a disabled account means, as plans say it.
pub(crate) const NO_SIGN_IN: &str = "no sign-in until it is enabled again";

/// An account that comes from another directory has its master there (api/entra 3.4).
pub(crate) fn warn_of_sync(draft: &mut Draft<'_>) {
    let warning =
        "the account comes from another directory: do the same there, or its next change there undoes this";
    if draft.person.user.synced == Some(true) && !draft.warnings.iter().any(|known| known == warning) {
        draft.warnings.push(warning.to_owned());
    }
}

/// `devices disable`, `devices enable`.
pub(super) fn devices(draft: &mut Draft<'_>, typed: &[String], enabled: bool) -> Result<()> {
    let all = draft.info.devices.clone().unwrap_or_default();
    let references = reference::of_devices(&all);
    let step = if enabled { "enable" } else { "disable" };
    let mut done: Vec<&Device> = Vec::new();
    for text in typed {
        let sought = Action::SwitchDevice {
            device: text.as_str().into(),
            enabled,
        };
        if !draft.can(&sought) {
            draft.require(sought, Words::new(step, text, ""), &[])?;
            continue;
        }
        let device =
            reference::find_registered(text, &all, draft.whose()).map_err(|error| draft.ours(error))?;
        if done.iter().any(|one| one.id == device.id) {
            continue;
        }
        done.push(device);
        let at = all.iter().position(|one| one.id == device.id);
        let target = at.and_then(|at| references.get(at)).unwrap_or(text).clone();
        let name: Vec<String> = device.name.iter().chain(&device.os).cloned().collect();
        let name = name.join(", ");
        if device.enabled == Some(enabled) {
            let stands = if enabled { "enabled" } else { "disabled" };
            draft.unchanged(Words::new(step, target, format!("{name}; {stands} already")));
            continue;
        }
        let action = Action::SwitchDevice {
            device: device.id.clone(),
            enabled,
        };
        draft.require(action, Words::new(step, target, name.clone()).outcome(name), &[])?;
        if !enabled && device.kind == DeviceKind::Managed {
            draft.warnings.push(
                "a managed device is not wiped by this: that is done in the device management".to_owned(),
            );
        }
    }
    Ok(())
}

/// `user set-mfa-state`.
pub(super) fn mfa_state(draft: &mut Draft<'_>, state: MfaState) -> Result<()> {
    let action = Action::SetMfaState { state };
    let registration = draft.info.registration.as_ref();
    let stands = registration.and_then(|registration| registration.mfa_state.clone());
    // Enabled is enforced by itself as soon as there is a method, so only without one it is another state.
    let registered =
        registration.is_some_and(|registration| registration.state == RegistrationState::Complete);
    let same = |stands: &String| {
        stands.eq_ignore_ascii_case(state.as_str()) || (registered && state.is_met_by(stands))
    };
    if let Some(stands) = stands.as_ref().filter(|stands| same(stands))
        && draft.can(&action)
    {
        draft.unchanged(Words::new("set", "per-user MFA", format!("{stands} already")));
        return Ok(());
    }
    let detail = match stands {
        Some(stands) => format!("{stands} to {state}"),
        None => state.to_string(),
    };
    let words = Words::new("set", "per-user MFA", detail).outcome(state.to_string());
    draft.require(action, words, &[])?;
    Ok(())
}
