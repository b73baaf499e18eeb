//! The identity services: the registry, one line each, and the way to connect to one. A service knows domain, http and
//! auth; nobody outside knows which service it talks to.

#[cfg(test)]
mod conformance;
mod entra;
mod gate;
pub mod local;

use std::sync::Arc;
use std::time::Duration;

use crate::auth::{Credential, TokenSource, Way};
use crate::domain::{Capabilities, Error, ErrorCode, IdentityService, Operator, Result, UserId};
use crate::http::{HttpTransport, Pipeline, SystemTimer, Timer, Transport, origin};

pub use gate::{Gate, Gated, admit};

/// One service of the registry.
pub struct Service {
    /// Its name in a profile.
    pub name: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// What it can do, without a connection.
    pub capabilities: fn() -> Capabilities,
    make: fn(Link) -> Box<dyn IdentityService>,
}

/// Every service, in the order of the tables.
pub static SERVICES: &[Service] = &[
    Service {
        name: "entra",
        title: "Microsoft Entra ID",
        capabilities: entra::declared,
        make: entra::make,
    },
    Service {
        name: "local",
        title: "the embedded service",
        capabilities: local::declared,
        make: local::make,
    },
];

/// The service of this name.
///
/// # Errors
/// `config_invalid`, naming those that there are.
pub fn find(name: &str) -> Result<&'static Service> {
    SERVICES
        .iter()
        .find(|service| service.name == name)
        .ok_or_else(|| {
            let names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("there is no service \"{name}\""),
            )
            .hint(format!("set service to one of: {}", names.join(", ")))
        })
}

/// Where to connect, and as whom.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// The service's name in the registry.
    pub service: String,
    /// Root of Graph, without the version: `https://graph.microsoft.com`.
    pub graph: String,
    /// Root of the token endpoint, with the tenant: `https://login.microsoftonline.com/TENANT`.
    pub authority: String,
    /// The tenant, as the profile names it; a token of another one, where both are ids, is refused.
    pub tenant: String,
    /// How to sign in.
    pub credential: Credential,
    /// How long one call may take with all its tries.
    pub timeout: Duration,
}

/// A connection.
pub struct Connected {
    /// The service, behind the gate.
    pub service: Gated,
    /// Who runs this, as the token says.
    pub operator: Operator,
}

/// What a service is made of.
pub(crate) struct Link {
    pub(crate) graph: Pipeline,
    pub(crate) claims: crate::auth::TokenClaims,
}

/// Signs in and connects. Sends one request, for the token.
///
/// # Errors
/// `config_invalid` for addresses that are not https or loopback and for an unknown service, `not_signed_in`,
/// `token_rejected` for a token of another tenant, `unavailable`, `timed_out`.
pub async fn connect(options: ConnectOptions) -> Result<Connected> {
    connect_through(options, Arc::new(HttpTransport::default())).await
}

async fn connect_through(options: ConnectOptions, transport: Arc<dyn Transport>) -> Result<Connected> {
    let service = find(&options.service)?;
    let link = link(&options, transport, Arc::new(SystemTimer::default())).await?;
    let operator = link.claims.operator();
    Ok(Connected {
        service: Gated::new((service.make)(link)),
        operator,
    })
}

/// Signs in, and gives the pipeline with what the token says.
async fn link(
    options: &ConnectOptions,
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
) -> Result<Link> {
    let graph = origin(&options.graph)?;
    let timeout = options.timeout;
    let flow = options.credential.flow(&Way {
        transport: transport.clone(),
        timer: timer.clone(),
        authority: &options.authority,
        audience: graph.as_str(),
        tenant: &options.tenant,
        timeout,
    })?;
    let tokens = TokenSource::new(flow, timer.clone());
    let claims = tokens.claims().await?;
    if let Some(actual) = &claims.tenant
        && is_guid(&options.tenant)
        && is_guid(actual)
        && !actual.eq_ignore_ascii_case(&options.tenant)
    {
        return Err(Error::new(
            ErrorCode::TokenRejected,
            format!("the token is of another tenant, {actual}"),
        )
        .hint("check tenant and authority in the profile; nothing was sent"));
    }
    Ok(Link {
        graph: Pipeline::new(transport, timer, graph, Some(Arc::new(tokens)), timeout),
        claims,
    })
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// Whether this account is the one behind the token.
pub(crate) fn is_own(claims: &crate::auth::TokenClaims, user: &UserId) -> bool {
    claims.delegated
        && claims
            .object_id
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(&user.0))
}
