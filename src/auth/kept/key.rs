//! Keys of the files in which sign-ins are kept: out of a key file, a credential of systemd, a passphrase, or the very
//! credential that the token was fetched with. None of them is ever written down here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::auth::ours;
use crate::domain::{Error, ErrorCode, Result, Secret};

/// Bytes of a key of AES-256.
pub(super) const LEN: usize = 32;
/// The name under which systemd hands the key over (`LoadCredential=mfactl-token-key:…`).
pub(super) const CREDENTIAL: &str = "mfactl-token-key";
/// What keys are for, so that the same secret gives another key elsewhere.
const PURPOSE: &[u8] = b"mfactl kept sign-in 1";

/// A key of AES-256, wiped when it is dropped.
pub(super) type Key = Zeroizing<[u8; LEN]>;

/// Where a key may come from, as the environment says it.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// `MFACTL_TOKEN_KEY_FILE`.
    pub file: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`.
    pub credentials: Option<PathBuf>,
    /// `MFACTL_TOKEN_PASSPHRASE`.
    pub passphrase: Option<Secret>,
    /// Asks somebody for the passphrase, where nothing else is at hand.
    pub ask: Option<Ask>,
}

type Asked = dyn Fn() -> Result<Secret> + Send + Sync;

/// A way to ask for the passphrase. It remembers what was typed.
#[derive(Clone)]
pub struct Ask(pub Arc<Asked>);

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ask")
    }
}

/// What keys are made of.
pub(super) enum Master {
    /// As good as random.
    Strong(Zeroizing<Vec<u8>>),
    /// What a person can remember.
    Passphrase(Secret),
}

impl Keys {
    /// The first that is at hand: key file, credential of systemd, passphrase.
    ///
    /// # Errors
    /// `file_unreadable`, `config_invalid` for a key file that will not do.
    pub(super) fn master(&self) -> Result<Option<Master>> {
        let handed = self.credentials.as_ref().map(|folder| folder.join(CREDENTIAL));
        let handed = handed.filter(|path| path.exists());
        if let Some(path) = self.file.as_ref().or(handed.as_ref()) {
            return of_file(path).map(Some);
        }
        Ok(self.passphrase.clone().map(Master::Passphrase))
    }

    /// The same, and what somebody types where none is at hand.
    ///
    /// # Errors
    /// As [`Self::master`]; `not_signed_in` where nobody can be asked.
    pub(super) fn master_or_ask(&self) -> Result<Master> {
        if let Some(master) = self.master()? {
            return Ok(master);
        }
        let none = || {
            Error::new(
                ErrorCode::NotSignedIn,
                "not signed in: the sign-in is kept in an encrypted file, and its key is not at hand",
            )
            .hint("name the key in MFACTL_TOKEN_KEY_FILE, or give the passphrase in MFACTL_TOKEN_PASSPHRASE")
        };
        match &self.ask {
            Some(ask) => (ask.0)().map(Master::Passphrase).map_err(|_| none()),
            None => Err(none()),
        }
    }
}

fn of_file(path: &Path) -> Result<Master> {
    let bytes = ours::read(path, "the key file")?;
    let end = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace());
    if end.is_none_or(|end| end + 1 < LEN) {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("the key file {} holds fewer than {LEN} bytes", path.display()),
        )
        .hint(format!(
            "(umask 077; head -c 32 /dev/urandom | base64 > {})",
            path.display()
        )));
    }
    Ok(Master::Strong(bytes))
}

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        LEN
    }
}

impl Master {
    /// The key for one file.
    ///
    /// # Errors
    /// `internal`, where the libraries refuse.
    pub(super) fn key(&self, salt: &[u8]) -> Result<Key> {
        let mut key = Key::default();
        let made = match self {
            Self::Strong(bytes) => hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
                .extract(bytes)
                .expand(&[PURPOSE], Length)
                .and_then(|okm| okm.fill(key.as_mut_slice()))
                .is_ok(),
            // OWASP's second choice of parameters: 19 MiB, two passes.
            Self::Passphrase(words) => Params::new(19 * 1024, 2, 1, Some(LEN)).is_ok_and(|params| {
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(words.expose().as_bytes(), salt, key.as_mut_slice())
                    .is_ok()
            }),
        };
        if made {
            Ok(key)
        } else {
            Err(Error::new(ErrorCode::Internal, "no key can be made"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, bytes: &[u8], mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join("key");
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn of(path: PathBuf) -> Keys {
        Keys {
            file: Some(path),
            ..Keys::default()
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_read_or_that_is_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(of(file(&folder, &[7; 32], 0o600)).master().unwrap().is_some());
        for mode in [0o640, 0o604, 0o622] {
            let error = of(file(&folder, &[7; 32], mode)).master().err().unwrap();
            assert_eq!(error.code(), ErrorCode::FileUnreadable);
            assert!(error.hint_text().unwrap().starts_with("chmod 600"), "{error}");
        }
        let mut short = vec![b'x'; 31];
        short.extend(b"\n\n\n\n");
        let error = of(file(&folder, &short, 0o600)).master().err().unwrap();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        let error = of(folder.path().join("none")).master().err().unwrap();
        assert_eq!(error.code(), ErrorCode::FileUnreadable);
    }

    #[test]
    fn each_salt_and_each_secret_gives_another_key() {
        let strong = |byte: u8| Master::Strong(Zeroizing::new(vec![byte; 32]));
        let words = |text: &str| Master::Passphrase(Secret::new(text));
        let keys = [
            strong(1).key(b"salt-of-16-bytes"),
            strong(1).key(b"another-of-16-by"),
            strong(2).key(b"salt-of-16-bytes"),
            words("correct horse").key(b"salt-of-16-bytes"),
            words("correct horse").key(b"another-of-16-by"),
        ]
        .map(|key| key.unwrap().to_vec());
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
        assert_eq!(strong(1).key(b"salt-of-16-bytes").unwrap().to_vec(), keys[0]);
    }
}
