//! Files that this user alone can read: new ones, and those that a job adds its secrets and messages to.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::domain::private;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::cannot_write;

/// Refuses a file that is there.
///
/// # Errors
/// `file_unreadable`.
pub(crate) fn must_be_new(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(Error::new(
            ErrorCode::FileUnreadable,
            format!("{} is there already, and is not written over", path.display()),
        )
        .hint("name a new file"));
    }
    Ok(())
}

/// Refuses what is there and is not a file of this user's alone.
///
/// # Errors
/// `file_unreadable`.
pub(super) fn may_be_added_to(path: &Path) -> Result<()> {
    let Ok(data) = path.symlink_metadata() else {
        return Ok(());
    };
    #[cfg(unix)]
    let is_private = {
        use std::os::unix::fs::PermissionsExt as _;
        data.permissions().mode().trailing_zeros() >= 6
    };
    #[cfg(not(unix))]
    let is_private = true;
    if data.is_file() && is_private {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::FileUnreadable,
        format!(
            "{} is not a file that you alone can read, and nothing is added to it",
            path.display()
        ),
    )
    .hint("name another file"))
}

/// Opens the file that the job began, to add to it.
pub(super) fn add_to(path: &Path) -> Result<File> {
    may_be_added_to(path)?;
    File::options()
        .append(true)
        .open(path)
        .map_err(|error| cannot_write(&error, &path.display().to_string()))
}

/// Makes a new file that only this user can read.
pub(super) fn create(path: &Path) -> Result<File> {
    must_be_new(path)?;
    private::options()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| cannot_write(&error, &path.display().to_string()))
}

/// Writes a new file that only this user can read, synced.
///
/// # Errors
/// `file_unreadable`, `disk_full`.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = create(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| cannot_write(&error, &path.display().to_string()))
}
