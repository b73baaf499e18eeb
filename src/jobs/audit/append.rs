//! Adding lines: one process at a time, all of a batch with one write and one sync. Where the log is not as the head says
//! it was, that is written down in the chain itself and nothing is smoothed over.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::copy::Copy;
use super::folder::{Folder, Head, HeadFile, LogFile, last_line};
use super::line::{self, Hash, Link};
use crate::domain::private;
use crate::domain::shape::AuditRef;
use crate::domain::{AuditKind, AuditRow, Error, ErrorCode, Result};

/// How large a file becomes before the next one is begun.
pub const FILE_LIMIT: u64 = 64 * 1024 * 1024;
/// How long a process waits for others to write.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The writer of a log.
#[derive(Debug)]
pub struct Writer {
    folder: Folder,
    copy: Option<Copy>,
    limit: u64,
    patience: Duration,
}

/// Where the chain ends, and in which file it goes on.
struct End {
    seq: u64,
    hash: Hash,
    file: Option<LogFile>,
    /// What was found that should not be so.
    notices: Vec<String>,
    /// Files with unfinished lines that the next line tells of.
    aside: Vec<String>,
}

impl Writer {
    /// A writer to this folder, and to a second place.
    pub fn new(folder: Folder, copy: Option<Copy>) -> Self {
        Self {
            folder,
            copy,
            limit: FILE_LIMIT,
            patience: PATIENCE,
        }
    }

    /// The same with other limits.
    #[cfg(test)]
    pub(super) fn with(mut self, limit: u64, patience: Duration) -> Self {
        self.limit = limit;
        self.patience = patience;
        self
    }

