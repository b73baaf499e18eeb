//! By a browser that is a few lines of HTTP: what it is sent to, what of its answer is taken, and what the pages say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use super::{application, fields};
use crate::auth::flow::Fetched;
use crate::auth::person::{Application, Browser, InBrowser};
use crate::domain::{ErrorCode, Result};
use crate::http::testing::{Script, answer};

fn id_token(nonce: &str, audience: &str) -> String {
    let payload = json!({"nonce": nonce, "aud": audience, "preferred_username": "rita@contoso.example"});
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

/// A browser: it is told where to go, and goes where a test sends it.
#[derive(Clone, Default)]
struct Stub {
    page: Arc<Mutex<Option<tokio::sync::oneshot::Sender<Url>>>>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Browser for Stub {
    fn open(&self, address: &str) {
        if let Some(page) = self.page.lock().unwrap().take() {
            page.send(Url::parse(address).unwrap()).unwrap();
        }
    }

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}

/// What the page asks for.
struct Asked {
    port: u16,
    query: HashMap<String, String>,
}

impl Asked {
    fn state(&self) -> &str {
        &self.query["state"]
    }

    /// `GET` of this path and query; the whole answer.
    async fn get(&self, path: &str) -> String {
        self.raw(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
            self.port
        ))
        .await
    }

    async fn raw(&self, request: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port))
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }
}

/// Signs in while `drive` is the browser.
async fn signs_in<T>(
    application: &Application,
    limit: Duration,
    drive: impl AsyncFnOnce(Asked) -> T,
) -> (Result<Fetched>, T, Vec<String>) {
    let (send, page) = tokio::sync::oneshot::channel();
    let stub = Stub::default();
    *stub.page.lock().unwrap() = Some(send);
    let how = InBrowser {
        browser: &stub,
        limit,
        claims: None,
        account: Some("rita@contoso.example"),
        choose: true,
    };
    let driving = async {
        let page = page.await.unwrap();
        let query: HashMap<_, _> = page.query_pairs().into_owned().collect();
        let back = Url::parse(&query["redirect_uri"]).unwrap();
        assert_eq!(back.host_str(), Some("localhost"));
        let port = back.port().unwrap();
        drive(Asked { port, query }).await
    };
    let (outcome, driven) = tokio::join!(application.in_browser(&how), driving);
    let notes = stub.notes.lock().unwrap().clone();
    (outcome, driven, notes)
}

const LONG: Duration = Duration::from_secs(60);

/// A token endpoint that takes a code and knows the nonce of the sign-in that runs.
fn redeeming(nonce: &Arc<Mutex<String>>) -> Script {
    let nonce = Arc::clone(nonce);
    Script::answering(move |_| {
        let id = id_token(&nonce.lock().unwrap(), "app");
        let body = json!({"access_token": "t", "expires_in": 3600, "refresh_token": "r1", "id_token": id});
        answer(200, &body.to_string())
    })
}

#[tokio::test]
async fn a_code_is_redeemed_with_the_verifier_of_its_challenge() {
    let nonce = Arc::<Mutex<String>>::default();
    let script = redeeming(&nonce);
    let (outcome, asked, notes) = signs_in(&application(&script), LONG, async |asked: Asked| {
        nonce.lock().unwrap().clone_from(&asked.query["nonce"]);
        let page = asked
            .get(&format!("/?code=the-code&state={}", asked.state()))
            .await;
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("Signed in"),
            "{page}"
        );
        assert!(
            page.contains("content-security-policy: default-src 'none'"),
            "{page}"
        );
        asked
    })
    .await;
    let fetched = outcome.unwrap();
    assert_eq!(fetched.refresh.unwrap().expose(), "r1");
    assert!(notes.is_empty());
    let query = &asked.query;
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["login_hint"], "rita@contoso.example");
    assert!(query["scope"].contains("offline_access") && query["claims"].contains("cp1"));
    let form = fields(&script.requests()[0].text);
    assert_eq!(
        (form["code"].as_str(), form["client_id"].as_str()),
        ("the-code", "app")
    );
    assert_eq!(form["redirect_uri"], query["redirect_uri"]);
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    assert_eq!(digest, query["code_challenge"]);
    // Nothing listens there any more.
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", asked.port))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_answer_with_another_state_is_told_and_ignored() {
    let nonce = Arc::<Mutex<String>>::default();
    let script = redeeming(&nonce);
    let (outcome, (), notes) = signs_in(&application(&script), LONG, async |asked: Asked| {
        nonce.lock().unwrap().clone_from(&asked.query["nonce"]);
        for path in [
            "/?code=evil&state=other",
            "/?code=evil",
            "/?error=access_denied&state=x",
        ] {
            let page = asked.get(path).await;
            assert!(
                page.starts_with("HTTP/1.1 400") && page.contains("Not taken"),
                "{page}"
            );
        }
        asked.get(&format!("/?code=good&state={}", asked.state())).await;
    })
    .await;
    outcome.unwrap();
    assert_eq!(notes.len(), 3);
    assert!(notes[0].contains("its state is wrong"), "{notes:?}");
    assert_eq!(script.requests().len(), 1);
    assert_eq!(fields(&script.requests()[0].text)["code"], "good");
}

