//! A proxy between the client and the embedded service that keeps what goes through, calls of a batch one by one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

/// One call with its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    /// `v1.0` or `beta`.
    pub version: String,
    /// Path and query behind the version, as they were sent.
    pub target: String,
    pub request_headers: Vec<(String, String)>,
    pub request: Option<Value>,
    pub status: u16,
    pub response_headers: Vec<(String, String)>,
    pub response: Option<Value>,
    /// Whether it was a call in a batch.
    pub inner: bool,
}

struct Proxy {
    own: String,
    upstream: String,
    client: reqwest::Client,
    seen: Mutex<Vec<Exchange>>,
}

/// A running proxy.
pub struct Recorder {
    pub address: String,
    state: Arc<Proxy>,
}

impl Recorder {
    /// Stands in front of `upstream`: addresses in bodies and headers are changed on the way, so that neither side
    /// notices.
    pub async fn new(upstream: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        #[expect(
            clippy::disallowed_methods,
            reason = "a proxy for a test, not the product's client"
        )]
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let state = Arc::new(Proxy {
            own: address.clone(),
            upstream: upstream.to_owned(),
            client,
            seen: Mutex::new(Vec::new()),
        });
        let router = Router::new().fallback(forward).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, state }
    }

    /// Everything that went through, calls of a batch one by one behind it. Token requests are left out.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.state.seen.lock().unwrap().clone()
    }
}

fn swap(text: &str, from: &str, to: &str) -> String {
    let form = |text: &str| text.replace(':', "%3A").replace('/', "%2F");
    text.replace(from, to).replace(&form(from), &form(to))
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let sent = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let target = parts
        .uri
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut outgoing = proxy
        .client
        .request(parts.method.clone(), format!("{}{target}", proxy.upstream));
    for (name, value) in &parts.headers {
        if name != "host" && name != "content-length" && name != "accept-encoding" {
            outgoing = outgoing.header(name, value);
        }
    }
    let body = swap(std::str::from_utf8(&sent).unwrap(), &proxy.own, &proxy.upstream);
    let answer = outgoing.body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                swap(value.to_str().unwrap(), &proxy.upstream, &proxy.own),
            )
        })
        .collect();
    let text = swap(&answer.text().await.unwrap(), &proxy.upstream, &proxy.own);
    record(&proxy, &parts, &target, &sent, status, &headers, &text);
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        if name != "content-length" && name != "transfer-encoding" {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            response
                .headers_mut()
                .append(name, HeaderValue::from_str(&value).unwrap());
        }
    }
    response
}

fn record(
    proxy: &Proxy,
    parts: &axum::http::request::Parts,
    target: &str,
    sent: &Bytes,
    status: u16,
    headers: &[(String, String)],
    text: &str,
) {
    let Some((version, rest)) = target.trim_start_matches('/').split_once('/') else {
        return;
    };
    if version != "v1.0" && version != "beta" {
        return;
    }
    let outer = Exchange {
        method: parts.method.to_string(),
        version: version.to_owned(),
        target: format!("/{rest}"),
        request_headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        request: serde_json::from_slice(sent).ok(),
        status,
        response_headers: headers.to_vec(),
        response: serde_json::from_str(text).ok(),
        inner: false,
    };
    let mut seen = proxy.seen.lock().unwrap();
    let inner: Vec<Exchange> = outer
        .request
        .iter()
        .flat_map(|body| calls_in(&outer, body))
        .collect();
    seen.push(outer);
    seen.extend(inner);
}

/// The calls of a batch with their answers.
fn calls_in(outer: &Exchange, body: &Value) -> Vec<Exchange> {
    let empty = Vec::new();
    let answers = outer
        .response
        .as_ref()
        .and_then(|body| body["responses"].as_array())
        .unwrap_or(&empty);
    let headers = |value: &Value| -> Vec<(String, String)> {
        let map = value.as_object().cloned().unwrap_or_default();
        map.iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .collect()
    };
    body["requests"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|call| {
            let answer = answers
                .iter()
                .find(|answer| answer["id"] == call["id"])
                .cloned()
                .unwrap_or_default();
            Exchange {
                method: call["method"].as_str().unwrap().to_owned(),
                version: outer.version.clone(),
                target: call["url"].as_str().unwrap().to_owned(),
                request_headers: headers(&call["headers"]),
                request: call.get("body").cloned(),
                status: u16::try_from(answer["status"].as_u64().unwrap()).unwrap(),
                response_headers: headers(&answer["headers"]),
                response: answer.get("body").cloned(),
                inner: true,
            }
        })
        .collect()
}
