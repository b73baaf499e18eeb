//! Who may read and write the file of profiles. Whoever can write it decides where tokens and secrets are sent, and which
//! command is run; so a file that somebody else can write is not read.

use std::fs::Metadata;
use std::path::Path;

use crate::domain::Result;
#[cfg(unix)]
use crate::domain::{Error, ErrorCode};

/// Refuses a file that belongs to another user, or that everybody may write.
///
/// # Errors
/// `config_invalid`, with the command that mends it.
#[cfg(unix)]
pub(super) fn check(path: &Path, of: &Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let own = rustix::process::geteuid().as_raw();
    let wrong = |why: String, command: String| {
        Error::new(ErrorCode::ConfigInvalid, why)
            .at(path.display().to_string(), None, None)
            .hint(command)
    };
    if of.uid() != own && of.uid() != 0 {
        return Err(wrong(
            format!(
                "the file belongs to another user (uid {}), who could send your secrets elsewhere",
                of.uid()
            ),
            format!("sudo chown {own} {}", path.display()),
        ));
    }
    if of.mode() & 0o002 != 0 {
        return Err(wrong(
            "everybody may write the file, and send your secrets elsewhere".to_owned(),
            format!("chmod 600 {}", path.display()),
        ));
    }
    Ok(())
}

/// Windows keeps a user's folders from others.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix refuses")]
pub(super) fn check(_: &Path, _: &Metadata) -> Result<()> {
    Ok(())
}

/// What is unwise about the rights of the file, with the command that mends it.
#[cfg(unix)]
pub(super) fn doubt(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let of = std::fs::metadata(path).ok()?;
    let shown = path.display();
    match of.mode() {
        mode if mode & 0o020 != 0 => Some(format!("{shown} may be written by its group; chmod 600 {shown}")),
        mode if mode & 0o004 != 0 => Some(format!("{shown} may be read by everybody; chmod 600 {shown}")),
        _ => None,
    }
}

/// Windows keeps a user's folders from others.
#[cfg(not(unix))]
pub(super) fn doubt(_: &Path) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_that_everybody_may_write_is_refused_and_one_that_others_read_is_doubted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "").unwrap();
        let with = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            (
                check(&path, &std::fs::metadata(&path).unwrap()).map_err(|error| error.code()),
                doubt(&path).is_some(),
            )
        };
        assert_eq!(with(0o600), (Ok(()), false));
        assert_eq!(with(0o640), (Ok(()), false));
        assert_eq!(with(0o644), (Ok(()), true));
        assert_eq!(with(0o660), (Ok(()), true));
        assert_eq!(with(0o602), (Err(ErrorCode::ConfigInvalid), false));
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "").unwrap();
        // Only root can give a file away.
        if std::os::unix::fs::chown(&path, Some(65534), None).is_ok() {
            let error = check(&path, &std::fs::metadata(&path).unwrap()).unwrap_err();
            assert!(error.message().contains("uid 65534"), "{error}");
            assert!(error.hint_text().unwrap().starts_with("sudo chown 0 "));
        }
    }
}
