//! All processes of one profile: one token, one refresh, one place, and nothing kept there that is for somebody else.

use std::path::Path;

use super::super::*;
use super::{of, tokens};
use crate::auth::tests::way;
use crate::auth::{Credential, Keys, TokenStore};
use crate::http::testing::{Script, answer};

/// Where this credential's sign-in is kept, and in which store.
pub(super) fn place(folder: &Path, credential: &Credential) -> (Place, Option<Store>) {
    let keeping = Keeping {
        profile: "contoso".to_owned(),
        store: TokenStore::File,
        folder: folder.to_owned(),
        keys: Keys {
            passphrase: Some(Secret::new("correct horse battery")),
            ..Keys::default()
        },
    };
    let way = way(&Script::new([]));
    let place = credential.place(&keeping, way.authority, way.tenant, way.audience);
    place.unwrap().unwrap()
}

/// What another process of the same profile would make.
pub(super) fn process(script: &Script, folder: &Path, credential: &Credential) -> TokenSource {
    let (place, store) = place(folder, credential);
    of(script, credential).kept(place, store)
}

fn strong() -> Credential {
    Credential::ClientSecret {
        client_id: "app".into(),
        secret: Secret::new("a secret that nobody guesses, ever"),
    }
}

#[tokio::test]
async fn processes_share_one_token_and_one_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let script = tokens(3600);
    let sources: Vec<_> = (0..8)
        .map(|_| process(&script, folder.path(), &strong()))
        .collect();
    let all = futures::future::join_all(sources.iter().map(TokenSource::token)).await;
    assert!(all.into_iter().all(|token| token.unwrap().expose() == "t1"));
    assert_eq!(script.requests().len(), 1);
    // One of them hears that the service takes it no longer; the others hear the same a moment later.
    let first = Secret::new("t1");
    for source in &sources {
        source.drop_token(&first, None).await;
    }
    let all = futures::future::join_all(sources.iter().map(TokenSource::token)).await;
    assert!(all.into_iter().all(|token| token.unwrap().expose() == "t2"));
    assert_eq!(script.requests().len(), 2);
    let late = process(&script, folder.path(), &strong());
    assert_eq!(late.token().await.unwrap().expose(), "t2");
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn what_the_service_asks_for_goes_into_the_next_request_alone() {
    let folder = tempfile::tempdir().unwrap();
    let script = tokens(3600);
    let source = process(&script, folder.path(), &strong());
    let first = source.token().await.unwrap();
    source.drop_token(&first, Some(r#"{"access_token":{}}"#)).await;
    let second = source.token().await.unwrap();
    source.drop_token(&second, None).await;
    source.token().await.unwrap();
    let asked: Vec<bool> = script
        .requests()
        .iter()
        .map(|sent| sent.text.contains("claims=%7B%22access_token"))
        .collect();
    assert_eq!(asked, [false, true, false]);
}

#[tokio::test]
async fn a_token_of_another_tenant_is_neither_kept_nor_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    // {"tid":"22222222-2222-4222-8222-222222222222"}
    let token = "e30.eyJ0aWQiOiIyMjIyMjIyMi0yMjIyLTQyMjItODIyMi0yMjIyMjIyMjIyMjIifQ.x";
    let script = Script::answering(move |_| {
        answer(200, &format!(r#"{{"access_token":"{token}","expires_in":3600}}"#))
    });
    let ours = Addressee::new("11111111-1111-4111-8111-111111111111", "https://graph.example/");
    let source = process(&script, folder.path(), &strong()).checked(ours);
    assert_eq!(source.token().await.unwrap_err().code(), ErrorCode::TokenRejected);
    let kept = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(
        kept.filter(|file| file.as_ref().unwrap().path().ends_with(".json"))
            .count(),
        0
    );
}
