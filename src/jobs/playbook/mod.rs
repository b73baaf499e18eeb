//! Playbooks: what `user reset` does, step by step, as data. Conditions are judged while planning, on the state as the
//! steps before leave it; a plan holds none.

mod read;
mod run;

use crate::domain::written::nearest;
use crate::domain::{Error, ErrorCode, MethodKind, Result};
use crate::jobs::filter::Filter;

/// A playbook that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playbook {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether a message is made of what was done, and how.
    pub notify: Option<Notify>,
    steps: Vec<PlaybookStep>,
}

/// The last step of a playbook: a message for the ticket or the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// The file of its template, from the folder of the configuration on; `None`: the one that comes with the program.
    pub template: Option<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PlaybookStep {
    verb: Verb,
    /// Which kinds; `None`: every method.
    methods: Option<Vec<MethodKind>>,
    when: Option<Filter>,
    /// Whether a link to register by is mailed too.
    mail: bool,
    fail_if_unsupported: bool,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    SetBestDefault,
    PromoteAlternate,
    Remove,
    ForgetDevices,
    ResetAppPasswords,
    SignOut,
    ResetPassword,
    DisableAccount,
    RequireRegistration,
    TemporaryPass,
}

const VERBS: [(&str, Verb); 10] = [
    ("set-best-default", Verb::SetBestDefault),
    ("promote-alternate", Verb::PromoteAlternate),
    ("remove", Verb::Remove),
    ("forget-devices", Verb::ForgetDevices),
    ("reset-app-passwords", Verb::ResetAppPasswords),
    ("sign-out", Verb::SignOut),
    ("reset-password", Verb::ResetPassword),
    ("disable-account", Verb::DisableAccount),
    ("require-registration", Verb::RequireRegistration),
    ("temporary-pass", Verb::TemporaryPass),
];

/// When a temporary pass is issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pass {
    /// Where the playbook says so.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// What the command line changes about a playbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// METHODs of which alone some may be removed; empty: all.
    pub only: Vec<String>,
    /// METHODs that are kept.
    pub keep: Vec<String>,
    /// Whether a temporary pass is issued.
    pub pass: Pass,
}

/// The name of the playbook that `user reset` runs unless told otherwise.
pub const USUAL: &str = "lost-phone";

/// The playbooks that come with the program, as TOML.
pub const EMBEDDED: &str = include_str!("playbooks.toml");

/// The playbook of this name, the profile's own before those that come with the program.
///
/// # Errors
/// `not_found`, naming those that there are; `config_invalid` where it is wrong.
pub fn find(name: &str, own: &[(String, toml::Value)]) -> Result<Playbook> {
    if let Some((_, value)) = own.iter().find(|(known, _)| known == name) {
        return read::playbook(name, value);
    }
    let embedded = embedded()?;
    if let Some((_, value)) = embedded.iter().find(|(known, _)| known == name) {
        return read::playbook(name, value);
    }
    let names: Vec<&str> = own
        .iter()
        .chain(&embedded)
        .map(|(name, _)| name.as_str())
        .collect();
    let near = nearest(name, names.iter().copied());
    let hint = near.map_or_else(
        || format!("there are: {}", names.join(", ")),
        |near| format!("did you mean --playbook {near}?"),
    );
    Err(Error::new(ErrorCode::NotFound, format!("there is no playbook \"{name}\"")).hint(hint))
}

/// Checks the playbooks of a configuration.
///
/// # Errors
/// `config_invalid` for the first thing that is wrong: an unknown key, kind or verb, with what was probably meant.
pub fn check(own: &[(String, toml::Value)]) -> Result<()> {
    own.iter()
        .try_for_each(|(name, value)| read::playbook(name, value).map(|_| ()))
}

fn embedded() -> Result<Vec<(String, toml::Value)>> {
    let broken = || Error::new(ErrorCode::Internal, "the embedded playbooks cannot be read");
    let table: toml::Table = EMBEDDED.parse().map_err(|_| broken())?;
    let playbooks = table
        .get("playbooks")
        .and_then(toml::Value::as_table)
        .ok_or_else(broken)?;
    Ok(playbooks
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}

#[cfg(test)]
mod tests;
