//! Changing the file of profiles: comments and order stay, what is wrong is never written, two writers lose nothing, and
//! a crash leaves the old file or the new one.

use std::fs::File as OpenFile;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, RawString, Table, value};

use super::{Config, LOCAL, file, rights};
use crate::domain::{Error, ErrorCode, Result, private, written};

/// What a key gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// A text.
    One(String),
    /// Words, each a text.
    Words(Vec<String>),
}

impl Text {
    fn item(&self) -> Item {
        match self {
            Self::One(text) => value(text),
            Self::Words(words) => value(words.iter().collect::<Array>()),
        }
    }
}

/// The keys that [`Config::add`] sets; others of a profile that is replaced stay, its guard among them.
pub const SET: &[&str] = &[
    "service",
    "tenant",
    "client_id",
    "auth",
    "username",
    "certificate",
    "private_key",
    "assertion_file",
    "assertion_command",
    "service_connection",
    "cloud",
    "url",
    "authority",
    "realm",
    "domain",
    "region",
    "extends",
    "ca_bundle",
    "client_certificate",
    "client_key",
    "proxy",
    "token_store",
];

/// Whether a profile can be called so: `-p` takes lists and patterns, and shells have their own signs.
///
/// # Errors
/// `usage`.
pub fn check_name(name: &str) -> Result<()> {
    let plain = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
    let why = if name == LOCAL || name == super::OF_VARIABLES {
        "that name is built in"
    } else if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(plain) {
        "a name has letters, digits, dots, dashes and underscores, and begins with none of the first two"
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorCode::Usage,
        format!("a profile cannot be called \"{name}\": {why}"),
    ))
}

impl Config {
    /// Writes a profile.
    ///
    /// # Errors
    /// `already_set` where there is one of that name and `replace` is not said; `config_invalid` for keys that make no
    /// profile, and then nothing is written; what keeps the file from being written.
    pub fn add(&self, name: &str, keys: &[(&str, Text)], replace: bool) -> Result<()> {
        check_name(name)?;
        self.edit(
            |document| {
                // A comment at the end of the file stays before what is added behind it.
                let end = document.trailing().as_str().unwrap_or_default().to_owned();
                let end = Some(end).filter(|end| end.contains('#'));
                let profiles = profiles(document)?;
                let is_new = !profiles.contains_key(name);
                if !is_new && !replace {
                    return Err(
                        Error::new(ErrorCode::AlreadySet, format!("there is a profile \"{name}\""))
                            .hint("--replace changes it"),
                    );
                }
                let profile = profiles
                    .entry(name)
                    .or_insert_with(|| Item::Table(Table::new()))
                    .as_table_like_mut()
                    .ok_or_else(|| not_a_table(name))?;
                for key in SET {
                    if !keys.iter().any(|(other, _)| other == key) {
                        profile.remove(key);
                    }
                }
                for (key, text) in keys {
                    let mut item = text.item();
                    match profile.get_mut(key) {
                        Some(old) => {
                            // The comment behind a value is the value's.
                            if let (Some(old), Some(new)) = (old.as_value(), item.as_value_mut()) {
                                *new.decor_mut() = old.decor().clone();
                            }
                            *old = item;
                        }
                        None => {
                            profile.insert(key, item);
                        }
                    }
                }
                if let Some(end) = end.filter(|_| is_new)
                    && let Some(table) = profiles.get_mut(name).and_then(Item::as_table_mut)
                {
                    table.decor_mut().set_prefix(format!("{}\n\n", end.trim_end()));
                    document.set_trailing("");
                }
                Ok(())
            },
            |changed| match changed.named(name, true) {
                // The secret comes later, or the sign-in does.
                Err(error) if error.code() != ErrorCode::NotSignedIn => Err(error),
                _ => Ok(()),
            },
        )
    }

