//! A plan written down: NDJSON, no secrets, a digest over all bytes before the last line. That finds accidents; edits
//! are found by comparing the digest with the one that was approved.

mod write;

use std::collections::HashSet;
use std::io::{BufRead, Read as _, Seek};

use hmac::digest::Digest as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

pub use write::Writer;

use super::plan::{Deed, PlannedRow, PlannedUser};
use crate::domain::{Error, ErrorCode, Result, UserId};

/// The version of the file that this program writes and the newest that it reads.
const SCHEMA: u32 = 1;

/// How long a plan may be applied, where nobody says.
pub const VALID: SignedDuration = SignedDuration::from_hours(24);
/// The longest that anybody can say.
pub const LONGEST_VALID: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How far the clocks of two machines may be apart.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// No line of a plan is so long.
const LONGEST: usize = 16 << 20;

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
    /// `--notify`: where whoever made the plan wants the message, `-` for stdout. A file is only named to whoever applies the plan: the
    /// plan of somebody else writes nothing into one's folders. Plans of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<String>,
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

impl Head {
    /// Counts a person into the summary and the estimate.
    pub fn count(&mut self, person: &PlannedUser) {
        let by_hand = |row: &&PlannedRow| matches!(row.deed, Deed::ByHand { .. });
        self.summary.users += 1;
        self.summary.steps += person.to_send().count() as u64;
        self.summary.by_hand += person.steps.iter().filter(by_hand).count() as u64;
        self.estimate.writes = self.summary.steps;
    }

    /// The name of the schema that this program writes.
    pub fn schema() -> String {
        format!("plan/{SCHEMA}")
    }
}

/// A plan file that holds together. Its people are read again as they are wanted, so that a large one is not kept in
/// memory.
#[derive(Debug)]
pub struct PlanFile<R> {
    /// The first line.
    pub head: Head,
    /// SHA-256 over all bytes before the last line, in hexadecimal.
    pub digest: String,
    /// How many people are in it.
    pub users: u64,
    name: String,
    source: R,
}

/// Reads a plan file from its beginning to its end, and believes nothing of it before that.
///
/// # Errors
/// `plan_invalid`: altered, cut short, or made by a newer version; nothing of it is used. `file_unreadable`.
pub fn read<R: BufRead + Seek>(mut source: R, name: &str) -> Result<PlanFile<R>> {
    let mut lines = Lines::begin(&mut source, name)?;
    let mut head = None;
    let mut ids: HashSet<UserId> = HashSet::new();
    while let Some(line) = lines.next()? {
        if head.is_none() {
            head = Some(first(line, name)?);
            continue;
        }
        let person: PlannedUser = parsed(line).ok_or_else(|| bad(name, "cannot be read"))?;
        let own = person.to_send().all(|step| step.user == person.user_id);
        if !own || !ids.insert(person.user_id) {
            return Err(bad(name, "does not hold together"));
        }
    }
    let Some(head) = head else {
        return Err(lines.first_alone());
    };
    let (digest, tail) = lines.end()?;
    if tail.users != ids.len() as u64 {
        return Err(bad(name, "does not hold together"));
    }
    Ok(PlanFile {
        head,
        digest,
        users: tail.users,
        name: name.to_owned(),
        source,
    })
}

fn bad(name: &str, what: &str) -> Error {
    Error::new(ErrorCode::PlanInvalid, format!("plan {name} {what}")).hint("make a new one with --plan-out")
}

