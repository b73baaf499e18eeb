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
}

/// A way to come by a token. Debug shows no secret.
#[async_trait]
pub(crate) trait Flow: Send + Sync + Debug {
    /// Fetches one. Asking twice gives two tokens and changes nothing else.
    ///
    /// # Errors
    /// `not_signed_in` with what to do; that whoever hands it out cannot be reached.
    async fn fetch(&self) -> Result<Fetched>;
}

/// Posts a form to the token endpoint and takes the token from its answer.
pub(super) async fn post(endpoint: &Pipeline, path: &'static str, form: String) -> Result<Fetched> {
    // Asking twice gives two tokens and changes nothing.
    let mut request = Request::write(Verb::Post, Class::Read, "", path, path);
    request.body = Body::Form(form);
    let response = endpoint.send(&request).await?;
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
    Ok(Fetched {
        value: Secret::new(value),
        lifetime: Duration::from_secs(seconds.unwrap_or(0)),
    })
}
