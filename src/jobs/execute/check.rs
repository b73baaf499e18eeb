//! Whether what was asked is so, by what is read afterwards.

use futures::TryStreamExt as _;

use crate::domain::{
    Action, Error, ErrorCode, IdentityService, Method, MethodId, MethodKind, MethodState, Parts, Result,
    SecurityInfo, User, UserId, UserQuery, reference,
};

/// What is to be read, and what was.
pub(super) struct Look {
    parts: Parts,
    accounts: bool,
    seen: Vec<Result<Seen>>,
}

/// A person as seen afterwards.
pub(super) struct Seen {
    info: SecurityInfo,
    user: Option<User>,
}

impl Look {
    /// What has to be read to check these actions.
    pub(super) fn of<'a>(actions: impl Iterator<Item = &'a Action>) -> Self {
        let mut parts = Parts::NONE;
        let mut accounts = false;
        for action in actions {
            match action {
                Action::AddPhone { .. }
                | Action::AddEmail { .. }
                | Action::AddTotp { .. }
                | Action::AddHotp { .. }
                | Action::AddPush { .. }
                | Action::SwitchMethod { .. }
                | Action::ReplaceLost { .. }
                | Action::AddTemporaryPass { .. }
                | Action::AddQuestions { .. }
                | Action::AddExternal { .. }
                | Action::AddPasskey { .. }
                | Action::AddHardwareToken { .. }
                | Action::AddQrPin { .. }
                | Action::UpdatePhone { .. }
                | Action::UpdateEmail { .. }
                | Action::Rename { .. }
                | Action::RemoveMethod { .. } => parts.methods = true,
                Action::SetDefault { .. } => {
                    parts.methods = true;
                    parts.default = true;
                }
                Action::ForgetDevice { .. } | Action::ForgetAllDevices => parts.devices = true,
                Action::RevokeAppPassword { .. } | Action::RevokeAllAppPasswords => {
                    parts.app_passwords = true
                }
                Action::DisableAccount | Action::EnableAccount => accounts = true,
                Action::SwitchDevice { .. } => parts.devices = true,
                Action::SetMfaState { .. } => parts.registration = true,
                Action::Unlock => parts.locks = true,
                Action::IssueAppPassword { .. }
                | Action::ResetAppPassword { .. }
                | Action::SignOut
                | Action::SetPassword { .. }
                | Action::GeneratePassword { .. }
                | Action::RequireRegistration
                | Action::MailRegistration => {}
            }
        }
        Self {
            parts,
            accounts,
            seen: Vec::new(),
        }
    }

    /// Whether nothing can be read back.
    pub(super) fn is_empty(&self) -> bool {
        self.parts == Parts::NONE && !self.accounts
    }

    /// Reads it of these people.
    pub(super) async fn read(&mut self, service: &dyn IdentityService, users: &[UserId]) {
        let infos = if self.parts == Parts::NONE {
            users.iter().map(|_| Ok(SecurityInfo::default())).collect()
        } else {
            service.security_info(users, self.parts).await
        };
        let mut accounts: Result<Vec<User>> = Ok(Vec::new());
        if self.accounts {
            let query = UserQuery::Ids(users.iter().map(|user| user.0.clone()).collect());
            accounts = service.users(&query).try_collect().await;
        }
        self.seen = users
            .iter()
            .zip(infos)
            .map(|(id, info)| {
                let accounts = accounts.as_ref().map_err(Clone::clone)?;
                Ok(Seen {
                    info: info?,
                    user: accounts.iter().find(|user| user.id == *id).cloned(),
                })
            })
            .collect();
    }

    /// What was read of the person at this place.
    pub(super) fn seen(&self, at: usize) -> Result<&Seen> {
        match self.seen.get(at) {
            Some(Ok(seen)) => Ok(seen),
            Some(Err(error)) => Err(error.clone()),
            None => Err(Error::new(ErrorCode::Internal, "nothing was read")),
        }
    }
}

impl Seen {
    fn method(&self, id: &MethodId, kind: MethodKind) -> Option<&Method> {
        self.info
            .methods()
            .iter()
            .find(|method| method.id == *id && method.kind == kind)
    }

    fn tells_devices(&self) -> bool {
        let untold = |part: &str| part.contains("remembered") || part.contains("devices");
        self.info.devices.is_some() && !self.info.unknown.iter().any(|unknown| untold(&unknown.part))
    }
}

