//! Methods switched off and on again, and the password for some days that stands in for a lost one.

use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::Call;
use super::enrol::no_secret;
use super::error::Area;
use super::methods::{done, said_yes};
use crate::domain::{
    Clock as _, Effect, Error, ErrorCode, MethodId, MethodState, Minted, Result, Secret, SystemClock, UserId,
};
use crate::http::{Class, Verb, encode_segment};

impl PrivacyIdeaService {
    /// Switches a token off or on. Nought means that it was so already.
    pub(super) async fn switch_method(
        &self,
        user: &UserId,
        method: &MethodId,
        enabled: bool,
    ) -> Result<Effect> {
        let (verb, template, right) = if enabled {
            ("enable", "/token/enable/{serial}", "enable")
        } else {
            ("disable", "/token/disable/{serial}", "disable")
        };
        let call = self
            .change(user, method, verb, template, right, json!({}))
            .await?;
        let answer = self.api.send(&call).await?;
        if said_yes(&answer.value) {
            return Ok(done(answer));
        }
        let mut effect = Effect::unchanged();
        effect.request_ids.extend(answer.request_id);
        Ok(effect)
    }

    /// Switches a lost token off, and makes a password that stands in for it for some days. A second time would make a
    /// second password, so that what is off already is left alone.
    pub(super) async fn replace_lost(&self, user: &UserId, method: &MethodId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        let token = self.token_of(&person, method).await?;
        if token.into_method(None, None, SystemClock.now()).state == MethodState::Disabled {
            return Ok(Effect::unchanged().detail("off already"));
        }
        let path = format!("/token/lost/{}", encode_segment(&method.0));
        let call = Call::write(
            Verb::Post,
            Class::Never,
            path,
            "/token/lost/{serial}",
            "losttoken",
            Area::Method,
        );
        let answer = self.api.send(&call.json(self.api.named(&person))).await?;
        let text = |key: &str| answer.value.get(key).and_then(Value::as_str);
        let password = text("password").map(Secret::new).ok_or_else(no_secret)?;
        let serial = text("serial").map(|serial| MethodId(serial.to_owned()));
        let ends = text("end_date").and_then(super::wire::moment);
        if answer.value.get("disable").and_then(Value::as_u64) == Some(0) {
            return Err(Error::new(
                ErrorCode::Incomplete,
                "the service made a password and did not switch the lost method off",
            )
            .hint("switch it off: methods disable USER METHOD"));
        }
        let mut effect = done(answer);
        effect.created = serial;
        effect.secret = Some(Minted {
            kind: "temporary-pass",
            value: password,
            uri: None,
            expires_at: ends,
        });
        Ok(effect)
    }
}
