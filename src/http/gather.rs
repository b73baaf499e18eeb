//! Gathers calls of many callers into batches. While a job runs, calls under one root wait in one line until twenty are
//! there, or until nothing else is under way that could bring more; a call without company goes out by itself. Steps
//! of one person stay in order because each waits for its answer before the next is sent.

mod deliver;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::batch::BATCH;
use super::client::Failed;
use super::leave;
use super::pipeline::{Core, Tried};
use super::request::Request;
use crate::domain::{Cost, Error, ErrorCode, Leave, Result};

/// So many batches are under way at once, unless a service is known to take more.
const WAYS: usize = 4;
/// Where nothing is under way and nothing came for so long, nothing comes.
const QUIET: Duration = Duration::from_millis(3);
/// The same where there were enough callers a moment ago to fill a batch: they write down what they did, and come back.
const QUIET_CROWD: Duration = Duration::from_millis(25);
/// For so long a crowd is expected back.
const CROWD: Duration = Duration::from_secs(1);
/// Longer than this no call waits for others, whatever is under way.
const LINGER: Duration = Duration::from_millis(250);

type Answer = Result<Tried>;

/// A call that waits for its batch.
struct Waiting {
    request: Request,
    /// Asked before it is sent.
    leave: Option<Leave>,
    reply: oneshot::Sender<Answer>,
    fate: Arc<Fate>,
    left: Duration,
    since: Instant,
}

/// Whether a call was sent, or nobody waits for it any more: whichever comes first, and never both.
#[derive(Default)]
struct Fate(AtomicU8);

const SENT: u8 = 1;
const GONE: u8 = 2;

impl Fate {
    /// Whether it comes to this.
    fn seal(&self, to: u8) -> bool {
        self.0
            .compare_exchange(0, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn is_gone(&self) -> bool {
        self.0.load(Ordering::Acquire) == GONE
    }
}

/// What the caller of a call holds; dropped before the call was sent, it is not sent.
pub(super) struct Ticket {
    answer: oneshot::Receiver<Answer>,
    fate: Arc<Fate>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // What was sent is sent.
        let _ = self.fate.seal(GONE);
    }
}

/// What comes into a line: calls, and whether they came together and wait for nobody.
struct Arrival {
    calls: Vec<Waiting>,
    at_once: bool,
}

/// The lines of one pipeline.
pub(super) struct Gather {
    core: Arc<Core>,
    pub(super) ways: Arc<Semaphore>,
    lines: Mutex<HashMap<&'static str, mpsc::UnboundedSender<Arrival>>>,
}

impl Gather {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            ways: Arc::new(Semaphore::new(WAYS)),
            lines: Mutex::default(),
        }
    }

    /// Sends a call in the next batch of its root, and waits for the answer; `None` where it could not be sent in time.
    pub(super) async fn send(&self, request: &Request, left: Duration) -> Result<Option<Tried>> {
        let (waiting, ticket) = Waiting::new(request, left);
        self.arrive(request.root, vec![waiting], false);
        self.answer(ticket, left).await
    }

    /// Sends calls that came together; gives where each gets its answer.
    pub(super) fn together(&self, requests: &[Request]) -> Vec<Ticket> {
        let at_once = !self.core.in_job();
        let mut answers = Vec::with_capacity(requests.len());
        let mut by_root: Vec<(&'static str, Vec<Waiting>)> = Vec::new();
        for request in requests {
            let (waiting, answer) = Waiting::new(request, self.core.timeout);
            answers.push(answer);
            match by_root.iter_mut().find(|(root, _)| *root == request.root) {
                Some((_, calls)) => calls.push(waiting),
                None => by_root.push((request.root, vec![waiting])),
            }
        }
        for (root, calls) in by_root {
            self.arrive(root, calls, at_once);
        }
        answers
    }

    /// Waits for the answer to a call; `None` where it could not be sent in time.
    pub(super) async fn answer(&self, mut ticket: Ticket, left: Duration) -> Result<Option<Tried>> {
        let answer = if self.core.in_job() {
            (&mut ticket.answer).await
        } else {
            match tokio::time::timeout(left, &mut ticket.answer).await {
                Ok(answer) => answer,
                Err(_) if ticket.fate.seal(GONE) => return Ok(None),
                Err(_) => return Ok(Some(self.late())),
            }
        };
        answer
            .unwrap_or_else(|_| Err(Error::new(ErrorCode::Internal, "a batch broke off")))
            .map(Some)
    }

    fn late(&self) -> Tried {
        Tried {
            result: Err(Failed::NoAnswer {
                timed_out: true,
                why: "no answer in time".to_owned(),
            }),
            token: None,
            began: self.core.timer.now(),
        }
    }

    fn arrive(&self, root: &'static str, calls: Vec<Waiting>, at_once: bool) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = Arrival { calls, at_once };
        let arrival = match lines.get(root) {
            Some(line) => match line.send(arrival) {
                Ok(()) => return,
                Err(back) => back.0,
            },
            None => arrival,
        };
        // The first of its root, or the first after a runtime ended.
        let (line, arrivals) = mpsc::unbounded_channel();
        let dispatcher = Dispatcher {
            core: self.core.clone(),
            ways: self.ways.clone(),
            arrivals,
            calls: VecDeque::new(),
            at_once: 0,
            full_at: None,
        };
        tokio::spawn(dispatcher.run());
        // It was just made: it listens.
        let _ = line.send(arrival);
        lines.insert(root, line);
    }
}

