//! The identity services: the registry, one line each, and the way to connect to one. A service knows domain, http and
//! auth; nobody outside knows which service it talks to.

#[cfg(test)]
mod conformance;
mod entra;
mod gate;
mod keycloak;
mod listed;
pub mod local;
mod password;
mod privacyidea;
pub(crate) mod sign_in;
mod steps;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use sha2::{Digest as _, Sha256};

use crate::auth::{Credential, Dialect, SigningIn};
use crate::domain::{
    Bucket, Capabilities, Error, ErrorCode, IdentityService, Limits, Network, Operator, Pace, Result,
    SystemClock, UserId,
};
use crate::http::{
    FileBucket, HttpTransport, Limiter, MemoryBucket, Pipeline, SystemTimer, Timer, Transport, origin,
};

pub use crate::http::{RunningJob, TokenLeft, Traffic};
pub use gate::{Gate, Gated, admit};

/// One service of the registry.
pub struct Service {
    /// Its name in a profile.
    pub name: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// What it can do, without a connection.
    pub capabilities: fn() -> Capabilities,
    /// What its maker documents of its limits.
    limits: Limits,
    /// Roots under which it takes calls in batches.
    batches: &'static [&'static str],
    /// How tokens are asked for.
    dialect: Dialect,
    /// How many more batches, and how many more calls by themselves, it takes at once than is usual.
    wider: (usize, usize),
    make: fn(Link) -> BoxFuture<'static, Box<dyn IdentityService>>,
}

/// Every service, in the order of the tables.
pub static SERVICES: &[Service] = &[
    Service {
        name: "entra",
        title: "Microsoft Entra ID",
        capabilities: entra::declared,
        limits: entra::LIMITS,
        batches: entra::BATCHES,
        dialect: Dialect::MICROSOFT,
        wider: (0, 0),
        make: |link| ready(entra::make(link)).boxed(),
    },
    Service {
        name: "keycloak",
        title: "Keycloak",
        capabilities: keycloak::declared,
        limits: keycloak::LIMITS,
        batches: &[],
        dialect: Dialect::OPENID,
        // Its calls cannot be batched, and it throttles nobody: an overloaded one says 503, and is asked again.
        wider: (0, 8),
        make: |link| keycloak::make(link).boxed(),
    },
    Service {
        name: "local",
        title: "the embedded service",
        capabilities: local::declared,
        // It has none until it is started with --throttle, and then it says so.
        limits: Limits {
            units: None,
            writes: None,
        },
        batches: entra::BATCHES,
        dialect: Dialect::MICROSOFT,
        // Its own calls cannot be batched, and nothing throttles them but --throttle.
        wider: (2, 8),
        make: |link| ready(local::make(link)).boxed(),
    },
    Service {
        name: "privacyidea",
        title: "privacyIDEA",
        capabilities: privacyidea::declared,
        limits: privacyidea::LIMITS,
        batches: &[],
        dialect: Dialect::PRIVACYIDEA,
        // It throttles nobody, and answers slowly: more at once than it has workers only wait there.
        wider: (0, 0),
        make: |link| ready(privacyidea::make(link)).boxed(),
    },
];

impl Service {
    /// Whether somebody can sign in to it this way: one of a profile's `auth`.
    pub(crate) fn takes(&self, way: &str) -> bool {
        self.dialect.takes(way)
    }
}

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
    /// How fast to go; `None`: as fast as the service allows.
    pub pace: Option<Pace>,
    /// How the sign-in is kept, and who can be asked to sign in again.
    pub signing_in: SigningIn,
    /// How the network is reached.
    pub network: Network,
    /// The folder of what the processes of this machine share; `None`: this one shares nothing.
    pub runtime: Option<PathBuf>,
}

/// A connection.
pub struct Connected {
    /// The service, behind the gate.
    pub service: Gated,
    /// Who runs this, as the token says.
    pub operator: Operator,
    /// How fast it can be asked, and that a job runs.
    pub traffic: Option<Traffic>,
    /// What the token says of its holder.
    pub(crate) claims: crate::auth::TokenClaims,
}

/// What a service is made of.
pub(crate) struct Link {
    pub(crate) graph: Pipeline,
    /// The tenant, as the profile names it.
    pub(crate) tenant: String,
    pub(crate) claims: crate::auth::TokenClaims,
}

/// What the maker of a service documents of its limits.
///
/// # Errors
/// `config_invalid` for an unknown service.
pub fn limits(service: &str) -> Result<Limits> {
    find(service).map(|service| service.limits)
}

/// Signs in and connects. Sends one request, for the token, and where it does not tell what the account may do, one for that.
///
/// # Errors
/// `config_invalid` for addresses that are not https or loopback and for an unknown service, `not_signed_in`,
/// `token_rejected` for a token of another tenant, `unavailable`, `timed_out`.
pub async fn connect(options: ConnectOptions) -> Result<Connected> {
    let transport = Arc::new(HttpTransport::new(options.network.clone()));
    connect_through(options, transport).await
}

async fn connect_through(options: ConnectOptions, transport: Arc<dyn Transport>) -> Result<Connected> {
    let service = find(&options.service)?;
    let link = link(&options, transport, Arc::new(SystemTimer::default())).await?;
    let operator = link.claims.operator();
    let traffic = link.graph.traffic();
    let claims = link.claims.clone();
    Ok(Connected {
        claims,
        service: Gated::new((service.make)(link).await),
        operator,
        traffic,
    })
}

/// Signs in, and gives the pipeline with what the token says.
async fn link(
    options: &ConnectOptions,
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
) -> Result<Link> {
    let service = find(&options.service)?;
    let graph = origin(&options.graph)?;
    let timeout = options.timeout;
    let tokens = sign_in::source(options, transport.clone(), timer.clone())?;
    let claims = tokens.claims().await?;
    let limiter = limiter(options, service.limits, &claims, timer.clone());
    let pipeline = Pipeline::new(transport, timer, graph, Some(Arc::new(tokens)), timeout);
    let pipeline = if service.dialect.own {
        pipeline.bare()
    } else {
        pipeline
    };
    Ok(Link {
        graph: pipeline
            .paced(Arc::new(limiter), service.batches)
            .widened(service.wider),
        tenant: options.tenant.clone(),
        claims,
    })
}

/// The limiter of a service, tenant and application, which all processes of this machine share.
fn limiter(
    options: &ConnectOptions,
    limits: Limits,
    claims: &crate::auth::TokenClaims,
    timer: Arc<dyn Timer>,
) -> Limiter {
    let tenant = claims.tenant.as_deref().unwrap_or(&options.tenant);
    let application = claims.app_id.as_deref().unwrap_or_default();
    let file = options.runtime.as_ref().and_then(|folder| {
        let digest = Sha256::digest(format!("{}\n{tenant}\n{application}", options.graph));
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("pace-{name}.json"));
        FileBucket::open(&path, Arc::new(SystemClock), limits)
            .inspect_err(|error| tracing::debug!(%error, "no shared pace"))
            .ok()
    });
    let bucket: Arc<dyn Bucket> = match file {
        Some(file) => Arc::new(file),
        None => Arc::new(MemoryBucket::new(timer.clone(), limits)),
    };
    Limiter::new(bucket, timer, limits, options.pace)
}

/// Whether this account is the one behind the token.
pub(crate) fn is_own(claims: &crate::auth::TokenClaims, user: &UserId) -> bool {
    claims.delegated
        && claims
            .object_id
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(&user.0))
}
