//! The machine-wide guard file: whoever administers the machine makes every profile's guard stricter there. Nothing
//! that a user of the machine sets, a profile, a variable or a flag, says where it is or loosens what it says.

use std::path::Path;

use serde::Deserialize;

use super::file;
use crate::domain::{Error, ErrorCode, Guard, MachineGuard, Result};

/// Where it is. On Windows the folder is written out: a variable would let a user of the machine name another one.
pub(super) const PATH: &str = if cfg!(windows) {
    r"C:\ProgramData\mfactl\guard.toml"
} else {
    "/etc/mfactl/guard.toml"
};

/// The file as it is written: the keys of a profile's guard.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    max_users: Option<u64>,
    max_users_planned: Option<u64>,
    #[serde(default)]
    protected: Vec<String>,
    allow_everyone: Option<bool>,
    allow_privileged: Option<bool>,
    #[serde(default)]
    require_ticket: bool,
    ticket_pattern: Option<String>,
    #[serde(default)]
    require_caller_check: bool,
    two_person_over: Option<u64>,
    #[serde(default)]
    read_only: bool,
}

/// What the machine-wide file has to say.
#[derive(Clone, Debug, Default)]
pub(crate) enum Machine {
    /// There is none.
    #[default]
    Absent,
    /// This.
    Says(Box<MachineGuard>),
    /// It is there, and cannot be read: nothing may be changed.
    Broken(Error),
}

impl Machine {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Self {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::of(&name, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_absent(path) => Self::Absent,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Self::broken(&name, "the file is not text in UTF-8")
            }
            Err(error) => Self::broken(&name, &format!("cannot be read: {error}")),
        }
    }

    /// Reads the text of a file called `name`.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        match written(name, text) {
            Ok(says) => Self::Says(Box::new(says)),
            Err(error) => Self::Broken(error.hint(REFUSED)),
        }
    }

    fn broken(name: &str, why: &str) -> Self {
        let error = Error::new(ErrorCode::ConfigInvalid, why.to_owned());
        Self::Broken(error.at(name, None, None).hint(REFUSED))
    }

    /// Makes a guard as strict as the file.
    pub(super) fn tighten(&self, guard: &mut Guard) {
        match self {
            Self::Absent => {}
            Self::Says(says) => guard.tighten(says),
            Self::Broken(error) => guard.machine.broken = Some(error.clone()),
        }
    }
}

const REFUSED: &str =
    "nothing is changed while it cannot be read; whoever administers this machine can mend it";

/// A link that leads nowhere, or a folder on the way that may not be looked into, is not a file that is absent.
fn is_absent(path: &Path) -> bool {
    path.symlink_metadata()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn written(name: &str, text: &str) -> Result<MachineGuard> {
    let Written {
        max_users,
        max_users_planned,
        protected,
        allow_everyone,
        allow_privileged,
        require_ticket,
        ticket_pattern,
        require_caller_check,
        two_person_over,
        read_only,
    } = file::parse_as(name, text)?;
    Ok(MachineGuard {
        file: name.to_owned(),
        max_users,
        max_users_planned,
        protected,
        allow_everyone,
        allow_privileged,
        require_ticket,
        ticket_pattern,
        require_caller_check,
        two_person_over,
        read_only,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(machine: &Machine) -> &Error {
        match machine {
            Machine::Broken(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_that_is_not_there_tightens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Machine::read(&folder.path().join("guard.toml")),
            Machine::Absent
        ));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_one_that_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guard.toml");
        std::fs::create_dir(&path).unwrap();
        assert_eq!(broken(&Machine::read(&path)).code(), ErrorCode::ConfigInvalid);
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, b"max_users = 1 # \xff").unwrap();
        assert!(broken(&Machine::read(&path)).message().contains("UTF-8"));
        #[cfg(unix)]
        {
            std::fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("nowhere", &path).unwrap();
            assert_eq!(broken(&Machine::read(&path)).code(), ErrorCode::ConfigInvalid);
            // Something else where its folder should be.
            std::fs::write(folder.path().join("file"), "").unwrap();
            broken(&Machine::read(&folder.path().join("file/guard.toml")));
        }
    }

    #[test]
    fn a_mistake_in_it_is_told_with_its_place() {
        let machine = Machine::of("/etc/mfactl/guard.toml", "max_users = 3\nmax_user = 2\n");
        let body = broken(&machine).to_body();
        assert_eq!(
            (body.file.as_deref(), body.line, body.column),
            (Some("/etc/mfactl/guard.toml"), Some(2), Some(1))
        );
        assert_eq!(body.message, "there is no key \"max_user\" here");
        assert!(body.hint.unwrap().starts_with("nothing is changed"));
        broken(&Machine::of("g", "max_users = \"3\"\n"));
        broken(&Machine::of("g", "max_users = -1\n"));
    }
}
