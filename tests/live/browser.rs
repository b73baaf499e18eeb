//! Somebody in front of a real browser, which `browser.py` drives.

use std::process::Command;

use tempfile::TempDir;

use crate::environment::Environment;
use crate::realm::PASSWORD;
use crate::waiting::until;

/// Somebody in front of a real browser.
pub(crate) struct Browser {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Browser {
    /// A person with the usual password.
    pub(crate) fn of(name: &str) -> Self {
        let folder = TempDir::with_prefix("mfactl-live-").unwrap();
        let said = folder.path().join("said").to_str().unwrap().to_owned();
        let browser = Self {
            folder,
            variables: Vec::new(),
        };
        browser
            .with("SIGN_IN_USER", name)
            .with("SIGN_IN_PASSWORD", PASSWORD)
            .with("SIGN_IN_SAID", &said)
            .with("PATH", "/usr/local/bin:/usr/bin:/bin")
    }

    /// Who ends at an address that begins so.
    pub(crate) fn back(self, address: &str) -> Self {
        self.with("SIGN_IN_BACK", address)
    }

    /// Who knows one thing more.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A place whose commands open this browser.
    pub(crate) fn given(&self, place: &Environment) -> Environment {
        self.variables
            .iter()
            .fold(place.with("BROWSER", SCRIPT), |place, (name, value)| {
                place.with(name, value)
            })
    }

    /// Opens an address, and waits until nothing more can be done.
    #[track_caller]
    pub(crate) fn open(&self, address: &str) {
        let mut command = Command::new(SCRIPT);
        command
            .arg(address)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        assert!(command.status().unwrap().success());
    }

    /// The pages that were seen.
    #[track_caller]
    pub(crate) fn seen(&self) -> Vec<String> {
        // The browser ends after the command that opened it.
        until("the browser has seen something", || {
            let text = std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
            serde_json::from_str(&text).ok()
        })
    }
}

/// The program that signs in in a browser.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/browser.py");
