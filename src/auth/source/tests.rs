//! One process: how long a token is used, and that all tasks share it.

mod asked;
mod processes;

use super::*;
use crate::auth::Credential;
use crate::auth::tests::way;
use crate::http::testing::{Script, answer};

fn source(script: &Script) -> TokenSource {
    let credential = Credential::ClientSecret {
        client_id: "app".into(),
        secret: Secret::new("p&q ss"),
    };
    of(script, &credential)
}

fn of(script: &Script, credential: &Credential) -> TokenSource {
    let flow = credential.flow(&way(script)).unwrap();
    TokenSource::new(flow, Arc::new(script.clone()))
}

fn tokens(lifetime: u64) -> Script {
    let mut count = 0;
    Script::answering(move |_| {
        count += 1;
        answer(
            200,
            &format!(r#"{{"access_token":"t{count}","expires_in":{lifetime}}}"#),
        )
    })
}

#[tokio::test]
async fn many_tasks_share_one_token() {
    let script = tokens(3600);
    let source = source(&script);
    let all = futures::future::join_all((0..10).map(|_| source.token())).await;
    assert!(all.into_iter().all(|token| token.unwrap().expose() == "t1"));
    let sent = script.requests();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].line, "POST /tenant/oauth2/v2.0/token");
    assert_eq!(
        sent[0].text,
        "grant_type=client_credentials&client_id=app&client_secret=p%26q+ss&scope=https%3A%2F%2Fgraph.example%2F.default"
    );
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let script = tokens(3600);
    let source = source(&script);
    assert_eq!(source.token().await.unwrap().expose(), "t1");
    script.sleep(Duration::from_secs(3299)).await;
    assert_eq!(source.token().await.unwrap().expose(), "t1");
    script.sleep(Duration::from_secs(1)).await;
    assert_eq!(source.token().await.unwrap().expose(), "t2");
}

#[tokio::test]
async fn many_tasks_in_the_middle_of_a_run_fetch_the_next_token_once() {
    let script = tokens(60);
    let source = source(&script);
    for round in 1..=5 {
        let all = futures::future::join_all((0..100).map(|_| source.token())).await;
        let expected = format!("t{round}");
        assert!(all.into_iter().all(|token| token.unwrap().expose() == expected));
        // A token that lives a minute is used for three quarters of it.
        script.sleep(Duration::from_secs(44)).await;
        assert_eq!(source.token().await.unwrap().expose(), expected);
        script.sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(script.requests().len(), 5);
}

#[tokio::test]
async fn ten_thousand_requests_ask_for_one_token_a_lifetime() {
    let script = tokens(3600);
    let source = source(&script);
    for lifetime in 1..=3 {
        let expected = format!("t{lifetime}");
        for _ in 0..100 {
            let all = futures::future::join_all((0..100).map(|_| source.token())).await;
            assert!(all.into_iter().all(|token| token.unwrap().expose() == expected));
            // A hundred times this is what a token is used for: its hour without the last five minutes.
            script.sleep(Duration::from_secs(33)).await;
        }
    }
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_token_that_is_still_good_serves_on_where_the_next_cannot_be_had() {
    let mut count = 0;
    let script = Script::answering(move |_| {
        count += 1;
        match count {
            1 => answer(200, r#"{"access_token":"t1","expires_in":3600}"#),
            _ => answer(400, r#"{"error":"temporarily_unavailable"}"#),
        }
    });
    let source = source(&script);
    source.token().await.unwrap();
    script.sleep(Duration::from_secs(3400)).await;
    assert_eq!(source.token().await.unwrap().expose(), "t1");
    assert_eq!(source.token().await.unwrap().expose(), "t1");
    assert_eq!(script.requests().len(), 2);
    assert_eq!(
        source.left(),
        Some(TokenLeft {
            left: Duration::from_secs(200),
            renewed: true
        })
    );
    script.sleep(Duration::from_secs(200)).await;
    assert_eq!(source.token().await.unwrap_err().code(), ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn only_the_refused_token_is_dropped() {
    let script = tokens(3600);
    let source = source(&script);
    let first = source.token().await.unwrap();
    source.drop_token(&first, None).await;
    assert_eq!(source.token().await.unwrap().expose(), "t2");
    source.drop_token(&first, None).await;
    assert_eq!(source.token().await.unwrap().expose(), "t2");
}

#[tokio::test]
async fn a_password_goes_in_the_body_and_never_into_debug() {
    let script = tokens(3600);
    let credential = Credential::Password {
        client_id: "app".into(),
        client_secret: None,
        username: "rita@contoso.example".into(),
        password: Secret::new("hunter2"),
    };
    of(&script, &credential).token().await.unwrap();
    assert!(
        script.requests()[0]
            .text
            .contains("username=rita%40contoso.example&password=hunter2")
    );
    assert!(!format!("{credential:?}").contains("hunter2"));
}