fn parsed<T: serde::de::DeserializeOwned>(line: &[u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

/// The first line, where this version can read it.
fn first(line: &[u8], name: &str) -> Result<Head> {
    let schema: Value = parsed(line).ok_or_else(|| bad(name, "is not a plan file"))?;
    let schema = schema.get("schema").and_then(Value::as_str).unwrap_or_default();
    let version = schema
        .strip_prefix("plan/")
        .and_then(|number| number.parse::<u32>().ok());
    match version {
        None => Err(bad(name, "is not a plan file")),
        Some(version) if version > SCHEMA => {
            Err(bad(name, "was made by a newer version").hint("use the version that made it"))
        }
        Some(_) => parsed(line).ok_or_else(|| bad(name, "cannot be read")),
    }
}

/// The lines of a plan file before the last one, which is held back; what was read goes into the digest.
struct Lines<'a, R> {
    source: &'a mut R,
    name: &'a str,
    digest: Sha256,
    line: Vec<u8>,
    ahead: Vec<u8>,
}

impl<'a, R: BufRead + Seek> Lines<'a, R> {
    fn begin(source: &'a mut R, name: &'a str) -> Result<Self> {
        source.rewind().map_err(|error| unreadable(name, &error))?;
        let mut lines = Self {
            source,
            name,
            digest: Sha256::new(),
            line: Vec::new(),
            ahead: Vec::new(),
        };
        lines.step()?;
        Ok(lines)
    }

    fn step(&mut self) -> Result<()> {
        std::mem::swap(&mut self.line, &mut self.ahead);
        self.ahead.clear();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        (&mut *self.source)
            .take(most)
            .read_until(b'\n', &mut self.ahead)
            .map_err(|error| unreadable(self.name, &error))?;
        if self.ahead.len() >= LONGEST {
            return Err(bad(self.name, "is not a plan file"));
        }
        Ok(())
    }

    /// The next line but the last.
    fn next(&mut self) -> Result<Option<&[u8]>> {
        self.step()?;
        if self.ahead.is_empty() {
            return Ok(None);
        }
        self.digest.update(&self.line);
        Ok(Some(&self.line))
    }

    /// What is wrong with a file that has one line or none.
    fn first_alone(self) -> Error {
        match first(&self.line, self.name) {
            Ok(_) => bad(self.name, "was cut short or altered"),
            Err(error) => error,
        }
    }

    /// The digest of all lines but the last, which has to say the same.
    fn end(self) -> Result<(String, Tail)> {
        let tail: Tail = parsed(&self.line).ok_or_else(|| bad(self.name, "was cut short or altered"))?;
        let digest = hex_of(&self.digest.finalize());
        if tail.digest.strip_prefix("sha256:") != Some(digest.as_str()) {
            return Err(bad(self.name, "was altered: its digest does not hold"));
        }
        Ok((digest, tail))
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}"))
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl<R: BufRead + Seek> PlanFile<R> {
    /// Gives every person in order, so many at a time. What is read is held against the digest once more: `take` must
    /// send nothing.
    ///
    /// # Errors
    /// What `take` says; `plan_invalid` where the file is not the one that was read before.
    pub async fn each(
        &mut self,
        most: usize,
        mut take: impl AsyncFnMut(Vec<PlannedUser>) -> Result<()>,
    ) -> Result<()> {
        let mut lines = Lines::begin(&mut self.source, &self.name)?;
        lines.next()?;
        let mut people = Vec::new();
        while let Some(line) = lines.next()? {
            people.push(parsed(line).ok_or_else(|| bad(&self.name, "cannot be read"))?);
            if people.len() >= most {
                take(std::mem::take(&mut people)).await?;
            }
        }
        let (digest, _) = lines.end()?;
        if digest != self.digest {
            return Err(bad(&self.name, "was altered while it was read"));
        }
        if people.is_empty() {
            return Ok(());
        }
        take(people).await
    }

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
                match head.profile == profile {
                    true => format!("name a profile of that tenant with -p: {profile} leads to another now"),
                    false => format!("apply it with -p {}", head.profile),
                },
            );
        }
        if head.profile != profile {
            return bad(
                format!("the plan was made with profile {}, not {profile}", head.profile),
                format!("apply it with -p {}", head.profile),
            );
        }
        let valid = head.expires_at.duration_since(head.made_at);
        if valid > LONGEST_VALID || head.made_at > now + AHEAD {
            return bad(
                format!(
                    "the plan says that it is good from {} to {}, which no plan is",
                    head.made_at, head.expires_at
                ),
                "make a new one with --plan-out".to_owned(),
            );
        }
        if now >= head.expires_at {
            return bad(
                format!("the plan ended at {:.0}", head.expires_at),
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
