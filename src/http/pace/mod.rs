//! The limiter: what every call takes from before it is sent, and what every answer teaches. Knows the headers in which
//! services tell their limits; the rule is `domain`'s, and the state is kept by a bucket.

mod file;
mod memory;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

pub(crate) use file::FileBucket;
pub(crate) use memory::MemoryBucket;

use super::client::WireAnswer;
use super::pipeline::{Timer, asked_to_wait, header};
use super::request::{Class, Request};
use crate::domain::{Bucket, Cost, Grant, Kind, Limits, Meter, Pace, Told, WaitReason, Waiting};

/// From this share of its limit on a service is slowed down for.
const NEAR: f64 = 0.8;
/// Waits shorter than this are no news.
const NEWS: Duration = Duration::from_secs(1);

/// What calls of one pipeline pass before they are sent.
pub(crate) struct Limiter {
    bucket: RwLock<Arc<dyn Bucket>>,
    timer: Arc<dyn Timer>,
    wish: Option<Pace>,
    /// What somebody wished for this process alone.
    own: Mutex<Meter>,
    /// Who waits by himself waits in line: those who read, and those who write.
    lines: [tokio::sync::Mutex<()>; 2],
    /// What calls turned out to cost.
    costs: Mutex<HashMap<&'static str, f64>>,
    /// Whether the service was heard to count.
    counts: AtomicBool,
    writes: AtomicU64,
    listener: RwLock<Option<Arc<dyn Waiting>>>,
}

impl Limiter {
    /// A limiter over a bucket. `limits` are those that the bucket begins with.
    pub(crate) fn new(
        bucket: Arc<dyn Bucket>,
        timer: Arc<dyn Timer>,
        limits: Limits,
        wish: Option<Pace>,
    ) -> Self {
        let own = match wish {
            Some(Pace::PerSecond(rate)) => Meter::new(Limits {
                units: Some(rate),
                writes: None,
            }),
            Some(Pace::Share(share)) => Meter::new(part(limits, share)),
            None => Meter::default(),
        };
        let writes = Meter::new(limits).writes_per_second();
        Self {
            bucket: RwLock::new(bucket),
            timer,
            wish,
            own: Mutex::new(own),
            lines: Default::default(),
            costs: Mutex::default(),
            counts: AtomicBool::new(false),
            writes: AtomicU64::new(writes.unwrap_or(f64::INFINITY).to_bits()),
            listener: RwLock::new(None),
        }
    }

    /// From now on this bucket counts, which others share.
    pub(crate) fn share(&self, bucket: Arc<dyn Bucket>) {
        *self.bucket.write().unwrap_or_else(PoisonError::into_inner) = bucket;
    }

    /// From now on this one hears of waits.
    pub(crate) fn tell(&self, listener: Arc<dyn Waiting>) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Writes a second that this process may send, as far as known.
    pub(crate) fn writes_per_second(&self) -> Option<f64> {
        let shared =
            Some(f64::from_bits(self.writes.load(Ordering::Relaxed))).filter(|rate| rate.is_finite());
        match (self.wish, shared) {
            (Some(Pace::PerSecond(wish)), shared) => Some(shared.map_or(wish, |shared| shared.min(wish))),
            (Some(Pace::Share(share)), shared) => shared.map(|shared| shared * share),
            (None, shared) => shared,
        }
    }

    /// What a call costs, by what is documented and what was learned.
    pub(crate) fn cost(&self, request: &Request) -> Cost {
        let costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        Cost {
            units: costs.get(request.template).copied().unwrap_or(request.units),
            writes: if request.class == Class::Read { 0.0 } else { 1.0 },
        }
    }

    /// Takes this for so many calls, or says how long to wait.
    pub(crate) async fn take(&self, cost: Cost, calls: usize) -> Grant {
        let wished = self.wish.map_or(Duration::ZERO, |wish| {
            let cost = match wish {
                Pace::PerSecond(_) => Cost {
                    units: calls as f64,
                    writes: 0.0,
                },
                Pace::Share(_) => cost,
            };
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.look(self.timer.now().as_secs_f64(), cost)
        });
        if wished > Duration::ZERO {
            return Grant {
                wait: wished,
                ..Grant::default()
            };
        }
        let bucket = self.bucket.read().unwrap_or_else(PoisonError::into_inner).clone();
        let grant = match bucket.take(cost).await {
            Ok(grant) => grant,
            Err(error) => {
                // A bucket that cannot be reached stops no work: the service has the last word.
                tracing::debug!(%error, "pace");
                Grant::default()
            }
        };
        if grant.wait.is_zero() {
            self.took(cost, calls, &grant);
        }
        grant
    }

