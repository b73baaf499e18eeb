//! Signing out everywhere: the one thing that Graph can do to sessions and to remembered browsers.

use serde_json::json;

use super::EntraService;
use super::chained::SIGNED_OUT;
use super::error::Family;
use super::graph::write_of;
use crate::domain::{Effect, Result, UserId};
use crate::http::{Class, Verb};

impl EntraService {
    pub(super) async fn sign_out(&self, user: &UserId) -> Result<Effect> {
        let request = write_of(
            user,
            Verb::Post,
            Class::Idempotent,
            "/revokeSignInSessions",
            "/users/{id}/revokeSignInSessions",
        )
        .json(json!({}));
        let response = self.graph.send(&request, Family::Sessions).await?;
        let mut effect = Effect::done().detail(SIGNED_OUT);
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}
