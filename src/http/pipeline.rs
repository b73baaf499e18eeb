//! The pipeline: per call a request id and a deadline; then retry; then per try the pace, the token, the trace and the
//! transport. Logs by allow-list: verb, path template, status, request id, milliseconds. Never headers or bodies.

mod challenge;
mod core;
mod ways;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use url::Url;

pub(super) use self::core::{Core, Tried};
use super::client::{Failed, Transport, WireAnswer};
use super::gather::{Gather, Ticket};
use super::leave;
use super::pace::Limiter;
use super::request::{Class, Request, Response};
use super::retry::{self, Outcome, Verdict};
use super::traffic::Traffic;
use crate::domain::{Clock, Error, ErrorCode, Result, Secret, SystemClock};

/// A call that may take its time is given so long at least.
const PATIENCE: Duration = Duration::from_secs(900);

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
    /// The service refused this one. `claims`: what it asks for besides, as JSON, where it does.
    async fn drop_token(&self, refused: &Secret, claims: Option<&str>);
    /// How long the token that is held now is still good; `None`: nobody knows.
    fn left(&self) -> Option<TokenLeft>;
}

/// How long a token is still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLeft {
    /// So long.
    pub left: Duration,
    /// Whether another one is fetched before that.
    pub renewed: bool,
}

