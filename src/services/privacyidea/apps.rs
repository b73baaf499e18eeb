//! App passwords: tokens of the type that is for one application. They are listed and ended like tokens, and never among
//! the methods.

use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::Call;
use super::enrol::no_secret;
use super::error::Area;
use super::methods::{done, with};
use super::wire::{APPLICATION, WireToken};
use crate::domain::{Effect, Error, ErrorCode, MethodId, Minted, Result, Secret, UserId};
use crate::http::{Class, Verb};

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

    /// Gives one another secret, in its place: the same token, for the same service, under the same name. The old secret
    /// is refused from then on.
    pub(super) async fn reset_app_password(&self, user: &UserId, id: &str) -> Result<Effect> {
        let person = self.api.person(user).await?;
        // A serial that is not there would be made, and then it would be for no service.
        let token = self.token_of(&person, &MethodId(id.to_owned())).await?;
        let Some(service) = token.service().filter(|_| token.is_app_password()) else {
            return Err(Error::new(
                ErrorCode::ServiceRefused,
                "it is an app password of no service, and cannot be made anew",
            )
            .hint("end it: app-passwords reset USER NAME, without --reissue"));
        };
        let body = with(
            self.api.named(&person),
            json!({
                "type": APPLICATION,
                "serial": token.serial,
                "service_id": service,
                "description": token.name().unwrap_or_default(),
            }),
        );
        let path = "/token/init";
        let call = Call::write(
            Verb::Post,
            Class::Never,
            path.to_owned(),
            path,
            "enrollAPPLSPEC",
            Area::Enrol,
        );
        let answer = self.api.send(&call.json(body)).await?;
        let password = answer
            .detail
            .get("password")
            .and_then(Value::as_str)
            .map(Secret::new);
        let mut effect = done(answer);
        effect.secret = Some(Minted {
            kind: "app-password",
            value: password.ok_or_else(no_secret)?,
            uri: None,
            expires_at: None,
        });
        Ok(effect)
    }
}
