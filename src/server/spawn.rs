//! Starting and ending the service on an address.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::OptionalExtension;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::faults::{Faults, Line, Lines, Rate};
use super::record::Recorder;
use super::secure::{SecureLines, Tls};
use super::state::{AppState, DOMAIN, Operator};
use super::store::Store;
use super::token::Trusted;
use super::{error::ApiError, router, secrets};
use crate::domain::{Error, ErrorCode, Result, Secret};

/// How the service is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data file; made and seeded if it is not there.
    pub data: PathBuf,
    /// Where to listen; port 0 picks one.
    pub listen: SocketAddr,
    /// Whether to leave out what Graph does not have: extensions answer 404, and a phone number counts at once.
    pub graph_only: bool,
    /// Whether it runs inside a command: credentials are made for this process and never stored.
    pub in_process: bool,
    /// Whether a new file gets the demo directory, or its administrator only.
    pub demo: bool,
    /// Whether an address that other machines can reach is taken.
    pub allow_remote: bool,
    /// What it is served with over HTTPS; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// What else than its secret proves that the application asks.
    pub trusted: Trusted,
    /// The rules by which calls go wrong on purpose.
    pub faults: Option<PathBuf>,
    /// How many resource units a second are served; the rest is told to come back.
    pub throttle: Option<Rate>,
    /// A folder where it writes down what it is asked and what it answers.
    pub record: Option<PathBuf>,
}

impl Options {
    /// The demo directory in this file, on loopback, on a port of the system's choice.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            graph_only: false,
            in_process: false,
            demo: true,
            allow_remote: false,
            tls: None,
            trusted: Trusted::default(),
            faults: None,
            throttle: None,
            record: None,
        }
    }
}

/// Where the service answers, and what a client needs to ask it for tokens.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address: Graph is under `/v1.0` and `/beta`.
    pub graph: String,
    /// Tokens are at `/oauth2/v2.0/token` below it.
    pub authority: String,
    /// The tenant's id.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Sign-in name and password of the account to act as, in-process only.
    pub operator: Option<(String, Secret)>,
}

/// How long a stopping service waits for connections that are open.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// A running service. Dropped, it ends by itself; [`Running::stop`] waits until it has.
#[derive(Debug)]
pub struct Running {
    /// Where it answers.
    pub endpoint: Endpoint,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Ends the service: what is in flight is answered first.
    ///
    /// # Errors
    /// It ended by itself before, and why.
    pub async fn stop(mut self) -> Result<()> {
        // It may be gone already; then the task says why.
        let _ = self.stop.send(());
        let Ok(ended) = tokio::time::timeout(PATIENCE, &mut self.task).await else {
            // Who is still connected says nothing: every write is one transaction, so nothing is cut in half.
            self.task.abort();
            return Ok(());
        };
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::new(
                ErrorCode::Internal,
                format!("the service ended: {error}"),
            )),
            Err(error) => Err(Error::new(
                ErrorCode::Internal,
                format!("the service broke off: {error}"),
            )),
        }
    }
}

/// Opens the data file and serves it until [`Running`] is stopped or dropped.
///
/// # Errors
/// `Usage` for an address that other machines can reach; `InvalidInput` for a certificate; `Unavailable` where the address cannot be had; the file's
/// own: `FileLocked`, `FileUnreadable`, `FileCorrupt`, `FileFromNewerVersion`, `DiskFull`; that of the rules: `InvalidInput`.
pub async fn spawn(options: Options) -> Result<Running> {
    if !options.listen.ip().is_loopback() && !options.allow_remote {
        return Err(Error::new(
            ErrorCode::Usage,
            format!("{} can be reached from other machines", options.listen.ip()),
        )
        .hint("listen on 127.0.0.1:PORT"));
    }
    let secured = options.tls.as_ref().map(Tls::load).transpose()?;
    let faults = Faults::load(options.faults.as_deref(), options.throttle)?;
    let acts = !faults.is_idle();
    let record = options.record.as_deref();
    let recorder = record.map(|folder| Recorder::new(folder, acts)).transpose()?;
    let (data, demo) = (options.data.clone(), options.demo);
    let store = tokio::task::spawn_blocking(move || Store::open(data, demo))
        .await
        .map_err(|error| {
            Error::new(
                ErrorCode::Internal,
                format!("opening the data file broke off: {error}"),
            )
        })??;
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        Error::new(
            ErrorCode::Unavailable,
            format!("cannot listen on {}: {error}", options.listen),
        )
        .hint("take another port, or 0 to have one picked")
    })?;
    let address = listener.local_addr().map_err(|error| {
        Error::new(
            ErrorCode::Unavailable,
            format!("the address is not known: {error}"),
        )
    })?;
    let graph = match &secured {
        None => format!("http://{address}"),
        Some(secured) => format!("https://{}:{}", secured.host(address.ip())?, address.port()),
    };
    let mut options = options;
    options.trusted.reachable = !address.ip().is_loopback();
    let state = load(store, &options, graph, faults).await.map_err(|_| {
        Error::new(
            ErrorCode::FileCorrupt,
            format!("{} cannot be read", options.data.display()),
        )
        .hint("restore a snapshot with `mfactl local restore FILE`, or start afresh with `mfactl local wipe`")
    })?;
    let endpoint = Endpoint {
        graph: state.graph().to_owned(),
        authority: state.authority(),
        tenant: state.tenant.clone(),
        client_id: state.client_id.clone(),
        client_secret: state.client_secret.clone(),
        operator: state
            .operator()
            .map(|operator| (operator.sign_in_name.clone(), operator.password.clone())),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let router = router(state, recorder);
    // An answer and a dropped sender mean the same.
    let until = async move { drop(stopped.await) };
    let task = if let Some(secured) = secured {
        let app = router.into_make_service_with_connect_info::<Line>();
        let lines = SecureLines::new(listener, secured.config).map_err(|error| {
            Error::new(
                ErrorCode::Unavailable,
                format!("the address is not known: {error}"),
            )
        })?;
        let server = axum::serve(lines, app).with_graceful_shutdown(until);
        tokio::spawn(async move { server.await })
    } else if acts {
        let app = router.into_make_service_with_connect_info::<Line>();
        let server = axum::serve(Lines(listener), app).with_graceful_shutdown(until);
        tokio::spawn(async move { server.await })
    } else {
        let server = axum::serve(listener, router).with_graceful_shutdown(until);
        tokio::spawn(async move { server.await })
    };
    Ok(Running { endpoint, stop, task })
}

async fn load(
    store: Store,
    options: &Options,
    graph: String,
    faults: Faults,
) -> Result<Arc<AppState>, ApiError> {
    if !options.in_process {
        return AppState::load(
            store,
            graph,
            options.graph_only,
            None,
            None,
            options.trusted.clone(),
            faults,
        )
        .await;
    }
    let name = format!("admin@{DOMAIN}");
    let sought = name.clone();
    let id: Option<String> = store
        .read(move |connection| {
            let found =
                connection.query_row("SELECT id FROM users WHERE upn = ?1", [sought], |row| row.get(0));
            Ok(found.optional()?)
        })
        .await?;
    let password = Secret::new(secrets::generate_token()?);
    let operator = id.map(|user_id| Operator {
        user_id,
        sign_in_name: name,
        password,
    });
    let secret = Secret::new(secrets::generate_token()?);
    AppState::load(
        store,
        graph,
        options.graph_only,
        Some(secret),
        operator,
        options.trusted.clone(),
        faults,
    )
    .await
}
