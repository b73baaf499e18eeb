//! Checking the chain: the first line that is not as it was written, and what was done to it.

mod check;
mod walk;

use std::path::PathBuf;

use serde::Serialize;

use super::folder::Folder;
use super::line::Link;
use super::read::{RawLines, Snapshot};
use crate::domain::Result;
use crate::domain::shape::AuditRef;
use check::Check;

/// What was done to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A line is not the one that was written.
    Changed,
    /// Lines are missing before this one.
    Deleted,
    /// This line stands in the place of another, which stands elsewhere.
    Swapped,
    /// This line was put between two that belong together.
    Inserted,
    /// Lines are missing at the end.
    TailMissing,
    /// The head is not there, or says nothing.
    HeadMissing,
    /// The log is not the one whose head was named.
    OtherHead,
}

impl What {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Swapped => "swapped",
            Self::Inserted => "inserted",
            Self::TailMissing => "cut off",
            Self::HeadMissing => "without a head",
            Self::OtherHead => "another log",
        }
    }
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bad {
    /// The file.
    pub file: String,
    /// Its line, from 1; `None` where no line is wrong but one is missing at the end.
    pub line: Option<u64>,
    /// The number that a line here has to have.
    pub seq: u64,
    /// What was done.
    pub what: What,
    /// The same in words.
    pub detail: String,
}

/// What was named on the command line as the end of the log, or as a line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The line's number, where that was said.
    pub seq: Option<u64>,
    /// The beginning of its hash.
    pub hash: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Whether every line is as it was written, as far as this can be told.
    pub intact: bool,
    /// How many lines were checked.
    pub lines: u64,
    /// In how many files.
    pub files: u64,
    /// The number of the first one.
    pub first: Option<u64>,
    /// The last one.
    pub last: Option<AuditRef>,
    /// What is worth knowing and no fault.
    pub notes: Vec<String>,
    /// The first fault.
    pub bad: Option<Bad>,
}

/// Checks the whole log of a folder against its head, and against a line that was named.
///
/// # Errors
/// `file_unreadable`. What is wrong with the log is no error of this function.
pub fn verify(folder: &Folder, claim: Option<&Claim>) -> Result<Verified> {
    let snapshot = Snapshot::take(folder)?;
    let mut check = Check::new(&snapshot, claim, true);
    check.run()?;
    check.against_head()?;
    Ok(check.end())
}

/// Checks these files alone, in the order of their first lines.
///
/// # Errors
/// As [`verify`].
pub fn verify_files(paths: &[PathBuf], claim: Option<&Claim>) -> Result<Verified> {
    let mut snapshot = Snapshot::of(paths)?;
    let mut first = Vec::new();
    for file in &snapshot.files {
        let mut bytes = Vec::new();
        RawLines::open(file)?.next(&mut bytes)?;
        first.push(Link::read(&bytes).map_or(0, |link| link.seq));
    }
    let mut order: Vec<usize> = (0..snapshot.files.len()).collect();
    order.sort_by_key(|at| first.get(*at).copied());
    let files = std::mem::take(&mut snapshot.files);
    snapshot.files = order
        .into_iter()
        .filter_map(|at| files.get(at).cloned())
        .collect();
    let mut check = Check::new(&snapshot, claim, false);
    check.run()?;
    Ok(check.end())
}
