//! Where the browser comes back to: one address on this machine, open while somebody signs in. It takes the answer of
//! this sign-in once, and nothing else; dropping it closes it.

use std::collections::HashMap;
use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{Method, header};
use axum::response::Response;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::page::Page;
use crate::domain::{Error, ErrorCode, Result};

/// How long the last page may take to arrive.
const CLOSING: Duration = Duration::from_secs(1);

/// What the browser brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// A code.
    Code(String),
    /// Why there is none: `error` and `error_description`.
    Refusal(String, String),
}

/// What came in, with the way to say what the page shows.
pub(super) enum Came {
    /// The answer of this sign-in.
    Answer(Brought, oneshot::Sender<Page>),
    /// One that is not of this sign-in.
    Stranger,
}

struct Gate {
    state: String,
    hosts: [String; 2],
    taken: AtomicBool,
    came: mpsc::Sender<Came>,
}

/// The address, open.
pub(super) struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Opens one on a port of the system's choice, for this machine alone.
    ///
    /// # Errors
    /// `unavailable`, where the system refuses.
    pub(super) async fn open() -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(
                ErrorCode::Unavailable,
                format!("no address for the browser to come back to: {error}"),
            )
            .hint("sign in with a code instead: --device-code")
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, port })
    }

    /// Where the browser is sent: `localhost`, because that is what can be registered for every port (E:reply-url).
    pub(super) fn address(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Serves until `work` has ended, which gets what comes in. `state`: what answers of this sign-in carry.
    ///
    /// # Errors
    /// What `work` says.
    pub(super) async fn serve<T>(
        self,
        state: &str,
        work: impl AsyncFnOnce(mpsc::Receiver<Came>) -> Result<T>,
    ) -> Result<T> {
        let (came, comes) = mpsc::channel(8);
        let gate = Arc::new(Gate {
            state: state.to_owned(),
            hosts: ["localhost", "127.0.0.1"].map(|host| format!("{host}:{}", self.port)),
            taken: AtomicBool::new(false),
            came,
        });
        let router = Router::new().fallback(answer).with_state(gate);
        let (close, closed) = oneshot::channel::<()>();
        let server = axum::serve(self.listener, router).with_graceful_shutdown(async {
            // The other end is dropped where nobody waits any more: that closes it too.
            let _ = closed.await;
        });
        let mut server = std::pin::pin!(server.into_future());
        let mut work = std::pin::pin!(work(comes));
        let outcome = tokio::select! {
            biased;
            outcome = &mut work => outcome,
            _ = &mut server => Err(Error::new(
                ErrorCode::Unavailable,
                "the address for the browser to come back to was closed",
            )),
        };
        drop(close);
        // The last page goes out; one that does not is no failure.
        let _ = tokio::time::timeout(CLOSING, server).await;
        outcome
    }
}

async fn answer(
    State(gate): State<Arc<Gate>>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let named = host.is_some_and(|host| gate.hosts.iter().any(|own| own == host));
    if request.method() != Method::GET || request.uri().path() != "/" || !named {
        return Page::NotHere.response();
    }
    let text = |name: &str| query.get(name).filter(|value| !value.is_empty());
    let brought = match (text("code"), text("error")) {
        (_, Some(error)) => {
            let description = text("error_description").cloned().unwrap_or_default();
            Brought::Refusal(error.clone(), description)
        }
        (Some(code), None) => Brought::Code(code.clone()),
        (None, None) => return Page::NotHere.response(),
    };
    let state = text("state").map(String::as_str).unwrap_or_default();
    if !bool::from(state.as_bytes().ct_eq(gate.state.as_bytes())) {
        // Where nobody waits any more there is nobody to tell.
        let _ = gate.came.try_send(Came::Stranger);
        return Page::NotOurs.response();
    }
    if gate.taken.swap(true, Ordering::SeqCst) {
        return Page::Again.response();
    }
    let (say, said) = oneshot::channel();
    if gate.came.send(Came::Answer(brought, say)).await.is_err() {
        return Page::Again.response();
    }
    said.await.unwrap_or(Page::Again).response()
}
