//! One connection to the database, made again when it broke: a restart of the database is waited for, and what was
//! under way is done once more. Every piece of work is one statement that may be repeated without harm.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use super::address::{Address, Cover};
use super::tls;
use crate::domain::{Error, ErrorCode, Result};

/// How long a database that went away is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first pause before another try; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3);
/// Where a password may come from.
const PASSWORD: &str = "set MFACTL_STORE_PASSWORD or PGPASSWORD, or write the password to ~/.pgpass";

/// The connection of one store, shared by its journals.
pub(super) struct Link {
    address: Address,
    client: Mutex<Option<Arc<Client>>>,
}

impl Link {
    /// Connects; one try, so that a wrong address is told at once.
    ///
    /// # Errors
    /// Why it cannot be reached, or does not let us in.
    pub(super) async fn open(address: Address) -> Result<Self> {
        let link = Self {
            address,
            client: Mutex::new(None),
        };
        match link.client().await? {
            Ok(_) => Ok(link),
            Err(error) => Err(link.explain(&error)),
        }
    }

    /// One more connection to the same database.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) async fn another(&self) -> Result<Self> {
        Self::open(self.address.clone()).await
    }

    /// Does a piece of work, again where the connection broke under it.
    ///
    /// # Errors
    /// `unavailable` when the database stays away; what the database says otherwise.
    pub(super) async fn run<T, F, W>(&self, work: F) -> Result<T>
    where
        F: Fn(Arc<Client>) -> W + Send + Sync,
        W: Future<Output = Result<T, tokio_postgres::Error>> + Send,
        T: Send,
    {
        let until = Instant::now() + PATIENCE;
        let mut pause = PAUSE;
        loop {
            let done = match self.client().await? {
                Ok(client) => work(client).await,
                Err(error) => Err(error),
            };
            let error = match done {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if !passing(&error) || Instant::now() + pause > until {
                return Err(self.explain(&error));
            }
            tracing::debug!(%error, "the database of jobs is tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// The connection, or a new one where it is closed.
    async fn client(&self) -> Result<Result<Arc<Client>, tokio_postgres::Error>> {
        let mut held = self.client.lock().await;
        if let Some(client) = held.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Ok(client.clone()));
        }
        let connected = self.connect().await?;
        Ok(connected.map(|client| held.insert(Arc::new(client)).clone()))
    }

    async fn connect(&self) -> Result<Result<Client, tokio_postgres::Error>> {
        let Address { config, cover, .. } = &self.address;
        Ok(match cover {
            Cover::None => config.connect(NoTls).await.map(|(client, connection)| {
                tokio::spawn(connection);
                client
            }),
            Cover::Verified(roots) => {
                let tls = tls::connector(roots.as_deref())?;
                config.connect(tls).await.map(|(client, connection)| {
                    tokio::spawn(connection);
                    client
                })
            }
        })
    }

    /// The error in our words.
    pub(super) fn explain(&self, error: &tokio_postgres::Error) -> Error {
        let shown = &self.address.shown;
        let Some(said) = error.as_db_error() else {
            let mut why = error.to_string();
            if let Some(source) = std::error::Error::source(error) {
                why = format!("{why}: {source}");
            }
            if why.ends_with("password missing") {
                return Error::new(
                    ErrorCode::NotSignedIn,
                    format!("the database of jobs, {shown}, asks for a password, and there is none"),
                )
                .hint(PASSWORD);
            }
            let explained = Error::new(
                ErrorCode::Unavailable,
                format!("the database of jobs, {shown}, cannot be reached: {why}"),
            );
            return match &self.address.cover {
                Cover::Verified(None) if why.contains("certificate") || why.contains("TLS") => explained
                    .hint("its certificate must be valid for that host; name its authority with ?sslrootcert=FILE"),
                _ => explained,
            };
        };
        let code = said.code();
        let told = |ours, hint: Option<&str>| {
            let error = Error::new(ours, format!("the database of jobs, {shown}: {}", said.message()))
                .service_code(code.code());
            match hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        };
        match &code.code()[..2] {
            "28" => told(ErrorCode::NotSignedIn, Some(PASSWORD)),
            "42" if *code == SqlState::INSUFFICIENT_PRIVILEGE => told(
                ErrorCode::PermissionMissing,
                Some(
                    "the account needs CREATE on the database at first use, and its own schema mfactl afterwards",
                ),
            ),
            "3D" => told(ErrorCode::NotFound, Some("make it: createdb NAME")),
            "53" if *code == SqlState::DISK_FULL => told(ErrorCode::DiskFull, None),
            "08" | "53" | "57" | "40" => told(ErrorCode::Unavailable, None),
            _ => told(ErrorCode::Internal, None),
        }
    }
}

/// Whether the same may work in a moment: the connection broke, or the server ends, begins or resolves a conflict.
fn passing(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(said) => {
            let code = said.code();
            matches!(&code.code()[..2], "08" | "40") || {
                [
                    SqlState::ADMIN_SHUTDOWN,
                    SqlState::CRASH_SHUTDOWN,
                    SqlState::CANNOT_CONNECT_NOW,
                    SqlState::TOO_MANY_CONNECTIONS,
                ]
                .contains(code)
            }
        }
        // Neither said by the server nor about what was sent: the way there.
        None => error.is_closed() || std::error::Error::source(error).is_some_and(is_io),
    }
}

fn is_io(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some()
}
