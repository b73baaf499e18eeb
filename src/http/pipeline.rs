//! The pipeline: per call a request id and a deadline; then retry; then per try the token, the trace and the
//! transport. Logs by allow-list: verb, path template, status, request id, milliseconds. Never headers or bodies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use url::Url;

use super::client::{Failed, Transport, WireAnswer, WireRequest};
use super::request::{Body, Class, Request, Response};
use super::retry::{self, Outcome, Verdict};
use crate::domain::{Clock, Error, ErrorCode, Result, Secret, SystemClock};

/// One try may take so long at most, whatever the deadline.
const PER_TRY: Duration = Duration::from_secs(60);
/// A call that may take its time is given so long at least.
const PATIENCE: Duration = Duration::from_secs(900);
/// The largest answer that is read: a page of 999 people is under 1 MB.
const LIMIT: usize = 64 << 20;
/// A whole data file may be larger.
const PATIENT_LIMIT: usize = 4 << 30;

/// Time and chance of the pipeline, replaced in tests.
#[async_trait]
pub(crate) trait Timer: Send + Sync {
    /// Time since some moment that does not move.
    fn now(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, time: Duration);
    /// A number in 0..1.
    fn random(&self) -> f64;
}

/// The machine's own time and chance.
pub(crate) struct SystemTimer(Instant);

impl Default for SystemTimer {
    fn default() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Timer for SystemTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn random(&self) -> f64 {
        // Without randomness everybody waits as long as they may, which is right too.
        getrandom::u32().map_or(1.0, |value| f64::from(value) / f64::from(u32::MAX))
    }
}

/// Where the bearer token of each try comes from.
#[async_trait]
pub(crate) trait Tokens: Send + Sync {
    /// A token that is good now.
    async fn token(&self) -> Result<Secret>;
    /// The service refused this one.
    async fn drop_token(&self, refused: &Secret);
}

/// The one way to a service.
pub(crate) struct Pipeline {
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
    origin: Url,
    base: String,
    tokens: Option<Arc<dyn Tokens>>,
    timeout: Duration,
}