    /// Makes a profile the default one.
    ///
    /// # Errors
    /// `no_profile` where there is none of that name; what keeps the file from being written.
    pub fn use_as_default(&self, name: &str) -> Result<()> {
        if name != LOCAL && !self.file.profiles.contains_key(name) {
            return Err(self.no_such(name));
        }
        self.edit(
            |document| {
                let mut item = value(name);
                match document.get_mut("default_profile") {
                    Some(old) => {
                        if let (Some(old), Some(new)) = (old.as_value(), item.as_value_mut()) {
                            *new.decor_mut() = old.decor().clone();
                        }
                        *old = item;
                    }
                    None => {
                        document.insert("default_profile", item);
                    }
                }
                Ok(())
            },
            |_| Ok(()),
        )
    }

    /// Takes a profile away, with its guard; whether it was the default one, which is then unset.
    ///
    /// # Errors
    /// `no_profile`; `usage` where others extend it; what keeps the file from being written.
    pub fn remove(&self, name: &str) -> Result<bool> {
        self.may_remove(name)?;
        let default = self.file.default_profile.as_deref() == Some(name);
        self.edit(
            |document| {
                let kept = profiles(document)?
                    .remove(name)
                    .and_then(|item| Some((item.as_table()?.position()?, head(item.as_table()?))));
                if let Some((position, kept)) = kept {
                    give_to_next(document, position, &kept);
                }
                if document
                    .get("default_profile")
                    .and_then(Item::as_str)
                    .is_some_and(|default| default == name)
                {
                    let gone = document.as_table_mut().remove_entry("default_profile");
                    let above = gone.and_then(|(key, _)| {
                        let prefix = key.leaf_decor().prefix().and_then(RawString::as_str)?;
                        prefix.contains('#').then(|| prefix.to_owned())
                    });
                    give_to_next(document, isize::MIN, &above.unwrap_or_default());
                }
                Ok(())
            },
            |_| Ok(()),
        )?;
        Ok(default)
    }

    /// Whether a profile can be taken away.
    ///
    /// # Errors
    /// `no_profile`; `usage` where others extend it.
    pub fn may_remove(&self, name: &str) -> Result<()> {
        if !self.file.profiles.contains_key(name) {
            return Err(self.no_such(name));
        }
        let extended = self.extended_by(name);
        if !extended.is_empty() {
            let commands: Vec<String> = extended
                .iter()
                .map(|other| format!("mfactl profile remove {other}"))
                .collect();
            return Err(Error::new(
                ErrorCode::Usage,
                format!("profile \"{name}\" is extended by: {}", extended.join(", ")),
            )
            .hint(format!("first: {}", commands.join("; "))));
        }
        Ok(())
    }

    /// The profiles that take over keys from this one, directly.
    pub fn extended_by(&self, name: &str) -> Vec<&str> {
        self.file
            .profiles
            .iter()
            .filter(|(_, section)| section.extends.as_deref() == Some(name))
            .map(|(other, _)| other.as_str())
            .collect()
    }

    /// What is unwise about the rights of the file, with the command that mends it.
    pub fn doubt(&self) -> Option<String> {
        rights::doubt(self.path()?)
    }

