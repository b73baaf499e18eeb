//! Signing in at a service that hands out tokens itself: name and password into a call of its own, a second factor where
//! it asks for one, a token out (api/privacyidea 3; the answer to a challenge: privacyIDEA's own documentation of POST /auth).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::claims::TokenClaims;
use super::credential::Way;
use super::flow::{Fetched, Flow, Need};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::{Class, Pipeline, Request, Response, Verb, origin};

/// So many second factors are asked for in one sign-in at most.
const FACTORS: usize = 4;
/// A token that does not say until when it is good is taken for so long.
const USUAL: Duration = Duration::from_secs(600);

/// Asks whoever signs in for a second factor.
pub(crate) trait Prompt: Send + Sync {
    /// The answer to what the service asks, in its own words: untrusted text.
    ///
    /// # Errors
    /// Nobody is there, or nothing was typed.
    fn answer(&self, asked: &str) -> Result<Secret>;
}

/// Where somebody signs in, and as whom.
pub(crate) struct OwnCall {
    endpoint: Pipeline,
    path: &'static str,
    username: String,
}

impl std::fmt::Debug for OwnCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnCall")
            .field("path", &self.path)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// What the service said.
enum Said {
    Token(Fetched),
    /// It asks for more, under this number.
    More {
        transaction: String,
        message: String,
    },
}

impl OwnCall {
    /// The call on its way. Sends nothing.
    ///
    /// # Errors
    /// `config_invalid` for an address that is neither https nor on this machine.
    pub(crate) fn new(way: &Way<'_>, username: String) -> Result<Self> {
        let root = origin(way.authority)?;
        let (transport, timer) = (Arc::clone(&way.transport), Arc::clone(&way.timer));
        Ok(Self {
            endpoint: Pipeline::new(transport, timer, root, None, way.timeout),
            path: way.dialect.token,
            username,
        })
    }

    /// Who signs in.
    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    /// Signs in. `prompt`: who is asked for a second factor; `None`: nobody can be.
    ///
    /// # Errors
    /// `not_signed_in`: refused, or a second factor is asked for and nobody is there; `unavailable`.
    pub(crate) async fn sign_in(&self, password: &Secret, prompt: Option<&dyn Prompt>) -> Result<Fetched> {
        let mut body = json!({ "username": self.username, "password": password.expose() });
        for _ in 0..FACTORS {
            // A code works once: what may have arrived is never sent again.
            let class = if body.get("transaction_id").is_some() {
                Class::Never
            } else {
                Class::Read
            };
            let request = Request::write(Verb::Post, class, "", self.path, self.path).json(body);
            match said(&self.endpoint.send(&request).await?)? {
                Said::Token(fetched) => return Ok(fetched),
                Said::More { transaction, message } => {
                    let Some(prompt) = prompt else {
                        return Err(Error::new(
                            ErrorCode::NotSignedIn,
                            "not signed in: the service asks for a second factor, and nobody can be asked",
                        )
                        .hint("sign in on a terminal, with auth login; or use a key made for programs: auth = \"api-token\""));
                    };
                    let answer = prompt.answer(&message)?;
                    body = json!({
                        "username": self.username,
                        "password": answer.expose(),
                        "transaction_id": transaction,
                    });
                }
            }
        }
        Err(Error::new(
            ErrorCode::NotSignedIn,
            "not signed in: the service asks for one factor after another",
        )
        .hint("try again, or ask who runs it"))
    }
}

/// Reads an answer of the call.
fn said(response: &Response) -> Result<Said> {
    let body = response.value();
    let result = body.get("result");
    let at = |path: &str| body.pointer(path);
    if let Some(token) = at("/result/value/token").and_then(Value::as_str) {
        let value = Secret::new(token);
        let now = at("/time").and_then(Value::as_f64);
        let lifetime = lifetime(&value, now);
        return Ok(Said::Token(Fetched::alone(value, lifetime)));
    }
    if let Some(transaction) = at("/detail/transaction_id").and_then(Value::as_str) {
        let message = at("/detail/message").and_then(Value::as_str).unwrap_or_default();
        return Ok(Said::More {
            transaction: transaction.to_owned(),
            message: message.to_owned(),
        });
    }
    let code = at("/result/error/code").and_then(Value::as_i64);
    let error = match (response.status, result.is_some()) {
        (401 | 403, true) if code == Some(303) => Error::new(
            ErrorCode::NotSignedIn,
            "not signed in: a policy of the service forbids this account to sign in",
        )
        .hint("ask who runs it: policies of the scope webui, login_mode"),
        (400 | 401, true) => Error::new(
            ErrorCode::NotSignedIn,
            "not signed in: sign-in name or password is wrong",
        )
        .hint("check both; people of a realm sign in as NAME@REALM"),
        (status, true) => Error::new(
            ErrorCode::Unavailable,
            format!("the sign-in service answered with status {status}"),
        )
        .hint("try again later"),
        (status, false) if status >= 500 => Error::new(
            ErrorCode::Unavailable,
            format!("the sign-in service answered with status {status}"),
        )
        .hint("try again later"),
        // Addresses that it does not know are answered with its web page, and status 200.
        (_, false) => Error::new(
            ErrorCode::NotSignedIn,
            "not signed in: there is no sign-in service at this address",
        )
        .hint("check url in the profile: the root of the service, without /auth or /token"),
    };
    Err(match code {
        Some(code) => error.service_code(code.to_string()),
        None => error,
    }
    .request_id(response.request_id.clone()))
}

/// How long a token is good, by the clock of the service that made it: `now` is its time.
fn lifetime(token: &Secret, now: Option<f64>) -> Duration {
    let ends = TokenClaims::read(token).ends_at.map(|at| at.as_second());
    match (ends, now) {
        #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
        (Some(ends), Some(now)) => {
            let left = ends.saturating_sub(now as i64);
            Duration::from_secs(u64::try_from(left).unwrap_or(0))
        }
        _ => USUAL,
    }
}

/// With a password that is at hand.
#[derive(Debug)]
pub(super) struct ByCall {
    pub(super) call: OwnCall,
    pub(super) password: Secret,
    /// The command by which a person signs in.
    pub(super) login: String,
}

#[async_trait]
impl Flow for ByCall {
    async fn fetch(&self, _need: Need<'_>) -> Result<Fetched> {
        let fetched = self.call.sign_in(&self.password, None).await;
        fetched.map_err(|error| match error.hint_text() {
            Some(_) => error,
            None => error.hint(&self.login),
        })
    }
}

/// With a password that somebody types at `auth login`: the token ends, and nothing renews it.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) call: OwnCall,
    /// The command that signs in.
    pub(super) login: String,
}

#[async_trait]
impl Flow for Typed {
    async fn fetch(&self, _need: Need<'_>) -> Result<Fetched> {
        let who = self.call.username();
        Err(Error::new(ErrorCode::NotSignedIn, format!("not signed in as {who}")).hint(&self.login))
    }

    fn is_a_persons(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
