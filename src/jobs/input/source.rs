//! Where rows come from: a file that can be read twice. What cannot be (standard input, a pipe) is copied into a
//! temporary file without a name first.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::decode::Text;
use crate::domain::{Error, ErrorCode, Result};

/// What standard input is called in sentences.
const STANDARD_INPUT: &str = "standard input";
/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// A file of rows, or a copy of what was piped in.
#[derive(Debug)]
pub struct Source {
    name: String,
    file: File,
}

impl Source {
    /// The file of this name; `-` is standard input.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Self::copied(STANDARD_INPUT, io::stdin().lock());
        }
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
        let about = file.metadata().map_err(|error| unreadable(&name, &error))?;
        if about.is_dir() {
            return Err(
                Error::new(ErrorCode::FileUnreadable, format!("{name} is a folder"))
                    .hint("name a file in it"),
            );
        }
        // A pipe, such as the shell's `<(…)`, is gone when it has been read.
        if about.is_file() {
            Ok(Self { name, file })
        } else {
            Self::copied(&name, file)
        }
    }

    /// A copy of everything that can be read here.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn copied(name: &str, mut from: impl Read) -> Result<Self> {
        let spool = |error: io::Error| {
            let code = if error.kind() == io::ErrorKind::StorageFull {
                ErrorCode::DiskFull
            } else {
                ErrorCode::FileUnreadable
            };
            Error::new(
                code,
                format!("cannot keep a copy of {name} in the temporary folder: {error}"),
            )
            .hint("write it to a file, and name that with --from")
        };
        let mut file = tempfile::tempfile().map_err(spool)?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(name, &error)),
            };
            file.write_all(chunk.get(..read).unwrap_or_default())
                .map_err(spool)?;
        }
        Ok(Self {
            name: name.to_owned(),
            file,
        })
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text, from the beginning. One reader at a time: they share where they are.
    pub(super) fn text(&self) -> Result<Text<BufReader<&File>>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))
            .map_err(|error| unreadable(&self.name, &error))?;
        Text::new(&self.name, BufReader::with_capacity(CHUNK, file))
    }
}

/// What the system says of a file.
pub(super) fn unreadable(name: &str, error: &io::Error) -> Error {
    Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}"))
}
