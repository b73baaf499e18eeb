//! The folder of the log: its files in order, its head, its lock. Files are named `audit-000001-2026-11.jsonl`, so that
//! their order is that of their names and whoever puts old ones away sees the month.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::line::Hash;
use crate::domain::private;

/// How much is read at once when looking for the beginning of the last line.
const CHUNK: u64 = 16 * 1024;
/// The name of the head.
const HEAD: &str = "head.json";
/// How the name of a file ends that holds an unfinished line, before and after the log tells of it.
const UNTOLD: &str = ".part.new";
const TOLD: &str = ".part";

/// Where the chain ends, as it was when the last line had been written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The last line's number.
    pub(super) seq: u64,
    /// Its hash.
    pub(super) hash: String,
    /// The file that it stands in.
    pub(super) file: String,
    /// Where it ends there.
    pub(super) size: u64,
}

impl Head {
    pub(super) fn hash(&self) -> Option<Hash> {
        Hash::parse(self.hash.as_bytes())
    }
}

/// What is known of the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeadFile {
    /// There is none.
    Missing,
    /// There is one that says nothing.
    Unreadable,
    /// It says so.
    Says(Head),
}

/// A file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogFile {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

impl LogFile {
    /// The month in its name, `2026-11`.
    pub(super) fn month(&self) -> &str {
        let name = self.name.trim_end_matches(".jsonl");
        name.get(name.len().saturating_sub(7)..).unwrap_or_default()
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The log in this folder; it need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder, for this user alone.
    pub(super) fn make(&self) -> io::Result<()> {
        if self.path.is_dir() {
            return Ok(());
        }
        private::make_folder(&self.path)
    }

    /// Its files, in order.
    pub(super) fn files(&self) -> io::Result<Vec<LogFile>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(number) = number(&name) {
                files.push(LogFile {
                    number,
                    path: entry.path(),
                    size: entry.metadata()?.len(),
                    name,
                });
            }
        }
        files.sort_by(|one, other| (one.number, &one.name).cmp(&(other.number, &other.name)));
        Ok(files)
    }

    /// The file that follows, of this month.
    pub(super) fn next_file(&self, number: u64, month: &str) -> LogFile {
        let name = format!("audit-{number:06}-{month}.jsonl");
        LogFile {
            number,
            path: self.path.join(&name),
            name,
            size: 0,
        }
    }

    /// What the head says.
    pub(super) fn head(&self) -> io::Result<HeadFile> {
        match fs::read(self.path.join(HEAD)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HeadFile::Missing),
            Err(error) => Err(error),
            Ok(bytes) => Ok(serde_json::from_slice::<Head>(&bytes)
                .ok()
                .filter(|head| head.hash().is_some())
                .map_or(HeadFile::Unreadable, HeadFile::Says)),
        }
    }

    /// Sets the head: whoever reads it finds the one before or this one. It is not synced: a head that lags behind the
    /// log after a power cut is caught up with, one that runs ahead of it cannot come about.
    pub(super) fn set_head(&self, head: &Head) -> io::Result<()> {
        let mut text = serde_json::to_vec(head)?;
        text.push(b'\n');
        let new = self.path.join("head.json.new");
        private::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&new)?
            .write_all(&text)?;
        fs::rename(new, self.path.join(HEAD))
    }

    /// Puts bytes aside that are no line, into a file whose name says that the log does not tell of it yet.
    pub(super) fn put_aside(&self, seq: u64, bytes: &[u8]) -> io::Result<()> {
        let hash = Hash::of(bytes).to_string();
        let name = format!(
            "unfinished-{seq:06}-{}{UNTOLD}",
            hash.get(..8).unwrap_or_default()
        );
        let mut file = private::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(self.path.join(&name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.sync()
    }

    /// What was put aside and is not told of in the log yet: each file's name when it is told, size and hash.
    pub(super) fn untold(&self) -> io::Result<Vec<(String, usize, Hash)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if let Some(begin) = name.strip_suffix(UNTOLD) {
                let bytes = fs::read(self.path.join(&name))?;
                found.push((format!("{begin}{TOLD}"), bytes.len(), Hash::of(&bytes)));
            }
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(found)
    }

    /// The log tells of this file now.
    pub(super) fn told(&self, name: &str) -> io::Result<()> {
        let begin = name.strip_suffix(TOLD).unwrap_or(name);
        fs::rename(self.path.join(format!("{begin}{UNTOLD}")), self.path.join(name))
    }

    /// A new name in the folder survives a power cut only when the folder is synced.
    pub(super) fn sync(&self) -> io::Result<()> {
        private::sync_folder(&self.path)
    }

    /// Keeps other processes out until the file is dropped; at most as long as `patience`.
    pub(super) fn lock(&self, patience: Duration) -> io::Result<File> {
        let file = private::options()
            .read(true)
            .write(true)
            .create(true)
            .open(self.path.join("lock"))?;
        let begun = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= patience => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "another process holds its lock",
                    ));
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(5));
                }
            }
        }
    }

    /// Keeps writers out for a moment, for a reader; where there is no lock yet, or it may not be opened, there is
    /// nothing to wait for.
    pub(super) fn look(&self, patience: Duration) -> Option<File> {
        let file = File::open(self.path.join("lock")).ok()?;
        let begun = Instant::now();
        while let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
            if begun.elapsed() >= patience {
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(file)
    }
}

/// The number in the name of a file of the log.
fn number(name: &str) -> Option<u64> {
    let middle = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let (number, month) = middle.split_once('-')?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, of_year) = month.split_once('-')?;
    let ours = number.len() >= 6 && digits(number, number.len()) && digits(year, 4) && digits(of_year, 2);
    ours.then(|| number.parse().ok()).flatten()
}

/// The last line that ends before `end`, with where it begins, read from the end.
pub(super) fn last_line(file: &mut File, end: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
    if end == 0 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let mut start = end;
    loop {
        let from = start.saturating_sub(CHUNK);
        let mut chunk = vec![0; usize::try_from(start - from).unwrap_or(0)];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut chunk)?;
        chunk.extend_from_slice(&bytes);
        bytes = chunk;
        start = from;
        let body = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if let Some(at) = body.iter().rposition(|byte| *byte == b'\n') {
            let line = body.get(at + 1..).unwrap_or_default().to_vec();
            return Ok(Some((start + at as u64 + 1, line)));
        }
        if start == 0 {
            return Ok(Some((0, body.to_vec())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_files_are_not_taken_for_the_log() {
        assert_eq!(number("audit-000007-2026-11.jsonl"), Some(7));
        assert_eq!(number("audit-1000000-2026-11.jsonl"), Some(1_000_000));
        for other in [
            "audit-7-2026-11.jsonl",
            "audit-000007.jsonl",
            "head.json",
            "audit-000007-2026-11.jsonl.gz",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn the_last_line_is_found_from_the_end_however_long_it_is() {
        let mut file = tempfile::tempfile().unwrap();
        let long = "x".repeat(3 * usize::try_from(CHUNK).unwrap() + 7);
        let text = format!("first\n{long}\n");
        file.write_all(text.as_bytes()).unwrap();
        let end = text.len() as u64;
        assert_eq!(last_line(&mut file, end).unwrap(), Some((6, long.into_bytes())));
        assert_eq!(last_line(&mut file, 6).unwrap(), Some((0, b"first".to_vec())));
        assert_eq!(last_line(&mut file, 0).unwrap(), None);
    }
}
