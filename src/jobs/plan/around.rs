//! What stands around the methods: remembered devices, app passwords, sessions, the password, the account.

use super::add::at_home;
use super::draft::{Draft, Words};
use crate::domain::quoted;
use crate::domain::{
    Action, Answer, AppPassword, Capability, Device, DeviceId, Error, ErrorCode, Result, Secret, Slot,
    reference,
};

/// How many names a line holds before it counts the others.
const NAMES: usize = 5;

/// `"Outlook 2013", "iPhone Mail" and 3 more`.
pub(super) fn listed(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMES);
    let text = names.into_iter().take(NAMES).collect::<Vec<_>>().join(", ");
    if more == 0 {
        text
    } else {
        format!("{text} and {more} more")
    }
}

fn device_name(device: &Device) -> String {
    device
        .name
        .clone()
        .or_else(|| device.browser.clone())
        .unwrap_or_else(|| device.id.0.clone())
}

impl Draft<'_> {
    /// The words for forgetting every remembered device; `None`: there is none.
    pub(crate) fn forget_all_words(&self) -> Option<Words> {
        let told = self.info.devices.is_some() && !self.untold("remembered") && !self.untold("devices");
        let names: Vec<String> = self.info.remembered().map(device_name).collect();
        let target = "remembered devices";
        if told && names.is_empty() {
            return None;
        }
        let detail = if told {
            format!("{}: {}", names.len(), listed(names))
        } else {
            "all of them".to_owned()
        };
        Some(Words::new("forget", target, detail))
    }

    /// The words for ending every app password; `None`: there is none.
    pub(crate) fn revoke_all_words(&self) -> Option<Words> {
        let target = "app passwords";
        match &self.info.app_passwords {
            Some(all) if all.is_empty() => None,
            Some(all) => {
                // Those in use first.
                let mut all: Vec<&AppPassword> = all.iter().collect();
                all.sort_by_key(|one| std::cmp::Reverse(one.last_used_at));
                let names: Vec<String> = all.into_iter().map(quoted_name).collect();
                let detail = format!("{}: {}", names.len(), listed(names));
                Some(Words::new("revoke", target, detail))
            }
            None => Some(Words::new("revoke", target, "all of them")),
        }
    }

    /// The words for signing out.
    pub(crate) fn sign_out_words(&self) -> Words {
        let detail = match &self.info.sessions {
            Some(sessions) if sessions.count == 1 => "1 session".to_owned(),
            Some(sessions) => format!("{} sessions", sessions.count),
            None => "every session".to_owned(),
        };
        Words::new("sign out", "everywhere", detail)
    }

    pub(super) fn untold(&self, part: &str) -> bool {
        self.info
            .unknown
            .iter()
            .any(|unknown| unknown.part.contains(part))
    }
}

fn quoted_name(one: &AppPassword) -> String {
    format!("\"{}\"", one.name)
}

/// `devices forget`: none named means every remembered one.
pub(super) fn forget(draft: &mut Draft<'_>, typed: &[String]) -> Result<()> {
    if typed.is_empty() {
        match draft.forget_all_words() {
            Some(words) => {
                draft.require(Action::ForgetAllDevices, words, &[])?;
            }
            None => draft.unchanged(Words::new("forget", "remembered devices", "there is none")),
        }
        return Ok(());
    }
    let answer = draft.setting.capabilities.get(Capability::ForgetOne);
    let devices = draft.info.devices.clone().unwrap_or_default();
    let mut going: Vec<DeviceId> = Vec::new();
    for text in typed {
        let device = match &answer {
            Answer::Native => {
                let device = reference::find_remembered(text, &devices, draft.whose())
                    .map_err(|error| draft.ours(only_registered(text, &devices, draft.whose(), error)))?;
                (device.id.clone(), device_name(device))
            }
            // It remembers none, and lists the sessions that are open on them.
            Answer::Substitute { wider: false, .. } => {
                let device = reference::find_session(text, &devices, draft.whose())
                    .map_err(|error| draft.ours(error))?;
                (device.id.clone(), device_name(device))
            }
            // The service keeps no list, and what it does instead does not ask which one is meant; a registered one is not meant at all.
            Answer::Substitute { .. } | Answer::Unsupported { .. } | Answer::Forbidden { .. } => {
                if let Err(error) = reference::find_remembered(text, &devices, draft.whose()) {
                    let error = only_registered(text, &devices, draft.whose(), error);
                    if error.code() == ErrorCode::Unsupported {
                        return Err(draft.ours(error));
                    }
                }
                (DeviceId(text.clone()), String::new())
            }
        };
        if !going.contains(&device.0) {
            going.push(device.0.clone());
            let target = devices
                .iter()
                .position(|one| one.id == device.0)
                .and_then(|at| reference::of_devices(&devices).into_iter().nth(at))
                .unwrap_or_else(|| text.clone());
            let words = Words::new("forget", target, device.1);
            draft.require(Action::ForgetDevice { device: device.0 }, words, &[])?;
        }
    }
    Ok(())
}

