//! The people who were selected, in order: in memory while they are few, in a temporary file without a name when they
//! are many.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};

use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

use crate::domain::shape::StepRow;
use crate::domain::{Error, ErrorCode, Result, User};
use crate::jobs::input::InputRow;

/// Bytes that are kept in memory.
const IN_MEMORY: usize = 1024 * 1024;
/// Bytes written and read at once.
const CHUNK: usize = 64 * 1024;

/// One person who was selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Who.
    pub user: User,
    /// How that was typed, for commands to paste.
    pub typed: String,
    /// The row of the file, where one brings the values.
    pub row: Option<InputRow>,
    /// More rows of the same person, whose wishes add up.
    #[serde(skip)]
    pub more: Vec<InputRow>,
}

/// What was picked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Picked {
    /// A person to be planned.
    Pick(Box<Pick>),
    /// A row that is only reported: why nothing is done.
    Left(Box<StepRow>),
}

/// Everybody who was selected.
pub struct Chosen {
    file: BufWriter<SpooledTempFile>,
    /// People who are meant, in all parts together.
    pub selected: u64,
    /// People to be planned.
    pub people: u64,
    /// Rows that are only reported.
    pub left: u64,
    /// People whom `--except` took out.
    pub taken_out: u64,
    /// Further rows of people, by the mark of their ids.
    more: HashMap<u64, Vec<InputRow>>,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            file: BufWriter::with_capacity(CHUNK, SpooledTempFile::new(IN_MEMORY)),
            selected: 0,
            people: 0,
            left: 0,
            taken_out: 0,
            more: HashMap::new(),
        }
    }
}

impl Chosen {
    /// Adds somebody, or a row that is only reported.
    ///
    /// # Errors
    /// `disk_full`, `file_unreadable` for the temporary folder.
    pub fn push(&mut self, picked: &Picked) -> Result<()> {
        match picked {
            Picked::Pick(_) => self.people += 1,
            Picked::Left(_) => self.left += 1,
        }
        serde_json::to_writer(&mut self.file, picked)
            .map_err(io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(|error| spooling(&error))
    }

    /// Another row of somebody who was picked already.
    pub(super) fn add(&mut self, mark: u64, row: InputRow) {
        self.more.entry(mark).or_default().push(row);
    }

    /// Reads what was picked from the beginning, in pieces of so many.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn pieces(self, most: usize) -> Result<Pieces> {
        let Self { file, more, .. } = self;
        let mut file = file.into_inner().map_err(|error| spooling(error.error()))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| spooling(&error))?;
        Ok(Pieces {
            file: BufReader::with_capacity(CHUNK, file),
            more,
            most: most.max(1),
        })
    }
}

/// What was picked, piece by piece.
pub struct Pieces {
    file: BufReader<SpooledTempFile>,
    more: HashMap<u64, Vec<InputRow>>,
    most: usize,
}

impl Iterator for Pieces {
    type Item = Result<Vec<Picked>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = Vec::new();
        let mut line = String::new();
        while piece.len() < self.most {
            line.clear();
            match self.file.read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Some(Err(spooling(&error))),
            }
            match serde_json::from_str(&line) {
                Ok(Picked::Pick(mut pick)) => {
                    if !self.more.is_empty() {
                        pick.more = self
                            .more
                            .remove(&super::pick::mark(&pick.user.id))
                            .unwrap_or_default();
                    }
                    piece.push(Picked::Pick(pick));
                }
                Ok(left) => piece.push(left),
                Err(error) => return Some(Err(spooling(&error.into()))),
            }
        }
        (!piece.is_empty()).then_some(Ok(piece))
    }
}

fn spooling(error: &io::Error) -> Error {
    let code = if error.kind() == io::ErrorKind::StorageFull {
        ErrorCode::DiskFull
    } else {
        ErrorCode::FileUnreadable
    };
    Error::new(
        code,
        format!("cannot keep the selection in the temporary folder: {error}"),
    )
    .hint("make room there, or name another one in TMPDIR")
}