#[tokio::test]
async fn nothing_but_the_answer_is_taken_and_nothing_of_it_is_shown() {
    let script = Script::new([answer(
        400,
        r#"{"error":"invalid_grant","error_description":"AADSTS54005: x","error_codes":[54005]}"#,
    )]);
    let (outcome, (), _) = signs_in(&application(&script), LONG, async |asked: Asked| {
        for path in ["/", "/favicon.ico", "/other?code=a&state=b", "/?x=1"] {
            assert!(asked.get(path).await.starts_with("HTTP/1.1 404"), "{path}");
        }
        let port = asked.port;
        let state = asked.state();
        for request in [
            format!("POST /?code=a&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            format!("GET /?code=a&state={state} HTTP/1.1\r\nHost: evil.example:{port}\r\nConnection: close\r\n\r\n"),
        ] {
            assert!(asked.raw(&request).await.starts_with("HTTP/1.1 404"), "{request}");
        }
        let page = asked
            .get(&format!("/?code=%3Cscript%3Ealert(1)%3C%2Fscript%3E&x=%3Cb%3E&state={state}"))
            .await;
        assert!(page.starts_with("HTTP/1.1 400"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("was used before"), "{page}");
    })
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotSignedIn);
    assert!(error.message().contains("was used before"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_told_in_our_words() {
    let cases = [
        ("error=access_denied", "cancelled"),
        (
            "error=access_denied&error_description=AADSTS65004%3A%20x",
            "cancelled",
        ),
        (
            "error=invalid_client&error_description=AADSTS700016%3A%20%3Cb%3E",
            "no such application",
        ),
        (
            "error=%3Cscript%3E&error_description=%3Cscript%3E",
            "the sign-in service refused",
        ),
    ];
    for (query, words) in cases {
        let script = Script::new([]);
        let (outcome, page, _) = signs_in(&application(&script), LONG, async |asked: Asked| {
            asked.get(&format!("/?{query}&state={}", asked.state())).await
        })
        .await;
        let error = outcome.unwrap_err();
        assert!(error.message().contains(words), "{query}: {error}");
        assert!(
            page.starts_with("HTTP/1.1 400") && !page.contains("<script"),
            "{page}"
        );
        assert!(!format!("{:?}", error.to_body()).contains("<script"), "{error:?}");
    }
}

#[tokio::test]
async fn tokens_of_another_sign_in_or_application_are_not_taken() {
    for (nonce, audience) in [(None, "app"), (Some("another"), "app"), (None, "another app")] {
        let known = Arc::<Mutex<String>>::default();
        let kept = Arc::clone(&known);
        let script = Script::answering(move |_| {
            let nonce = nonce.map_or_else(|| kept.lock().unwrap().clone(), str::to_owned);
            let body = json!({"access_token": "t", "expires_in": 1, "id_token": id_token(&nonce, audience)});
            answer(200, &body.to_string())
        });
        let (outcome, (), _) = signs_in(&application(&script), LONG, async |asked: Asked| {
            known.lock().unwrap().clone_from(&asked.query["nonce"]);
            asked.get(&format!("/?code=c&state={}", asked.state())).await;
        })
        .await;
        let good = nonce.is_none() && audience == "app";
        assert_eq!(outcome.is_ok(), good, "{nonce:?} {audience}");
    }
}

#[tokio::test]
async fn nobody_who_comes_in_time_is_an_error_that_says_so() {
    let script = Script::new([]);
    let (outcome, port, _) = signs_in(
        &application(&script),
        Duration::from_millis(20),
        async |asked: Asked| asked.port,
    )
    .await;
    let error = outcome.unwrap_err();
    assert!(error.message().contains("no browser came back"), "{error}");
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
