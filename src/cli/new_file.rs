//! A file that a command makes: for its owner alone, written whole or not at all, and never over another. What goes
//! in is the command's.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::change::must_be_new;
use crate::domain::Result;
use crate::render::cannot_write;

/// A file on its way: under another name in the same folder until it is whole.
pub(crate) struct NewFile {
    to: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl NewFile {
    /// Begins it, before anything else is done that may be in vain.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`: the file is there already, or its folder cannot be written.
    pub(crate) fn begin(to: &Path) -> Result<Self> {
        must_be_new(to)?;
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file =
            NamedTempFile::new_in(folder).map_err(|error| cannot_write(&error, &to.display().to_string()))?;
        Ok(Self {
            to: to.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| self.refused(&error))
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`: also where somebody else made one of that name meanwhile.
    pub(crate) fn keep(mut self) -> Result<()> {
        let synced = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().as_file().sync_all());
        synced.map_err(|error| self.refused(&error))?;
        let Self { to, file } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.persist_noclobber(&to).map_err(|error| error.error))
            .map_err(|error| cannot_write(&error, &to.display().to_string()))?;
        Ok(())
    }

    fn refused(&self, error: &io::Error) -> crate::domain::Error {
        cannot_write(error, &self.to.display().to_string())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
