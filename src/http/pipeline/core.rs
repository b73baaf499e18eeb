//! What one try needs, single or in a batch: token, headers, trace, transport; and what the last answer comes to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use url::Url;

use super::ways::Ways;
use super::{Timer, Tokens, header, unknown};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::client::{Failed, Transport, WireAnswer, WireRequest};
use crate::http::pace::Limiter;
use crate::http::request::{Body, Request, Response};

/// One try may take so long at most, whatever the deadline.
const PER_TRY: Duration = Duration::from_secs(60);
/// The largest answer that is read: a page of 999 people is under 1 MB.
const LIMIT: usize = 64 << 20;
/// A whole data file may be larger.
const PATIENT_LIMIT: usize = 4 << 30;
/// So many calls go out by themselves at once, unless a service is known to take more: Graph throttles readers beyond a
/// few.
const SINGLE_WAYS: usize = 8;

/// What a try came to.
pub(in crate::http) struct Tried {
    pub(in crate::http) result: std::result::Result<WireAnswer, Failed>,
    /// The token that it was sent with.
    pub(in crate::http) token: Option<Secret>,
    /// When it went out.
    pub(in crate::http) began: Duration,
}

/// What all calls of a pipeline share.
pub(in crate::http) struct Core {
    transport: Arc<dyn Transport>,
    pub(in crate::http) timer: Arc<dyn Timer>,
    origin: Url,
    base: String,
    pub(in crate::http) tokens: Option<Arc<dyn Tokens>>,
    pub(in crate::http) timeout: Duration,
    pub(in crate::http) limiter: Option<Arc<Limiter>>,
    /// The roots under which calls can be batched.
    batches: &'static [&'static str],
    /// Whether tokens stand in their header without the word `Bearer`.
    bare: bool,
    /// How many jobs run.
    pub(in crate::http) jobs: AtomicUsize,
    /// Requests under way.
    pub(in crate::http) under_way: AtomicUsize,
    pub(super) single_ways: Ways,
}

