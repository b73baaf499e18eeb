//! How a profile signs in: every way of `auth`, and what each needs. Reads no file of secrets and sends nothing; what a
//! secret file holds is for whoever signs in.

mod keys;

use std::path::PathBuf;

pub use keys::home_file;
pub(super) use keys::{resolve, usual};

use crate::domain::written::meant;
use crate::domain::{AssertionSource, Error, ErrorCode, Result, Secret};

/// How to sign in. Debug shows no secret.
#[derive(Clone, Debug)]
pub enum Login {
    /// As a person, in a browser on this machine.
    Browser {
        /// The application.
        client_id: String,
        /// The sign-in name to suggest.
        username: Option<String>,
    },
    /// As a person, in a browser elsewhere, with a code.
    DeviceCode {
        /// The application.
        client_id: String,
        /// The sign-in name to expect.
        username: Option<String>,
    },
    /// As an application.
    ClientSecret {
        /// The application.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// As an application, with its certificate.
    Certificate {
        /// The application.
        client_id: String,
        /// The file with the certificate and its key: PEM or PKCS#12.
        file: PathBuf,
        /// The password of the file.
        password: Option<Secret>,
    },
    /// As an application, with a private key whose certificate the service knows.
    PrivateKey {
        /// The application.
        client_id: String,
        /// The file with the key.
        file: PathBuf,
        /// The password of the file.
        password: Option<Secret>,
    },
    /// As an application, with a token of an issuer outside that it trusts.
    Federated {
        /// The application.
        client_id: String,
        /// Where that token comes from.
        assertion: AssertionSource,
    },
    /// As the machine that this runs on.
    ManagedIdentity {
        /// Which identity, where the machine has several.
        client_id: Option<String>,
        /// Whom to ask.
        machine: Machine,
    },
    /// As whoever is signed in to the Azure CLI.
    AzureCli,
    /// With a token that somebody hands over; it cannot be renewed.
    Token(Handed),
    /// As a person, with sign-in name and password.
    Password {
        /// The application.
        client_id: String,
        /// Its secret, where it has one.
        client_secret: Option<Secret>,
        /// The sign-in name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// As a person who is asked for the password at the service's own sign-in.
    Prompted {
        /// The sign-in name.
        username: String,
    },
    /// With a key of the service's own kind, which it made for this use.
    ApiToken(Secret),
}

impl Login {
    /// The name of the way in a profile.
    pub fn way(&self) -> &'static str {
        match self {
            Self::Browser { .. } => "browser",
            Self::DeviceCode { .. } => "device-code",
            Self::ClientSecret { .. } => "client-secret",
            Self::Certificate { .. } => "certificate",
            Self::PrivateKey { .. } => "private-key",
            Self::Federated { .. } => "federated",
            Self::ManagedIdentity { .. } => "managed-identity",
            Self::AzureCli => "azure-cli",
            Self::Token(_) => "token",
            Self::Password { .. } | Self::Prompted { .. } => "password",
            Self::ApiToken(_) => "api-token",
        }
    }
}

/// Who knows the identity of this machine.
#[derive(Clone, Debug)]
pub enum Machine {
    /// The machine's own service (IMDS): at the usual address, or at this one.
    Imds(Option<String>),
    /// App Service, Functions, Container Apps.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        url: String,
        /// `IDENTITY_HEADER`.
        header: Secret,
    },
}

/// Where a token is that somebody hands over.
#[derive(Clone, Debug)]
pub enum Handed {
    /// Here.
    Here(Secret),
    /// On standard input.
    StandardInput,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenStore {
    /// In the keyring; where there is none, in an encrypted file if a key is at hand.
    #[default]
    Auto,
    /// In the system's keyring.
    Keyring,
    /// In an encrypted file.
    File,
    /// Nowhere: they end with the program.
    Memory,
}

impl TokenStore {
    /// Every one with its name in a profile.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("keyring", Self::Keyring),
        ("file", Self::File),
        ("memory", Self::Memory),
    ];

    /// The name in a profile.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find_map(|(name, store)| (*store == self).then_some(*name))
            .unwrap_or_default()
    }
}

/// One way to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Auth {
    /// Its name in a profile.
    pub name: &'static str,
    /// What it is, in a clause.
    pub meaning: &'static str,
    /// Whether it needs the id of an application.
    pub needs_client_id: bool,
    /// Whether somebody has to sign in beforehand, with `auth login`.
    pub interactive: bool,
}

/// Every way, in the order of the documents.
pub const AUTHS: &[Auth] = &[
    way("browser", "as yourself, in a browser on this machine")
        .of_an_application()
        .beforehand(),
    way("device-code", "as yourself, in a browser elsewhere, with a code")
        .of_an_application()
        .beforehand(),
    way("client-secret", "as an application, with MFACTL_CLIENT_SECRET").of_an_application(),
    way("certificate", "as an application, with its certificate in a file").of_an_application(),
    way("private-key", "as an application, with its private key in a file").of_an_application(),
    way(
        "federated",
        "as an application, with a token of the pipeline or cluster",
    )
    .of_an_application(),
    way("managed-identity", "as the machine in Azure that this runs on"),
    way("azure-cli", "as whoever is signed in to the Azure CLI"),
    way("token", "with a token from MFACTL_TOKEN"),
    way(
        "password",
        "with a sign-in name and MFACTL_PASSWORD, where nothing else is offered",
    )
    .of_an_application(),
    way(
        "api-token",
        "with a key of the service's own kind, from MFACTL_API_TOKEN",
    ),
];

const fn way(name: &'static str, meaning: &'static str) -> Auth {
    Auth {
        name,
        meaning,
        needs_client_id: false,
        interactive: false,
    }
}

impl Auth {
    const fn of_an_application(self) -> Self {
        Self {
            needs_client_id: true,
            ..self
        }
    }

    const fn beforehand(self) -> Self {
        Self {
            interactive: true,
            ..self
        }
    }
}

/// The way of this name.
///
/// # Errors
/// `config_invalid`, with the name that was meant.
pub fn auth(name: &str) -> Result<&'static Auth> {
    AUTHS.iter().find(|auth| auth.name == name).ok_or_else(|| {
        let error = Error::new(ErrorCode::ConfigInvalid, format!("there is no auth \"{name}\""));
        error.hint(meant(name, "one of", AUTHS.iter().map(|auth| auth.name)))
    })
}

/// The token store of this name.
///
/// # Errors
/// `config_invalid`, with the name that was meant.
pub fn token_store(name: &str) -> Result<TokenStore> {
    let known = TokenStore::ALL.iter();
    known
        .clone()
        .find_map(|(other, store)| (*other == name).then_some(*store))
        .ok_or_else(|| {
            let error = Error::new(
                ErrorCode::ConfigInvalid,
                format!("there is no token_store \"{name}\""),
            );
            error.hint(meant(name, "one of", known.map(|(name, _)| *name)))
        })
}

#[cfg(test)]
mod tests;
