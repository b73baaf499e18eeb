//! A transport that answers from a script and keeps what it was sent; time that only moves when somebody waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Failed, Limiter, MemoryBucket, Pipeline, Timer, TokenLeft, Tokens, Transport, WireAnswer, WireRequest,
    origin,
};
use crate::domain::{Limits, Result, Secret};

pub(crate) type Planned = std::result::Result<WireAnswer, Failed>;

/// What was sent, as a test looks at it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

type Responder = Box<dyn FnMut(&Sent) -> Planned + Send>;

enum Source {
    List(VecDeque<Planned>),
    Function(Responder),
}

struct State {
    source: Source,
    sent: Vec<Sent>,
    now: Duration,
    slept: Vec<Duration>,
    tokens: usize,
}

/// A scripted service. A request beyond the script fails the test and says what it was.
#[derive(Clone)]
pub(crate) struct Script(Arc<Mutex<State>>);

impl Script {
    /// Answers in this order.
    pub(crate) fn new(answers: impl IntoIterator<Item = Planned>) -> Self {
        Self::from(Source::List(answers.into_iter().collect()))
    }

    /// Answers by looking at the request.
    pub(crate) fn answering(function: impl FnMut(&Sent) -> Planned + Send + 'static) -> Self {
        Self::from(Source::Function(Box::new(function)))
    }

    fn from(source: Source) -> Self {
        let state = State {
            source,
            sent: vec![],
            now: Duration::ZERO,
            slept: vec![],
            tokens: 0,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// A pipeline over it, with tokens, under a deadline of so many seconds.
    pub(crate) fn pipeline(&self, seconds: u64) -> Pipeline {
        let shared = Arc::new(self.clone());
        Pipeline::new(
            shared.clone(),
            shared.clone(),
            origin("https://graph.example").unwrap(),
            Some(shared),
            Duration::from_secs(seconds),
        )
    }

    /// The same over a limiter.
    pub(crate) fn paced(&self, seconds: u64, limits: Limits) -> Pipeline {
        let timer = Arc::new(self.clone());
        let bucket = Arc::new(MemoryBucket::new(timer.clone(), limits));
        let limiter = Limiter::new(bucket, timer, limits, None);
        self.pipeline(seconds)
            .paced(Arc::new(limiter), &["/v1.0", "/beta"])
    }

    pub(crate) fn requests(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    /// The request lines, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|sent| sent.line).collect()
    }

    pub(crate) fn slept_ms(&self) -> Vec<u128> {
        self.0
            .lock()
            .unwrap()
            .slept
            .iter()
            .map(Duration::as_millis)
            .collect()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: WireRequest) -> Planned {
        let text = String::from_utf8(request.body.unwrap_or_default()).unwrap();
        let url = request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let sent = Sent {
            line: format!("{} {}{query}", request.verb.as_str(), url.path()),
            headers: request
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        };
        let mut state = self.0.lock().unwrap();
        state.sent.push(sent.clone());
        match &mut state.source {
            Source::List(answers) => answers
                .pop_front()
                .unwrap_or_else(|| panic!("a request that nobody expected: {}", sent.line)),
            Source::Function(function) => function(&sent),
        }
    }
}

#[async_trait]
impl Timer for Script {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    async fn sleep(&self, time: Duration) {
        let mut state = self.0.lock().unwrap();
        state.now += time;
        state.slept.push(time);
    }

    fn random(&self) -> f64 {
        0.5
    }
}

#[async_trait]
impl Tokens for Script {
    async fn token(&self) -> Result<Secret> {
        Ok(Secret::new(format!("token-{}", self.0.lock().unwrap().tokens)))
    }

    async fn drop_token(&self, refused: &Secret, _claims: Option<&str>) {
        let mut state = self.0.lock().unwrap();
        if refused.expose() == format!("token-{}", state.tokens) {
            state.tokens += 1;
        }
    }

    fn left(&self) -> Option<TokenLeft> {
        None
    }
}

/// An answer with this status and body.
pub(crate) fn answer(status: u16, body: &str) -> Planned {
    answer_with(status, &[], body)
}

/// An answer with headers.
pub(crate) fn answer_with(status: u16, headers: &[(&str, &str)], body: &str) -> Planned {
    Ok(WireAnswer {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    })
}

/// Sent, and then silence.
pub(crate) fn no_answer() -> Planned {
    Err(Failed::NoAnswer {
        timed_out: false,
        why: "connection reset by peer".to_owned(),
    })
}

/// No connection.
pub(crate) fn not_sent() -> Planned {
    Err(Failed::NotSent("connection refused".to_owned()))
}