/// Counts a request for as long as it lives, also one that nobody waits for any more.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Core {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        timer: Arc<dyn Timer>,
        origin: Url,
        tokens: Option<Arc<dyn Tokens>>,
        timeout: Duration,
    ) -> Self {
        let base = origin.as_str().trim_end_matches('/').to_owned();
        Self {
            transport,
            timer,
            origin,
            base,
            tokens,
            timeout,
            limiter: None,
            batches: &[],
            bare: false,
            jobs: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            single_ways: Ways::new(SINGLE_WAYS),
        }
    }

    pub(super) fn paced(&self, limiter: Arc<Limiter>, batches: &'static [&'static str]) -> Self {
        Self {
            limiter: Some(limiter),
            batches,
            bare: self.bare,
            ..Self::new(
                self.transport.clone(),
                self.timer.clone(),
                self.origin.clone(),
                self.tokens.clone(),
                self.timeout,
            )
        }
    }

    pub(super) fn bare(&self) -> Self {
        Self {
            bare: true,
            ..Self::new(
                self.transport.clone(),
                self.timer.clone(),
                self.origin.clone(),
                self.tokens.clone(),
                self.timeout,
            )
        }
    }

    /// The address that all calls begin with, without a slash at its end.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Whether a job runs.
    pub(in crate::http) fn in_job(&self) -> bool {
        self.jobs.load(Ordering::Relaxed) > 0
    }

    /// Whether this call is gathered with those of others.
    pub(super) fn gathers(&self, request: &Request) -> bool {
        let may = !request.patient && request.path != super::super::ordered::PATH;
        self.in_job() && may && self.batches.contains(&request.root)
    }

    /// Counts as a request under way until the answer is dropped: one that asks for leave does.
    pub(in crate::http) fn counted(&self) -> impl Drop + '_ {
        UnderWay::new(&self.under_way)
    }

    /// A token that is good now, where one is needed.
    ///
    /// # Errors
    /// What its source says.
    pub(in crate::http) async fn token(&self) -> Result<Option<Secret>> {
        match &self.tokens {
            Some(tokens) => Ok(Some(tokens.token().await?)),
            None => Ok(None),
        }
    }

    /// Sends one request once, with this token.
    pub(in crate::http) async fn try_once(
        &self,
        token: Option<Secret>,
        request: &Request,
        url: &Url,
        call_id: &str,
        left: Duration,
        tries: u32,
    ) -> Tried {
        let began = self.timer.now();
        let _under_way = UnderWay::new(&self.under_way);
        let result = self
            .attempt(request, url, call_id, token.as_ref(), left, tries)
            .await;
        Tried { result, token, began }
    }

    async fn attempt(
        &self,
        request: &Request,
        url: &Url,
        call_id: &str,
        token: Option<&Secret>,
        left: Duration,
        tries: u32,
    ) -> std::result::Result<WireAnswer, Failed> {
        let mut headers = request.headers.clone();
        headers.push(("accept", "application/json".to_owned()));
        headers.push(("client-request-id", call_id.to_owned()));
        if let Some(token) = token {
            let word = if self.bare { "" } else { "Bearer " };
            headers.push(("authorization", format!("{word}{}", token.expose())));
        }
        let body = match &request.body {
            Body::None => None,
            Body::Json(value) => {
                headers.push(("content-type", "application/json".to_owned()));
                Some(value.to_string().into_bytes())
            }
            Body::Text(text) => {
                headers.push(("content-type", "text/plain".to_owned()));
                Some(text.clone().into_bytes())
            }
            Body::Form(form) => {
                headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
                Some(form.clone().into_bytes())
            }
        };
        let began = self.timer.now();
        let (timeout, limit) = if request.patient {
            (left, PATIENT_LIMIT)
        } else {
            (left.min(PER_TRY), LIMIT)
        };
        let wire = WireRequest {
            verb: request.verb,
            url: url.clone(),
            headers,
            body,
            timeout,
            limit,
        };
        let result = self.transport.send(wire).await;
        let ms = u64::try_from(self.timer.now().saturating_sub(began).as_millis()).unwrap_or(u64::MAX);
        let (verb, path) = (request.verb.as_str(), request.template);
        match &result {
            Ok(answer) => {
                let id = header(answer, "request-id").unwrap_or("-");
                tracing::debug!(
                    verb,
                    path,
                    status = answer.status,
                    request_id = id,
                    call_id,
                    ms,
                    tries
                );
            }
            Err(Failed::NotSent(why)) => tracing::debug!(verb, path, call_id, ms, tries, why, "not sent"),
            Err(Failed::Hopeless(error)) => {
                tracing::debug!(verb, path, call_id, ms, tries, %error, "not sent")
            }
            Err(Failed::NoAnswer { why, .. }) => {
                tracing::debug!(verb, path, call_id, ms, tries, why, "no answer")
            }
        }
        result
    }

    /// The last answer of a call, as its caller gets it.
    /// `kept_from`: why the try before did not even connect, where it did not.
    pub(super) fn take(
        &self,
        result: std::result::Result<WireAnswer, Failed>,
        call_id: &str,
        tries: u32,
        maybe_done: bool,
        kept_from: Option<&str>,
    ) -> Result<Response> {
        let tells = matches!(&result, Ok(answer) if answer.status < 500 && answer.status != 429);
        if maybe_done && !tells {
            return Err(unknown(Some(&result), call_id));
        }
        match result {
            Ok(answer) => {
                let request_id = header(&answer, "request-id")
                    .map(str::to_owned)
                    .or_else(|| Some(call_id.to_owned()));
                Ok(Response {
                    status: answer.status,
                    headers: answer.headers,
                    body: answer.body,
                    request_id,
                    tries,
                })
            }
            Err(Failed::NotSent(why)) => Err(Error::new(
                ErrorCode::Unavailable,
                format!("cannot connect to {}: {why}", self.host()),
            )
            .hint("check that the service runs, the url of the profile, and the network")),
            Err(Failed::Hopeless(error)) => Err(error),
            Err(Failed::NoAnswer { timed_out: true, .. }) => Err(self.too_late(tries, kept_from)),
            Err(Failed::NoAnswer { why, .. }) => Err(Error::new(
                ErrorCode::Unavailable,
                format!("no answer from {}: {why}", self.host()),
            )
            .hint(match self.origin.scheme() {
                "http" => {
                    "check that the service runs, and whether the url of the profile has to begin with https"
                }
                _ => "check that the service runs, the url of the profile, and the network",
            })),
        }
    }

    /// The deadline passed. `kept_from`: why there was no connection so far, which says more than the time does.
    pub(super) fn too_late(&self, tries: u32, kept_from: Option<&str>) -> Error {
        let times = if tries == 1 {
            "1 try".to_owned()
        } else {
            format!("{tries} tries")
        };
        let (host, seconds) = (self.host(), self.timeout.as_secs());
        let message = match kept_from {
            Some(why) => format!("cannot connect to {host} in {seconds} s, {times}: {why}"),
            None => format!("no answer from {host} in {seconds} s, {times}"),
        };
        Error::new(ErrorCode::TimedOut, message).hint("try again, or allow more with --timeout")
    }

    /// Nothing may be sent before the deadline.
    pub(super) fn asked_to_wait(&self) -> Error {
        Error::new(
            ErrorCode::Throttled,
            format!(
                "{} asks to wait longer than {} s, nothing was sent",
                self.host(),
                self.timeout.as_secs()
            ),
        )
        .hint("try again later, or allow more with --timeout")
    }

    /// The whole address of a call.
    ///
    /// # Errors
    /// `unavailable` for a link to another host: the token must not go there.
    pub(in crate::http) fn resolve(&self, request: &Request) -> Result<Url> {
        let url = if request.root.is_empty() && request.path.starts_with("http") {
            Url::parse(&request.path)
        } else {
            Url::parse(&format!("{}{}{}", self.base, request.root, request.path))
        };
        let url =
            url.map_err(|_| Error::new(ErrorCode::Unavailable, "the service gave a link that is not one"))?;
        if url.origin() != self.origin.origin() {
            return Err(Error::new(
                ErrorCode::Unavailable,
                format!(
                    "the service gave a link to another host, {}",
                    url.host_str().unwrap_or("none")
                ),
            )
            .hint("nothing was sent there; check the url of the profile"));
        }
        Ok(url)
    }

    fn host(&self) -> String {
        let host = self.origin.host_str().unwrap_or_default();
        self.origin
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}