    /// Writes these lines at the end of the chain, in this order; gives where the last one stands. Everything is on the
    /// disk when this returns. Number and link of each are set here.
    ///
    /// # Errors
    /// `audit_unwritable`: none of them counts. Where the second place alone failed they do stand in the log.
    pub fn append(&self, rows: &mut [AuditRow]) -> Result<AuditRef> {
        let failed = |error: &io::Error| self.unwritable(error);
        self.folder.make().map_err(|error| failed(&error))?;
        let lock = self.folder.lock(self.patience).map_err(|error| failed(&error))?;
        let end = self.end().map_err(|error| failed(&error))?;
        let mut all: Vec<AuditRow> = Vec::with_capacity(rows.len() + end.notices.len());
        if let Some(first) = rows.first() {
            all.extend(end.notices.iter().map(|detail| notice(first, detail)));
        }
        all.extend_from_slice(rows);
        let (mut seq, mut hash) = (end.seq, end.hash);
        let mut lines = Vec::with_capacity(all.len());
        for row in &mut all {
            seq += 1;
            (row.seq, row.prev) = (seq, hash.to_string());
            let line = line::write(row)?;
            hash = Hash::of(&line);
            lines.push(line);
        }
        let mut bytes = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in &lines {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        let month = rows.first().map_or_else(String::new, |row| month(row.time));
        let file = self
            .write(&end, &month, &bytes, (seq, hash))
            .map_err(|error| failed(&error))?;
        if let Some(copy) = &self.copy
            && let Err(error) = copy.send(&all, &lines)
        {
            self.not_copied(&all, (seq, hash), file, &error);
            return Err(unwritable(&copy.to_string(), &error)
                .hint("mend audit_to in the profile, or what it names; nothing is sent without it"));
        }
        drop(lock);
        for (row, written) in rows.iter_mut().rev().zip(all.into_iter().rev()) {
            *row = written;
        }
        Ok(AuditRef {
            seq,
            head: hash.to_string(),
        })
    }

    /// Intents that stand in the log and of which nothing was sent: the log says so, where it still can.
    fn not_copied(&self, rows: &[AuditRow], (seq, hash): (u64, Hash), file: LogFile, error: &io::Error) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return;
        };
        let detail = format!(
            "lines {} to {} did not reach the second copy, and what they intend was not sent: {error}",
            first.seq, last.seq
        );
        let mut row = notice(first, &detail);
        (row.seq, row.prev) = (seq + 1, hash.to_string());
        let Ok(mut line) = line::write(&row) else {
            return;
        };
        let end = End {
            seq,
            hash,
            file: Some(file),
            notices: Vec::new(),
            aside: Vec::new(),
        };
        let next = (seq + 1, Hash::of(&line));
        line.push(b'\n');
        // The caller is told of the copy that failed: that counts for more than this line.
        let _ = self.write(&end, &month(row.time), &line, next);
    }

    /// Writes to the file, then moves the head; gives the file. What was written in part is taken back.
    fn write(&self, end: &End, month: &str, bytes: &[u8], (seq, hash): (u64, Hash)) -> io::Result<LogFile> {
        let (file, new) = match &end.file {
            Some(file) if file.size < self.limit && file.month() == month => (file.clone(), false),
            file => {
                let number = file.as_ref().map_or(1, |file| file.number + 1);
                (self.folder.next_file(number, month), true)
            }
        };
        if end.seq == 0 && self.folder.head()? == HeadFile::Missing {
            // From the first byte on a log without a head is one whose head was taken away.
            self.folder.set_head(&Head {
                seq: 0,
                hash: Hash::NONE.to_string(),
                file: file.name.clone(),
                size: 0,
            })?;
        }
        let mut out = private::options().append(true).create(true).open(&file.path)?;
        let size = out.metadata()?.len();
        let written = out
            .write_all(bytes)
            .and_then(|()| out.sync_data())
            .and_then(|()| if new { self.folder.sync() } else { Ok(()) })
            .and_then(|()| {
                self.folder.set_head(&Head {
                    seq,
                    hash: hash.to_string(),
                    file: file.name.clone(),
                    size: size + bytes.len() as u64,
                })
            });
        if let Err(error) = written {
            // Where even that fails the next writer finds what is left, and puts it aside.
            let _ = out.set_len(size);
            return Err(error);
        }
        end.aside.iter().try_for_each(|name| self.folder.told(name))?;
        Ok(LogFile {
            size: size + bytes.len() as u64,
            ..file
        })
    }

    /// Where the chain ends: the head held against the end of the log.
    fn end(&self) -> io::Result<End> {
        let files = self.folder.files()?;
        let mut end = End {
            seq: 0,
            hash: Hash::NONE,
            file: files.last().cloned(),
            notices: Vec::new(),
            aside: Vec::new(),
        };
        let (mut at, mut from) = (0, 0);
        match self.folder.head()? {
            HeadFile::Says(head) => {
                (end.seq, end.hash) = (head.seq, head.hash().unwrap_or(Hash::NONE));
                match files.iter().position(|file| file.name == head.file) {
                    Some(place) => {
                        at = place;
                        let Some(file) = files.get(place) else {
                            return Ok(end);
                        };
                        from = self.held(&head, file, &mut end)?;
                    }
                    None if head.seq == 0 => {}
                    None => {
                        end.notices
                            .push(format!("{} is gone, in which line {} stood", head.file, head.seq));
                        // What is left is older than that; verifying tells what is missing.
                        at = files.len();
                    }
                }
            }
            head if !files.is_empty() => {
                let why = if head == HeadFile::Missing {
                    "missing"
                } else {
                    "unreadable"
                };
                end.notices
                    .push(format!("the head was {why}; the log goes on from its last line"));
                (at, from) = last_in(&files, &mut end)?;
            }
            _ => {}
        }
        for (place, file) in files.iter().enumerate().skip(at) {
            let start = if place == at { from } else { 0 };
            if file.size > start {
                self.adopt(file, start, &mut end)?;
            }
        }
        for (name, size, hash) in self.folder.untold()? {
            end.notices.push(format!(
                "an unfinished line of {size} bytes was put aside in {name}, sha256:{hash}"
            ));
            end.aside.push(name);
        }
        Ok(end)
    }

    /// Holds the head against its file; gives where the lines begin that came after it.
    fn held(&self, head: &Head, file: &LogFile, end: &mut End) -> io::Result<u64> {
        let mut open = File::open(&file.path)?;
        if file.size >= head.size {
            if head.size == 0 {
                return Ok(0);
            }
            let last = last_line(&mut open, head.size)?;
            if last.is_some_and(|(_, line)| Some(Hash::of(&line)) == head.hash()) {
                return Ok(head.size);
            }
            end.notices.push(format!(
                "line {} in {} is not the one that the head knows",
                head.seq, file.name
            ));
            return Ok(head.size);
        }
        // The end was cut off. The chain goes on behind what is missing, so that it stays missing.
        end.notices.push(format!(
            "{} ends {} bytes before the end of line {}",
            file.name,
            head.size - file.size,
            head.seq
        ));
        let mut bytes = Vec::new();
        let whole = last_line(&mut open, file.size)?.map_or(0, |(start, _)| start);
        open.seek(SeekFrom::Start(whole))?;
        open.read_to_end(&mut bytes)?;
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            self.put_aside(file, whole, &bytes, end)?;
        }
        Ok(file.size)
    }

    /// Goes on over lines that were written after the head was; what is no whole line is put aside.
    fn adopt(&self, file: &LogFile, start: u64, end: &mut End) -> io::Result<()> {
        let mut open = File::open(&file.path)?;
        open.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        open.read_to_end(&mut bytes)?;
        let mut at = start;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(body) = line.strip_suffix(b"\n") else {
                return self.put_aside(file, at, line, end);
            };
            at += line.len() as u64;
            let follows = |link: &Link| link.seq == end.seq + 1 && link.prev == end.hash;
            if Link::read(body).filter(follows).is_some() {
                end.seq += 1;
                end.hash = Hash::of(body);
            } else {
                end.notices.push(format!(
                    "{} has a line after line {} that does not follow it",
                    file.name, end.seq
                ));
            }
        }
        Ok(())
    }

    /// A line that a writer did not finish: kept in a file of its own, taken out of the log, and told in the next line.
    fn put_aside(&self, file: &LogFile, at: u64, bytes: &[u8], end: &End) -> io::Result<()> {
        self.folder.put_aside(end.seq + 1, bytes)?;
        let open = File::options().write(true).open(&file.path)?;
        open.set_len(at)?;
        open.sync_data()
    }

    fn unwritable(&self, error: &io::Error) -> Error {
        let place = self.folder.path().display().to_string();
        let wrong = unwritable(&place, error);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                wrong.hint("make room, then try again")
            }
            io::ErrorKind::TimedOut => wrong.hint("wait for the other process, then try again"),
            _ => wrong.hint("check its owner and permissions, or name another folder in MFACTL_STATE_DIR"),
        }
    }
}

