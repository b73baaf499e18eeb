//! A code that a person types in a browser elsewhere (RFC 8628), and waiting until that is done.

use std::time::Duration;

use oauth2::PkceCodeChallenge;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::Application;
use crate::auth::errors;
use crate::auth::flow::{Fetched, send, taken};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::{Class, Response};

/// Added each time that the service asks to slow down (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// A code, and where to type it.
#[derive(Debug)]
pub(crate) struct DeviceCode {
    device_code: Secret,
    /// What the person types.
    pub(crate) user_code: String,
    /// Where.
    pub(crate) address: String,
    /// How long it works.
    pub(crate) lifetime: Duration,
    interval: Duration,
    /// What proves that the one who waits is the one who asked, where the service binds the code.
    verifier: Option<Secret>,
}

impl Application {
    /// Asks for a code.
    ///
    /// # Errors
    /// `not_signed_in`: the service refuses; `unavailable`.
    pub(crate) async fn device_code(&self) -> Result<DeviceCode> {
        let bound = self
            .dialect
            .bound_devices
            .then(PkceCodeChallenge::new_random_sha256);
        let form = Serializer::new(String::new())
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &self.scope)
            .extend_pairs(bound.iter().flat_map(|(challenge, _)| {
                [
                    ("code_challenge", challenge.as_str()),
                    ("code_challenge_method", "S256"),
                ]
            }))
            .finish();
        let answer = send(
            &self.endpoint,
            Class::Read,
            self.dialect.device,
            self.dialect.device,
            form,
        )
        .await?;
        if !answer.ok() {
            return Err(errors::refused(&answer));
        }
        let mut code = read(&answer).ok_or_else(|| {
            Error::new(ErrorCode::NotSignedIn, "not signed in: the service gave no code")
                .hint("check authority and tenant in the profile")
        })?;
        code.verifier = bound.map(|(_, verifier)| Secret::new(verifier.secret()));
        Ok(code)
    }

    /// Waits until the code was typed and answered, asking as often as the service wants to be asked.
    ///
    /// # Errors
    /// `not_signed_in`: it was declined, or its time is over; `unavailable`.
    pub(crate) async fn wait_for(&self, code: &DeviceCode, claims: Option<&str>) -> Result<Fetched> {
        let end = self.endpoint.now() + code.lifetime;
        let mut interval = code.interval;
        let verifier = code.verifier.as_ref();
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
            .append_pair("client_id", &self.client_id)
            .append_pair("device_code", code.device_code.expose())
            .append_pair("claims", &super::merged(claims))
            .extend_pairs(verifier.map(|verifier| ("code_verifier", verifier.expose())))
            .finish();
        loop {
            self.endpoint.pause(interval).await;
            if self.endpoint.now() >= end {
                return Err(expired());
            }
            // The answer that brings the tokens comes once.
            let answer = send(
                &self.endpoint,
                Class::Never,
                self.dialect.token,
                self.dialect.token,
                form.clone(),
            )
            .await?;
            if answer.ok() {
                return taken(&answer);
            }
            let body = answer.value();
            match body.get("error").and_then(Value::as_str) {
                Some("authorization_pending") => {}
                Some("slow_down") => interval += SLOWER,
                Some("authorization_declined" | "access_denied") => {
                    return Err(Error::new(
                        ErrorCode::NotSignedIn,
                        "not signed in: the sign-in was declined on the page",
                    )
                    .hint("begin again, if that was a mistake"));
                }
                Some("expired_token" | "code_expired") => return Err(expired()),
                _ if answer.status >= 500 => {}
                _ => return Err(errors::refused(&answer)),
            }
        }
    }
}

fn expired() -> Error {
    Error::new(
        ErrorCode::NotSignedIn,
        "not signed in: nobody answered before the code expired",
    )
    .hint("begin again, and type the code in time")
}

fn read(answer: &Response) -> Option<DeviceCode> {
    let body = answer.json().ok()?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let seconds = |key: &str| body.get(key).and_then(Value::as_u64).map(Duration::from_secs);
    Some(DeviceCode {
        device_code: Secret::new(text("device_code")?),
        user_code: text("user_code")?.to_owned(),
        address: text("verification_uri")
            .or_else(|| text("verification_url"))?
            .to_owned(),
        lifetime: seconds("expires_in").unwrap_or(Duration::from_secs(900)),
        // RFC 8628, 3.2: five seconds where nothing is said.
        interval: seconds("interval").unwrap_or(SLOWER),
        verifier: None,
    })
}
