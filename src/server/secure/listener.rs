//! Connections that have finished their handshake, for axum to serve. Handshakes go on beside each other, so that one
//! that says nothing keeps nobody waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use crate::server::faults::{Line, Lines, Wire};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many may be under way; more wait in the queue of the system.
const AT_ONCE: usize = 256;

/// A listener of secure connections. Dropped, it accepts no more, and gives up the handshakes under way.
pub(in crate::server) struct SecureLines {
    ready: mpsc::Receiver<(TlsStream<Wire>, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl SecureLines {
    /// Takes over a listener that is bound.
    ///
    /// # Errors
    /// Its address is not known.
    pub(in crate::server) fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        Self::patient(listener, config, HANDSHAKE)
    }

    /// As [`Self::new`], with handshakes that may take so long.
    pub(super) fn patient(
        listener: TcpListener,
        config: Arc<ServerConfig>,
        patience: Duration,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (send, ready) = mpsc::channel(16);
        let acceptor = TlsAcceptor::from(config);
        let ways = Arc::new(Semaphore::new(AT_ONCE));
        let mut lines = Lines(listener);
        let accepting = tokio::spawn(async move {
            // Its handshakes end with it.
            let mut under_way = tokio::task::JoinSet::new();
            while let Ok(way) = Arc::clone(&ways).acquire_owned().await {
                let (wire, from) = Listener::accept(&mut lines).await;
                let (acceptor, send) = (acceptor.clone(), send.clone());
                while under_way.try_join_next().is_some() {}
                under_way.spawn(async move {
                    match tokio::time::timeout(patience, acceptor.accept(wire)).await {
                        Ok(Ok(stream)) => drop(send.send((stream, from)).await),
                        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                        Err(_) => tracing::debug!("a handshake took too long"),
                    }
                    drop(way);
                });
            }
        });
        Ok(Self {
            ready,
            address,
            accepting,
        })
    }
}

impl Drop for SecureLines {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for SecureLines {
    type Io = TlsStream<Wire>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<Wire>, SocketAddr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // Only where the task was ended, and then nobody asks any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, SecureLines>> for Line {
    fn connect_info(stream: IncomingStream<'_, SecureLines>) -> Self {
        stream.io().get_ref().0.line()
    }
}