    fn took(&self, cost: Cost, calls: usize, grant: &Grant) {
        let writes = grant.writes.unwrap_or(f64::INFINITY);
        self.writes.store(writes.to_bits(), Ordering::Relaxed);
        if grant.units.is_none() {
            // The bucket knows of no limit, or has forgotten it: that the service counts is news to it.
            self.counts.store(false, Ordering::Relaxed);
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.timer.now().as_secs_f64();
        match self.wish {
            Some(Pace::PerSecond(_)) => {
                own.take(
                    now,
                    Cost {
                        units: calls as f64,
                        writes: 0.0,
                    },
                );
            }
            Some(Pace::Share(share)) => {
                let limits = Limits {
                    units: grant.units,
                    writes: grant.writes,
                };
                own.set(now, part(limits, share));
                own.take(now, cost);
            }
            None => {}
        }
    }

    /// Waits in line until this call may be sent; `false` where that is later than so long.
    pub(crate) async fn pass(&self, request: &Request, at_most: Option<Duration>) -> bool {
        let cost = self.cost(request);
        let line = &self.lines[usize::from(cost.writes > 0.0)];
        let deadline = at_most.map(|most| self.timer.now() + most);
        let _place = match at_most {
            None => line.lock().await,
            Some(most) => match tokio::time::timeout(most, line.lock()).await {
                Ok(place) => place,
                Err(_) => return false,
            },
        };
        loop {
            let grant = self.take(cost, 1).await;
            if grant.wait.is_zero() {
                return true;
            }
            if deadline.is_some_and(|deadline| self.timer.now() + grant.wait >= deadline) {
                return false;
            }
            self.wait(&grant).await;
        }
    }

    /// Waits as a bucket said, and says so.
    pub(crate) async fn wait(&self, grant: &Grant) {
        if grant.wait >= NEWS
            && let Some(listener) = &*self.listener.read().unwrap_or_else(PoisonError::into_inner)
        {
            let why = if grant.refused {
                WaitReason::Throttled
            } else {
                WaitReason::Pace
            };
            listener.waiting(grant.wait, why);
        }
        self.timer.sleep(grant.wait).await;
    }

    /// Takes in what the answer to a call that cost so much tells.
    pub(crate) async fn heard(&self, request: &Request, cost: Cost, answer: &WireAnswer) {
        self.heard_together([(request, cost, answer)]).await;
    }

    /// Takes in what answers tell that came together, as one: a bucket that many machines share is asked once for a
    /// batch, and what it hears is no older than that.
    pub(crate) async fn heard_together<'a>(
        &self,
        answers: impl IntoIterator<Item = (&'a Request, Cost, &'a WireAnswer)>,
    ) {
        let (mut near, mut refused): (Option<Told>, Vec<Told>) = (None, Vec::new());
        for (request, cost, answer) in answers {
            match self.told(request, cost, answer) {
                None => {}
                Some(told @ Told::Used { used, .. }) => {
                    let more =
                        |known: &Told| matches!(known, Told::Used { used: known, .. } if *known >= used);
                    if !near.as_ref().is_some_and(more) {
                        near = Some(told);
                    }
                }
                Some(told) => add_refusal(&mut refused, told),
            }
        }
        let bucket = self.bucket.read().unwrap_or_else(PoisonError::into_inner).clone();
        for told in near.into_iter().chain(refused) {
            if let Err(error) = bucket.learned(told).await {
                tracing::debug!(%error, "pace");
            }
        }
    }

    /// What an answer tells that is worth telling.
    fn told(&self, request: &Request, cost: Cost, answer: &WireAnswer) -> Option<Told> {
        let number = |name: &str| header(answer, name).and_then(|text| text.trim().parse::<f64>().ok());
        let units = number("x-ms-resource-unit").filter(|units| (0.0..=100.0).contains(units));
        if let Some(units) = units
            && (units - cost.units).abs() > f64::EPSILON
        {
            let mut costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
            costs.insert(request.template, units);
        }
        if answer.status == 429 {
            return Some(Told::Refused {
                wait: asked_to_wait(Some(answer)),
                kind: header(answer, "x-ms-throttle-scope").and_then(kind),
                cost,
            });
        }
        let used = number("x-ms-throttle-limit-percentage").or(units.map(|_| 0.0))?;
        // What is far from the limit is worth telling once: that there is one.
        if used < NEAR && self.counts.swap(true, Ordering::Relaxed) {
            return None;
        }
        Some(Told::Used { used, cost })
    }
}

/// Adds a refusal to those of the same kind: the longest wait, and what all of them cost.
fn add_refusal(all: &mut Vec<Told>, told: Told) {
    let Told::Refused { wait, kind, cost } = told else {
        return;
    };
    for known in all.iter_mut() {
        if let Told::Refused {
            wait: longest,
            kind: of,
            cost: sum,
        } = known
            && *of == kind
        {
            *longest = (*longest).max(wait);
            sum.units += cost.units;
            sum.writes += cost.writes;
            return;
        }
    }
    all.push(told);
}

/// `Tenant_Application/Write/…` is about writes alone.
fn kind(scope: &str) -> Option<Kind> {
    match scope.split('/').nth(1)? {
        "Write" => Some(Kind::Writes),
        _ => Some(Kind::Units),
    }
}

fn part(limits: Limits, share: f64) -> Limits {
    let part = |rate: Option<f64>| rate.map(|rate| rate * share);
    Limits {
        units: part(limits.units),
        writes: part(limits.writes),
    }
}

#[cfg(test)]
mod tests;
