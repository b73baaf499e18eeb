//! How to sign in, as a profile says it, and the flow that does it.

use std::sync::Arc;
use std::time::Duration;

use super::assertion::{Assertion, Source};
use super::certificate::Identity;
use super::command::AzureCli;
use super::dialect::Dialect;
use super::flow::Flow;
use super::given::Given;
use super::managed_identity::{Host, ManagedIdentity};
use super::posted::{Posted, Proof};
use crate::domain::{Result, Secret};
use crate::http::{Pipeline, Timer, Transport, origin};

/// How to sign in. Debug shows no secret.
#[derive(Clone, Debug)]
pub enum Credential {
    /// As an application, with its secret.
    ClientSecret {
        /// The application's id.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// As an application, with its certificate.
    Certificate {
        /// The application's id.
        client_id: String,
        /// The certificate and its key.
        identity: Identity,
    },
    /// As an application, with a token of an issuer outside that it trusts.
    Federated {
        /// The application's id.
        client_id: String,
        /// Where that token comes from.
        assertion: Source,
    },
    /// As the machine that this runs on.
    ManagedIdentity {
        /// Which identity, where the machine has several.
        client_id: Option<String>,
        /// Whom to ask.
        host: Host,
    },
    /// As whoever is signed in to the Azure CLI.
    AzureCli,
    /// With a token that somebody hands over.
    Token(Secret),
    /// As a person, with sign-in name and password, through an application.
    Password {
        /// The application's id.
        client_id: String,
        /// Its secret, where it is a confidential one.
        client_secret: Option<Secret>,
        /// The sign-in name.
        username: String,
        /// The password.
        password: Secret,
    },
}

/// The way to whoever hands out tokens.
pub(crate) struct Way<'a> {
    /// The one HTTP client.
    pub(crate) transport: Arc<dyn Transport>,
    /// Time.
    pub(crate) timer: Arc<dyn Timer>,
    /// Root of the token endpoint, with the tenant.
    pub(crate) authority: &'a str,
    /// How tokens are asked for there.
    pub(crate) dialect: Dialect,
    /// The service that tokens are for.
    pub(crate) audience: &'a str,
    /// The tenant.
    pub(crate) tenant: &'a str,
    /// How long one call may take with all its tries.
    pub(crate) timeout: Duration,
}

impl Credential {
    /// The flow that signs in so. Sends nothing yet.
    ///
    /// # Errors
    /// `config_invalid` for an address that is neither https nor on this machine.
    pub(crate) fn flow(&self, way: &Way<'_>) -> Result<Box<dyn Flow>> {
        let Way {
            transport,
            timer,
            authority,
            dialect,
            audience,
            tenant,
            timeout,
        } = way;
        let resource = audience.trim_end_matches('/').to_owned();
        let proof = match self.clone() {
            Self::ClientSecret { client_id, secret } => Proof::Secret { client_id, secret },
            Self::Certificate { client_id, identity } => Proof::Certificate { client_id, identity },
            Self::Federated { client_id, assertion } => Proof::Federated {
                client_id,
                assertion: Assertion {
                    source: assertion,
                    transport: Arc::clone(transport),
                    timer: Arc::clone(timer),
                },
            },
            Self::Password {
                client_id,
                client_secret,
                username,
                password,
            } => Proof::Password {
                client_id,
                client_secret,
                username,
                password,
            },
            Self::ManagedIdentity { client_id, host } => {
                return Ok(Box::new(ManagedIdentity {
                    host,
                    resource,
                    client_id,
                    transport: Arc::clone(transport),
                    timer: Arc::clone(timer),
                }));
            }
            Self::AzureCli => {
                let tenant = (*tenant).to_owned();
                return Ok(Box::new(AzureCli { tenant, resource }));
            }
            Self::Token(token) => return Ok(Box::new(Given(token))),
        };
        let root = origin(authority)?;
        Ok(Box::new(Posted {
            address: format!("{}{}", root.as_str().trim_end_matches('/'), dialect.token),
            endpoint: Pipeline::new(Arc::clone(transport), Arc::clone(timer), root, None, *timeout),
            path: dialect.token,
            scope: dialect.scope.then(|| format!("{resource}/.default")),
            proof,
        }))
    }
}
