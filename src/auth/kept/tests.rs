//! Places of sign-ins: what comes back out of each, and what never does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Keeping, Keys, Place, Ring, SignIn, Store, TokenStore, Whose};
use crate::domain::{ErrorCode, Secret};

fn keeping(folder: &Path, store: TokenStore) -> Keeping {
    Keeping {
        profile: "contoso".to_owned(),
        store,
        folder: folder.join("tokens"),
        keys: Keys::default(),
    }
}

fn whose() -> Whose<'static> {
    Whose {
        profile: "contoso",
        authority: "https://login.example/t1",
        tenant: "t1",
        audience: "https://graph.example/",
        client_id: "app",
        way: "browser",
        account: "",
    }
}

fn mock() -> Ring {
    Ring::of(keyring_core::mock::Store::new().unwrap() as Arc<keyring_core::CredentialStore>)
}

fn sign_in() -> SignIn {
    SignIn {
        access: Secret::new("access-1"),
        obtained_at: Timestamp::from_second(1_000).unwrap(),
        lifetime: Duration::from_secs(3600),
        refresh: Some(Secret::new("refresh-1")),
        account: Some("rita@contoso.example".to_owned()),
    }
}

fn everything_in(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        text += &String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap());
    }
    text
}

#[tokio::test]
async fn the_keyring_keeps_key_and_refresh_token_and_the_file_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let ring = mock();
    let place = || Place::new(&keeping(folder.path(), TokenStore::Auto), &whose(), None).with(ring.clone());
    assert_eq!(place().of_person().await.unwrap(), Some(Store::Keyring));
    place().write(Store::Keyring, &sign_in()).await.unwrap();
    let (store, found) = place().read().await.unwrap().unwrap();
    assert_eq!(store, Store::Keyring);
    assert_eq!(found.access.expose(), "access-1");
    assert_eq!(found.refresh.unwrap().expose(), "refresh-1");
    assert_eq!(found.account.as_deref(), Some("rita@contoso.example"));
    assert_eq!(found.lifetime, Duration::from_secs(3600));
    let written = everything_in(&folder.path().join("tokens"));
    for secret in ["access-1", "refresh-1", "rita@"] {
        assert!(!written.contains(secret), "{written}");
    }
    // Without the keyring the file is of no use.
    let other = Place::new(&keeping(folder.path(), TokenStore::Auto), &whose(), None).with(mock());
    assert!(other.read().await.unwrap().is_none());
    assert!(place().remove().await.unwrap());
    assert!(place().read().await.unwrap().is_none());
    assert!(!place().remove().await.unwrap());
}

#[tokio::test]
async fn a_sign_in_is_found_by_all_that_it_is_for_and_never_for_another_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let ring = mock();
    let of = |whose: &Whose<'_>| {
        Place::new(&keeping(folder.path(), TokenStore::Keyring), whose, None).with(ring.clone())
    };
    of(&whose()).write(Store::Keyring, &sign_in()).await.unwrap();
    let others = [
        Whose {
            profile: "other",
            ..whose()
        },
        Whose {
            authority: "https://login.example/t2",
            ..whose()
        },
        Whose {
            tenant: "t2",
            ..whose()
        },
        Whose {
            audience: "https://graph.other/",
            ..whose()
        },
        Whose {
            client_id: "other",
            ..whose()
        },
        Whose {
            way: "device-code",
            ..whose()
        },
        Whose {
            account: "emre",
            ..whose()
        },
        // What ends one part never begins the next.
        Whose {
            tenant: "t1\n3:app",
            ..whose()
        },
    ];
    for other in others {
        assert!(of(&other).read().await.unwrap().is_none(), "{other:?}");
    }
    // Nor where somebody puts the file in the other's place.
    let name = |whose: &Whose<'_>| of(whose).path;
    let fabrikam = Whose {
        tenant: "t2",
        ..whose()
    };
    std::fs::copy(name(&whose()), name(&fabrikam)).unwrap();
    assert!(of(&fabrikam).read().await.unwrap().is_none());
}

