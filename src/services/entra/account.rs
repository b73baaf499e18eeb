//! The account itself: stopped from signing in.

use serde_json::json;

use super::EntraService;
use super::error::Family;
use super::graph::write_of;
use crate::domain::{Effect, Result, UserId};
use crate::http::{Class, Verb};

impl EntraService {
    pub(super) async fn disable_account(&self, user: &UserId) -> Result<Effect> {
        let request = write_of(user, Verb::Patch, Class::Idempotent, "", "/users/{id}")
            .json(json!({ "accountEnabled": false }));
        let response = self.graph.send(&request, Family::Account).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}
