//! Signing in to the service of a connection, before anything is asked of it: tokens, where they are kept, and the
//! application through which people sign in.

use std::sync::Arc;

use super::ConnectOptions;
use crate::auth::{Addressee, Application, Credential, OwnCall, Place, SigningIn, Store, TokenSource, Way};
use crate::domain::{Error, ErrorCode, Result};
use crate::http::{HttpTransport, SystemTimer, Timer, Transport, origin};

/// Runs `with` the way to whoever hands out tokens for this connection.
fn on_the_way<T>(
    options: &ConnectOptions,
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
    with: impl FnOnce(&Way<'_>) -> Result<T>,
) -> Result<T> {
    let graph = origin(&options.graph)?;
    with(&Way {
        transport,
        timer,
        authority: &options.authority,
        dialect: super::find(&options.service)?.dialect,
        audience: graph.as_str(),
        tenant: &options.tenant,
        login: &options.signing_in.login,
        timeout: options.timeout,
    })
}

fn own_way<T>(options: &ConnectOptions, with: impl FnOnce(&Way<'_>) -> Result<T>) -> Result<T> {
    let transport = Arc::new(HttpTransport::new(options.network.clone()));
    on_the_way(options, transport, Arc::new(SystemTimer::default()), with)
}

/// The tokens of a connection. Sends nothing.
///
/// # Errors
/// `config_invalid`, `file_unreadable`.
pub(super) fn source(
    options: &ConnectOptions,
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
) -> Result<TokenSource> {
    let flow = on_the_way(options, transport, timer.clone(), |way| {
        options.credential.flow(way)
    })?;
    let SigningIn { again, .. } = &options.signing_in;
    let tokens = TokenSource::new(flow, timer)
        .checked(addressee(options)?)
        .asking(again.clone());
    Ok(match place(options)? {
        Some((place, store)) => tokens.kept(place, store),
        None => tokens,
    })
}

/// The same, on a way of its own.
///
/// # Errors
/// As [`source`].
pub(crate) fn tokens(options: &ConnectOptions) -> Result<TokenSource> {
    let transport = Arc::new(HttpTransport::new(options.network.clone()));
    source(options, transport, Arc::new(SystemTimer::default()))
}

/// The tenant and the service that tokens of this connection must be for.
///
/// # Errors
/// `config_invalid` for an address that will not do.
pub(crate) fn addressee(options: &ConnectOptions) -> Result<Addressee> {
    Ok(Addressee::new(&options.tenant, origin(&options.graph)?.as_str()))
}

/// Where the sign-in of this connection is kept, and, of an application, in which store; `None`: it is not kept.
///
/// # Errors
/// `config_invalid`, `file_unreadable`.
pub(crate) fn place(options: &ConnectOptions) -> Result<Option<(Place, Option<Store>)>> {
    let Some(keeping) = &options.signing_in.keeping else {
        return Ok(None);
    };
    let graph = origin(&options.graph)?;
    options
        .credential
        .place(keeping, &options.authority, &options.tenant, graph.as_str())
}

/// The application through which people sign in to this connection.
///
/// # Errors
/// `config_invalid`: nobody signs in there as a person.
pub(crate) fn application(options: &ConnectOptions) -> Result<Application> {
    let client_id = options
        .credential
        .client_id()
        .filter(|_| options.credential.is_a_persons());
    match client_id {
        Some(client_id) => own_way(options, |way| Application::new(way, client_id.to_owned())),
        None => Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!(
                "the profile signs in by {}, and nobody types anything for that",
                options.credential.way()
            ),
        )
        .hint("set auth = \"browser\" or auth = \"device-code\" to sign in as yourself")),
    }
}

/// The call of the service's own by which people sign in to this connection.
///
/// # Errors
/// `config_invalid`: nobody signs in there so.
pub(crate) fn own_call(options: &ConnectOptions) -> Result<OwnCall> {
    match &options.credential {
        Credential::Prompted { username } => own_way(options, |way| OwnCall::new(way, username.clone())),
        other => Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!(
                "the profile signs in by {}, and nobody types anything for that",
                other.way()
            ),
        )),
    }
}
