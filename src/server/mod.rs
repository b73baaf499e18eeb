//! The embedded identity service: axum and SQLite, speaking the dialect of Microsoft Graph, with what Graph lacks
//! under a prefix of its own. For trying and testing; it keeps demo data, not a production directory.
//!
//! Imports `domain` and nothing else of this program: its clients reach it over HTTP like any other service.

mod auth;
mod caller;
mod clock;
mod demo;
mod error;
mod evaluate;
mod ext;
mod faults;
mod file;
mod graph;
mod keys;
mod record;
mod secrets;
mod secure;
mod spawn;
mod state;
mod store;
mod token;
mod verification;
mod webauthn;

#[cfg(test)]
pub(crate) use webauthn::authenticator;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::domain::{Clock, SystemClock};

pub use faults::Rate;
pub use file::{restore, wipe};
use record::Recorder;
pub use secure::{Made, Tls, make_certificate};
pub use spawn::{Endpoint, Options, Running, spawn};
pub(crate) use state::AppState;
pub use token::{Federated, Trusted};

/// The whole service as one router.
fn router(state: Arc<AppState>, recorder: Option<Arc<Recorder>>) -> Router {
    let mut router = Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(token::issue))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(token::device_code))
        .route("/{tenant}/oauth2/v2.0/revoke", post(token::revoke))
        .route(
            "/{tenant}/oauth2/v2.0/authorize",
            get(token::page::authorize).post(token::page::signed),
        )
        .route(
            "/{tenant}/oauth2/v2.0/deviceauth",
            get(token::page::device).post(token::page::device_answered),
        )
        .route("/{tenant}/oauth2/v2.0/logout", get(token::page::logout))
        .route("/{tenant}/discovery/instance", get(token::instance))
        .route("/metadata/identity/oauth2/token", get(token::managed_identity))
        .route("/msi/token", get(token::app_service))
        .route("/subscriptions", get(token::subscriptions))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(token::discovery),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(token::keys))
        .route("/v1.0/$metadata", get(graph::metadata::stable))
        .route("/beta/$metadata", get(graph::metadata::beta))
        .fallback(graph::serve);
    if !state.graph_only {
        router = router.nest("/mfactl/v1", ext::router());
    }
    if !state.faults.is_idle() {
        router = router.layer(from_fn_with_state(Arc::clone(&state), faults::act));
    }
    router = router.layer(from_fn(error::finish));
    if let Some(recorder) = recorder {
        router = router.layer(from_fn_with_state(recorder, record::keep));
    }
    router.with_state(state)
}

/// The machine's clock, in milliseconds: for what is not bound to the service's own clock.
fn machine_ms() -> i64 {
    SystemClock.now().as_millisecond()
}

#[cfg(test)]
mod tests;
