//! A file that only its key opens: AES-256-GCM, bound to whose sign-in it is, so that one put in the place of another
//! does not open either. Written whole beside its place and renamed.

use std::io::Write as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Store;
use super::key::Key;
use crate::auth::ours;
use crate::domain::{Error, ErrorCode, Result, private};

/// The version of the form.
const VERSION: u8 = 1;
/// What such a file is called in errors.
pub(super) const WHAT: &str = "the kept sign-in";

/// What stands in the file.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    version: u8,
    /// The profile that it is of: with that it can be taken away without a key.
    #[serde(default)]
    pub(super) profile: String,
    /// Where its key is.
    pub(super) store: Store,
    salt: String,
    nonce: String,
    sealed: String,
}

impl Envelope {
    /// Closes `plain` with a key.
    ///
    /// # Errors
    /// `internal`, where the library refuses.
    pub(super) fn seal(store: Store, key: &Key, salt: &[u8], whose: &str, plain: &[u8]) -> Result<Self> {
        let mut bytes = Zeroizing::new(plain.to_vec());
        let sealed = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice())
            .and_then(|key| key.seal_in_place_append_tag(Aad::from(bound(store, whose)), &mut *bytes));
        let nonce = sealed.map_err(|_| Error::new(ErrorCode::Internal, "the sign-in cannot be sealed"))?;
        Ok(Self {
            version: VERSION,
            profile: String::new(),
            store,
            salt: STANDARD.encode(salt),
            nonce: STANDARD.encode(nonce.as_ref()),
            sealed: STANDARD.encode(&*bytes),
        })
    }

    /// The same, with the name of its profile on the outside.
    pub(super) fn of(self, profile: &str) -> Self {
        let profile = profile.to_owned();
        Self { profile, ..self }
    }

    /// Opens it; `None`: it is not this key's, or not this sign-in's, or was altered.
    pub(super) fn open(&self, key: &Key, whose: &str) -> Option<Zeroizing<Vec<u8>>> {
        let nonce: [u8; 12] = STANDARD.decode(&self.nonce).ok()?.try_into().ok()?;
        let mut bytes = Zeroizing::new(STANDARD.decode(&self.sealed).ok()?);
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).ok()?;
        let aad = Aad::from(bound(self.store, whose));
        let length = key
            .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut bytes)
            .ok()?
            .len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// The salt of its key.
    pub(super) fn salt(&self) -> Vec<u8> {
        STANDARD.decode(&self.salt).unwrap_or_default()
    }

    /// Reads the file; `None`: there is none.
    ///
    /// # Errors
    /// `file_unreadable`, also for one that others can read; `file_corrupt`; `file_from_newer_version`.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let bytes = match ours::try_read(path, WHAT)? {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(path, &error)),
        };
        let envelope: Self = serde_json::from_slice(&bytes).map_err(|_| corrupt(path))?;
        if envelope.version != VERSION {
            return Err(Error::new(
                ErrorCode::FileFromNewerVersion,
                format!("{WHAT} {} was written by a newer mfactl", path.display()),
            ));
        }
        Ok(Some(envelope))
    }

    /// Writes the file, which takes the place of the one before in one step.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let write = || {
            private::make_folder(folder)?;
            // Made for its owner alone.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            std::io::Result::Ok(())
        };
        write().map_err(|error| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("{WHAT} {} cannot be written: {error}", path.display()),
            )
            .hint("name another folder in MFACTL_STATE_DIR")
        })
    }
}

fn bound(store: Store, whose: &str) -> Vec<u8> {
    format!("mfactl kept sign-in {VERSION}\n{}\n{whose}", store.name()).into_bytes()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorCode::FileUnreadable,
        format!("{WHAT} {} cannot be read: {error}", path.display()),
    )
}

/// A file that holds no such thing, or that its key does not open.
pub(super) fn corrupt(path: &Path) -> Error {
    Error::new(
        ErrorCode::FileCorrupt,
        format!("{WHAT} {} does not open with the key at hand", path.display()),
    )
    .hint("use the key that it was made with, or sign in again: mfactl auth login")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_key_and_its_owner_open_it() {
        let key = |byte| Key::new([byte; 32]);
        let sealed = Envelope::seal(Store::File, &key(1), b"salt", "contoso", b"secret").unwrap();
        let text = serde_json::to_string(&sealed).unwrap();
        assert!(!text.contains("secret"));
        assert_eq!(&*sealed.open(&key(1), "contoso").unwrap(), b"secret");
        assert!(sealed.open(&key(2), "contoso").is_none());
        assert!(sealed.open(&key(1), "fabrikam").is_none());
        let mut other = sealed;
        other.store = Store::Keyring;
        assert!(other.open(&key(1), "contoso").is_none());
        let again = Envelope::seal(Store::File, &key(1), b"salt", "contoso", b"secret").unwrap();
        assert_ne!(serde_json::to_string(&again).unwrap(), text);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_for_its_owner_alone_and_refused_where_it_is_not() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/x.json");
        assert!(Envelope::read(&path).unwrap().is_none());
        let key = Key::new([1; 32]);
        let sealed = Envelope::seal(Store::File, &key, b"salt", "contoso", b"secret").unwrap();
        sealed.write(&path).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(
            Envelope::read(&path)
                .unwrap()
                .unwrap()
                .open(&key, "contoso")
                .is_some()
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = Envelope::read(&path).err().unwrap();
        assert!(
            error.message().contains("can be read by others (mode 644)"),
            "{error}"
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "{").unwrap();
        assert_eq!(
            Envelope::read(&path).err().unwrap().code(),
            ErrorCode::FileCorrupt
        );
    }
}
