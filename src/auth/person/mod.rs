//! Signing in as a person: in a browser on this machine, or with a code in one elsewhere; and how the sign-in goes on by
//! its refresh token. Whom to tell and what to open is for the command line.

mod browser;
mod device;
mod loopback;
mod page;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

pub(crate) use browser::{Browser, InBrowser, challenge, open};

use super::credential::Way;
use super::dialect::Dialect;
use super::flow::{self, Fetched, Flow, Need, post};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::{Class, Pipeline, Request, origin};

/// What the client can do, so that the service may end sessions at once and ask for more (E:claims-challenge).
const CAPABLE: &str = "cp1";

/// An application through which people sign in. It has no secret: it runs on their machines.
pub(crate) struct Application {
    endpoint: Pipeline,
    /// Root of the authority, with the tenant, without a slash at its end.
    authority: String,
    client_id: String,
    scope: String,
    dialect: Dialect,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application")
            .field("authority", &self.authority)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl Application {
    /// The application on its way. Sends nothing.
    ///
    /// # Errors
    /// `config_invalid` for an address that is neither https nor on this machine.
    pub(crate) fn new(way: &Way<'_>, client_id: String) -> Result<Self> {
        let root = origin(way.authority)?;
        let authority = root.as_str().trim_end_matches('/').to_owned();
        let (transport, timer) = (Arc::clone(&way.transport), Arc::clone(&way.timer));
        Ok(Self {
            endpoint: Pipeline::new(transport, timer, root, None, way.timeout),
            authority,
            client_id,
            scope: if way.dialect.scope {
                let service = way.audience.trim_end_matches('/');
                format!("{service}/.default offline_access openid profile")
            } else {
                "openid profile".to_owned()
            },
            dialect: way.dialect,
        })
    }

    /// Posts a form for a token, with what every such form has. What it redeems works once, so that it is never sent
    /// twice.
    async fn redeem(&self, fields: &[(&str, &str)], claims: Option<&str>) -> Result<Fetched> {
        let form = Serializer::new(String::new())
            .extend_pairs(fields)
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &self.scope)
            .append_pair("claims", &merged(claims))
            .finish();
        post(&self.endpoint, self.dialect.token, Class::Never, form).await
    }

    /// The next tokens of a sign-in.
    ///
    /// # Errors
    /// `not_signed_in`: it has ended; `unavailable`.
    pub(crate) async fn renew(&self, refresh: &Secret, claims: Option<&str>) -> Result<Fetched> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
        ];
        self.redeem(&fields, claims).await
    }

    /// Ends a sign-in at the service, where it has a way to do that (RFC 7009); `false`: it has none.
    ///
    /// # Errors
    /// That the service cannot be reached, or refuses.
    pub(crate) async fn revoke(&self, refresh: &Secret) -> Result<bool> {
        let discovery = self.dialect.discovery;
        let known = self
            .endpoint
            .send(&Request::get("", discovery, discovery))
            .await?
            .value();
        let end = known.get("revocation_endpoint").and_then(Value::as_str);
        // The token goes to the authority alone.
        let path = end.and_then(|end| end.strip_prefix(&self.authority));
        let Some(path) = path.filter(|path| path.starts_with('/')) else {
            return Ok(false);
        };
        let form = Serializer::new(String::new())
            .append_pair("token", refresh.expose())
            .append_pair("token_type_hint", "refresh_token")
            .append_pair("client_id", &self.client_id)
            .finish();
        let answer = flow::send(&self.endpoint, Class::Idempotent, path, "/revoke", form).await?;
        if answer.ok() {
            Ok(true)
        } else {
            Err(super::errors::refused(&answer))
        }
    }
}

/// What the service asked for, together with what this client can do.
fn merged(claims: Option<&str>) -> String {
    let asked = claims.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut all = asked.filter(Value::is_object).unwrap_or_else(|| json!({}));
    if !all["access_token"].is_object() {
        all["access_token"] = json!({});
    }
    all["access_token"]["xms_cc"] = json!({"values": [CAPABLE]});
    all.to_string()
}

/// A person's sign-in that goes on by its refresh token.
#[derive(Debug)]
pub(super) struct Renewed {
    pub(super) application: Application,
    /// The command that signs in.
    pub(super) login: String,
}

#[async_trait]
impl Flow for Renewed {
    async fn fetch(&self, need: Need<'_>) -> Result<Fetched> {
        let Some(refresh) = need.refresh else {
            return Err(Error::new(ErrorCode::NotSignedIn, "not signed in").hint(&self.login));
        };
        match self.application.renew(refresh, need.claims).await {
            Err(error) if error.code() == ErrorCode::NotSignedIn => Err(self.ended(&error, need.claims)),
            renewed => renewed,
        }
    }

    fn is_a_persons(&self) -> bool {
        true
    }
}

impl Renewed {
    /// What is said of a sign-in that does not go on, with the command that begins another.
    fn ended(&self, error: &Error, claims: Option<&str>) -> Error {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let body = error.to_body();
        let message = match claims {
            Some(_) => "not signed in: the service asks for more than the last sign-in proved".to_owned(),
            None if body.service_code.as_deref() == Some("invalid_grant") => {
                "not signed in: the last sign-in has ended".to_owned()
            }
            None => body.message,
        };
        let hint = match claims {
            Some(claims) => format!(
                "{} --claims-challenge {}",
                self.login,
                URL_SAFE_NO_PAD.encode(claims)
            ),
            None => self.login.clone(),
        };
        let told = Error::new(ErrorCode::NotSignedIn, message)
            .hint(hint)
            .request_id(body.request_id);
        match body.service_code {
            Some(code) => told.service_code(code),
            None => told,
        }
    }
}

#[cfg(test)]
mod tests;
