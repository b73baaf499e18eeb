//! Folders and variables of a run: nothing of the machine but the program itself. And a service that runs in them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::Result;

/// A home of its own.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// An empty one.
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: TempDir::with_prefix("mfactl-bench-")?,
        })
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mfactl"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TZ", "UTC")
            .args(arguments);
        command
    }

    /// `mfactl local serve` with these arguments, ready.
    pub fn serve(&self, arguments: &[&str]) -> Result<Server> {
        let file = self.path("served.db");
        let data = file.to_string_lossy();
        let mut child = self
            .command(&["local", "serve", "--listen", "127.0.0.1:0", "--data", &data])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let ready: Value = serde_json::from_str(&line).map_err(|error| {
            let _ = child.kill();
            format!("`local serve` said {line:?}: {error}")
        })?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Server {
            child,
            graph: text("graph"),
            authority: text("authority"),
            tenant: text("tenant"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
        })
    }
}

/// A running service; it ends with this value.
pub struct Server {
    child: Child,
    /// Root of Graph.
    pub graph: String,
    /// Where tokens are.
    pub authority: String,
    /// The tenant.
    pub tenant: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

impl Server {
    /// The program on this service, reached at `address`.
    pub fn profile(&self, place: &Place, arguments: &[&str], address: &str) -> Command {
        let mut command = place.command(arguments);
        command
            .env("MFACTL_SERVICE", "local")
            .env("MFACTL_AUTH", "client-secret")
            .env("MFACTL_URL", address)
            .env("MFACTL_AUTHORITY", self.authority.replace(&self.graph, address))
            .env("MFACTL_TENANT", &self.tenant)
            .env("MFACTL_CLIENT_ID", &self.client_id)
            .env("MFACTL_CLIENT_SECRET", &self.client_secret);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
