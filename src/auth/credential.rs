//! How to sign in, as a profile says it, and the flow that does it.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::assertion::Assertion;
use super::certificate::Identity;
use super::command::AzureCli;
use super::dialect::Dialect;
use super::flow::Flow;
use super::given::Given;
use super::kept::{Keeping, Place, Store, TokenStore, Whose};
use super::managed_identity::{Host, ManagedIdentity};
use super::own_call::{ByCall, OwnCall, Typed};
use super::person::{Application, Renewed};
use super::posted::{Posted, Proof};
use crate::domain::{AssertionSource, Result, Secret};
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
    /// As an application, with its private key, of which the service knows the public half.
    PrivateKey {
        /// The application's id.
        client_id: String,
        /// The key.
        identity: Identity,
    },
    /// As an application, with a token of an issuer outside that it trusts.
    Federated {
        /// The application's id.
        client_id: String,
        /// Where that token comes from.
        assertion: AssertionSource,
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
    /// With a key that the service made for this use.
    ApiToken(Secret),
    /// As a person who types the password at the service's own sign-in.
    Prompted {
        /// The sign-in name.
        username: String,
    },
    /// As a person, in a browser on this machine.
    Browser {
        /// The application's id.
        client_id: String,
    },
    /// As a person, in a browser elsewhere.
    DeviceCode {
        /// The application's id.
        client_id: String,
    },
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
    /// The command by which a person signs in.
    pub(crate) login: &'a str,
    /// How long one call may take with all its tries.
    pub(crate) timeout: Duration,
}

/// Secrets of fewer letters may be guessed, so that nothing is kept under them.
const STRONG: usize = 24;

impl Credential {
    /// Its name in a profile.
    pub(crate) const fn way(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "client-secret",
            Self::Certificate { .. } => "certificate",
            Self::PrivateKey { .. } => "private-key",
            Self::Federated { .. } => "federated",
            Self::ManagedIdentity { .. } => "managed-identity",
            Self::AzureCli => "azure-cli",
            Self::Token(_) => "token",
            Self::ApiToken(_) => "api-token",
            Self::Password { .. } | Self::Prompted { .. } => "password",
            Self::Browser { .. } => "browser",
            Self::DeviceCode { .. } => "device-code",
        }
    }

    /// Whether a person signs in by `auth login`.
    pub(crate) const fn is_a_persons(&self) -> bool {
        matches!(
            self,
            Self::Browser { .. } | Self::DeviceCode { .. } | Self::Prompted { .. }
        )
    }

    /// The application that asks, where one is named.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::ClientSecret { client_id, .. }
            | Self::Certificate { client_id, .. }
            | Self::PrivateKey { client_id, .. }
            | Self::Federated { client_id, .. }
            | Self::Password { client_id, .. }
            | Self::Browser { client_id }
            | Self::DeviceCode { client_id } => Some(client_id.as_str()).filter(|id| !id.is_empty()),
            Self::ManagedIdentity { client_id, .. } => client_id.as_deref(),
            Self::AzureCli | Self::Token(_) | Self::ApiToken(_) | Self::Prompted { .. } => None,
        }
    }

    /// Whose sign-in it is, as it is kept; `None`: it is not kept. `audience`: the service that tokens are for.
    pub(crate) fn whose<'a>(
        &'a self,
        profile: &'a str,
        authority: &'a str,
        tenant: &'a str,
        audience: &'a str,
    ) -> Option<Whose<'a>> {
        let (way, account) = match self {
            // Both have what they need at hand, and their own rules of keeping it.
            Self::Token(_) | Self::ApiToken(_) | Self::AzureCli => return None,
            Self::Password { username, .. } => ("password", username.as_str()),
            Self::Prompted { username } => ("person", username.as_str()),
            // One sign-in serves, whichever browser it went through.
            Self::Browser { .. } | Self::DeviceCode { .. } => ("person", ""),
            other => (other.way(), ""),
        };
        Some(Whose {
            profile,
            authority,
            tenant,
            audience,
            client_id: self.client_id().unwrap_or_default(),
            way,
            account,
        })
    }

    /// Where its sign-in is kept, and, of an application, in which store; `None`: it is not kept.
    ///
    /// # Errors
    /// `file_unreadable`, `config_invalid` for a key file that will not do.
    pub(crate) fn place(
        &self,
        keeping: &Keeping,
        authority: &str,
        tenant: &str,
        audience: &str,
    ) -> Result<Option<(Place, Option<Store>)>> {
        let Some(whose) = self.whose(&keeping.profile, authority, tenant, audience) else {
            return Ok(None);
        };
        if keeping.store == TokenStore::Memory {
            return Ok(None);
        }
        let place = Place::new(keeping, &whose, self.own());
        if self.is_a_persons() {
            return Ok(Some((place, None)));
        }
        let store = place.of_application()?;
        Ok(store.map(|store| (place, Some(store))))
    }

    /// What of it is as good as a random key, and known to whoever may sign in alone.
    pub(crate) fn own(&self) -> Option<Zeroizing<Vec<u8>>> {
        let secret = match self {
            Self::ClientSecret { secret, .. } if secret.expose().len() >= STRONG => secret,
            Self::Certificate { identity, .. } | Self::PrivateKey { identity, .. } => identity.own(),
            _ => return None,
        };
        Some(Zeroizing::new(secret.expose().as_bytes().to_vec()))
    }

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
            login,
            timeout,
        } = way;
        let resource = audience.trim_end_matches('/').to_owned();
        if let (
            true,
            Self::Password {
                username, password, ..
            },
        ) = (dialect.own, self)
        {
            return Ok(Box::new(ByCall {
                call: OwnCall::new(way, username.clone())?,
                password: password.clone(),
                login: (*login).to_owned(),
            }));
        }
        let proof = match self.clone() {
            Self::ClientSecret { client_id, secret } => Proof::Secret { client_id, secret },
            Self::Certificate { client_id, identity } | Self::PrivateKey { client_id, identity } => {
                Proof::Signed { client_id, identity }
            }
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
            Self::Token(token) => {
                let variable = "MFACTL_TOKEN";
                return Ok(Box::new(Given { token, variable }));
            }
            Self::ApiToken(token) => {
                let variable = "MFACTL_API_TOKEN";
                return Ok(Box::new(Given { token, variable }));
            }
            Self::Prompted { username } => {
                let call = OwnCall::new(way, username)?;
                let login = (*login).to_owned();
                return Ok(Box::new(Typed { call, login }));
            }
            Self::Browser { client_id } | Self::DeviceCode { client_id } => {
                let application = Application::new(way, client_id)?;
                let login = (*login).to_owned();
                return Ok(Box::new(Renewed { application, login }));
            }
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
