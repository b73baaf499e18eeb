//! A person who is asked to sign in again in the middle of a command: once for all tasks, and what comes of it is kept
//! as a refresh would keep it.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::*;
use super::processes::{place, process};
use crate::auth::Credential;
use crate::http::testing::{Script, answer};

fn person() -> Credential {
    Credential::Browser {
        client_id: "app".into(),
    }
}

/// Somebody at the terminal, or nobody.
struct Somebody(AtomicUsize, bool);

#[async_trait]
impl SignInAgain for Somebody {
    async fn sign_in(
        &self,
        place: Option<&Place>,
        why: Error,
        claims: Option<&str>,
    ) -> Result<(Fetched, Option<Store>)> {
        assert!(place.is_some() && claims.is_none());
        self.0.fetch_add(1, Ordering::SeqCst);
        if !self.1 {
            return Err(why);
        }
        let mut fetched = Fetched::alone(Secret::new("by hand"), Duration::from_secs(3600));
        fetched.refresh = Some(Secret::new("r1"));
        Ok((fetched, Some(Store::File)))
    }
}

#[tokio::test]
async fn a_person_is_asked_once_for_all_tasks_and_rotating_tokens_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 1;
    let script = Script::answering(move |sent| {
        assert!(
            sent.text.contains(&format!("refresh_token=r{count}")),
            "{}",
            sent.text
        );
        count += 1;
        let body = format!(r#"{{"access_token":"t{count}","expires_in":3600,"refresh_token":"r{count}"}}"#);
        answer(200, &body)
    });
    let nobody = process(&script, folder.path(), &person()).asking(Some(Arc::new(Somebody(0.into(), false))));
    assert_eq!(nobody.token().await.unwrap_err().code(), ErrorCode::NotSignedIn);
    let there = Arc::new(Somebody(0.into(), true));
    let source = process(&script, folder.path(), &person()).asking(Some(there.clone()));
    let all = futures::future::join_all((0..5).map(|_| source.token())).await;
    assert!(all.into_iter().all(|token| token.unwrap().expose() == "by hand"));
    assert_eq!(there.0.load(Ordering::SeqCst), 1);
    for round in 2..5 {
        // Each time by another process, which finds what the last one kept.
        let next = process(&script, folder.path(), &person());
        let old = next.token().await.unwrap();
        next.drop_token(&old, None).await;
        assert_eq!(next.token().await.unwrap().expose(), format!("t{round}"));
    }
    assert_eq!(script.requests().len(), 3);
}

/// Somebody who signs in, while another process of the same profile takes the lock of its place.
#[derive(Default)]
struct Meanwhile(Mutex<Option<File>>);

#[async_trait]
impl SignInAgain for Meanwhile {
    async fn sign_in(
        &self,
        place: Option<&Place>,
        _: Error,
        _: Option<&str>,
    ) -> Result<(Fetched, Option<Store>)> {
        // Free as long as the person is asked: nobody else waits for that.
        let lock = place.unwrap().lock().await?;
        *self.0.lock().unwrap() = Some(lock);
        let mut fetched = Fetched::alone(Secret::new("by hand"), Duration::from_secs(3600));
        fetched.refresh = Some(Secret::new("r1"));
        Ok((fetched, Some(Store::File)))
    }
}

/// The refresh token that is kept.
async fn kept(folder: &Path) -> Option<String> {
    let (place, _) = place(folder, &person());
    let (_, sign_in) = place.read().await.unwrap()?;
    Some(sign_in.refresh.unwrap().expose().to_owned())
}

// The clock stands still: it goes on by itself once all tasks wait, so that a minute of waiting takes no time.
#[tokio::test(start_paused = true)]
async fn a_new_sign_in_is_written_under_the_lock_that_a_refresh_waits_for() {
    const MINUTE: Duration = Duration::from_secs(60);
    let folder = tempfile::tempdir().unwrap();
    let script = Script::answering(|_| {
        let body = r#"{"access_token":"t2","expires_in":3600,"refresh_token":"r2"}"#;
        answer(200, body)
    });
    let there = Arc::new(Meanwhile::default());
    let source = process(&script, folder.path(), &person()).asking(Some(there.clone()));
    {
        let mut token = std::pin::pin!(source.token());
        let waited = tokio::time::timeout(MINUTE, &mut token).await;
        assert!(waited.is_err(), "a token came while another process had the lock");
        let other = there.0.lock().unwrap().take();
        assert!(other.is_some(), "nobody was asked");
        assert_eq!(
            kept(folder.path()).await,
            None,
            "written under the lock of another"
        );
        drop(other);
        assert_eq!(token.await.unwrap().expose(), "by hand");
    }
    assert_eq!(kept(folder.path()).await.as_deref(), Some("r1"));

    // It is the lock of a refresh: that waits for it as well.
    source.drop_token(&Secret::new("by hand"), None).await;
    let other = place(folder.path(), &person()).0.lock().await.unwrap();
    let mut token = std::pin::pin!(source.token());
    assert!(tokio::time::timeout(MINUTE, &mut token).await.is_err());
    assert_eq!(script.requests().len(), 0, "refreshed under the lock of another");
    drop(other);
    assert_eq!(token.await.unwrap().expose(), "t2");
    assert_eq!(kept(folder.path()).await.as_deref(), Some("r2"));
}
