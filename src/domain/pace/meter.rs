//! The rule of a bucket: two allowances that refill by the second, and what answers teach about them. A value: no clock,
//! no store; whoever keeps it hands in the time, in seconds since some moment that all who share it agree on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Cost, Grant, Kind, Told};

/// What a service documents, a second; `None`: nothing, so it is asked without a limit until an answer says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Units of everything.
    pub units: Option<f64>,
    /// Writes.
    pub writes: Option<f64>,
}

/// So many seconds' worth may go out at once, besides the debt of one batch.
const BURST: f64 = 0.25;
/// Where a service turns out to count, and nobody knows how much it allows, this much is tried first.
const FIRST: f64 = 50.0;
/// What was learned is forgotten when nobody asked for so long: another limit may hold by then, or none.
const FORGET: f64 = 60.0;
/// From this share of a limit on a service tells that it comes near.
const NEAR: f64 = 0.8;
/// Where the share is held.
const AIM: f64 = 0.9;
/// No rate is slower than this, or a service that was down once would never be asked again.
const SLOWEST: f64 = 0.5;
/// How long to wait where a refusal does not say.
const UNSAID: f64 = 2.0;
/// No wait is believed beyond this.
const LONGEST: f64 = 3600.0;
/// A clock that went back further than this was set.
const SET_BACK: f64 = 5.0;
/// How long what was told of the share of a limit holds.
const FRESH: f64 = 1.0;
/// After the service told that it is near, what was found is hardly exceeded for so long: a bucket that emptied while it
/// asked to wait says nothing until it is full again.
const CALM: f64 = 3.0;
/// One step down: what a refusal costs of the rate that has nothing to do with how fast it is.
const STEP: f64 = 0.9;
/// What is refused while the service asks to wait was on its way already. More than this part of what a second sent, and
/// more than this much of it, is no accident.
const MANY: f64 = 0.05;
const FEW: f64 = 2.0;

/// One allowance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Allowance {
    /// What is believed to be allowed a second.
    rate: Option<f64>,
    /// What is documented: the rate never goes beyond.
    most: Option<f64>,
    /// What is left; below zero it is a debt.
    level: f64,
    /// The rate at which the service last refused.
    knee: Option<f64>,
    /// What it was found to allow a second when it last refused.
    found: Option<f64>,
    /// What was taken a second lately.
    lately: f64,
    /// Taken since the last refusal, or since the rate was first limited.
    taken: f64,
    /// Since when.
    since: f64,
    /// The share of the limit that was told last, and when.
    used: f64,
    used_at: f64,
    /// When somebody last had to wait for it.
    short_at: f64,
    /// How much the service refused since it last asked to wait.
    refused: f64,
    /// From how much on that is no accident.
    many: f64,
    /// The rate before, and the one to fall to if it is none.
    before: f64,
    fall: f64,
}

/// The state of a bucket, to be kept as JSON where others share it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meter {
    at: f64,
    shut_until: f64,
    /// Whether the service tells the share that is used.
    tells: bool,
    /// How long what was learned is remembered, in seconds; zero: as long as [`FORGET`] says.
    remembers: f64,
    units: Allowance,
    writes: Allowance,
}

impl Meter {
    /// A bucket that begins with what is documented.
    pub fn new(limits: Limits) -> Self {
        Self {
            units: Allowance::new(limits.units),
            writes: Allowance::new(limits.writes),
            ..Self::default()
        }
    }

    /// The same, and what was learned is remembered for so many seconds of silence.
    #[must_use]
    pub fn remembering(self, seconds: f64) -> Self {
        Self {
            remembers: seconds,
            ..self
        }
    }

    /// Takes this, or says how long to wait.
    pub fn take(&mut self, now: f64, cost: Cost) -> Grant {
        self.pass(now);
        let mut grant = Grant {
            units: self.units.rate,
            writes: self.writes_per_second(),
            ..Grant::default()
        };
        let shut = self.shut_until - self.at;
        let short = self.units.short(cost.units).max(self.writes.short(cost.writes));
        let wait = shut.max(short);
        if wait > 0.0 {
            grant.refused = shut > short;
            grant.wait = Duration::from_secs_f64(wait.clamp(0.001, LONGEST));
            if short > 0.0 {
                self.units.short_at = self.at;
                self.writes.short_at = self.at;
            }
            return grant;
        }
        self.units.take(self.at, cost.units);
        self.writes.take(self.at, cost.writes);
        grant
    }

