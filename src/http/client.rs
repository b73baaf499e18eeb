//! The transport: the only reqwest client, made at first use, and the trait that stands between it and the pipeline.

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use super::request::{Verb, is_of_machine};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// One try, ready for the wire.
pub(crate) struct WireRequest {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// For the whole try, body included.
    pub(crate) timeout: Duration,
    /// How many bytes of answer are read at most.
    pub(crate) limit: usize,
}

/// What came back.
#[derive(Clone)]
pub(crate) struct WireAnswer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The service cannot have seen it: no connection came about.
    NotSent(String),
    /// It may have been sent.
    NoAnswer {
        /// Whether time ran out.
        timed_out: bool,
        /// Why, without the address.
        why: String,
    },
}

/// Sends one try.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// Sends it once. Never repeats, never follows a redirect.
    async fn send(&self, request: WireRequest) -> Result<WireAnswer, Failed>;
}

/// reqwest. Two clients, each made when it is first needed: the one for this machine loads no root certificates.
#[derive(Default)]
pub(crate) struct HttpTransport {
    loopback: OnceLock<Result<reqwest::Client, String>>,
    network: OnceLock<Result<reqwest::Client, String>>,
}

impl HttpTransport {
    fn client(&self, url: &Url) -> Result<&reqwest::Client, Failed> {
        let plain = url.scheme() == "http" && is_of_machine(url);
        let cell = if plain { &self.loopback } else { &self.network };
        cell.get_or_init(|| build(plain))
            .as_ref()
            .map_err(|why| Failed::NotSent(why.clone()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one owner of the HTTP client")]
fn build(plain: bool) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("mfactl/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT);
    let builder = if plain {
        // Nothing of TLS or of a proxy is needed on this machine, and root certificates cost 20 MB.
        builder
            .tls_certs_only([])
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
    } else {
        builder.https_only(true)
    };
    builder.build().map_err(|error| innermost(&error))
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: WireRequest) -> Result<WireAnswer, Failed> {
        let WireRequest {
            verb,
            url,
            headers,
            body,
            timeout,
            limit,
        } = request;
        let client = self.client(&url)?;
        let method = match verb {
            Verb::Get => reqwest::Method::GET,
            Verb::Post => reqwest::Method::POST,
            Verb::Patch => reqwest::Method::PATCH,
            Verb::Put => reqwest::Method::PUT,
            Verb::Delete => reqwest::Method::DELETE,
        };
        let mut builder = client.request(method, url).timeout(timeout);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = body {
            builder = builder.body(body);
        }
        let mut answer = builder.send().await.map_err(|error| failed(&error))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > limit {
                let why = format!("the answer is larger than {limit} bytes");
                return Err(Failed::NoAnswer {
                    timed_out: false,
                    why,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(WireAnswer {
            status,
            headers,
            body,
        })
    }
}

fn failed(error: &reqwest::Error) -> Failed {
    let why = innermost(error);
    if error.is_connect() || error.is_builder() {
        Failed::NotSent(why)
    } else {
        Failed::NoAnswer {
            timed_out: error.is_timeout(),
            why,
        }
    }
}

/// The last cause: the outer ones repeat the address, which may hold a person's name.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_port_says_that_nothing_was_sent() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
        let request = WireRequest {
            verb: Verb::Get,
            url,
            headers: vec![],
            body: None,
            timeout: Duration::from_secs(5),
            limit: 100,
        };
        let failed = HttpTransport::default().send(request).await.err().unwrap();
        assert!(matches!(failed, Failed::NotSent(_)), "{failed:?}");
    }

    #[tokio::test]
    async fn an_answer_that_comes_byte_by_byte_ends_at_the_timeout() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                .await;
            // Never silent for long, and never at its end.
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let request = WireRequest {
            verb: Verb::Get,
            url,
            headers: vec![],
            body: None,
            timeout: Duration::from_millis(300),
            limit: 1 << 20,
        };
        let failed = HttpTransport::default().send(request).await.err().unwrap();
        assert!(
            matches!(failed, Failed::NoAnswer { timed_out: true, .. }),
            "{failed:?}"
        );
    }
}
