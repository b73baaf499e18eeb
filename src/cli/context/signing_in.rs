//! How sign-ins of a profile are kept and go on: the folder, the keys at hand, who is asked again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Context;
use crate::auth::{Ask, Keeping, Keys, SigningIn, TokenStore};
use crate::cli::auth::Again;
use crate::cli::words;
use crate::config::{self, Login, OF_VARIABLES, Place, Profile};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::services::ConnectOptions;
use crate::ui::Ui;

impl Context {
    /// How the sign-in of this profile is kept. Opens nothing.
    ///
    /// # Errors
    /// `file_unreadable` where the platform names no folder.
    pub(super) fn signing_in(&self, profile: &Profile) -> Result<SigningIn> {
        let path = |name| self.env.get(name).map(PathBuf::from);
        let keys = Keys {
            file: path("MFACTL_TOKEN_KEY_FILE"),
            credentials: path("CREDENTIALS_DIRECTORY"),
            passphrase: self.env.get("MFACTL_TOKEN_PASSPHRASE").map(Secret::new),
            ask: Some(ask(self.ui.clone())),
        };
        let keeping = Keeping {
            profile: profile.name.clone(),
            store: store(profile.token_store),
            folder: self.sign_ins()?,
            keys,
        };
        Ok(SigningIn {
            keeping: Some(keeping),
            again: None,
            login: login(profile),
        })
    }

    /// The folder of kept sign-ins; it need not be there yet.
    ///
    /// # Errors
    /// `file_unreadable` where the platform names no folder.
    pub(crate) fn sign_ins(&self) -> Result<PathBuf> {
        Ok(self.config()?.state_dir()?.join("tokens"))
    }

    /// Where a profile elsewhere is connected to, for the verbs about signing in; `None`: the service is inside this
    /// program and nobody signs in.
    ///
    /// # Errors
    /// As [`Self::connect`], before anything is sent.
    pub(crate) async fn way_in(&self, wish: Option<TokenStore>) -> Result<Option<(Profile, ConnectOptions)>> {
        self.interrupt.watch()?;
        let profile = self.profile()?;
        if matches!(profile.place, Place::Inside(_)) {
            return Ok(None);
        }
        let mut options = self.options(&profile).await?;
        if let (Some(wish), Some(keeping)) = (wish, &mut options.signing_in.keeping) {
            keeping.store = wish;
        }
        Ok(Some((profile, options)))
    }

    /// The connection of a profile that a person signs in to, whichever `-p` names: to end what was kept for it.
    /// `None`: nobody signs in there, or it cannot be told any more.
    pub(crate) async fn way_of_person(&self, name: &str) -> Option<ConnectOptions> {
        let profile = self.config().ok()?.profile(Some(name)).ok()?;
        match &profile.place {
            Place::At(address)
                if matches!(
                    address.login,
                    Login::Browser { .. } | Login::DeviceCode { .. } | Login::Prompted { .. }
                ) =>
            {
                self.options(&profile).await.ok()
            }
            _ => None,
        }
    }

    /// The same connection, where whoever sits at the terminal is asked to sign in when that is missing.
    pub(super) fn asking(&self, mut options: ConnectOptions) -> ConnectOptions {
        if options.credential.is_a_persons() {
            let again = Again::new(self.ui.clone(), self.browser(), options.clone());
            options.signing_in.again = Some(Arc::new(again));
        }
        options
    }

    /// What `BROWSER` names.
    pub(crate) fn browser(&self) -> Option<String> {
        self.env.get("BROWSER").map(str::to_owned)
    }
}

/// The command that signs in to a profile.
fn login(profile: &Profile) -> String {
    let rest = ["auth", "login", "-p", &profile.name];
    let rest = if profile.name == OF_VARIABLES {
        &rest[..2]
    } else {
        &rest
    };
    words::command(None, rest.iter().copied())
}

fn store(named: config::TokenStore) -> TokenStore {
    match named {
        config::TokenStore::Auto => TokenStore::Auto,
        config::TokenStore::Keyring => TokenStore::Keyring,
        config::TokenStore::File => TokenStore::File,
        config::TokenStore::Memory => TokenStore::Memory,
    }
}

/// Asks for the passphrase of kept sign-ins, once a command.
fn ask(ui: Ui) -> Ask {
    let typed: Mutex<Option<Secret>> = Mutex::default();
    Ask(Arc::new(move || {
        let mut typed = typed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = typed.as_ref() {
            return Ok(secret.clone());
        }
        let secret = ui.ask_secret("Passphrase of kept sign-ins: ")?;
        if secret.expose().chars().count() < 12 {
            return Err(Error::new(
                ErrorCode::InvalidInput,
                "a passphrase has 12 characters or more",
            ));
        }
        *typed = Some(secret.clone());
        Ok(secret)
    }))
}
