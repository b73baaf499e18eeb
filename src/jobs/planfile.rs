//! A plan written down: NDJSON, no secrets, a digest over all bytes before the last line. That finds accidents; edits
//! are found by comparing the digest with the one that was approved.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plan::PlannedUser;
use super::plan::hex;
use crate::domain::{Error, ErrorCode, Result};

/// The version of the file that this program writes and the newest that it reads.
const SCHEMA: u32 = 1;

/// How long a plan may be applied.
pub const VALID: SignedDuration = SignedDuration::from_hours(24);

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    /// `plan/1`.
    pub schema: String,
    /// The plan's id.
    pub id: String,
    /// The version of the program that made it.
    pub version: String,
    /// The service.
    pub service: String,
    /// The profile.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// The verb, such as `user reset`.
    pub verb: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it may be applied.
    pub expires_at: Timestamp,
    /// Who made it.
    pub made_by: String,
    /// The command, without secrets.
    pub argv: Vec<String>,
    /// The playbook.
    pub playbook: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// How people were selected.
    pub selection: String,
    /// Counted.
    pub summary: PlanSummary,
    /// Who was left out, and why.
    pub left_out: Vec<LeftOut>,
    /// What it will cost.
    pub estimate: Estimate,
}

/// A plan, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// People.
    pub users: u64,
    /// Steps that are sent.
    pub steps: u64,
    /// Rows for somebody's hands.
    pub by_hand: u64,
}

/// Somebody who was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// As it was typed.
    pub user: String,
    /// Why.
    pub why: String,
}

/// What a plan will cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Writes that are sent.
    pub writes: u64,
}

#[derive(Serialize, Deserialize)]
struct Tail {
    users: u64,
    digest: String,
}

/// A plan file.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The first line.
    pub head: Head,
    /// A line a person.
    pub people: Vec<PlannedUser>,
    /// SHA-256 over all bytes before the last line, in hexadecimal.
    pub digest: String,
}

impl Head {
    /// Counts the people into the summary and the estimate.
    pub fn count(&mut self, people: &[PlannedUser]) {
        let steps = people.iter().map(|person| person.to_send().count() as u64).sum();
        let by_hand = people
            .iter()
            .flat_map(|person| &person.steps)
            .filter(|row| matches!(row.deed, super::plan::Deed::ByHand { .. }))
            .count() as u64;
        self.summary = PlanSummary {
            users: people.len() as u64,
            steps,
            by_hand,
        };
        self.estimate = Estimate { writes: steps };
    }

    /// The name of the schema that this program writes.
    pub fn schema() -> String {
        format!("plan/{SCHEMA}")
    }
}

fn line(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("a plan cannot be written: {error}")))?;
    text.push('\n');
    Ok(text)
}

/// The bytes of a plan file, and its digest.
///
/// # Errors
/// `internal` where something cannot be serialized.
pub fn write(head: &Head, people: &[PlannedUser]) -> Result<(String, String)> {
    let mut text = line(head)?;
    for person in people {
        text.push_str(&line(person)?);
    }
    let digest = hex(text.as_bytes());
    text.push_str(&line(&Tail {
        users: people.len() as u64,
        digest: format!("sha256:{digest}"),
    })?);
    Ok((text, digest))
}

/// Reads a plan file.
///
/// # Errors
/// `plan_invalid`: altered, cut short, or made by a newer version; nothing of it is used.
pub fn read(text: &str, name: &str) -> Result<PlanFile> {
    let bad = |what: &str| {
        Error::new(ErrorCode::PlanInvalid, format!("plan {name} {what}"))
            .hint("make a new one with --plan-out")
    };
    let body = text.strip_suffix('\n').unwrap_or(text);
    let (before, tail) = body
        .rsplit_once('\n')
        .map(|(before, tail)| (before.len() + 1, tail))
        .ok_or_else(|| bad("is not a plan file"))?;
    let first = text.lines().next().unwrap_or_default();
    let schema: Value = serde_json::from_str(first).map_err(|_| bad("is not a plan file"))?;
    let schema = schema.get("schema").and_then(Value::as_str).unwrap_or_default();
    let version = schema
        .strip_prefix("plan/")
        .and_then(|number| number.parse::<u32>().ok());
    match version {
        None => return Err(bad("is not a plan file")),
        Some(version) if version > SCHEMA => {
            return Err(bad("was made by a newer version").hint("use the version that made it"));
        }
        Some(_) => {}
    }
    let tail: Tail = serde_json::from_str(tail).map_err(|_| bad("was cut short or altered"))?;
    let covered = text.get(..before).unwrap_or_default();
    let digest = hex(covered.as_bytes());
    if tail.digest.strip_prefix("sha256:") != Some(digest.as_str()) {
        return Err(bad("was altered: its digest does not hold"));
    }
    let mut lines = covered.lines();
    let head: Head = lines
        .next()
        .and_then(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| bad("cannot be read"))?;
    let people: Vec<PlannedUser> = lines
        .map(serde_json::from_str)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| bad("cannot be read"))?;
    let ids: BTreeSet<&str> = people.iter().map(|person| person.user_id.0.as_str()).collect();
    let own = |person: &PlannedUser| person.to_send().all(|step| step.user == person.user_id);
    if ids.len() != people.len() || tail.users != people.len() as u64 || !people.iter().all(own) {
        return Err(bad("does not hold together"));
    }
    Ok(PlanFile { head, people, digest })
}

impl PlanFile {
    /// Whether it may be applied here and now.
    ///
    /// # Errors
    /// `plan_invalid`: for another service, profile or tenant, or expired.
    pub fn admit(&self, service: &str, profile: &str, tenant: &str, now: Timestamp) -> Result<()> {
        let bad = |what: String, hint: String| Err(Error::new(ErrorCode::PlanInvalid, what).hint(hint));
        let head = &self.head;
        if head.service != service || !head.tenant.eq_ignore_ascii_case(tenant) {
            return bad(
                format!(
                    "the plan is for {} ({}), not for {profile} ({tenant})",
                    head.profile, head.tenant
                ),
                format!("apply it with -p {}", head.profile),
            );
        }
        if head.profile != profile {
            return bad(
                format!("the plan was made with profile {}, not {profile}", head.profile),
                format!("apply it with -p {}", head.profile),
            );
        }
        if now >= head.expires_at {
            return bad(
                format!("the plan ended at {}", head.expires_at),
                "make a new one with --plan-out".to_owned(),
            );
        }
        Ok(())
    }

    /// How a plan is shown: `p-` and the end of its id.
    pub fn short_id(&self) -> String {
        short(&self.head.id)
    }
}

/// `p-` and the last four characters of an id.
fn short(id: &str) -> String {
    let start = id.len().saturating_sub(4);
    format!("p-{}", id.get(start..).unwrap_or(id))
}

#[cfg(test)]
mod tests;
