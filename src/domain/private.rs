//! Files and folders that this user alone may read: one rule for journals, logs, secrets, locks and the service's data,
//! so that none of them is ever made with wider rights. What an error means is for whoever asks.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Options for opening; a file that they make is for its owner alone (0600, where the system has such rights).
pub(crate) fn options() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix sets a mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, and those above it that are not there, for its owner alone (0700). One that is there stays as it is.
///
/// # Errors
/// What the system says.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What stands in a file is on the disk when this returns. Windows takes that only of a file that is open for writing.
///
/// # Errors
/// What the system says.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.sync_all()
}

/// A new name in a folder survives a power cut only when the folder is synced.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Only Unix opens a folder to sync it.
///
/// # Errors
/// None.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix says what it cannot do")]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The name of what lies beside a file: its own with this end, such as `.lock`.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The rights that others have on a file, as its mode; `None` where they have none, or where the system has no such rights.
#[cfg(unix)]
pub(crate) fn rights_of_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The rights that others have on a file: not to be seen on this system.
#[cfg(not(unix))]
pub(crate) fn rights_of_others(_path: &Path) -> Option<u32> {
    None
}