/// A name that a registered device has too means the remembered one of that name, and that one is not there.
fn only_registered(text: &str, devices: &[Device], whose: &str, error: Error) -> Error {
    let named = |device: &Device| {
        device
            .name
            .as_deref()
            .is_some_and(|name| name.to_lowercase() == text.to_lowercase())
    };
    if error.code() == ErrorCode::Unsupported && !devices.iter().any(named) {
        return error.hint(format!(
            "mfactl devices disable {} {}",
            quoted(whose),
            quoted(text)
        ));
    }
    if error.code() == ErrorCode::Unsupported {
        let message = format!("{whose} has no remembered device \"{text}\"");
        return Error::new(ErrorCode::DeviceNotFound, message).hint(format!("mfactl devices list {whose}"));
    }
    error
}

/// `app-passwords reset`: none named means all of them.
pub(super) fn app_passwords(draft: &mut Draft<'_>, typed: &[String], reissue: bool) -> Result<()> {
    let all = draft.info.app_passwords.clone();
    let known = all.clone().unwrap_or_default();
    let mut going: Vec<AppPassword> = Vec::new();
    if typed.is_empty() {
        match draft.revoke_all_words() {
            None => {
                draft.unchanged(Words::new("revoke", "app passwords", "there is none"));
                return Ok(());
            }
            Some(words) => {
                if reissue && resets(draft) {
                    for one in &known {
                        reset(draft, one)?;
                    }
                    return Ok(());
                }
                let revoked = draft.require(Action::RevokeAllAppPasswords, words, &[])?;
                for one in known.iter().filter(|_| reissue) {
                    issue(draft, one, revoked)?;
                }
                return Ok(());
            }
        }
    }
    for text in typed {
        if all.is_none() {
            // Nothing can be looked up, so nothing can be done: let the capability say why.
            let action = Action::RevokeAppPassword {
                id: text.clone(),
                name: text.clone(),
            };
            draft.require(action, Words::new("revoke", text, ""), &[])?;
            continue;
        }
        let one =
            reference::find_app_password(text, &known, draft.whose()).map_err(|error| draft.ours(error))?;
        if !going.contains(one) {
            going.push(one.clone());
        }
    }
    for one in going {
        if reissue && resets(draft) {
            reset(draft, &one)?;
            continue;
        }
        let action = Action::RevokeAppPassword {
            id: one.id.clone(),
            name: one.name.clone(),
        };
        let words = Words::new("revoke", "app password", quoted_name(&one)).outcome(quoted_name(&one));
        let revoked = draft.require(action, words, &[])?;
        if reissue {
            issue(draft, &one, revoked)?;
        }
    }
    Ok(())
}

/// Whether the service gives an app password another secret in its place.
fn resets(draft: &Draft<'_>) -> bool {
    draft.setting.capabilities.get(Capability::ResetAppPassword) == Answer::Native
}

/// Another secret for an app password: the old one ends with it.
fn reset(draft: &mut Draft<'_>, one: &AppPassword) -> Result<u16> {
    let words = Words::new("reset", "app password", quoted_name(one)).outcome(quoted_name(one));
    let action = Action::ResetAppPassword {
        id: one.id.clone(),
        name: one.name.clone(),
    };
    draft.require(action, words, &[])
}

fn issue(draft: &mut Draft<'_>, one: &AppPassword, revoked: u16) -> Result<u16> {
    let words = Words::new("issue", "app password", quoted_name(one)).outcome(quoted_name(one));
    let name = one.name.clone();
    draft.require(Action::IssueAppPassword { name }, words, &[revoked])
}

/// `user sign-out`.
pub(super) fn sign_out(draft: &mut Draft<'_>) -> Result<()> {
    let words = draft.sign_out_words();
    draft.require(Action::SignOut, words, &[])?;
    Ok(())
}

/// `user unlock`.
pub(super) fn unlock(draft: &mut Draft<'_>) -> Result<()> {
    // What the service cannot do at all is said even of somebody who is not locked.
    if draft.info.locked == Some(false) && draft.can(&Action::Unlock) {
        let detail = if draft.user.enabled {
            "not locked"
        } else {
            "not locked; the account is disabled, and user enable lets it in"
        };
        draft.unchanged(Words::new("unlock", "account", detail));
        return Ok(());
    }
    let detail = if draft.user.enabled {
        "wrong tries are forgotten"
    } else {
        "wrong tries are forgotten; an account that they disabled is enabled"
    };
    let words = Words::new("unlock", "account", detail);
    draft.require(Action::Unlock, words, &[])?;
    Ok(())
}

/// The words for a new password.
pub(crate) fn password_words(permanent: bool) -> Words {
    let detail = if permanent {
        "it stays"
    } else {
        "to be changed at next sign-in"
    };
    Words::new("reset", "password", detail)
}

/// `user reset-password`.
pub(super) fn password(draft: &mut Draft<'_>, given: Option<&Secret>, permanent: bool) -> Result<()> {
    let words = password_words(permanent);
    if let Some(error) = at_home(draft, "has no password here") {
        return Err(error);
    }
    if draft.person.user.synced == Some(true) {
        draft.warnings.push(
            "the account comes from another directory: the password counts there once it is written back"
                .to_owned(),
        );
    }
    match given {
        None => {
            draft.require(Action::GeneratePassword { permanent }, words, &[])?;
        }
        Some(password) => {
            let seq = draft.require(Action::SetPassword { permanent }, words, &[])?;
            draft.fill(seq, Slot::NewPassword, password.clone());
        }
    }
    Ok(())
}
