//! The keyring of the operating system. Each call goes on a thread of its own and gets three seconds: a keyring may ask
//! for its password on a screen that nobody sees.

use std::sync::Arc;
use std::time::Duration;

use keyring_core::Entry;
use zeroize::Zeroizing;

use crate::domain::{Error, ErrorCode, Result};

/// The name under which all entries are kept.
const SERVICE: &str = "mfactl";
/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The entry that is written and taken away to see whether the keyring works.
const PROBE: &str = "probe";

/// Why the keyring does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is none.
    Absent(String),
    /// It is there and does not open.
    Locked(String),
    /// It does not answer.
    Slow,
    /// It says something else.
    Failed(String),
}

type Open = Arc<dyn Fn(&str) -> keyring_core::Result<Entry> + Send + Sync>;

/// A keyring.
#[derive(Clone)]
pub(crate) struct Ring(pub(super) Open);

impl Default for Ring {
    /// The one of the operating system, opened at first use.
    fn default() -> Self {
        Self(Arc::new(|name| {
            if let Err(error) = keyring::Entry::store_status() {
                tracing::debug!(%error, "no keyring");
                return Err(keyring_core::Error::NoDefaultStore);
            }
            keyring::Entry::new(SERVICE, name).map(|entry| entry.inner)
        }))
    }
}

impl Ring {
    /// A keyring for tests.
    #[cfg(test)]
    pub(crate) fn of(store: Arc<keyring_core::CredentialStore>) -> Self {
        Self(Arc::new(move |name| store.build(SERVICE, name, None)))
    }

    async fn call<T: Send + 'static>(
        &self,
        name: &str,
        what: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<Option<T>, Refused> {
        let (send, done) = tokio::sync::oneshot::channel();
        let (open, name) = (Arc::clone(&self.0), name.to_owned());
        // Not of the runtime: that waits for its threads when it ends, and this one may never come back.
        std::thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                // Nobody waits any more where the time was over.
                let _ = send.send(open(&name).and_then(|entry| what(&entry)));
            })
            .map_err(|error| Refused::Failed(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(Ok(Ok(value))) => Ok(Some(value)),
            Ok(Ok(Err(keyring_core::Error::NoEntry))) => Ok(None),
            Ok(Ok(Err(error))) => Err(refused(&error)),
            Ok(Err(_)) => Err(Refused::Failed("its call broke off".to_owned())),
            Err(_) => Err(Refused::Slow),
        }
    }

    /// What is kept under this name.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Refused> {
        Ok(self.call(name, Entry::get_secret).await?.map(Zeroizing::new))
    }

    /// Keeps this under a name; it takes the place of what was kept there.
    pub(super) async fn set(&self, name: &str, value: Zeroizing<Vec<u8>>) -> Result<(), Refused> {
        self.call(name, move |entry| entry.set_secret(&value))
            .await
            .map(drop)
    }

    /// Takes away what is kept under a name.
    pub(super) async fn remove(&self, name: &str) -> Result<(), Refused> {
        self.call(name, Entry::delete_credential).await.map(drop)
    }

    /// Whether it takes and gives back.
    pub(super) async fn probe(&self) -> Result<(), Refused> {
        let value = Zeroizing::new(b"works".to_vec());
        self.set(PROBE, value.clone()).await?;
        let found = self.get(PROBE).await?;
        self.remove(PROBE).await?;
        if found == Some(value) {
            Ok(())
        } else {
            Err(Refused::Failed("it does not give back what it took".to_owned()))
        }
    }
}

fn refused(error: &keyring_core::Error) -> Refused {
    match error {
        keyring_core::Error::NoDefaultStore => match keyring::Entry::store_status() {
            Err(error) => Refused::Absent(said(error)),
            Ok(()) => Refused::Absent("there is none".to_owned()),
        },
        keyring_core::Error::NoStorageAccess(why) => Refused::Locked(why.to_string()),
        other => Refused::Failed(said(other)),
    }
}

