//! What goes wrong on purpose: the rules of `local serve --faults` and the bucket of `--throttle` (docs/faults.md). A
//! service that has neither has nothing of this in its way.

mod dribble;
mod file;
mod ghost;
mod layer;
mod line;
mod page;
mod rule;
mod throttle;

use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) use self::ghost::Lag;
pub(crate) use self::layer::act;
pub(crate) use self::line::{Line, Lines, Wire};
pub(crate) use self::page::turn;
pub(crate) use self::rule::{Code, Fault, Kind};
pub use self::throttle::Rate;

use self::ghost::Ghosts;
use self::rule::Rule;
use self::throttle::Throttle;
use super::error::ApiError;
use super::graph::methods::Method;
use super::graph::request::Call;
use crate::domain::Result;

/// Rules, bucket, and what they gave so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    throttle: Option<Throttle>,
    ghosts: Ghosts,
}

/// What is to go wrong with one request: each with the rule that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    delay: Option<(usize, Duration)>,
    slow: Option<(usize, Duration)>,
    act: Option<(usize, Fault)>,
}

impl Verdict {
    /// What happens to the call, besides time.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.act.map(|(_, fault)| fault)
    }

    /// How its delete is to lag.
    pub(crate) fn lag(&self) -> Option<Lag> {
        match self.act {
            Some((rule, Fault::LaggingDeletes(how))) => Some(Lag { rule, how }),
            _ => None,
        }
    }
}

impl Faults {
    /// The rules of a file, and the bucket.
    ///
    /// # Errors
    /// `file_unreadable`, or `invalid_input` with line and column.
    pub(crate) fn load(rules: Option<&Path>, rate: Option<Rate>) -> Result<Self> {
        Ok(Self {
            rules: rules.map(file::read).transpose()?.unwrap_or_default(),
            throttle: rate.map(|rate| Throttle::new(rate, Instant::now())),
            ghosts: Ghosts::default(),
        })
    }

    /// The rules in this text, without a bucket.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Ok(Self {
            rules: file::parse("faults.toml", text)?,
            ..Self::default()
        })
    }

    /// Whether nothing ever goes wrong on purpose here.
    pub(crate) fn is_idle(&self) -> bool {
        self.rules.is_empty() && self.throttle.is_none()
    }

    /// Asks the rules in order. The first that picks the call says what happens to it, and later ones do not see it;
    /// time is added by any of them.
    pub(crate) fn look(&self, kind: Kind, call: &Call) -> Verdict {
        let mut verdict = Verdict::default();
        for (number, rule) in self.rules.iter().enumerate() {
            if !rule.takes(kind, call) || !rule.picks() {
                continue;
            }
            match rule.fault {
                Fault::Delay(time) if verdict.delay.is_none() => verdict.delay = Some((number, time)),
                Fault::Slow(time) if verdict.slow.is_none() => verdict.slow = Some((number, time)),
                Fault::Delay(_) | Fault::Slow(_) => {}
                fault => {
                    verdict.act = Some((number, fault));
                    break;
                }
            }
        }
        verdict
    }

    /// Waits as long as these calls, which run side by side, are to be delayed.
    pub(crate) async fn wait(&self, verdicts: &[Verdict]) {
        let delays = || verdicts.iter().filter_map(|verdict| verdict.delay);
        if let Some(longest) = delays().map(|(_, time)| time).max() {
            tokio::time::sleep(longest).await;
            delays().for_each(|(rule, _)| self.give(rule));
        }
    }

    /// How slowly the bytes of these calls' one answer come.
    pub(crate) fn slow(&self, verdicts: &[Verdict], line: &Line) {
        for (rule, time) in verdicts.iter().filter_map(|verdict| verdict.slow) {
            line.slow(time);
            self.give(rule);
        }
    }

    /// Counts that what the verdict says of the call was done.
    pub(crate) fn gave(&self, verdict: &Verdict) {
        if let Some((rule, _)) = verdict.act {
            self.give(rule);
        }
    }

    fn give(&self, rule: usize) {
        if let Some(rule) = self.rules.get(rule) {
            rule.give();
        }
    }

    /// Takes what a call costs out of the bucket, and gives the headers that tell of it.
    ///
    /// # Errors
    /// 429 where the bucket is empty.
    pub(crate) fn charge(&self, call: &Call, who: &str) -> Result<Vec<(HeaderName, String)>, ApiError> {
        match &self.throttle {
            Some(throttle) => throttle.charge(throttle::cost(call), who, Instant::now()),
            None => Ok(Vec::new()),
        }
    }

    /// How long a token lives that is asked for now, in seconds; nothing where no rule says.
    pub(crate) fn token_lifetime(&self) -> Option<i64> {
        for rule in &self.rules {
            if let Fault::TokenLifetime(time) = rule.fault
                && rule.picks()
            {
                rule.give();
                return i64::try_from(time.as_secs()).ok();
            }
        }
        None
    }

    /// Lists a method on, although it was deleted.
    pub(crate) fn haunt(&self, user_id: &str, method: Method, lag: Lag) {
        self.ghosts.add(user_id, method, lag, Instant::now());
    }

    /// The deleted methods of a person that are listed now.
    pub(crate) fn ghosts(&self, user_id: &str, wanted: impl Fn(&Method) -> bool) -> Vec<Method> {
        let found = self.ghosts.read(user_id, wanted, Instant::now());
        found.iter().for_each(|(rule, _)| self.give(*rule));
        found.into_iter().map(|(_, method)| method).collect()
    }

    /// What was seen and given so far, on the wire.
    pub(crate) fn told(&self) -> Value {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .enumerate()
            .map(|(n, rule)| rule.told(n + 1))
            .collect();
        json!({"rules": rules, "throttle": self.throttle.as_ref().map(Throttle::told)})
    }
}

/// The error that a rule gives, in Graph's words.
pub(crate) fn refused(status: StatusCode, retry_after: Option<u64>, code: Option<Code>) -> ApiError {
    let (code, message) = code.unwrap_or(match status {
        StatusCode::TOO_MANY_REQUESTS => ("TooManyRequests", "Too many requests."),
        StatusCode::SERVICE_UNAVAILABLE => ("serviceUnavailable", "The service is temporarily unavailable."),
        StatusCode::GATEWAY_TIMEOUT => ("gatewayTimeout", "The gateway timed out."),
        StatusCode::UNAUTHORIZED => (
            "InvalidAuthenticationToken",
            "Lifetime validation failed, the token is expired.",
        ),
        StatusCode::FORBIDDEN => ("accessDenied", "Request Authorization failed"),
        _ if status.is_client_error() => ("badRequest", "The request was refused on purpose."),
        _ => ("generalException", "The service failed."),
    });
    let error = ApiError::new(status, code, message);
    match retry_after {
        Some(seconds) => error.header(header::RETRY_AFTER, &seconds.to_string()),
        None => error,
    }
}

#[cfg(test)]
mod tests;
