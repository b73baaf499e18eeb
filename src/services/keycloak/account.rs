//! The account itself: stopped from signing in and let in again, also after too many wrong tries.

use serde_json::json;

use super::KeycloakService;
use super::admin::person;
use super::error::Area;
use crate::domain::{Effect, Result, UserId};
use crate::http::{Class, Verb};

impl KeycloakService {
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

    /// Forgets the wrong tries of a person.
    pub(super) async fn unlock(&self, user: &UserId) -> Result<Effect> {
        let lock = self.lock_of(user).await?;
        if !lock.disabled && lock.num_failures == 0 {
            return Ok(Effect::unchanged().detail("was not locked"));
        }
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
