//! Files with secrets in them: read only where nobody else can read them, looked at by the handle that is read, so that
//! none takes their place in between.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::domain::{Error, ErrorCode, Result};

/// So large is no file with a secret in it.
const LIMIT: u64 = 1 << 20;

/// Reads a file that holds a secret, such as a key or a kept sign-in; `what` it is, for the error.
///
/// # Errors
/// `file_unreadable` for one that is missing, too large, somebody else's, or readable by others.
pub(super) fn read(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>> {
    match try_read(path, what)? {
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(Error::new(
            ErrorCode::FileUnreadable,
            format!("{what} {} cannot be read: {error}", path.display()),
        )),
    }
}

/// The same, where a file that cannot be opened is no error of its own.
///
/// # Errors
/// `file_unreadable` for one that is somebody else's or readable by others.
pub(super) fn try_read(path: &Path, what: &str) -> Result<io::Result<Zeroizing<Vec<u8>>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    alone(&file, path, what)?;
    let mut bytes = Zeroizing::new(Vec::new());
    Ok(file.take(LIMIT).read_to_end(&mut bytes).map(|_| bytes))
}

/// Whether this user alone, or the system's administrator, can read and write it. A group may read what belongs to
/// the administrator: so Kubernetes and systemd hand files to a service.
#[cfg(unix)]
fn alone(file: &File, path: &Path, what: &str) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display();
    let data = file.metadata().map_err(|error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("{what} {shown} cannot be read: {error}"),
        )
    })?;
    let own = rustix::process::geteuid().as_raw();
    if data.uid() != own && data.uid() != 0 {
        return Err(Error::new(
            ErrorCode::FileUnreadable,
            format!("{what} {shown} belongs to another user (uid {})", data.uid()),
        )
        .hint("make one of your own: whoever owns it can change it"));
    }
    let forbidden = if data.uid() == own { 0o077 } else { 0o037 };
    if data.mode() & forbidden != 0 {
        return Err(Error::new(
            ErrorCode::FileUnreadable,
            format!(
                "{what} {shown} can be read by others (mode {:03o})",
                data.mode() & 0o777
            ),
        )
        .hint(format!("chmod 600 {shown}")));
    }
    Ok(())
}

#[cfg(not(unix))]
fn alone(_: &File, _: &Path, _: &str) -> Result<()> {
    Ok(())
}
