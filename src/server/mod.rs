//! The embedded identity service: axum and SQLite, speaking the dialect of Microsoft Graph, with what Graph lacks
//! under a prefix of its own. For trying and testing; it keeps demo data, not a production directory.
//!
//! Imports `domain` and nothing else of this program: its clients reach it over HTTP like any other service.

mod auth;
mod demo;
mod error;
mod file;
mod graph;
mod keys;
mod spawn;
mod state;
mod store;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::domain::{Clock, SystemClock};

pub use file::{restore, wipe};
pub use spawn::{Endpoint, Options, Running, spawn};
pub(crate) use state::AppState;

/// The whole service as one router.
fn router(state: Arc<AppState>) -> Router {
    let mut router = Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(token::issue))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(token::discovery))
        .route("/{tenant}/discovery/v2.0/keys", get(token::keys))
        .fallback(graph::serve);
    if !state.graph_only {
        router = router.nest("/mfactl/v1", ext::router());
    }
    router.layer(from_fn(error::finish)).with_state(state)
}

/// The machine's clock, in milliseconds: for what is not bound to the service's own clock.
fn machine_ms() -> i64 {
    SystemClock.now().as_millisecond()
}

// Stand-ins until branch `signin` is merged: replace the four modules below by `mod clock; mod evaluate; …`.
mod clock {
    pub(crate) fn now_ms(_: &rusqlite::Connection) -> rusqlite::Result<i64> {
        Ok(super::machine_ms())
    }
    pub(crate) fn rfc3339(ms: i64) -> String {
        jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
    }
}
mod ext {
    pub(crate) fn router() -> axum::Router<std::sync::Arc<super::AppState>> {
        axum::Router::new()
    }
}
mod secrets {
    use super::error::ApiError;
    pub(crate) struct Seed;
    impl Seed {
        pub(crate) fn load(_: &rusqlite::Connection) -> rusqlite::Result<Self> {
            Ok(Self)
        }
        pub(crate) fn client_secret(&self) -> String {
            "client-secret".to_owned()
        }
        pub(crate) fn password(&self, user: &str) -> String {
            format!("Pass-{user}")
        }
    }
    pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
        left == right
    }
    pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
        use sha2::Digest;
        sha2::Sha256::digest(bytes).into()
    }
    pub(crate) fn generate_pass(len: usize) -> Result<String, ApiError> {
        Ok("A".repeat(len))
    }
    pub(crate) fn generate_password() -> Result<String, ApiError> {
        Ok("Gen-Pass-1234567".to_owned())
    }
    pub(crate) fn generate_token() -> Result<String, ApiError> {
        Ok(uuid::Uuid::new_v4().to_string())
    }
    pub(crate) fn verify_password(_: &rusqlite::Connection, user: &str, given: &str) -> Result<bool, ApiError> {
        Ok(given == format!("Pass-{user}"))
    }
    pub(crate) fn set_password(conn: &rusqlite::Connection, user: &str, _: &str, must: bool) -> Result<(), ApiError> {
        conn.execute("UPDATE users SET password_seeded = 0, must_change_password = ?2 WHERE id = ?1", (user, must))?;
        Ok(())
    }
}