#[tokio::test]
async fn without_a_keyring_a_key_file_serves_and_without_that_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let none = Ring(Arc::new(|_| Err(keyring_core::Error::NoDefaultStore)));
    let mut keeping = keeping(folder.path(), TokenStore::Auto);
    let place = |keeping: &Keeping| Place::new(keeping, &whose(), None).with(none.clone());
    let error = place(&keeping).of_person().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotSignedIn);
    assert!(error.hint_text().unwrap().contains("client-secret"), "{error}");
    keeping.keys.passphrase = Some(Secret::new("correct horse battery"));
    assert_eq!(place(&keeping).of_person().await.unwrap(), Some(Store::File));
    place(&keeping).write(Store::File, &sign_in()).await.unwrap();
    let (_, found) = place(&keeping).read().await.unwrap().unwrap();
    assert_eq!(found.refresh.unwrap().expose(), "refresh-1");
    assert!(!everything_in(&folder.path().join("tokens")).contains("refresh-1"));
    keeping.keys.passphrase = Some(Secret::new("another"));
    assert_eq!(
        place(&keeping).read().await.unwrap_err().code(),
        ErrorCode::FileCorrupt
    );
    keeping.keys.passphrase = None;
    assert_eq!(
        place(&keeping).read().await.unwrap_err().code(),
        ErrorCode::NotSignedIn
    );
}

#[tokio::test]
async fn a_locked_keyring_is_an_error_also_where_a_key_is_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let locked = Ring(Arc::new(|_| {
        Err(keyring_core::Error::NoStorageAccess("prompt".into()))
    }));
    let mut keeping = keeping(folder.path(), TokenStore::Auto);
    keeping.keys.passphrase = Some(Secret::new("correct horse battery"));
    let error = Place::new(&keeping, &whose(), None)
        .with(locked)
        .of_person()
        .await
        .unwrap_err();
    assert!(error.message().contains("locked"), "{error}");
    assert!(!folder.path().join("tokens").exists());
}

#[tokio::test]
async fn an_application_keeps_its_token_under_its_own_secret() {
    let folder = tempfile::tempdir().unwrap();
    let keeping = keeping(folder.path(), TokenStore::Auto);
    let own = |byte: u8| Some(Zeroizing::new(vec![byte; 40]));
    let place = |byte| Place::new(&keeping, &whose(), own(byte));
    assert_eq!(place(1).of_application().unwrap(), Some(Store::Credential));
    place(1).write(Store::Credential, &sign_in()).await.unwrap();
    assert_eq!(
        place(1).read().await.unwrap().unwrap().1.access.expose(),
        "access-1"
    );
    assert!(place(2).read().await.unwrap().is_none());
    assert!(!everything_in(&keeping.folder).contains("access-1"));
    let nothing = Place::new(&keeping, &whose(), None);
    assert_eq!(nothing.of_application().unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn one_refreshes_at_a_time_and_waits_no_longer_than_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let keeping = keeping(folder.path(), TokenStore::Auto);
    let place = || Place::new(&keeping, &whose(), None);
    let held = place().lock().await.unwrap();
    assert_eq!(place().lock().await.unwrap_err().code(), ErrorCode::FileLocked);
    drop(held);
    place().lock().await.unwrap();
}

#[test]
fn a_token_out_of_the_future_has_no_age() {
    let at = |second| Timestamp::from_second(second).unwrap();
    assert_eq!(sign_in().age(at(1_010)), Some(Duration::from_secs(10)));
    assert_eq!(sign_in().age(at(990)), None);
    assert_eq!(sign_in().ends_at(), at(4_600));
}

#[tokio::test]
async fn all_of_a_profile_goes_without_a_key_and_nothing_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let ring = mock();
    let keeping = keeping(folder.path(), TokenStore::Auto);
    let place = |profile, tenant| {
        let whose = Whose {
            profile,
            tenant,
            ..whose()
        };
        Place::new(&keeping, &whose, None).with(ring.clone())
    };
    for (profile, tenant) in [("contoso", "t1"), ("contoso", "t2"), ("fabrikam", "t1")] {
        let place = place(profile, tenant);
        place.write(Store::Keyring, &sign_in()).await.unwrap();
    }
    // Whatever is no sign-in stays.
    std::fs::write(keeping.folder.join("text.json"), "text").unwrap();
    let gone = super::forget::forget_in(&keeping.folder, "contoso", &ring).await;
    assert_eq!(gone.unwrap(), 2);
    assert!(place("contoso", "t1").read().await.unwrap().is_none());
    assert!(place("fabrikam", "t1").read().await.unwrap().is_some());
    assert!(keeping.folder.join("text.json").exists());
    let again = super::forget::forget_in(&keeping.folder, "contoso", &ring).await;
    assert_eq!(again.unwrap(), 0);
}