    /// Takes what went out already, be it there or not.
    pub fn owe(&mut self, now: f64, cost: Cost) {
        self.pass(now);
        self.units.take(self.at, cost.units);
        self.writes.take(self.at, cost.writes);
    }

    /// How long until this can be taken; takes nothing.
    pub fn look(&mut self, now: f64, cost: Cost) -> Duration {
        let mut copy = self.clone();
        let grant = copy.take(now, cost);
        if grant.wait > Duration::ZERO {
            *self = copy;
        }
        grant.wait
    }

    /// Other limits from now on; what was taken stays taken.
    pub fn set(&mut self, now: f64, limits: Limits) {
        self.pass(now);
        (self.units.rate, self.units.most) = (limits.units, limits.units);
        (self.writes.rate, self.writes.most) = (limits.writes, limits.writes);
    }

    /// Takes in what an answer told.
    pub fn learned(&mut self, now: f64, told: Told) {
        self.pass(now);
        let at = self.at;
        match told {
            Told::Used { used, cost } => {
                let first = !self.tells;
                self.tells = true;
                self.of(None, cost).used(at, used, first);
            }
            Told::Refused { wait, kind, cost } => {
                // What was sent before a window began and is refused within it tells only how many they are.
                let (first, tells) = (at >= self.shut_until, self.tells);
                let allowance = self.of(kind, cost);
                if first {
                    allowance.refused(at, tells);
                }
                allowance.refused_more(cost.units.max(cost.writes));
                let wait = wait.map_or(UNSAID, |wait| wait.as_secs_f64()).min(LONGEST);
                self.shut_until = self.shut_until.max(at + wait);
            }
        }
    }

    /// Writes a second, as far as known.
    pub fn writes_per_second(&self) -> Option<f64> {
        match (self.writes.rate, self.units.rate) {
            (Some(writes), Some(units)) => Some(writes.min(units)),
            (one, other) => one.or(other),
        }
    }

    fn of(&mut self, kind: Option<Kind>, cost: Cost) -> &mut Allowance {
        let apart = self.writes.rate.is_some() && cost.writes > 0.0;
        match kind {
            Some(Kind::Writes) => &mut self.writes,
            None if apart => &mut self.writes,
            _ => &mut self.units,
        }
    }

    /// Lets time pass. A clock that was set back moves everything with it, so that nobody waits for the old time.
    fn pass(&mut self, now: f64) {
        if now < self.at - SET_BACK {
            let back = self.at - now;
            self.shut_until -= back;
            self.units.moved(back);
            self.writes.moved(back);
            self.at = now;
        }
        let passed = (now - self.at).clamp(0.0, LONGEST);
        self.at = self.at.max(now);
        if passed > FORGET.max(self.remembers) && self.at > self.shut_until {
            let (units, writes) = (self.units.most, self.writes.most);
            let (at, shut_until) = (self.at, self.shut_until);
            *self = Self::new(Limits { units, writes }).remembering(self.remembers);
            (self.at, self.shut_until) = (at, shut_until);
        }
        // Nobody is told to wait longer than the service can have asked for.
        self.shut_until = self.shut_until.min(self.at + LONGEST);
        let shut = self.shut_until > self.at - passed;
        self.units.pass(self.at, passed, shut, self.tells);
        self.writes.pass(self.at, passed, shut, self.tells);
    }
}

impl Allowance {
    fn new(most: Option<f64>) -> Self {
        Self {
            rate: most,
            most,
            level: most.map_or(0.0, |most| (most * BURST).max(1.0)),
            ..Self::default()
        }
    }

    /// How fast it refills now.
    fn pace(&self, at: f64) -> Option<f64> {
        let fresh = at - self.used_at < FRESH;
        let brake = if fresh {
            ((self.used - NEAR) * 2.5).clamp(0.0, 0.9)
        } else {
            0.0
        };
        self.rate.map(|rate| rate * (1.0 - brake))
    }

