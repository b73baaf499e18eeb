//! A way to come by a token, and what comes back.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::errors;
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::{Body, Class, Pipeline, Request, Response, Verb};

/// A token as it was handed out.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The token.
    pub(crate) value: Secret,
    /// How long it works from the moment it was asked for.
    pub(crate) lifetime: Duration,
    /// What the next one is fetched with, where a person signed in.
    pub(crate) refresh: Option<Secret>,
    /// What says who signed in, where a person did.
    pub(crate) id: Option<Secret>,
}

impl Fetched {
    /// A token alone.
    pub(super) fn alone(value: Secret, lifetime: Duration) -> Self {
        Self {
            value,
            lifetime,
            refresh: None,
            id: None,
        }
    }
}

/// What a token is fetched with, besides what the flow knows itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Need<'a> {
    /// What the last sign-in of a person left.
    pub(crate) refresh: Option<&'a Secret>,
    /// What the service asked for besides (`claims` of OpenID Connect), as JSON.
    pub(crate) claims: Option<&'a str>,
}

/// A way to come by a token. Debug shows no secret.
#[async_trait]
pub(crate) trait Flow: Send + Sync + Debug {
    /// Fetches one. Asking twice gives two tokens and changes nothing else.
    ///
    /// # Errors
    /// `not_signed_in` with what to do; that whoever hands it out cannot be reached.
    async fn fetch(&self, need: Need<'_>) -> Result<Fetched>;

    /// Whether a person signed in for it, so that it lives by what that sign-in left.
    fn is_a_persons(&self) -> bool {
        false
    }

    /// Whether another one can be fetched when this one ends.
    fn renews(&self) -> bool {
        true
    }
}

/// The service asks for a sign-in with more in it, and this flow brings the same token again. `what`: where its token
/// comes from.
pub(super) fn unanswered(what: &str) -> Error {
    Error::new(
        ErrorCode::NotSignedIn,
        format!(
            "not signed in: the service asks for a new sign-in (a claims challenge), and {what} cannot answer that"
        ),
    )
}

/// Posts a form. `class`: whether it may be sent twice where no answer comes; `template`: the path as it is traced.
pub(super) async fn send(
    endpoint: &Pipeline,
    class: Class,
    path: &str,
    template: &'static str,
    form: String,
) -> Result<Response> {
    let mut request = Request::write(Verb::Post, class, "", path, template);
    request.body = Body::Form(form);
    endpoint.send(&request).await
}

/// Posts a form to the token endpoint and takes the token from its answer.
pub(super) async fn post(
    endpoint: &Pipeline,
    path: &'static str,
    class: Class,
    form: String,
) -> Result<Fetched> {
    let response = send(endpoint, class, path, path, form).await?;
    if !response.ok() {
        return Err(errors::refused(&response));
    }
    taken(&response)
}

/// The token of an answer: `access_token` and `expires_in`, a number or, of a managed identity, a text.
///
/// # Errors
/// `not_signed_in`: there is none in it.
pub(super) fn taken(response: &Response) -> Result<Fetched> {
    let body = response.json()?;
    let Some(value) = body.get("access_token").and_then(Value::as_str) else {
        return Err(Error::new(
            ErrorCode::NotSignedIn,
            "not signed in: the answer has no token in it",
        )
        .hint("check authority and tenant in the profile"));
    };
    let seconds = match body.get("expires_in") {
        Some(Value::Number(seconds)) => seconds.as_u64(),
        Some(Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(Secret::new);
    Ok(Fetched {
        value: Secret::new(value),
        lifetime: Duration::from_secs(seconds.unwrap_or(0)),
        refresh: text("refresh_token"),
        id: text("id_token"),
    })
}
