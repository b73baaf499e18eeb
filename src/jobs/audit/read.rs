//! Reading the log: what stood there at one moment, line by line, in order; and which lines are wanted.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Take};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::folder::{Folder, HeadFile, LogFile};
use crate::domain::{AuditKind, AuditRow, Error, ErrorCode, Result, Status};

/// How long a reader waits for a writer before it looks all the same.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// The log at one moment: files only grow, so that their sizes are all that has to be remembered.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) files: Vec<LogFile>,
    pub(super) head: HeadFile,
}

impl Snapshot {
    pub(super) fn take(folder: &Folder) -> Result<Self> {
        let quiet = folder.look(PATIENCE);
        let read = || Ok((folder.files()?, folder.head()?));
        let (files, head) =
            read().map_err(|error| unreadable(&folder.path().display().to_string(), &error))?;
        drop(quiet);
        Ok(Self { files, head })
    }

    /// These files alone, in this order, without a head.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self> {
        let files = paths
            .iter()
            .enumerate()
            .map(|(at, path)| {
                let name = path.display().to_string();
                let size = path.metadata().map_err(|error| unreadable(&name, &error))?.len();
                Ok(LogFile {
                    number: at as u64 + 1,
                    name,
                    path: path.clone(),
                    size,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            files,
            head: HeadFile::Missing,
        })
    }
}

pub(super) fn unreadable(place: &str, error: &io::Error) -> Error {
    Error::new(
        ErrorCode::FileUnreadable,
        format!("the audit log cannot be read from {place}: {error}"),
    )
    .hint("check its owner and permissions")
}

/// The lines of one file, as bytes.
#[derive(Debug)]
pub(super) struct RawLines {
    reader: BufReader<Take<File>>,
    name: String,
}

impl RawLines {
    pub(super) fn open(file: &LogFile) -> Result<Self> {
        let open = File::open(&file.path).map_err(|error| unreadable(&file.name, &error))?;
        Ok(Self {
            reader: BufReader::with_capacity(CHUNK, open.take(file.size)),
            name: file.name.clone(),
        })
    }

    /// The next line without its end, and whether it has one; `None` at the end of the file.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> Result<Option<bool>> {
        line.clear();
        let count = self
            .reader
            .read_until(b'\n', line)
            .map_err(|error| unreadable(&self.name, &error))?;
        if count == 0 {
            return Ok(None);
        }
        let ended = line.last() == Some(&b'\n');
        if ended {
            line.pop();
        }
        Ok(Some(ended))
    }
}

/// Which lines are wanted; what is not said is no condition.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Not before this.
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// About this person: the id, the sign-in name, or what stands before its `@`.
    pub user: Option<String>,
    /// Of this job: its id, or the end of it, with or without `j-`.
    pub job: Option<String>,
    /// Of this verb, or of those that begin with these words.
    pub verb: Option<String>,
    /// With one of these endings.
    pub status: Vec<Status>,
    /// Of one of these kinds.
    pub kinds: Vec<AuditKind>,
    /// Of this profile.
    pub profile: Option<String>,
}

impl Wanted {
    /// Whether this line is wanted.
    pub fn takes(&self, row: &AuditRow) -> bool {
        let Self {
            since,
            until,
            user,
            job,
            verb,
            status,
            kinds,
            profile,
        } = self;
        since.is_none_or(|since| row.time >= since)
            && until.is_none_or(|until| row.time < until)
            && user.as_deref().is_none_or(|user| is_about(row, user))
            && job.as_deref().is_none_or(|job| is_of(row, job))
            && verb.as_deref().is_none_or(|verb| {
                let rest = row.verb.strip_prefix(verb);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            })
            && profile
                .as_ref()
                .is_none_or(|profile| row.profile.as_ref() == Some(profile))
            && ((status.is_empty() && kinds.is_empty())
                || row.status.is_some_and(|ended| status.contains(&ended))
                || kinds.contains(&row.kind))
    }
}

fn is_about(row: &AuditRow, user: &str) -> bool {
    let same = |text: &str| text.eq_ignore_ascii_case(user);
    row.user_id.as_deref().is_some_and(same)
        || row.user.as_deref().is_some_and(|name| {
            let local = name.split_once('@').map(|(local, _)| local);
            same(name) || local.is_some_and(same)
        })
}

fn is_of(row: &AuditRow, job: &str) -> bool {
    let end = job.strip_prefix("j-").unwrap_or(job);
    row.job
        .as_deref()
        .is_some_and(|id| id == end || (end.len() >= 4 && id.ends_with(end)))
}

/// The first line that is no line of the log: its file, and its number from 1.
pub type Wrong = Option<(String, u64)>;

/// A line that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its bytes, without the end.
    pub line: Vec<u8>,
    /// What it says.
    pub row: AuditRow,
}

/// The lines of the log that are wanted, in order.
#[derive(Debug)]
pub struct Lines {
    files: Vec<LogFile>,
    wanted: Wanted,
    open: Option<RawLines>,
    at: usize,
    line: u64,
    wrong: Wrong,
}

impl Lines {
    /// Opens the log as it stands now.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub fn open(folder: &Folder, wanted: Wanted) -> Result<Self> {
        Ok(Self {
            files: Snapshot::take(folder)?.files,
            wanted,
            open: None,
            at: 0,
            line: 0,
            wrong: None,
        })
    }

    /// The next line that is wanted. What is no line of the log is passed over; [`Self::wrong`] knows of it.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub fn read(&mut self) -> Result<Option<Found>> {
        let mut bytes = Vec::new();
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => {
                    let Some(file) = self.files.get(self.at) else {
                        return Ok(None);
                    };
                    (self.at, self.line) = (self.at + 1, 0);
                    self.open.insert(RawLines::open(file)?)
                }
            };
            match open.next(&mut bytes)? {
                None => self.open = None,
                Some(ended) => {
                    self.line += 1;
                    match serde_json::from_slice::<AuditRow>(&bytes) {
                        Ok(row) if ended => {
                            if self.wanted.takes(&row) {
                                return Ok(Some(Found { line: bytes, row }));
                            }
                        }
                        // A writer may be in the middle of the last one.
                        _ if !ended => {}
                        _ => {
                            let name = self.files.get(self.at - 1).map(|file| file.name.clone());
                            self.wrong.get_or_insert((name.unwrap_or_default(), self.line));
                        }
                    }
                }
            }
        }
    }

    /// The last `most` lines that are wanted, in order: files are looked at from the newest, no further than needed.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub fn last(mut self, most: usize) -> Result<(Vec<Found>, Wrong)> {
        let mut found: Vec<Found> = Vec::new();
        let files = std::mem::take(&mut self.files);
        for file in files.into_iter().rev() {
            let room = most - found.len();
            if room == 0 {
                break;
            }
            (self.files, self.at, self.open) = (vec![file], 0, None);
            let mut own = std::collections::VecDeque::new();
            while let Some(one) = self.read()? {
                if own.len() == room {
                    own.pop_front();
                }
                own.push_back(one);
            }
            found.splice(0..0, own);
        }
        Ok((found, self.wrong))
    }

    /// The first line that is none, where there was one: its file and line.
    pub fn wrong(&self) -> Option<&(String, u64)> {
        self.wrong.as_ref()
    }
}
