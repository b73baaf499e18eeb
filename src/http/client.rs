//! The transport: the only reqwest client, made at first use, and the trait that stands between it and the pipeline.

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use super::network::Way;
use super::request::{Verb, is_of_machine};
use super::secure;
use crate::domain::{Error, Network};

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
    /// Nothing that it was sent to can be trusted or understood, and trying again does not mend it: it cannot have been done.
    Hopeless(Error),
}

/// Sends one try.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// Sends it once. Never repeats, never follows a redirect.
    async fn send(&self, request: WireRequest) -> Result<WireAnswer, Failed>;
}

/// reqwest. A client for each way out, made when it is first needed.
#[derive(Default)]
pub(crate) struct HttpTransport {
    network: Network,
    plain: OnceLock<Result<reqwest::Client, Error>>,
    near: OnceLock<Result<reqwest::Client, Error>>,
    far: OnceLock<Result<reqwest::Client, Error>>,
}

impl HttpTransport {
    /// Reaches the network in this way. Reads no file before the first request.
    pub(crate) fn new(network: Network) -> Self {
        Self {
            network,
            ..Self::default()
        }
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, Failed> {
        let way = way_to(url);
        let cell = match way {
            Way::Plain => &self.plain,
            Way::Near => &self.near,
            Way::Far => &self.far,
        };
        cell.get_or_init(|| self.network.client(way))
            .as_ref()
            .map_err(|error| Failed::Hopeless(error.clone()))
    }
}

/// By which way an address is reached.
pub(super) fn way_to(url: &Url) -> Way {
    match (is_of_machine(url), url.scheme()) {
        (true, "http") => Way::Plain,
        (true, _) => Way::Near,
        (false, _) => Way::Far,
    }
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
        let mut builder = client.request(method, url.clone()).timeout(timeout);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = body {
            builder = builder.body(body);
        }
        let mut answer = match builder.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(secure::failed(&error, &url).await),
        };
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
        loop {
            let chunk = match answer.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => return Err(secure::failed(&error, &url).await),
            };
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
