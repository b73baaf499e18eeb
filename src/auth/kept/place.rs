//! The place of one sign-in: read without a lock, written under one, so that of all processes one alone refreshes.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::key::{Key, Keys, LEN, Master};
use super::ring::{Refused, Ring};
use super::sealed::{Envelope, WHAT, corrupt};
use super::{Keeping, SignIn, Store, TokenStore};
use crate::domain::{Error, ErrorCode, Result, Secret, private};

/// How long is waited for another process that refreshes.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks at its lock.
const PAUSE: Duration = Duration::from_millis(15);

/// Whose sign-in it is: a token is never taken for anything else than all of this.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whose<'a> {
    /// The profile.
    pub(crate) profile: &'a str,
    /// Where tokens come from.
    pub(crate) authority: &'a str,
    /// The tenant.
    pub(crate) tenant: &'a str,
    /// The service that they are for.
    pub(crate) audience: &'a str,
    /// The application.
    pub(crate) client_id: &'a str,
    /// The way to sign in.
    pub(crate) way: &'a str,
    /// The account, where the profile names one.
    pub(crate) account: &'a str,
}

impl Whose<'_> {
    fn text(&self) -> String {
        let Self {
            profile,
            authority,
            tenant,
            audience,
            client_id,
            way,
            account,
        } = self;
        let parts = [profile, authority, tenant, audience, client_id, way, account];
        parts.map(|part| format!("{}:{part}", part.len())).join("\n")
    }
}

/// The place of one sign-in.
pub(crate) struct Place {
    pub(super) path: PathBuf,
    id: String,
    profile: String,
    whose: String,
    keys: Keys,
    own: Option<Master>,
    ring: Ring,
    wish: TokenStore,
}

/// What the keyring holds of a sign-in.
#[derive(Serialize, Deserialize)]
struct Item {
    key: String,
    refresh_token: Option<String>,
}

/// What the file holds of it.
#[derive(Serialize, Deserialize)]
struct Content {
    access_token: String,
    obtained_at: Timestamp,
    lifetime_s: u64,
    refresh_token: Option<String>,
    account: Option<String>,
}

impl Place {
    /// The place of this sign-in. Opens nothing. `own`: what of the credential is as good as a key.
    pub(crate) fn new(keeping: &Keeping, whose: &Whose<'_>, own: Option<Zeroizing<Vec<u8>>>) -> Self {
        let (profile, whose) = (whose.profile.to_owned(), whose.text());
        let digest = Sha256::digest(&whose);
        let id: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self {
            path: keeping.folder.join(format!("{id}.json")),
            id,
            profile,
            whose,
            keys: keeping.keys.clone(),
            own: own.map(Master::Strong),
            ring: Ring::default(),
            wish: keeping.store,
        }
    }

    /// The same over another keyring.
    #[cfg(test)]
    pub(crate) fn with(mut self, ring: Ring) -> Self {
        self.ring = ring;
        self
    }

    /// Where the token of an application is kept: under its own credential, else under a key that is at hand, else in
    /// the keyring where that was asked for by name; `None`: nowhere.
    ///
    /// # Errors
    /// `file_unreadable`, `config_invalid` for a key file that will not do.
    pub(crate) fn of_application(&self) -> Result<Option<Store>> {
        Ok(match self.wish {
            TokenStore::Memory => None,
            TokenStore::Keyring => Some(Store::Keyring),
            _ if self.own.is_some() => Some(Store::Credential),
            _ => self.keys.master()?.map(|_| Store::File),
        })
    }

    /// Where a person's sign-in will be kept; asked before anybody signs in. `None`: nowhere, as was wished.
    ///
    /// # Errors
    /// `not_signed_in`: there is no place, or the keyring is locked; `file_unreadable`, `config_invalid`.
    pub(crate) async fn of_person(&self) -> Result<Option<Store>> {
        match self.wish {
            TokenStore::Memory => Ok(None),
            TokenStore::File => {
                self.keys.master_or_ask()?;
                self.can_write().map(|()| Some(Store::File))
            }
            TokenStore::Keyring => {
                self.ring.probe().await?;
                self.can_write().map(|()| Some(Store::Keyring))
            }
            TokenStore::Auto => match self.ring.probe().await {
                Ok(()) => self.can_write().map(|()| Some(Store::Keyring)),
                Err(absent @ Refused::Absent(_)) => match self.keys.master()? {
                    Some(_) => self.can_write().map(|()| Some(Store::File)),
                    None => Err(absent.into()),
                },
                Err(other) => Err(other.into()),
            },
        }
    }

