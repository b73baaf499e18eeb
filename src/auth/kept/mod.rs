//! Sign-ins that outlive the process: where each is kept, and what is kept of it. The access token lies in a file that
//! only its key opens; the key and the refresh token are in the operating system's keyring, or the key comes from a
//! file, a passphrase or the very credential. Nothing is ever kept in clear.

mod forget;
mod key;
mod place;
mod ring;
mod sealed;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use forget::forget;
pub use key::{Ask, Keys};
pub(crate) use place::{Place, Whose};
#[cfg(test)]
pub(crate) use ring::Ring;

use crate::domain::Secret;

/// Where a profile wants its sign-in kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TokenStore {
    /// The keyring; without one an encrypted file, where a key for it is at hand.
    #[default]
    Auto,
    /// The operating system's keyring.
    Keyring,
    /// An encrypted file.
    File,
    /// Nowhere: the sign-in ends with the command.
    Memory,
}

/// Where the key of a kept sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Store {
    /// In the keyring, with the refresh token.
    Keyring,
    /// Made of a key file or a passphrase; the refresh token is in the file.
    File,
    /// Made of the application's own secret or private key.
    Credential,
}

impl Store {
    /// Its name in answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Credential => "credential",
        }
    }
}

/// How a profile's sign-ins are kept.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// The profile's name.
    pub profile: String,
    /// Where it wants them.
    pub store: TokenStore,
    /// The folder of the files; it need not be there yet.
    pub folder: PathBuf,
    /// Where keys may come from.
    pub keys: Keys,
}

/// A sign-in as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    /// The token that services take.
    pub(crate) access: Secret,
    /// When it was asked for, by this machine's clock.
    pub(crate) obtained_at: Timestamp,
    /// How long it works from then on.
    pub(crate) lifetime: Duration,
    /// What the next one is fetched with.
    pub(crate) refresh: Option<Secret>,
    /// Who signed in, where somebody did.
    pub(crate) account: Option<String>,
}

impl SignIn {
    /// How old the token is; `None`: by this clock it comes out of the future, so that nothing is known of it.
    pub(crate) fn age(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(now.duration_since(self.obtained_at)).ok()
    }

    /// When the token ends.
    pub(crate) fn ends_at(&self) -> Timestamp {
        let lifetime = jiff::SignedDuration::try_from(self.lifetime).unwrap_or(jiff::SignedDuration::ZERO);
        self.obtained_at.checked_add(lifetime).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests;
