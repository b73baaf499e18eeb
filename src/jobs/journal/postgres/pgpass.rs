//! PostgreSQL's password file: `host:port:database:user:password` a line, `*` for any, `\` before a colon or itself.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::domain::{Error, ErrorCode, Result, Secret};

/// Reads the file; nothing where there is none.
///
/// # Errors
/// `file_unreadable`: it cannot be read, or other people can.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let failed = |why: String| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("the password file {} cannot be used: {why}", path.display()),
        )
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    let about = file.metadata().map_err(|error| failed(error.to_string()))?;
    if !about.is_file() {
        return Ok(None);
    }
    if open_to_others(&about) {
        return Err(failed("other people of this machine may read it".to_owned())
            .hint(format!("chmod 600 {}", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .map_err(|error| failed(error.to_string()))?;
    Ok(Some(text))
}

#[cfg(unix)]
fn open_to_others(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_about: &fs::Metadata) -> bool {
    false
}

/// The password of the first line that fits.
pub(super) fn find(text: &str, host: &str, port: u16, database: &str, user: &str) -> Option<Secret> {
    let port = port.to_string();
    let wanted = [host, &port, database, user];
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut fields = fields(line).into_iter();
            for wanted in wanted {
                let (field, any) = fields.next()?;
                if !any && field != wanted {
                    return None;
                }
            }
            let (password, _) = fields.next()?;
            Some(Secret::new(password))
        })
}

/// The fields of a line, unescaped, each with whether it is a bare `*`. The fifth is all that is left.
fn fields(line: &str) -> Vec<(String, bool)> {
    let mut fields = Vec::with_capacity(5);
    let mut field = String::new();
    let mut escaped = false;
    let mut plain = true;
    for c in line.trim_end_matches('\r').chars() {
        match c {
            _ if escaped => {
                field.push(c);
                escaped = false;
            }
            '\\' => {
                escaped = true;
                plain = false;
            }
            ':' if fields.len() < 4 => {
                let any = plain && field == "*";
                fields.push((std::mem::take(&mut field), any));
                plain = true;
            }
            _ => field.push(c),
        }
    }
    fields.push((field, false));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        find(text, "db.example", 5432, "jobs", "mfactl").map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        assert_eq!(
            found(
                "# who: what\nother:5432:jobs:mfactl:no\n*:*:jobs:mfactl:first\ndb.example:5432:jobs:mfactl:second\n"
            ),
            Some("first".to_owned())
        );
        assert_eq!(found("db.example:5433:*:*:port\n"), None);
        assert_eq!(found("db.example:5432:jobs:mfactl\n"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn colons_and_backslashes_are_escaped_and_a_star_in_a_password_is_a_star() {
        assert_eq!(found(r"*:*:*:*:a\:b\\c*"), Some(r"a:b\c*".to_owned()));
        assert_eq!(found("*:*:*:*:a:b"), Some("a:b".to_owned()));
        assert_eq!(found("*:*:*:*:with space\r\n"), Some("with space".to_owned()));
        assert_eq!(found(r"\*:*:*:*:not any"), None);
        let socket = find(r"C\:\\pg:*:*:*:x", r"C:\pg", 1, "", "");
        assert!(socket.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused_and_one_that_is_not_there_is_nothing() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".pgpass");
        assert!(read(&path).unwrap().is_none());
        fs::write(&path, "*:*:*:*:s3cret\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(error.code(), ErrorCode::FileUnreadable);
        assert!(error.hint_text().unwrap().starts_with("chmod 600"), "{error:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read(&path).unwrap().is_some());
    }
}