/// The words of an error, on one line.
fn said(error: &keyring_core::Error) -> String {
    let text = match error {
        keyring_core::Error::PlatformFailure(why) => why.to_string(),
        other => other.to_string(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches('.').to_owned()
}

/// What to do instead, where no keyring can be had.
const INSTEAD: &str = "name a key in MFACTL_TOKEN_KEY_FILE, or sign in as an application: auth = \"client-secret\" with \
                       MFACTL_CLIENT_SECRET in the environment";

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let error = |why: String| Self::new(ErrorCode::NotSignedIn, why);
        match refused {
            Refused::Absent(why) => error(format!(
                "there is no keyring to keep the sign-in in, and no key for a file: {why}"
            ))
            .hint(INSTEAD),
            Refused::Locked(why) => error(format!("the keyring is locked: {why}")).hint(
                "unlock it (it opens when you sign in to the desktop), or choose another place: --token-store file",
            ),
            Refused::Slow => error(format!(
                "the keyring did not answer in {} s; it may be asking for its password",
                PATIENCE.as_secs()
            ))
            .hint("answer it, or choose another place: --token-store file"),
            Refused::Failed(why) => {
                error(format!("the keyring cannot be used: {why}")).hint("choose another place: --token-store file")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mock() -> (Ring, Arc<keyring_core::CredentialStore>) {
        let store: Arc<keyring_core::CredentialStore> = keyring_core::mock::Store::new().unwrap();
        (Ring::of(Arc::clone(&store)), store)
    }

    fn fails(store: &Arc<keyring_core::CredentialStore>, name: &str, error: keyring_core::Error) {
        let entry = store.build(SERVICE, name, None).unwrap();
        let credential: &keyring_core::mock::Cred = entry.as_any().downcast_ref().unwrap();
        credential.set_error(error);
    }

    #[tokio::test]
    async fn what_is_kept_comes_back_and_goes() {
        let (ring, _) = mock();
        ring.probe().await.unwrap();
        assert_eq!(ring.get("a").await.unwrap(), None);
        ring.set("a", Zeroizing::new(b"1".to_vec())).await.unwrap();
        ring.set("a", Zeroizing::new(b"2".to_vec())).await.unwrap();
        assert_eq!(ring.get("a").await.unwrap().unwrap().as_slice(), b"2");
        ring.remove("a").await.unwrap();
        assert_eq!(ring.get("a").await.unwrap(), None);
        // Taking away what is gone is done.
        ring.remove("a").await.unwrap();
    }

    #[tokio::test]
    async fn a_keyring_that_is_locked_or_absent_is_told_apart() {
        let (ring, store) = mock();
        fails(
            &store,
            PROBE,
            keyring_core::Error::NoStorageAccess("prompt".into()),
        );
        assert_eq!(ring.probe().await, Err(Refused::Locked("prompt".to_owned())));
        let absent = Ring(Arc::new(|_| Err(keyring_core::Error::NoDefaultStore)));
        assert!(matches!(absent.probe().await, Err(Refused::Absent(_))));
        for refused in [
            Refused::Absent("x".into()),
            Refused::Locked("x".into()),
            Refused::Slow,
            Refused::Failed("x".into()),
        ] {
            let error = Error::from(refused);
            assert_eq!(error.code(), ErrorCode::NotSignedIn);
            assert!(error.hint_text().is_some());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_keyring_that_does_not_answer_is_left_after_three_seconds() {
        let (wake, sleeps) = std::sync::mpsc::channel::<()>();
        let sleeps = std::sync::Mutex::new(sleeps);
        let ring = Ring(Arc::new(move |_| {
            let _ = sleeps.lock().unwrap().recv();
            Err(keyring_core::Error::NoEntry)
        }));
        assert_eq!(ring.get("a").await, Err(Refused::Slow));
        drop(wake);
    }
}