fn unwritable(place: &str, error: &io::Error) -> Error {
    Error::new(
        ErrorCode::AuditUnwritable,
        format!("the audit log cannot be written to {place}: {error}"),
    )
}

/// A line about the log itself, by whoever writes next.
fn notice(first: &AuditRow, detail: &str) -> AuditRow {
    AuditRow {
        kind: AuditKind::Notice,
        detail: Some(detail.to_owned()),
        step_id: None,
        step: None,
        target: None,
        user: None,
        user_id: None,
        status: None,
        code: None,
        service_code: None,
        request_ids: Vec::new(),
        ..first.clone()
    }
}

/// Without a head: the last line that can be read, and the place behind it.
fn last_in(files: &[LogFile], end: &mut End) -> io::Result<(usize, u64)> {
    for (place, file) in files.iter().enumerate().rev() {
        let mut open = File::open(&file.path)?;
        let mut until = file.size;
        while let Some((start, line)) = last_line(&mut open, until)? {
            let whole = until < file.size || ends_line(&mut open, until)?;
            if let Some(link) = Link::read(&line).filter(|_| whole) {
                (end.seq, end.hash) = (link.seq, Hash::of(&line));
                return Ok((place, until));
            }
            until = start;
        }
    }
    Ok((0, 0))
}

fn ends_line(file: &mut File, end: u64) -> io::Result<bool> {
    let mut byte = [0];
    file.seek(SeekFrom::Start(end.saturating_sub(1)))?;
    file.read_exact(&mut byte)?;
    Ok(byte == *b"\n")
}

/// `2026-11`.
fn month(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string()
}