/// Whether an action holds; `None`: cannot be told. `created`: the id of what it made.
pub(super) fn holds(action: &Action, created: Option<&MethodId>, seen: &Seen) -> Option<bool> {
    let methods = seen.info.methods();
    let has_number = |method: &Method, number| {
        if method.number.as_ref() == Some(number) || method.pending_number.as_ref() == Some(number) {
            Some(true)
        } else if method.number.is_none() && method.number_masked.is_some() {
            None
        } else {
            Some(false)
        }
    };
    match action {
        Action::AddPhone { kind, number, .. } => methods
            .iter()
            .find(|method| method.kind == *kind)
            .map_or(Some(false), |method| has_number(method, number)),
        Action::UpdatePhone { method, kind, number } => seen
            .method(method, *kind)
            .map_or(Some(false), |method| has_number(method, number)),
        Action::AddEmail { address } | Action::UpdateEmail { address, .. } => {
            Some(methods.iter().any(|method| {
                method
                    .address
                    .as_deref()
                    .is_some_and(|stands| stands.to_lowercase() == address.to_lowercase())
            }))
        }
        Action::Rename { method, kind, name } => {
            Some(seen.method(method, *kind)?.name.as_deref() == Some(name.as_str()))
        }
        Action::RemoveMethod { method, kind } => Some(seen.method(method, *kind).is_none()),
        Action::SetDefault { method, kind, .. } => match seen.method(method, *kind) {
            None => Some(false),
            Some(method) => method.default,
        },
        Action::SwitchMethod {
            method,
            kind,
            enabled,
        } => Some((seen.method(method, *kind)?.state == MethodState::Disabled) != *enabled),
        Action::ReplaceLost { method, kind } => {
            Some(seen.method(method, *kind)?.state == MethodState::Disabled)
        }
        Action::AddTotp { .. }
        | Action::AddHotp { .. }
        | Action::AddPush { .. }
        | Action::AddTemporaryPass { .. } => created.map(|id| methods.iter().any(|method| method.id == *id)),
        Action::AddExternal { name, .. } => {
            let same = |method: &&Method| match created {
                Some(id) => method.id == *id,
                None => method.kind == MethodKind::External && method.name.as_ref() == Some(name),
            };
            Some(methods.iter().any(|method| same(&method)))
        }
        Action::AddPasskey { .. } => created.map(|id| methods.iter().any(|method| method.id == *id)),
        Action::AddHardwareToken { activate, .. } => created.map(|id| {
            let found = methods.iter().find(|method| method.id == *id);
            found.is_some_and(|method| method.usable() || !activate)
        }),
        Action::AddQrPin { .. } => Some(methods.iter().any(|method| method.kind == MethodKind::QrPin)),
        Action::AddQuestions { .. } => {
            Some(methods.iter().any(|method| method.kind == MethodKind::Questions))
        }
        Action::ForgetAllDevices => seen
            .tells_devices()
            .then(|| seen.info.remembered().next().is_none()),
        Action::ForgetDevice { device } => seen.tells_devices().then(|| {
            // A remembered one, or the session that is ended in its place.
            let there = |one: &&crate::domain::Device| one.id == *device && !one.kind.is_registered();
            !seen.info.devices.iter().flatten().any(|one| there(&one))
        }),
        Action::RevokeAllAppPasswords => seen.info.app_passwords.as_ref().map(Vec::is_empty),
        Action::RevokeAppPassword { id, .. } => {
            let all = seen.info.app_passwords.as_ref()?;
            Some(!all.iter().any(|one| one.id == *id))
        }
        Action::Unlock => seen.info.locked.map(|locked| !locked),
        Action::DisableAccount => seen.user.as_ref().map(|user| !user.enabled),
        Action::EnableAccount => seen.user.as_ref().map(|user| user.enabled),
        Action::SwitchDevice { device, enabled } => {
            let devices = seen.info.devices.as_ref()?;
            let found = devices.iter().find(|one| one.id == *device)?;
            found.enabled.map(|is| is == *enabled)
        }
        Action::SetMfaState { state } => {
            let stands = seen.info.registration.as_ref()?.mfa_state.as_deref()?;
            Some(state.is_met_by(stands))
        }
        Action::IssueAppPassword { .. }
        | Action::ResetAppPassword { .. }
        | Action::SignOut
        | Action::SetPassword { .. }
        | Action::GeneratePassword { .. }
        | Action::RequireRegistration
        | Action::MailRegistration => None,
    }
}

/// What can be typed for the method of an action, where it waits for its code.
pub(super) fn waits(action: &Action, created: Option<&MethodId>, seen: &Seen) -> Option<String> {
    let (kind, id) = match action {
        Action::AddPhone { kind, .. } => (*kind, None),
        Action::UpdatePhone { kind, method, .. } => (*kind, Some(method)),
        Action::AddTotp { .. } => (MethodKind::Totp, Some(created?)),
        Action::AddHotp { .. } => (MethodKind::Hotp, Some(created?)),
        Action::AddHardwareToken { .. } => (MethodKind::HardwareToken, Some(created?)),
        _ => return None,
    };
    let methods = seen.info.methods();
    let at = methods
        .iter()
        .position(|method| method.kind == kind && id.is_none_or(|id| method.id == *id))?;
    let method = methods.get(at)?;
    let waiting = method.state == MethodState::Pending || method.pending_number.is_some();
    waiting.then(|| reference::of_methods(methods).swap_remove(at))
}
