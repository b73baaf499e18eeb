//! App passwords: tokens of the type that is for one application. They are listed and ended like tokens, and never among
//! the methods.

use super::PrivacyIdeaService;
use super::wire::WireToken;
use crate::domain::{Effect, MethodId, Result, UserId};

impl PrivacyIdeaService {
    /// Ends one.
    pub(super) async fn revoke_app_password(&self, user: &UserId, id: &str) -> Result<Effect> {
        self.remove_method(user, &MethodId(id.to_owned())).await
    }

    /// Ends all of a person, one by one: a call for several does not say which it did not end (api/privacyidea 5).
    pub(super) async fn revoke_app_passwords(&self, user: &UserId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        let all = self.tokens_of(&person).await?;
        let mut effect = Effect::unchanged();
        let mut count = 0_usize;
        for one in all.into_iter().filter(WireToken::is_app_password) {
            let ended = self.remove_method(user, &MethodId(one.serial)).await?;
            effect.request_ids.extend(ended.request_ids);
            if ended.state == crate::domain::EffectState::Done {
                effect.state = ended.state;
                count += 1;
            }
        }
        Ok(match count {
            0 => effect.detail("there was none"),
            count => effect.detail(count.to_string()),
        })
    }
}
