//! How often a command waits for Microsoft Graph, counted and not typed: a proxy holds every request back until no other
//! comes, lets those that are there through together, and counts how often it did.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;
use tokio::sync::watch;

/// Where no request came for so long, none comes before an answer.
const QUIET: Duration = Duration::from_millis(500);

/// The requests that went through together, in words.
type Round = Vec<String>;

struct Proxy {
    own: String,
    upstream: String,
    client: reqwest::Client,
    state: Mutex<Held>,
    /// The number of the round that may go.
    round: watch::Sender<usize>,
}

#[derive(Default)]
struct Held {
    rounds: Vec<Round>,
    /// How many rounds there were in all.
    count: usize,
    /// Those who wait for the next round.
    waiting: Round,
}

/// The embedded service with the proxy in front of it.
pub struct Measured {
    proxy: Arc<Proxy>,
    service: Child,
    said: Value,
    runtime: tokio::runtime::Runtime,
}

impl Measured {
    /// Starts both; `command` is the program with nothing of the machine in it.
    pub fn start(mut command: Command) -> Self {
        use std::io::{BufRead as _, BufReader};
        let arguments = ["local", "serve", "--listen", "127.0.0.1:0", "--graph-only"];
        let mut service = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(service.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let upstream = said["graph"].as_str().unwrap().to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let proxy = runtime.block_on(Proxy::start(upstream));
        Self {
            proxy,
            service,
            said,
            runtime,
        }
    }

    /// The variables of a profile that goes through the proxy.
    pub fn variables(&self) -> [(&'static str, String); 7] {
        let text = |name: &str| self.said[name].as_str().unwrap().to_owned();
        let own = |address: String| address.replace(&self.proxy.upstream, &self.proxy.own);
        [
            ("MFACTL_SERVICE", "entra".to_owned()),
            ("MFACTL_TENANT", text("tenant")),
            ("MFACTL_CLIENT_ID", text("client_id")),
            ("MFACTL_AUTH", "client-secret".to_owned()),
            ("MFACTL_CLIENT_SECRET", text("client_secret")),
            ("MFACTL_URL", own(text("graph"))),
            ("MFACTL_AUTHORITY", own(text("authority"))),
        ]
    }

    /// The rounds since this was asked last.
    pub fn rounds(&self) -> Vec<Round> {
        std::mem::take(&mut self.proxy.state.lock().unwrap().rounds)
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
        let _ = &self.runtime;
    }
}

impl Proxy {
    async fn start(upstream: String) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a proxy for a test, not the product's client"
        )]
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let proxy = Arc::new(Self {
            own: format!("http://{}", listener.local_addr().unwrap()),
            upstream,
            client,
            state: Mutex::default(),
            round: watch::Sender::new(0),
        });
        let router = Router::new().fallback(forward).with_state(Arc::clone(&proxy));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        proxy
    }

    /// Waits with others until no more come.
    async fn hold(&self, what: String) {
        let (mine, count) = {
            let mut state = self.state.lock().unwrap();
            state.waiting.push(what);
            (state.count + 1, state.waiting.len())
        };
        let mut round = self.round.subscribe();
        loop {
            let gone = tokio::time::timeout(QUIET, round.wait_for(|round| *round >= mine)).await;
            if gone.is_ok() {
                return;
            }
            let mut state = self.state.lock().unwrap();
            // The last who came lets everybody go.
            if state.count < mine && state.waiting.len() == count {
                let all = std::mem::take(&mut state.waiting);
                state.rounds.push(all);
                state.count += 1;
                self.round.send_replace(state.count);
                return;
            }
        }
    }
}

fn swap(text: &str, from: &str, to: &str) -> String {
    let form = |text: &str| text.replace(':', "%3A").replace('/', "%2F");
    text.replace(from, to).replace(&form(from), &form(to))
}

/// A call in words: its verb, version and the end of its path, and of a batch how many calls are in it.
fn words(method: &str, target: &str, body: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let calls = serde_json::from_str::<Value>(body).ok();
    let calls = calls.and_then(|body| body["requests"].as_array().cloned());
    match calls {
        Some(calls) => {
            let reads = calls.iter().all(|call| call["method"] == "GET");
            let kind = if reads { "reads" } else { "writes" };
            format!("{method} {path} of {} {kind}", calls.len())
        }
        None => format!("{method} {path}"),
    }
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let sent = to_bytes(body, usize::MAX).await.unwrap();
    let sent = String::from_utf8(sent.to_vec()).unwrap();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap();
    if target.starts_with("/v1.0/") || target.starts_with("/beta/") {
        proxy.hold(words(parts.method.as_str(), &target, &sent)).await;
    }
    let mut outgoing = proxy
        .client
        .request(parts.method, format!("{}{target}", proxy.upstream))
        .body(swap(&sent, &proxy.own, &proxy.upstream));
    for (name, value) in &parts.headers {
        if !["host", "content-length", "accept-encoding"].contains(&name.as_str()) {
            outgoing = outgoing.header(name, value);
        }
    }
    let answer = outgoing.send().await.unwrap();
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !["content-length", "transfer-encoding"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let text = swap(&answer.text().await.unwrap(), &proxy.upstream, &proxy.own);
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        let value = HeaderValue::from_str(&swap(&value, &proxy.upstream, &proxy.own)).unwrap();
        response.headers_mut().append(name, value);
    }
    response
}