impl Waiting {
    fn new(request: &Request, left: Duration) -> (Self, Ticket) {
        let (reply, answer) = oneshot::channel();
        let fate = Arc::new(Fate::default());
        let waiting = Self {
            request: request.clone(),
            leave: leave::of(request),
            reply,
            fate: fate.clone(),
            left,
            since: Instant::now(),
        };
        (waiting, Ticket { answer, fate })
    }
}

/// Fills the batches of one root and sends them, until nobody can send it anything any more.
struct Dispatcher {
    core: Arc<Core>,
    ways: Arc<Semaphore>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    calls: VecDeque<Waiting>,
    /// So many of the calls, from the front, wait for nobody.
    at_once: usize,
    /// When a batch was full last.
    full_at: Option<Instant>,
}

impl Dispatcher {
    async fn run(mut self) {
        loop {
            self.forget();
            if self.calls.is_empty() {
                match self.arrivals.recv().await {
                    Some(arrival) => self.push(arrival),
                    None => return,
                }
            }
            self.gather().await;
            let Ok(way) = self.ways.clone().acquire_owned().await else {
                return;
            };
            if let Some(calls) = self.next().await
                && !calls.is_empty()
            {
                tokio::spawn(deliver::send(self.core.clone(), calls, way));
            }
        }
    }

    fn push(&mut self, arrival: Arrival) {
        self.calls.extend(arrival.calls);
        if arrival.at_once {
            self.at_once = self.calls.len();
        }
    }

    fn drain(&mut self) {
        while let Ok(arrival) = self.arrivals.try_recv() {
            self.push(arrival);
        }
    }

    /// Forgets calls that nobody waits for any more: they were not sent.
    fn forget(&mut self) {
        self.calls.retain(|call| !call.fate.is_gone());
        self.at_once = self.at_once.min(self.calls.len());
    }

    /// Waits until there is a batch, or no reason to wait for one.
    async fn gather(&mut self) {
        loop {
            self.drain();
            if self.calls.len() >= BATCH {
                self.full_at = Some(Instant::now());
            }
            let waited = self
                .calls
                .front()
                .map_or(Duration::ZERO, |call| call.since.elapsed());
            if self.calls.len() >= BATCH || self.at_once > 0 || waited >= LINGER {
                return;
            }
            let quiet = match self.full_at {
                Some(at) if at.elapsed() < CROWD => QUIET_CROWD,
                _ => QUIET,
            };
            match tokio::time::timeout(quiet, self.arrivals.recv()).await {
                Ok(Some(arrival)) => self.push(arrival),
                Ok(None) => return,
                Err(_) if self.core.under_way.load(Ordering::Relaxed) == 0 => return,
                Err(_) => {}
            }
        }
    }

    /// The calls of the next batch, once the pace lets them out.
    async fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut most = BATCH;
        loop {
            self.drain();
            self.forget();
            let count = self.calls.len().min(most);
            if count == 0 {
                return None;
            }
            let Some(limiter) = self.core.limiter.clone() else {
                return Some(self.pop(count));
            };
            let mut cost = Cost::default();
            for call in self.calls.iter().take(count) {
                let one = limiter.cost(&call.request);
                cost.units += one.units;
                cost.writes += one.writes;
            }
            let grant = limiter.take(cost, count).await;
            if grant.wait.is_zero() {
                return Some(self.pop(count));
            }
            // A batch is not more than a quarter of a second's worth where little is allowed.
            if let Some(units) = grant.units {
                most = ((units / 4.0) as usize).clamp(1, BATCH);
            }
            limiter.wait(&grant).await;
        }
    }

    fn pop(&mut self, count: usize) -> Vec<Waiting> {
        self.at_once = self.at_once.saturating_sub(count);
        let calls = self.calls.drain(..count);
        calls.filter(|call| call.fate.seal(SENT)).collect()
    }
}

#[cfg(test)]
mod tests;