    fn edit(
        &self,
        change: impl FnOnce(&mut DocumentMut) -> Result<()>,
        check: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<()> {
        let path = self.path().ok_or_else(|| {
            Error::new(ErrorCode::FileUnreadable, "no folder for configuration").hint("set HOME")
        })?;
        let path = followed(path);
        let failed = |error: std::io::Error| cannot(&path, &error);
        if let Some(folder) = path.parent() {
            private::make_folder(folder).map_err(failed)?;
        }
        // The file itself is replaced, so that a lock on it would be one on the past.
        let lock: OpenFile = private::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(private::beside(&path, ".lock"))
            .map_err(failed)?;
        lock.lock().map_err(failed)?;
        let text = file::text(&path)?;
        let shown = path.display().to_string();
        // What is there is read strictly first: a file that is wrong is mended by hand, and nothing of it is lost.
        file::parse(&shown, &text)?;
        let mut document: DocumentMut = text
            .parse()
            .map_err(|error: toml_edit::TomlError| broken(&shown, &text, &error))?;
        change(&mut document)?;
        let text = document.to_string();
        let changed = Self {
            file: file::parse(&shown, &text)?,
            ..self.clone()
        };
        check(&changed)?;
        replace(&path, &text).map_err(failed)
    }
}

/// The file behind links; the path itself where there is no file yet.
fn followed(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| match std::fs::read_link(path) {
        // A link to a file that is still to be made.
        Ok(target) => path
            .parent()
            .map_or_else(|| target.clone(), |folder| folder.join(&target)),
        Err(_) => path.to_owned(),
    })
}

/// The new text takes the place of the old one at once, and is on the disk when this returns.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    // Made for this user alone (0600).
    let mut new = tempfile::Builder::new()
        .prefix(".config-")
        .suffix(".toml")
        .tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    private::sync_folder(folder)
}

fn cannot(path: &Path, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        _ => ErrorCode::FileUnreadable,
    };
    Error::new(code, format!("{} cannot be written: {error}", path.display()))
        .hint("nothing was changed; XDG_CONFIG_HOME names another folder")
}

fn broken(name: &str, text: &str, error: &toml_edit::TomlError) -> Error {
    let wrong = Error::new(
        ErrorCode::ConfigInvalid,
        error.message().lines().next().unwrap_or_default().to_owned(),
    );
    let (line, column) = error.span().map_or((None, None), |span| {
        let (line, column) = written::place(text, &span);
        (Some(line), Some(column))
    });
    wrong.at(name, line, column)
}

fn profiles(document: &mut DocumentMut) -> Result<&mut dyn toml_edit::TableLike> {
    let item = document.entry("profiles").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    item.as_table_like_mut().ok_or_else(|| not_a_table("profiles"))
}

fn not_a_table(name: &str) -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        format!("\"{name}\" is no table in the configuration"),
    )
}

/// The comments above a section that are not its own: those before the last blank line.
fn head(table: &Table) -> String {
    let prefix = table
        .decor()
        .prefix()
        .and_then(RawString::as_str)
        .unwrap_or_default();
    match prefix.rfind("\n\n") {
        Some(at) if prefix[..at].contains('#') => prefix[..at + 2].to_owned(),
        _ => String::new(),
    }
}

/// Those comments go to the next section, or to the end of the file.
fn give_to_next(document: &mut DocumentMut, position: isize, comments: &str) {
    if comments.is_empty() {
        return;
    }
    let mut best: Option<(isize, Vec<String>)> = None;
    find_next(document.as_table(), &mut Vec::new(), position, &mut best);
    let Some((_, path)) = best else {
        let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{comments}{trailing}"));
        return;
    };
    let mut table = document.as_table_mut();
    for key in path {
        match table.get_mut(&key).and_then(Item::as_table_mut) {
            Some(next) => table = next,
            None => return,
        }
    }
    let own = table
        .decor()
        .prefix()
        .and_then(RawString::as_str)
        .unwrap_or_default()
        .trim_start_matches('\n')
        .to_owned();
    table.decor_mut().set_prefix(format!("{comments}{own}"));
}

fn find_next(table: &Table, path: &mut Vec<String>, after: isize, best: &mut Option<(isize, Vec<String>)>) {
    for (key, item) in table {
        let Some(inner) = item.as_table() else { continue };
        path.push(key.to_owned());
        if let Some(position) = inner.position().filter(|position| *position > after)
            && !inner.is_implicit()
            && best.as_ref().is_none_or(|(known, _)| position < *known)
        {
            *best = Some((position, path.clone()));
        }
        find_next(inner, path, after, best);
        path.pop();
    }
}

#[cfg(test)]
mod tests;