    fn can_write(&self) -> Result<()> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let made =
            private::make_folder(folder).and_then(|()| tempfile::NamedTempFile::new_in(folder).map(drop));
        made.map_err(|error| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("the sign-in cannot be kept in {}: {error}", folder.display()),
            )
            .hint("name another folder in MFACTL_STATE_DIR")
        })
    }

    /// What is kept, and where; `None`: nothing.
    ///
    /// # Errors
    /// `file_unreadable`, also for what others can read; `file_corrupt`: the key is another one; `not_signed_in`: no key
    /// is at hand, or the keyring does not open.
    pub(crate) async fn read(&self) -> Result<Option<(Store, SignIn)>> {
        let Some(envelope) = Envelope::read(&self.path)? else {
            return Ok(None);
        };
        let (key, refresh) = match envelope.store {
            Store::Keyring => match self.item().await? {
                // It was taken away there.
                None => return Ok(None),
                Some((key, refresh)) => (key, refresh),
            },
            Store::File => (self.keys.master_or_ask()?.key(&envelope.salt())?, None),
            Store::Credential => match &self.own {
                Some(own) => (own.key(&envelope.salt())?, None),
                None => return Ok(None),
            },
        };
        let content = envelope
            .open(&key, &self.whose)
            .and_then(|plain| serde_json::from_slice::<Content>(&plain).ok());
        match content {
            Some(content) => Ok(Some((envelope.store, content.into_sign_in(refresh)))),
            // The application has another secret now: what the old one opened is of no use.
            None if envelope.store == Store::Credential => Ok(None),
            None => Err(corrupt(&self.path)),
        }
    }

    async fn item(&self) -> Result<Option<(Key, Option<Secret>)>> {
        let Some(bytes) = self.ring.get(&self.id).await? else {
            return Ok(None);
        };
        let item: Option<Item> = serde_json::from_slice(&bytes).ok();
        Ok(item.and_then(|item| {
            let encoded = Zeroizing::new(item.key);
            let bytes = Zeroizing::new(STANDARD.decode(encoded.as_bytes()).ok()?);
            let key = <[u8; LEN]>::try_from(bytes.as_slice()).ok()?;
            Some((Key::new(key), item.refresh_token.map(Secret::new)))
        }))
    }

    /// Keeps a sign-in; it takes the place of the one before. The refresh token is safe before the rest is written.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) async fn write(&self, store: Store, sign_in: &SignIn) -> Result<()> {
        let salt: [u8; 16] = random()?;
        let (key, inside) = match store {
            Store::Keyring => {
                let key = match self.item().await? {
                    Some((key, _)) => key,
                    None => Key::new(random()?),
                };
                let item = Item {
                    key: STANDARD.encode(key.as_slice()),
                    refresh_token: sign_in.refresh.as_ref().map(|token| token.expose().to_owned()),
                };
                self.ring.set(&self.id, plain(&item)?).await?;
                (key, None)
            }
            Store::File => (self.keys.master_or_ask()?.key(&salt)?, sign_in.refresh.as_ref()),
            Store::Credential => match &self.own {
                Some(own) => (own.key(&salt)?, None),
                None => return Err(Error::new(ErrorCode::Internal, "there is no key of its own")),
            },
        };
        let content = Content {
            access_token: sign_in.access.expose().to_owned(),
            obtained_at: sign_in.obtained_at,
            lifetime_s: sign_in.lifetime.as_secs(),
            refresh_token: inside.map(|token| token.expose().to_owned()),
            account: sign_in.account.clone(),
        };
        let sealed = Envelope::seal(store, &key, &salt, &self.whose, &plain(&content)?)?;
        sealed.of(&self.profile).write(&self.path)
    }

    /// Takes away what is kept; whether anything was.
    ///
    /// # Errors
    /// `file_unreadable`, `not_signed_in` where the keyring does not open.
    pub(crate) async fn remove(&self) -> Result<bool> {
        let was = match Envelope::read(&self.path) {
            Ok(None) => return Ok(false),
            Ok(Some(envelope)) => envelope.store == Store::Keyring,
            // What does not open goes all the same.
            Err(_) => false,
        };
        if was {
            self.ring.remove(&self.id).await?;
        }
        match std::fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(Error::new(
                ErrorCode::FileUnreadable,
                format!("{WHAT} {} cannot be removed: {error}", self.path.display()),
            )),
        }
    }

    /// Waits until no other process refreshes; none does while this lives.
    ///
    /// # Errors
    /// `file_locked`, `file_unreadable`.
    pub(crate) async fn lock(&self) -> Result<File> {
        lock(&self.path).await
    }
}

/// Waits until no other process refreshes the sign-in in this file; none does while the answer lives.
///
/// # Errors
/// `file_locked`, `file_unreadable`.
pub(super) async fn lock(path: &Path) -> Result<File> {
    let path = path.with_extension("lock");
    let failed = |error: std::io::Error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("the lock {} cannot be taken: {error}", path.display()),
        )
    };
    private::make_folder(path.parent().unwrap_or(&path)).map_err(failed)?;
    let file = private::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    let began = tokio::time::Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    ErrorCode::FileLocked,
                    "another mfactl has been signing in for too long",
                )
                .hint("end it, and try again"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

impl Content {
    fn into_sign_in(self, refresh: Option<Secret>) -> SignIn {
        SignIn {
            access: Secret::new(self.access_token),
            obtained_at: self.obtained_at,
            lifetime: Duration::from_secs(self.lifetime_s),
            refresh: refresh.or_else(|| self.refresh_token.map(Secret::new)),
            account: self.account,
        }
    }
}

fn plain(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    serde_json::to_vec(value)
        .map(Zeroizing::new)
        .map_err(|_| Error::new(ErrorCode::Internal, "the sign-in cannot be written out"))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("no random numbers: {error}")))?;
    Ok(bytes)
}
