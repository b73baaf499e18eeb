//! The account itself: stopped from signing in and let in again, also after too many wrong tries.

use serde_json::json;

use super::KeycloakService;
use super::admin::person;
use super::error::Area;
use super::rights;
use super::wire::WireLock;
use crate::domain::{Capability, Effect, Error, Notice, Result, UserId};
use crate::http::{Class, Verb};

impl KeycloakService {
    /// Why these changes of somebody would be refused: the service says of each person what the account may do, also by
    /// fine-grained permissions (seen on 26.4.2). Asked where the token does not tell; what cannot be read refuses nothing.
    pub(super) async fn out_of_reach(&self, user: &UserId, changes: &[Capability]) -> Option<Error> {
        if !self.grained || changes.is_empty() {
            return None;
        }
        let access = self.person(user).await.ok()?.access;
        let refused = |change: &Capability| {
            let may = match change {
                Capability::SetPassword | Capability::GeneratePassword => access.reset_password,
                _ => access.manage,
            };
            may == Some(false)
        };
        changes
            .iter()
            .any(refused)
            .then(|| rights::beyond(self.admin.claims(), self.admin.realm()))
    }

    /// Only this one key is written: one beside `attributes` would wipe name and address (api/keycloak 4).
    pub(super) async fn switch_account(&self, user: &UserId, enabled: bool) -> Result<Effect> {
        let request = self
            .admin
            .write_of(user, Verb::Put, Class::Idempotent, "", "/{realm}/users/{id}")
            .json(json!({ "enabled": enabled }));
        let response = self.admin.send(&request, Area::People).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// Forgets the wrong tries of a person. Where they have disabled the account for good, forgetting alone leaves it so, and
    /// it is enabled too; one that somebody else disabled stays disabled.
    pub(super) async fn unlock(&self, user: &UserId) -> Result<Effect> {
        let (lock, person) = futures::try_join!(self.lock_of(user), self.person(user))?;
        let mut effect = if lock.disabled || lock.num_failures > 0 {
            self.forget_tries(user, &lock).await?
        } else {
            Effect::unchanged().detail("was not locked")
        };
        if person.is_locked_for_good() {
            let opened = self.switch_account(user, true).await?;
            effect.state = opened.state;
            effect.request_ids.extend(opened.request_ids);
            let after = match lock.num_failures {
                0 => String::new(),
                tries => format!(" after {tries} wrong tries"),
            };
            effect.detail = Some(format!(
                "was locked for good{after}; the account is enabled again"
            ));
        } else if person.enabled == Some(false) {
            effect.remains.push(Notice {
                text: "still cannot sign in: the account is disabled, and user enable lets it in".to_owned(),
                url: None,
            });
        }
        Ok(effect)
    }

    async fn forget_tries(&self, user: &UserId, lock: &WireLock) -> Result<Effect> {
        let tail = format!("/attack-detection/brute-force{}", person(user));
        let template = "/{realm}/attack-detection/brute-force/users/{id}";
        let request = self.admin.write(Verb::Delete, Class::Idempotent, &tail, template);
        let response = self.admin.send(&request, Area::People).await?;
        let tries = lock.num_failures;
        let mut effect = Effect::done().detail(match (lock.disabled, tries) {
            (true, _) => format!("was locked after {tries} wrong tries"),
            (false, _) => format!("was not locked; {tries} wrong tries are forgotten"),
        });
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}
