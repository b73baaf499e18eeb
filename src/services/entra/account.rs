//! The account itself: stopped from signing in, let in again; and per-user MFA, which is in beta only.

use serde_json::json;

use super::EntraService;
use super::error::Family;
use super::graph::{BETA, person, write_of};
use crate::domain::{Effect, MfaState, Result, UserId};
use crate::http::{Class, Request, Verb};

impl EntraService {
    /// Lets an account sign in, or stops it. What is open ends when its access token does (api/entra 3.1).
    pub(super) async fn switch_account(&self, user: &UserId, enabled: bool) -> Result<Effect> {
        let request = write_of(user, Verb::Patch, Class::Idempotent, "", "/users/{id}")
            .json(json!({ "accountEnabled": enabled }));
        let response = self.graph.send(&request, Family::Account).await?;
        let mut effect = Effect::done();
        if !enabled {
            effect.detail = Some("open pages may work 60 minutes more".to_owned());
        }
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// Sets per-user MFA; `enabled` becomes `enforced` by itself when the person has a method (api/entra 2.2).
    pub(super) async fn set_mfa_state(&self, user: &UserId, state: MfaState) -> Result<Effect> {
        let request = Request::write(
            Verb::Patch,
            Class::Idempotent,
            BETA,
            format!("{}/authentication/requirements", person(&user.0)),
            "/users/{id}/authentication/requirements",
        )
        .json(json!({ "perUserMfaState": state.as_str() }));
        let response = self.graph.send(&request, Family::Requirements).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}
