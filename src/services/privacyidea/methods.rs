//! Methods removed and named. Every call names the person beside the token, so that a token that is somebody else's by now
//! is not found instead of changed.

use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::{Answer, Call};
use super::error::Area;
use crate::domain::{Effect, Error, ErrorCode, MethodId, Result, UserId};
use crate::http::{Class, Verb, encode_segment};

/// The longest name, in characters: a longer one is cut without a word (api/privacyidea 5).
const LONGEST_NAME: usize = 80;

impl PrivacyIdeaService {
    /// Removes one token.
    pub(super) async fn remove_method(&self, user: &UserId, method: &MethodId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        let path = format!("/token/{}?{}", encode_segment(&method.0), self.api.query(&person));
        let call = Call::write(
            Verb::Delete,
            Class::Idempotent,
            path,
            "/token/{serial}",
            "delete",
            Area::Method,
        );
        Ok(match self.api.send_if_there(&call).await? {
            Some(answer) if said_yes(&answer.value) => done(answer),
            // Somebody else was faster: what was wanted is so.
            Some(_) | None => Effect::unchanged(),
        })
    }

    /// Gives one another name.
    pub(super) async fn rename(&self, user: &UserId, method: &MethodId, name: &str) -> Result<Effect> {
        check_name(name)?;
        let call = self
            .change(
                user,
                method,
                "description",
                "/token/description/{serial}",
                "setdescription",
                json!({ "description": name }),
            )
            .await?;
        self.changed(&call).await
    }

    /// A change of one token of one person.
    pub(super) async fn change(
        &self,
        user: &UserId,
        method: &MethodId,
        verb: &str,
        template: &'static str,
        right: &'static str,
        more: Value,
    ) -> Result<Call> {
        let person = self.api.person(user).await?;
        let path = format!("/token/{verb}/{}", encode_segment(&method.0));
        let body = with(self.api.named(&person), more);
        let call = Call::write(Verb::Post, Class::Idempotent, path, template, right, Area::Method);
        Ok(call.json(body))
    }

    /// Sends it; a `false` or a nought is a no.
    pub(super) async fn changed(&self, call: &Call) -> Result<Effect> {
        let answer = self.api.send(call).await?;
        if said_yes(&answer.value) {
            return Ok(done(answer));
        }
        Err(Error::new(
            ErrorCode::MethodNotFound,
            "the service changed nothing: the person has no such method",
        ))
    }
}

/// `true`, or a number of things that were done.
pub(super) fn said_yes(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_u64().is_some_and(|count| count > 0)
}

/// Done, by this request.
pub(super) fn done(answer: Answer) -> Effect {
    let mut effect = Effect::done();
    effect.request_ids.extend(answer.request_id);
    effect
}

/// One object with the fields of both.
pub(super) fn with(mut body: Value, more: Value) -> Value {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

/// Whether a method can be named so.
///
/// # Errors
/// `invalid_input`.
pub(super) fn check_name(name: &str) -> Result<()> {
    let count = name.chars().count();
    if name.trim().is_empty() {
        return Err(Error::new(ErrorCode::InvalidInput, "the name is empty"));
    }
    if count > LONGEST_NAME {
        return Err(Error::new(
            ErrorCode::InvalidInput,
            format!("the name has {count} characters, and {LONGEST_NAME} are taken"),
        ));
    }
    Ok(())
}
