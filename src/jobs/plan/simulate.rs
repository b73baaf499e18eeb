//! The state of a person as the steps so far leave it: what later steps of the same plan stand on.

use super::draft::Draft;
use crate::domain::{Action, DeviceKind, Method, MethodId, MethodKind, MethodState, Sessions};

impl Draft<'_> {
    /// Takes the state on as an action leaves it.
    pub(super) fn simulate(&mut self, action: &Action) {
        let methods = self.info.methods.get_or_insert_default();
        let found = |id: &MethodId, kind: &MethodKind| {
            let (id, kind) = (id.clone(), *kind);
            move |method: &&mut Method| method.id == id && method.kind == kind
        };
        match action {
            Action::AddPhone { kind, number, .. } => {
                let mut method = Method::new("new", *kind, "");
                method.number = Some(number.clone());
                method.can_be_default = true;
                methods.push(method);
            }
            Action::AddEmail { address } => {
                let mut method = Method::new("new", MethodKind::Email, "");
                method.address = Some(address.clone());
                methods.push(method);
            }
            Action::AddTotp { .. } => {
                let mut method = Method::new("new", MethodKind::Totp, "");
                method.state = MethodState::Pending;
                methods.push(method);
            }
            Action::AddHotp { name } => add(methods, MethodKind::Hotp, name.as_ref()),
            Action::AddPush { name } => {
                add(methods, MethodKind::Push, name.as_ref());
                if let Some(method) = methods.last_mut() {
                    method.state = MethodState::Pending;
                }
            }
            Action::SwitchMethod {
                method,
                kind,
                enabled,
            } => {
                self.set.push((*kind, method.clone()));
                if let Some(method) = methods.iter_mut().find(found(method, kind)) {
                    method.state = if *enabled {
                        MethodState::Ready
                    } else {
                        MethodState::Disabled
                    };
                }
            }
            Action::ReplaceLost { method, kind } => {
                self.set.push((*kind, method.clone()));
                if let Some(method) = methods.iter_mut().find(found(method, kind)) {
                    method.state = MethodState::Disabled;
                }
                add(methods, MethodKind::TemporaryPass, None);
            }
            Action::AddTemporaryPass { .. } => {
                methods.push(Method::new("new", MethodKind::TemporaryPass, ""))
            }
            Action::AddExternal { name, .. } => add(methods, MethodKind::External, Some(name)),
            Action::AddPasskey { name } => add(methods, MethodKind::Passkey, name.as_ref()),
            Action::AddQrPin { .. } => add(methods, MethodKind::QrPin, None),
            Action::AddHardwareToken {
                serial,
                name,
                activate,
            } => {
                add(methods, MethodKind::HardwareToken, name.as_ref().or(Some(serial)));
                if let Some(method) = methods.last_mut().filter(|_| !activate) {
                    method.state = MethodState::Pending;
                }
            }
            Action::UpdatePhone { method, kind, number } => {
                self.set.push((*kind, method.clone()));
                // A number that the person has verified already waits for no code, as when the alternate one moves.
                let known = |one: &Method| {
                    one.kind.is_phone()
                        && one.state == MethodState::Ready
                        && one.number.as_ref() == Some(number)
                };
                let is_known = methods.iter().any(known);
                if let Some(method) = methods.iter_mut().find(found(method, kind)) {
                    method.number = Some(number.clone());
                    method.number_masked = None;
                    if is_known && method.state == MethodState::Pending {
                        method.state = MethodState::Ready;
                    }
                    if is_known {
                        method.pending_number = None;
                    }
                }
            }
            Action::UpdateEmail { method, address } => {
                self.set.push((MethodKind::Email, method.clone()));
                if let Some(method) = methods.iter_mut().find(found(method, &MethodKind::Email)) {
                    method.address = Some(address.clone());
                }
            }
            Action::Rename { method, kind, name } => {
                self.set.push((*kind, method.clone()));
                if let Some(method) = methods.iter_mut().find(found(method, kind)) {
                    method.name = Some(name.clone());
                }
            }
            Action::SetDefault { method, kind, .. } => {
                self.set.push((*kind, method.clone()));
                for one in methods.iter_mut() {
                    one.default = Some(one.id == *method && one.kind == *kind);
                }
            }
            Action::RemoveMethod { method, kind } => {
                methods.retain(|one| !(one.id == *method && one.kind == *kind));
            }
            Action::ForgetAllDevices => {
                if let Some(devices) = &mut self.info.devices {
                    devices.retain(|device| device.kind != DeviceKind::Remembered);
                }
            }
            Action::ForgetDevice { device } => {
                if let Some(devices) = &mut self.info.devices {
                    devices.retain(|one| one.id != *device);
                }
            }
            Action::RevokeAllAppPasswords => {
                if let Some(all) = &mut self.info.app_passwords {
                    all.clear();
                }
            }
            Action::RevokeAppPassword { id, .. } => {
                if let Some(all) = &mut self.info.app_passwords {
                    all.retain(|one| one.id != *id);
                }
            }
            Action::SignOut => {
                if let Some(sessions) = &mut self.info.sessions {
                    *sessions = Sessions::default();
                }
                if let Some(devices) = &mut self.info.devices {
                    devices.retain(|device| device.kind != DeviceKind::Session);
                }
            }
            Action::DisableAccount => self.user.enabled = false,
            Action::EnableAccount => self.user.enabled = true,
            Action::SwitchDevice { device, enabled } => {
                for one in self.info.devices.iter_mut().flatten() {
                    if one.id == *device {
                        one.enabled = Some(*enabled);
                    }
                }
            }
            Action::SetMfaState { state } => {
                if let Some(registration) = &mut self.info.registration {
                    registration.mfa_state = Some(state.to_string());
                }
            }
            Action::Unlock => self.info.locked = self.info.locked.map(|_| false),
            Action::AddQuestions { .. }
            | Action::IssueAppPassword { .. }
            | Action::ResetAppPassword { .. }
            | Action::SetPassword { .. }
            | Action::GeneratePassword { .. }
            | Action::RequireRegistration
            | Action::MailRegistration => {}
        }
        if self.person.info.methods.is_none() {
            self.info.methods = None;
        }
    }
}

fn add(methods: &mut Vec<Method>, kind: MethodKind, name: Option<&String>) {
    let mut method = Method::new("new", kind, "");
    method.name = name.cloned();
    methods.push(method);
}
