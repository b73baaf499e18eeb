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

    /// A token, as the program prints it into a pipe.
    pub fn token(&self, place: &Place) -> Result<String> {
        let output = self.profile(place, &["auth", "token"], &self.graph).output()?;
        let token = String::from_utf8(output.stdout)?.trim().to_owned();
        if token.is_empty() {
            return Err("`auth token` gives none".into());
        }
        Ok(token)
    }

    /// Puts a key for the encrypted file into the place.
    pub fn keep(&self, place: &Place) -> Result<()> {
        let path = place.path("key");
        std::fs::write(&path, "0123456789abcdef0123456789abcdef\n")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    }

    /// The program with a token that is kept in the encrypted file: a managed identity has no secret to keep it under.
    pub fn kept(&self, place: &Place, arguments: &[&str]) -> Command {
        let mut command = self.profile(place, arguments, &self.graph);
        command
            .env_remove("MFACTL_CLIENT_SECRET")
            .env("MFACTL_AUTH", "managed-identity")
            .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", &self.graph)
            .env("MFACTL_TOKEN_KEY_FILE", place.path("key"));
        command
    }

    /// The same with a token that is given.
    pub fn given(&self, place: &Place, arguments: &[&str], token: &str) -> Command {
        let mut command = self.profile(place, arguments, &self.graph);
        command
            .env_remove("MFACTL_CLIENT_SECRET")
            .env("MFACTL_AUTH", "token")
            .env("MFACTL_TOKEN", token);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