impl Pipeline {
    /// A pipeline to `origin`, which [`super::origin`] checked. `timeout` holds for one call with all its tries.
    pub(crate) fn new(
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
        }
    }

    /// Sends a call until its answer is final, good or bad.
    ///
    /// # Errors
    /// `unavailable` without a connection, `timed_out` at the deadline, `outcome_unknown` when a write may have been
    /// sent and nothing tells, and what the token source says.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response> {
        let url = self.resolve(request)?;
        let call_id = uuid::Uuid::new_v4().to_string();
        let timeout = if request.patient {
            self.timeout.max(PATIENCE)
        } else {
            self.timeout
        };
        let deadline = self.timer.now() + timeout;
        let mut tries = 0;
        let mut signed_in_again = false;
        // A write of which an earlier try may have arrived must not end as a plain failure.
        let mut maybe_done = false;
        loop {
            let left = deadline.saturating_sub(self.timer.now());
            if left.is_zero() {
                return Err(if maybe_done {
                    unknown(None, &call_id)
                } else {
                    self.too_late(tries)
                });
            }
            tries += 1;
            let token = match &self.tokens {
                Some(tokens) => Some(tokens.token().await?),
                None => None,
            };
            let result = self
                .attempt(request, &url, &call_id, token.as_ref(), left, tries)
                .await;
            let outcome = match &result {
                Ok(answer) => Outcome::Answered(answer.status),
                Err(Failed::NotSent(_)) => Outcome::NotSent,
                Err(Failed::NoAnswer { .. }) => Outcome::NoAnswer,
            };
            maybe_done |= request.class != Class::Read && outcome == Outcome::NoAnswer;
            let can_sign_in = token.is_some() && !signed_in_again;
            match retry::decide(outcome, request.class, tries, !can_sign_in) {
                Verdict::Take => return self.take(result, &call_id, tries, maybe_done),
                Verdict::Unknown => return Err(unknown(Some(&result), &call_id)),
                Verdict::SignIn => {
                    signed_in_again = true;
                    tries -= 1;
                    if let (Some(tokens), Some(token)) = (&self.tokens, &token) {
                        tokens.drop_token(token).await;
                    }
                }
                Verdict::Again => {
                    let wait = retry::wait(tries, asked_to_wait(result.as_ref().ok()), self.timer.random());
                    if self.timer.now() + wait >= deadline {
                        // Waiting would only end at the deadline: the last answer says more than that.
                        return self.take(result, &call_id, tries, maybe_done);
                    }
                    self.timer.sleep(wait).await;
                }
            }
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        url: &Url,
        call_id: &str,
        token: Option<&Secret>,
        left: Duration,
        tries: u32,
    ) -> Result<WireAnswer, Failed> {
        let mut headers = request.headers.clone();
        headers.push(("accept", "application/json".to_owned()));
        headers.push(("client-request-id", call_id.to_owned()));
        if let Some(token) = token {
            headers.push(("authorization", format!("Bearer {}", token.expose())));
        }
        let body = match &request.body {
            Body::None => None,
            Body::Json(value) => {
                headers.push(("content-type", "application/json".to_owned()));
                Some(value.to_string().into_bytes())
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
            Err(Failed::NoAnswer { why, .. }) => {
                tracing::debug!(verb, path, call_id, ms, tries, why, "no answer")
            }
        }
        result
    }

    fn take(
        &self,
        result: Result<WireAnswer, Failed>,
        call_id: &str,
        tries: u32,
        maybe_done: bool,
    ) -> Result<Response> {
        let tells = matches!(&result, Ok(answer) if answer.status < 500 && answer.status != 429);
        if maybe_done && !tells {
            return Err(unknown(Some(&result), call_id));
        }
        match result {
            Ok(WireAnswer {
                status,
                headers,
                body,
            }) => {
                let find = |name: &str| {
                    headers
                        .iter()
                        .find(|(key, _)| key == name)
                        .map(|(_, value)| value.clone())
                };
                let request_id = find("request-id").or_else(|| Some(call_id.to_owned()));
                Ok(Response {
                    status,
                    headers,
                    body,
                    request_id,
                    tries,
                })
            }
            Err(Failed::NotSent(why)) => Err(Error::new(
                ErrorCode::Unavailable,
                format!("cannot connect to {}: {why}", self.host()),
            )
            .hint("check that the service runs, the url of the profile, and the network")),
            Err(Failed::NoAnswer { timed_out: true, .. }) => Err(self.too_late(tries)),
            Err(Failed::NoAnswer { why, .. }) => Err(Error::new(
                ErrorCode::Unavailable,
                format!("no answer from {}: {why}", self.host()),
            )),
        }
    }

    fn too_late(&self, tries: u32) -> Error {
        let times = if tries == 1 {
            "1 try".to_owned()
        } else {
            format!("{tries} tries")
        };
        Error::new(
            ErrorCode::TimedOut,
            format!(
                "no answer from {} in {} s, {times}",
                self.host(),
                self.timeout.as_secs()
            ),
        )
        .hint("try again, or allow more with --timeout")
    }

    /// The whole address of a call.
    ///
    /// # Errors
    /// `unavailable` for a link to another host: the token must not go there.
    fn resolve(&self, request: &Request) -> Result<Url> {
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

    /// Waits, by the pipeline's own time.
    pub(crate) async fn pause(&self, time: Duration) {
        self.timer.sleep(time).await;
    }

    /// How long one call may take with all its tries.
    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The pipeline's own time.
    pub(crate) fn now(&self) -> Duration {
        self.timer.now()
    }

    pub(super) fn random(&self) -> f64 {
        self.timer.random()
    }

    fn host(&self) -> String {
        let host = self.origin.host_str().unwrap_or_default();
        self.origin
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn header<'a>(answer: &'a WireAnswer, name: &str) -> Option<&'a str> {
    answer
        .headers
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn asked_to_wait(answer: Option<&WireAnswer>) -> Option<Duration> {
    let answer = answer?;
    retry::retry_after(
        header(answer, "retry-after"),
        header(answer, "date"),
        SystemClock.now(),
    )
}

fn unknown(result: Option<&Result<WireAnswer, Failed>>, call_id: &str) -> Error {
    let why = match result {
        Some(Ok(answer)) => format!("status {}", answer.status),
        Some(Err(Failed::NotSent(why) | Failed::NoAnswer { why, .. })) => why.clone(),
        None => "the deadline passed".to_owned(),
    };
    let id = result
        .and_then(|result| result.as_ref().ok())
        .and_then(|answer| header(answer, "request-id"))
        .unwrap_or(call_id);
    Error::new(
        ErrorCode::OutcomeUnknown,
        format!("the change was sent and no answer came: {why}"),
    )
    .hint("look at what stands there now before you try again")
    .request_id(Some(id.to_owned()))
}

#[cfg(test)]
mod tests;
