//! One pass over the lines, and the diagnosis of the first that does not follow.

use super::walk::{Seen, Walk};
use super::{Bad, Claim, Verified, What};
use crate::domain::shape::AuditRef;
use crate::domain::{AuditRow, Result};
use crate::jobs::audit::folder::{Head, HeadFile};
use crate::jobs::audit::line::{Hash, Link};
use crate::jobs::audit::read::Snapshot;

pub(super) struct Check<'a> {
    snapshot: &'a Snapshot,
    claim: Option<&'a Claim>,
    whole: bool,
    told: Verified,
    /// The line before, and where the chain stands behind it.
    before: Option<Seen>,
    seq: u64,
    hash: Hash,
    /// What the head says, and the hash of that line.
    head: Option<Head>,
    at_head: Option<Hash>,
    claimed: bool,
    unfinished: u64,
}

impl<'a> Check<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, claim: Option<&'a Claim>, whole: bool) -> Self {
        let head = match &snapshot.head {
            HeadFile::Says(head) => Some(head.clone()),
            _ => None,
        };
        Self {
            snapshot,
            claim,
            whole,
            told: Verified::default(),
            before: None,
            seq: 0,
            hash: Hash::NONE,
            head,
            at_head: None,
            claimed: false,
            unfinished: 0,
        }
    }

    /// Goes over all lines with one line of foresight, up to the first fault.
    pub(super) fn run(&mut self) -> Result<()> {
        let mut walk = Walk::new(self.snapshot);
        let mut this = walk.next()?;
        while let Some(line) = this {
            let next = walk.next()?;
            if let Some(bad) = self.look(line, next)? {
                self.told.bad = Some(bad);
                break;
            }
            this = next;
        }
        self.unfinished = walk.unfinished;
        self.told.files = self.snapshot.files.len() as u64;
        Ok(())
    }

    /// Takes a line that follows; names the fault of one that does not.
    fn look(&mut self, line: Seen, next: Option<Seen>) -> Result<Option<Bad>> {
        if self.before.is_none()
            && !self.whole
            && let Some(link) = line.link
            && link.seq > 1
        {
            // What was before is not here: that is taken on trust, and said.
            (self.seq, self.hash) = (link.seq - 1, link.prev);
            self.told.notes.push(format!(
                "begins at line {}: what was before is not in these files",
                link.seq
            ));
        }
        let expected = self.seq + 1;
        let follows = line
            .link
            .is_some_and(|link| link.seq == expected && link.prev == self.hash);
        if !follows {
            return self.diagnose(line, next).map(Some);
        }
        (self.seq, self.hash) = (expected, line.hash);
        self.before = Some(line);
        self.told.lines += 1;
        self.told.first.get_or_insert(expected);
        if self.head.as_ref().is_some_and(|head| head.seq == expected) {
            self.at_head = Some(line.hash);
        }
        if let Some(claim) = self.claim {
            let hash = line.hash.to_string();
            self.claimed |= claim.seq.is_none_or(|seq| seq == expected) && hash.starts_with(&claim.hash);
        }
        Ok(None)
    }

    fn diagnose(&self, line: Seen, next: Option<Seen>) -> Result<Bad> {
        if let Some(bad) = self.broken_before()? {
            return Ok(bad);
        }
        let expected = self.seq + 1;
        let last = self.hash;
        let after = next.and_then(|next| next.link);
        // The line after it goes on from the line before it.
        let between = after.is_some_and(|after| after.seq == expected && after.prev == last);
        // Somebody else vouches for this line: the next one, or the head.
        let vouched = match (after, &self.head, line.link) {
            (Some(after), _, _) => after.prev == line.hash,
            (None, Some(head), Some(link)) if next.is_none() => {
                head.seq == link.seq && head.hash() == Some(line.hash)
            }
            _ => false,
        };
        let bad = |at: Seen, seq, what, detail: String| self.bad(at, seq, what, detail);
        if let Some(next) = next.filter(|_| between) {
            let behind = Link {
                seq: expected + 1,
                prev: next.hash,
            };
            if line.link == Some(behind) && self.find(behind, Some(line))?.is_none() {
                let place = self.place(next);
                let detail = format!("line {} stands here, and line {expected} in {place}", behind.seq);
                return Ok(bad(line, expected, What::Swapped, detail));
            }
            let detail = match self.seq {
                0 => "a line was put before line 1".to_owned(),
                before => format!("a line was put between line {before} and line {expected}"),
            };
            return Ok(bad(line, expected, What::Inserted, detail));
        }
        if let Some(before) = self.before.filter(|before| before.link == line.link && vouched) {
            let detail = format!("a line was put before line {}", self.seq);
            return Ok(bad(before, self.seq, What::Inserted, detail));
        }
        let Some(link) = line.link else {
            return Ok(bad(
                line,
                expected,
                What::Changed,
                format!("line {expected} is no line of the log"),
            ));
        };
        if link.prev == last {
            let detail = format!("line {expected} says that it is line {}", link.seq);
            return Ok(bad(line, expected, What::Changed, detail));
        }
        if link.seq == expected {
            return Ok(match self.before {
                Some(before) if vouched => bad(
                    before,
                    self.seq,
                    What::Changed,
                    format!("line {} is not the one that line {expected} follows", self.seq),
                ),
                _ => bad(
                    line,
                    expected,
                    What::Changed,
                    format!(
                        "line {expected} does not follow line {}: it or that one is not as it was written",
                        self.seq
                    ),
                ),
            });
        }
        if let Some(elsewhere) = self.find(
            Link {
                seq: expected,
                prev: last,
            },
            None,
        )? {
            let place = self.place(elsewhere);
            let detail = format!("line {} stands here, and line {expected} in {place}", link.seq);
            return Ok(bad(line, expected, What::Swapped, detail));
        }
        if link.seq > expected && after.is_none_or(|after| after.seq != expected + 1) {
            let missing = match link.seq - expected {
                1 => format!("line {expected} is missing"),
                _ => format!("lines {expected} to {} are missing", link.seq - 1),
            };
            return Ok(bad(line, expected, What::Deleted, missing));
        }
        if link.seq > expected {
            let detail = format!("line {expected} says that it is line {}", link.seq);
            return Ok(bad(line, expected, What::Changed, detail));
        }
        let detail = format!("line {} stands here once more", link.seq);
        Ok(bad(line, expected, What::Inserted, detail))
    }

    /// The line before, where it begins as it should and is none: two lines that became one.
    fn broken_before(&self) -> Result<Option<Bad>> {
        let Some(before) = self.before else {
            return Ok(None);
        };
        let mut walk = Walk::new(self.snapshot);
        while let Some(seen) = walk.next()? {
            if (seen.file, seen.line) == (before.file, before.line) {
                let whole = serde_json::from_slice::<AuditRow>(walk.bytes()).is_ok();
                let broken = || {
                    self.bad(
                        before,
                        self.seq,
                        What::Changed,
                        format!("line {} is no line of the log", self.seq),
                    )
                };
                return Ok((!whole).then(broken));
            }
        }
        Ok(None)
    }

    /// Where a line stands with that number and link, other than here.
    fn find(&self, link: Link, here: Option<Seen>) -> Result<Option<Seen>> {
        let here = here.map(|here| (here.file, here.line));
        let mut walk = Walk::new(self.snapshot);
        while let Some(line) = walk.next()? {
            if line.link == Some(link) && here != Some((line.file, line.line)) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn name(&self, line: Seen) -> String {
        let file = self.snapshot.files.get(line.file);
        file.map(|file| file.name.clone()).unwrap_or_default()
    }

    fn place(&self, line: Seen) -> String {
        format!("{}, line {}", self.name(line), line.line)
    }

    fn bad(&self, at: Seen, seq: u64, what: What, detail: String) -> Bad {
        Bad {
            file: self.name(at),
            line: Some(at.line),
            seq,
            what,
            detail,
        }
    }

    /// Holds the end of the log against the head.
    pub(super) fn against_head(&mut self) -> Result<()> {
        if self.told.bad.is_none() {
            self.told.bad = self.beside_head()?;
        }
        Ok(())
    }

    fn beside_head(&mut self) -> Result<Option<Bad>> {
        let place = |file: &str| Bad {
            file: file.to_owned(),
            line: None,
            seq: self.seq,
            what: What::HeadMissing,
            detail: String::new(),
        };
        let Some(head) = &self.head else {
            let how = match self.snapshot.head {
                HeadFile::Unreadable => "says nothing",
                _ => "is missing",
            };
            return Ok((!self.snapshot.files.is_empty()).then(|| Bad {
                detail: format!("the head {how}: whether lines are missing at the end cannot be told"),
                ..place("head.json")
            }));
        };
        let last = self.before.map(|line| self.name(line)).unwrap_or_default();
        if head.seq > self.seq {
            if let Some(bad) = self.broken_before()? {
                return Ok(Some(bad));
            }
            let cut = self.unfinished > 0 && head.seq == self.seq + 1;
            let detail = match head.seq - self.seq {
                1 if cut => format!("line {} is not whole", head.seq),
                1 => format!("line {} is missing at the end", head.seq),
                _ => format!("lines {} to {} are missing at the end", self.seq + 1, head.seq),
            };
            let file = if last.is_empty() { head.file.clone() } else { last };
            return Ok(Some(Bad {
                seq: self.seq + 1,
                what: What::TailMissing,
                detail,
                ..place(&file)
            }));
        }
        if head.seq > 0 && self.at_head != head.hash() {
            let line = self.before.filter(|_| head.seq == self.seq);
            return Ok(Some(Bad {
                file: last,
                line: line.map(|line| line.line),
                seq: head.seq,
                what: What::Changed,
                detail: format!("line {} is not the one that the head knows", head.seq),
            }));
        }
        if head.seq < self.seq {
            self.told.notes.push(format!(
                "the head stands at line {}, {} behind: a writer was ended before it moved the head",
                head.seq,
                self.seq - head.seq
            ));
        }
        Ok(None)
    }

    /// Holds the log against the line that was named, and ends.
    pub(super) fn end(mut self) -> Verified {
        if let Some(claim) = self.claim
            && self.told.bad.is_none()
            && !self.claimed
        {
            let named = match claim.seq {
                Some(seq) => format!("line {seq} with the hash {}…", claim.hash),
                None => format!("line with the hash {}…", claim.hash),
            };
            let short = claim.seq.is_some_and(|seq| seq > self.seq);
            self.told.bad = Some(Bad {
                file: self.before.map(|line| self.name(line)).unwrap_or_default(),
                line: None,
                seq: claim.seq.unwrap_or(self.seq),
                what: if short { What::TailMissing } else { What::OtherHead },
                detail: if short {
                    format!("the log ends at line {}, and a {named} was known", self.seq)
                } else {
                    format!("there is no {named}")
                },
            });
        }
        if self.unfinished > 0 {
            self.told.notes.push(format!(
                "an unfinished line of {} bytes at the end: a writer was ended in the middle; the next one puts it \
                 aside",
                self.unfinished
            ));
        }
        self.told.last = self.before.map(|_| AuditRef {
            seq: self.seq,
            head: self.hash.to_string(),
        });
        self.told.intact = self.told.bad.is_none();
        self.told
    }
}
