//! Security info of a person: credentials in their order, sessions, and whether the account is locked.

use futures::future::OptionFuture;

use super::KeycloakService;
use super::admin::person;
use super::error::Area;
use super::wire::{WireCredential, WireLock};
use crate::domain::{Method, MethodKind, Parts, Registration, Result, SecurityInfo, Sessions, UserId};
use crate::services::listed::{registration, sort_methods};

impl KeycloakService {
    pub(super) async fn read_info(&self, user: &UserId, parts: Parts) -> Result<SecurityInfo> {
        let wants_methods = parts.methods || parts.default || parts.registration;
        let wants_sessions = parts.sessions || parts.devices;
        let (methods, sessions, lock) = futures::join!(
            OptionFuture::from(wants_methods.then(|| self.methods_of(user))),
            OptionFuture::from(wants_sessions.then(|| self.sessions_of(user))),
            OptionFuture::from(parts.locks.then(|| self.is_locked(user))),
        );
        let mut info = SecurityInfo::default();
        if let Some(methods) = methods.transpose()? {
            // It resets passwords by mail, which no list of methods tells.
            info.registration = parts.registration.then(|| Registration {
                reset_capable: None,
                ..registration(&methods, None)
            });
            info.methods = (parts.methods || parts.default).then_some(methods);
        }
        if let Some(open) = sessions.transpose()? {
            info.sessions = parts.sessions.then(|| Sessions {
                count: open.all().count() as u64,
                newest_at: open.all().filter_map(|session| session.began_at()).max(),
            });
            info.devices = parts.devices.then(|| open.into_devices());
        }
        info.locked = lock.transpose()?;
        // It has none, and that is known: nothing is left to be asked.
        info.app_passwords = parts.app_passwords.then(Vec::new);
        Ok(info)
    }

    /// The credentials in the order in which the service prefers them, the password among them.
    pub(super) async fn credentials(&self, user: &UserId) -> Result<Vec<WireCredential>> {
        self.admin
            .read_of(
                user,
                "/credentials",
                "/{realm}/users/{id}/credentials",
                Area::People,
            )
            .await
    }

    /// The methods, in the order of lists. The default is the first among the second factors.
    pub(super) async fn methods_of(&self, user: &UserId) -> Result<Vec<Method>> {
        let credentials = self.credentials(user).await?;
        let default = credentials
            .iter()
            .find(|credential| credential.is_second_factor())
            .map(|credential| credential.id.clone());
        let mut methods: Vec<Method> = credentials
            .into_iter()
            .filter_map(WireCredential::into_method)
            .collect();
        // Those for which no sign-in asks verify nothing.
        let keys = [
            MethodKind::SecurityKey,
            MethodKind::Passkey,
            MethodKind::BackupCodes,
        ];
        if methods.iter().any(|method| keys.contains(&method.kind)) {
            let idle = self.kinds_not_asked_for().await?;
            for method in methods.iter_mut().filter(|method| idle.contains(&method.kind)) {
                method.uses.clear();
            }
        }
        for method in &mut methods {
            method.default = Some(Some(&method.id.0) == default.as_ref());
        }
        sort_methods(&mut methods);
        Ok(methods)
    }

    /// Whether wrong tries keep the person out: for some time, as brute-force detection knows, or for good, as the account
    /// says also after detection has forgotten.
    async fn is_locked(&self, user: &UserId) -> Result<bool> {
        let (lock, person) = futures::try_join!(self.lock_of(user), self.person(user))?;
        Ok(lock.disabled || person.is_locked_for_good())
    }

    /// What brute-force detection knows. Of somebody who is not there it knows nothing and says so with zeros.
    pub(super) async fn lock_of(&self, user: &UserId) -> Result<WireLock> {
        let tail = format!("/attack-detection/brute-force{}", person(user));
        let template = "/{realm}/attack-detection/brute-force/users/{id}";
        self.admin
            .read(&self.admin.get(&tail, template), Area::People)
            .await
    }
}
