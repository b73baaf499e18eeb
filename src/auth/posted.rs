//! Ways to sign in that post one form to the token endpoint: as an application by secret, certificate, private key or
//! outside token; as a person with name and password.

use async_trait::async_trait;
use url::form_urlencoded::Serializer;

use super::assertion::Assertion;
use super::certificate::Identity;
use super::flow::{Fetched, Flow, Need, post};
use crate::domain::{Clock as _, Result, Secret, SystemClock};
use crate::http::{Class, Pipeline};

/// The one type of assertion (RFC 7523; E:certificate-credentials).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What proves who asks.
#[derive(Debug)]
pub(super) enum Proof {
    /// The application's secret.
    Secret { client_id: String, secret: Secret },
    /// The application's certificate, or its private key alone.
    Signed { client_id: String, identity: Identity },
    /// A token of an issuer outside that stands for the application.
    Federated { client_id: String, assertion: Assertion },
    /// A person's sign-in name and password, through an application.
    Password {
        client_id: String,
        client_secret: Option<Secret>,
        username: String,
        password: Secret,
    },
}

/// One of them, and where it is posted to.
pub(super) struct Posted {
    pub(super) endpoint: Pipeline,
    /// The address of the token endpoint: the audience of assertions.
    pub(super) address: String,
    /// The same under the authority.
    pub(super) path: &'static str,
    pub(super) scope: Option<String>,
    pub(super) proof: Proof,
}

impl std::fmt::Debug for Posted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Posted")
            .field("address", &self.address)
            .field("scope", &self.scope)
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}

impl Posted {
    /// The form of the request: the one place where the credential is written out.
    async fn form(&self, claims: Option<&str>) -> Result<String> {
        // Fetched before the form is begun: a serializer does not cross an await.
        let assertion = match &self.proof {
            Proof::Signed { client_id, identity } => {
                Some(identity.assertion(client_id, &self.address, SystemClock.now())?)
            }
            Proof::Federated { assertion, .. } => Some(assertion.fetch().await?),
            Proof::Secret { .. } | Proof::Password { .. } => None,
        };
        let mut form = Serializer::new(String::new());
        match &self.proof {
            Proof::Secret { client_id, secret } => {
                form.append_pair("grant_type", "client_credentials")
                    .append_pair("client_id", client_id)
                    .append_pair("client_secret", secret.expose());
            }
            Proof::Signed { client_id, .. } | Proof::Federated { client_id, .. } => {
                form.append_pair("grant_type", "client_credentials")
                    .append_pair("client_id", client_id)
                    .append_pair("client_assertion_type", JWT_BEARER);
                if let Some(assertion) = &assertion {
                    form.append_pair("client_assertion", assertion.expose());
                }
            }
            Proof::Password {
                client_id,
                client_secret,
                username,
                password,
            } => {
                form.append_pair("grant_type", "password")
                    .append_pair("client_id", client_id);
                if let Some(secret) = client_secret {
                    form.append_pair("client_secret", secret.expose());
                }
                form.append_pair("username", username)
                    .append_pair("password", password.expose());
            }
        }
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        if let Some(claims) = claims {
            form.append_pair("claims", claims);
        }
        Ok(form.finish())
    }
}

#[async_trait]
impl Flow for Posted {
    async fn fetch(&self, need: Need<'_>) -> Result<Fetched> {
        // Asking twice gives two tokens and changes nothing.
        post(
            &self.endpoint,
            self.path,
            Class::Read,
            self.form(need.claims).await?,
        )
        .await
    }
}