/// The one way to a service.
pub(crate) struct Pipeline {
    pub(super) core: Arc<Core>,
    pub(super) gather: Gather,
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
        Self::of(Core::new(transport, timer, origin, tokens, timeout))
    }

    fn of(core: Core) -> Self {
        let core = Arc::new(core);
        Self {
            gather: Gather::new(core.clone()),
            core,
        }
    }

    /// The same, for a service that takes tokens without the word `Bearer`. To be said first.
    #[must_use]
    pub(crate) fn bare(self) -> Self {
        Self::of(self.core.bare())
    }

    /// The same, over a limiter, and gathering calls under these roots while a job runs.
    #[must_use]
    pub(crate) fn paced(self, limiter: Arc<Limiter>, batches: &'static [&'static str]) -> Self {
        Self::of(self.core.paced(limiter, batches))
    }

    /// The same, with so many more batches under way at once, and so many more calls that go out by themselves.
    #[must_use]
    pub(crate) fn widened(self, (batches, singles): (usize, usize)) -> Self {
        self.gather.ways.add_permits(batches);
        self.core.single_ways.widen(singles);
        self
    }

    /// Sends a call until its answer is final, good or bad.
    ///
    /// # Errors
    /// `unavailable` without a connection, `timed_out` at the deadline, `outcome_unknown` when a write may have been
    /// sent and nothing tells, `throttled` where the service asked everybody to wait beyond the deadline, and what the
    /// token source says.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response> {
        self.send_after(request, None).await
    }

    /// As [`Self::send`], where the first try waits for a batch already.
    pub(super) async fn send_after(&self, request: &Request, mut first: Option<Ticket>) -> Result<Response> {
        let core = &self.core;
        let url = core.resolve(request)?;
        let call_id = uuid::Uuid::new_v4().to_string();
        let timeout = if request.patient {
            core.timeout.max(PATIENCE)
        } else {
            core.timeout
        };
        let in_batch = first.is_some();
        let mut deadline = core.timer.now() + timeout;
        let mut tries = 0;
        let mut signed_in_again = false;
        // A write of which an earlier try may have arrived must not end as a plain failure.
        let mut maybe_done = false;
        let mut kept_from: Option<String> = None;
        loop {
            let began = core.timer.now();
            let left = deadline.saturating_sub(began);
            if left.is_zero() {
                return Err(if maybe_done {
                    unknown(None, &call_id)
                } else {
                    core.too_late(tries, kept_from.as_deref())
                });
            }
            tries += 1;
            let tried = match first.take() {
                Some(ticket) => self.gather.answer(ticket, left).await?,
                None if core.gathers(request) || in_batch => self.gather.send(request, left).await?,
                None => self.alone(request, &url, &call_id, left, tries).await?,
            };
            let Some(tried) = tried else {
                return Err(if maybe_done {
                    unknown(None, &call_id)
                } else {
                    core.asked_to_wait()
                });
            };
            if core.in_job() {
                // In a job nobody waits for one call: the time until it could go out is not its own.
                deadline += tried.began.saturating_sub(began);
            }
            let (result, token) = (tried.result, tried.token);
            let outcome = match &result {
                Ok(answer) => Outcome::Answered(answer.status),
                Err(Failed::NotSent(_)) => Outcome::NotSent,
                Err(Failed::NoAnswer { .. }) => Outcome::NoAnswer,
                Err(Failed::Hopeless(_)) => Outcome::Hopeless,
            };
            match &result {
                Ok(_) => kept_from = None,
                Err(Failed::NotSent(why)) => kept_from = Some(why.clone()),
                Err(Failed::NoAnswer { .. } | Failed::Hopeless(_)) => {}
            }
            maybe_done |= request.class != Class::Read && outcome == Outcome::NoAnswer;
            if outcome == Outcome::Answered(429) && core.limiter.is_some() && core.in_job() {
                // The limiter knows when it may go again, and a job goes on as long as that takes.
                tries -= 1;
                continue;
            }
            let can_sign_in = token.is_some() && !signed_in_again;
            match retry::decide(outcome, request.class, tries, !can_sign_in) {
                Verdict::Take => return core.take(result, &call_id, tries, maybe_done, kept_from.as_deref()),
                Verdict::Unknown => return Err(unknown(Some(&result), &call_id)),
                Verdict::SignIn => {
                    signed_in_again = true;
                    tries -= 1;
                    if let (Some(tokens), Some(token)) = (&core.tokens, &token) {
                        let claims = result.as_ref().ok().and_then(challenge::claims);
                        tokens.drop_token(token, claims.as_deref()).await;
                    }
                }
                Verdict::Again => {
                    let asked = asked_to_wait(result.as_ref().ok());
                    let wait = retry::wait(tries, asked, core.timer.random());
                    if core.timer.now() + wait >= deadline {
                        // Waiting would only end at the deadline: the last answer says more than that.
                        return core.take(result, &call_id, tries, maybe_done, kept_from.as_deref());
                    }
                    // Where there is a limiter it keeps the service's own wait, for everybody.
                    if !(core.limiter.is_some() && asked.is_some() && outcome == Outcome::Answered(429)) {
                        core.timer.sleep(wait).await;
                    }
                }
            }
        }
    }

    /// One try by itself; `None` where the pace lets nothing out before the deadline.
    async fn alone(
        &self,
        request: &Request,
        url: &Url,
        call_id: &str,
        left: Duration,
        tries: u32,
    ) -> Result<Option<Tried>> {
        let core = &self.core;
        let job = core.in_job();
        let way = core.single_ways.one().await;
        if let Some(limiter) = &core.limiter
            && !limiter.pass(request, (!job).then_some(left)).await
        {
            return Ok(None);
        }
        let token = core.token().await?;
        if let Some(leave) = leave::of(request) {
            leave.ask().await?;
        }
        let tried = core.try_once(token, request, url, call_id, left, tries).await;
        if let (Some(limiter), Ok(answer)) = (&core.limiter, &tried.result) {
            limiter.heard(request, limiter.cost(request), answer).await;
        }
        match &tried.result {
            // Overloaded, and it does not say for how long: whoever waits in line now comes before more of them.
            Ok(answer) if answer.status == 503 => core.single_ways.close(way),
            Ok(_) => core.single_ways.went_well(),
            Err(_) => {}
        }
        Ok(Some(tried))
    }

    /// The address that all calls begin with, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.core.base()
    }

    /// The pipeline as those see it who send a great deal; `None` where nothing paces it.
    pub(crate) fn traffic(&self) -> Option<Traffic> {
        let limiter = self.core.limiter.clone()?;
        Some(Traffic::new(self.core.clone(), limiter))
    }

    /// How long one call may take with all its tries.
    pub(crate) fn timeout(&self) -> Duration {
        self.core.timeout
    }

    /// Waits, by the pipeline's own time.
    pub(crate) async fn pause(&self, time: Duration) {
        self.core.timer.sleep(time).await;
    }

    /// The pipeline's own time.
    pub(crate) fn now(&self) -> Duration {
        self.core.timer.now()
    }
}

/// A header of an answer, by its lower-case name.
pub(super) fn header<'a>(answer: &'a WireAnswer, name: &str) -> Option<&'a str> {
    answer
        .headers
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// How long an answer asks to wait.
pub(super) fn asked_to_wait(answer: Option<&WireAnswer>) -> Option<Duration> {
    let answer = answer?;
    retry::retry_after(
        header(answer, "retry-after"),
        header(answer, "date"),
        SystemClock.now(),
    )
}

fn unknown(result: Option<&std::result::Result<WireAnswer, Failed>>, call_id: &str) -> Error {
    let why = match result {
        Some(Ok(answer)) => format!("status {}", answer.status),
        Some(Err(Failed::NotSent(why) | Failed::NoAnswer { why, .. })) => why.clone(),
        Some(Err(Failed::Hopeless(error))) => error.message().to_owned(),
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
