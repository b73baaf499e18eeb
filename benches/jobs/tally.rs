//! What a recording comes to: calls, batches, and how many of the calls the plan needs.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::wire::Message;

/// The sums.
#[derive(Default)]
pub struct Tally {
    /// Calls, in a batch or alone.
    pub calls: usize,
    /// Calls that change something.
    pub writes: usize,
    /// Different reads before the first write: the plan's own.
    pub planned: HashSet<String>,
    /// Different reads after it: one set to read back.
    pub read_back: HashSet<String>,
    /// Batches, and the calls in them.
    pub batches: usize,
    /// Calls in batches.
    pub batched: usize,
    /// Calls by verb and template, most first.
    pub kinds: BTreeMap<String, usize>,
}

impl Tally {
    /// Of a recording.
    pub fn of(asked: &[Message]) -> Self {
        let mut tally = Self::default();
        for request in asked {
            let (verb, path) = request.line();
            if path.ends_with("/$batch") {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let root = path.trim_end_matches("/$batch");
                let calls = body["requests"].as_array().cloned().unwrap_or_default();
                tally.batches += 1;
                tally.batched += calls.len();
                for call in calls {
                    let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
                    tally.call(&text("method"), &format!("{root}{}", text("url")));
                }
            } else {
                tally.call(verb, path);
            }
        }
        tally
    }

    fn call(&mut self, verb: &str, path: &str) {
        self.calls += 1;
        *self
            .kinds
            .entry(format!("{verb} {}", template(path)))
            .or_default() += 1;
        if verb != "GET" {
            self.writes += 1;
        } else if self.writes == 0 {
            self.planned.insert(path.to_owned());
        } else {
            self.read_back.insert(path.to_owned());
        }
    }

    /// What the plan needs: its reads, one a write, one set of reads to read back.
    pub fn needed(&self, steps: usize) -> usize {
        self.planned.len() + steps + self.read_back.len()
    }

    /// Calls to a batch, on average.
    pub fn filled(&self) -> f64 {
        self.batched as f64 / self.batches.max(1) as f64
    }
}

/// A path with names in place of values.
fn template(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        let is_value = part.contains('@') || part.len() >= 20 && part.chars().any(|c| c.is_ascii_digit());
        parts.push(if is_value { "{}" } else { part });
    }
    parts.join("/")
}