    fn pass(&mut self, at: f64, passed: f64, shut: bool, tells: bool) {
        self.lately *= (-passed).exp();
        let Some(pace) = self.pace(at) else { return };
        self.level = (self.level + pace * passed).min((pace * BURST).max(1.0));
        // It is tried faster only where somebody would go faster.
        if !shut && at - self.short_at < FRESH {
            self.grow(at, passed.min(FRESH), tells);
        }
    }

    fn grow(&mut self, at: f64, passed: f64, tells: bool) {
        let Some(rate) = self.rate else { return };
        let fresh = at - self.used_at < FRESH;
        let above = |part: f64| self.found.is_some_and(|found| rate > found * part);
        let by = match self.knee {
            _ if fresh && self.used > AIM - 0.01 && above(1.1) => -0.6,
            _ if fresh && self.used > AIM => AIM - self.used,
            _ if fresh => 0.5 * (AIM - self.used),
            // As much as it was found to allow: more is tried slowly, for news of it comes late.
            _ if tells && self.used_at > 0.0 && above(1.0) && at - self.used_at < CALM => 0.08,
            _ if tells && self.used_at > 0.0 && above(0.95) => 0.2,
            // It would say so if it were near.
            _ if tells && self.used_at > 0.0 => 0.5,
            None if tells => 1.4,
            _ if tells => 0.5,
            None => 0.5,
            Some(knee) if rate < knee * 0.97 => 0.1,
            Some(knee) if rate < knee => 0.003,
            _ => 0.02,
        };
        let most = self.most.unwrap_or(f64::INFINITY);
        self.rate = Some((rate * (by * passed).exp()).clamp(SLOWEST, most));
    }

    /// How long until this can be taken. More than is left can be taken, as a debt, so that a batch does not wait for
    /// ever behind single calls.
    fn short(&self, cost: f64) -> f64 {
        match self.rate {
            Some(rate) if cost > 0.0 && self.level <= 0.0 => (1e-6 - self.level) / rate,
            _ => 0.0,
        }
    }

    fn take(&mut self, at: f64, cost: f64) {
        self.lately += cost;
        if self.since == 0.0 {
            self.since = at;
        }
        self.taken += cost;
        if self.rate.is_some() {
            self.level -= cost;
        }
    }

    fn used(&mut self, at: f64, used: f64, first: bool) {
        if first && self.rate.is_none() {
            self.limit(at, FIRST);
        }
        if !used.is_finite() || used < NEAR {
            return;
        }
        if self.rate.is_none() {
            self.limit(at, (self.lately * 0.5).max(FIRST));
        }
        (self.used, self.used_at) = (used, at);
    }

    /// The first refusal of several, or the only one: a step down at most, unless more come.
    fn refused(&mut self, at: f64, tells: bool) {
        (self.refused, self.many) = (0.0, (self.lately * MANY).max(FEW));
        let Some(rate) = self.rate else {
            self.before = 0.0;
            return self.limit(at, (self.lately * 0.5).max(FIRST));
        };
        // Between two refusals just as much was given as the service allows.
        let given = self.taken / (at - self.since).max(0.5);
        (self.before, self.fall) = (rate, (given.clamp(rate * 0.5, rate) * 0.98).max(SLOWEST));
        // Where nobody had to wait for it, and the service told of nothing, it is not about the rate.
        let told = tells && at - self.used_at < FRESH;
        if told || at - self.short_at < FRESH {
            self.knee = Some(rate);
            self.found = Some(self.fall);
            self.rate = Some(self.fall);
        } else {
            self.rate = Some(self.fall.max(rate * STEP));
        }
        (self.taken, self.since) = (0.0, at);
    }

    /// So much was refused, and where that is much the rate was too fast by far.
    fn refused_more(&mut self, cost: f64) {
        self.refused += cost.max(1.0);
        if self.refused > self.many && self.before > 0.0 {
            self.knee = Some(self.before);
            self.rate = self.rate.map(|rate| rate.min(self.fall));
            self.before = 0.0;
        }
    }

    fn limit(&mut self, at: f64, rate: f64) {
        self.rate = Some(rate.max(SLOWEST));
        self.level = 0.0;
        (self.taken, self.since) = (0.0, at);
    }

    fn moved(&mut self, back: f64) {
        self.since -= back;
        self.used_at -= back;
        self.short_at -= back;
    }
}

#[cfg(test)]
mod tests;
