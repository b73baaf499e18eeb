//! The file of checks: JSON lines in the state folder, readable by its owner alone. Short-lived: what no longer holds is
//! dropped when something is added.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Check;
use crate::domain::private;
use crate::domain::{Error, ErrorCode, Result};

/// The file in the state folder.
const NAME: &str = "callers.jsonl";

/// Checks of callers, as they are kept.
#[derive(Clone, Debug)]
pub struct Callers(PathBuf);

impl Callers {
    /// Those of a state folder, which need not be there yet.
    pub fn of(state: &Path) -> Self {
        Self(state.join(NAME))
    }

    /// Keeps a check; the disk has it when this returns.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub fn record(&self, check: &Check) -> Result<()> {
        let failed = |error: std::io::Error| self.failed("written", &error);
        if let Some(folder) = self.0.parent() {
            private::make_folder(folder).map_err(failed)?;
        }
        let mut file = private::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.0)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let mut kept: String = lines(&text)
            .filter(|(_, known)| still_matters(known, check.at))
            .map(|(line, _)| format!("{line}\n"))
            .collect();
        let line = serde_json::to_string(check)
            .map_err(|error| Error::new(ErrorCode::Internal, format!("writing JSON failed: {error}")))?;
        kept.push_str(&line);
        kept.push('\n');
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.write_all(kept.as_bytes()).map_err(failed)?;
        file.set_len(kept.len() as u64).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    /// Every check that is kept. A line that cannot be read is none.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub fn read(&self) -> Result<Vec<Check>> {
        let mut file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let mut text = String::new();
        file.lock_shared()
            .and_then(|()| file.read_to_string(&mut text))
            .map_err(|error| self.failed("read", &error))?;
        Ok(lines(&text).map(|(_, check)| check).collect())
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> Error {
        let code = if error.kind() == std::io::ErrorKind::StorageFull {
            ErrorCode::DiskFull
        } else {
            ErrorCode::FileUnreadable
        };
        Error::new(code, format!("{} cannot be {what}: {error}", self.0.display()))
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, Check)> {
    text.lines()
        .filter_map(|line| Some((line, serde_json::from_str(line).ok()?)))
}

/// Of what no longer holds nothing is lost: the audit log has it.
fn still_matters(check: &Check, now: Timestamp) -> bool {
    now < check.good_until()
}
