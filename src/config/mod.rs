//! Configuration: profiles and playbooks from the file and the environment. Flag beats variable beats profile beats
//! default. Reads files and variables; sends nothing, prints nothing.

mod edit;
pub mod env;
mod file;
mod login;
mod machine;
mod network;
mod origin;
mod profile;
mod proxy;
mod rights;
mod several;

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use jiff::SignedDuration;

pub use edit::{SET, Text, check_name};
pub use env::{Env, VARIABLES, Variable};
use file::{File, Section};
pub use login::{AUTHS, Auth, Handed, Login, Machine as IdentityHost, TokenStore, home_file};
use machine::Machine;
pub use profile::{Address, LOCAL, OF_VARIABLES, Place, Profile, check_address};
pub use proxy::ProxyOf;

pub(crate) use crate::domain::written::nearest;
use crate::domain::{Error, ErrorCode, Result, Secret};

/// A length of time such as `90d`; a day is 24 hours, and nothing is none.
pub fn length(text: &str) -> Option<SignedDuration> {
    let span: jiff::Span = text.parse().ok()?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    length.is_positive().then_some(length)
}

/// How many profiles may extend one another.
const DEEPEST: usize = 16;

/// Everything that was configured.
#[derive(Clone, Debug, Default)]
pub struct Config {
    file: File,
    path: Option<PathBuf>,
    machine: Machine,
    env: Env,
}

impl Config {
    /// Reads the platform's `mfactl/config.toml`; where there is none, nothing is configured. The machine-wide guard file
    /// is read too; one that cannot be read forbids changes alone.
    ///
    /// # Errors
    /// `file_unreadable`, `config_invalid` with line and column.
    pub fn load(env: &Env) -> Result<Self> {
        let machine = Machine::read(Path::new(machine::PATH));
        let Ok(folders) = etcetera::choose_base_strategy() else {
            return Ok(Self {
                env: env.clone(),
                machine,
                ..Self::default()
            });
        };
        let path = folders.config_dir().join("mfactl").join("config.toml");
        Ok(Self {
            file: file::read(&path)?,
            path: Some(path),
            machine,
            env: env.clone(),
        })
    }

    /// Configuration from a text.
    #[cfg(test)]
    pub(crate) fn of(text: &str, env: &Env) -> Result<Self> {
        Ok(Self {
            file: file::parse("config.toml", text)?,
            path: None,
            machine: Machine::Absent,
            env: env.clone(),
        })
    }

    /// The same under a machine-wide guard file of this text.
    #[cfg(test)]
    pub(crate) fn under(self, text: &str) -> Self {
        Self {
            machine: Machine::of("/etc/mfactl/guard.toml", text),
            ..self
        }
    }

    /// The profile that serves: the one of the flag, else of `MFACTL_PROFILE`, else the one that variables make, else
    /// the default one.
    ///
    /// # Errors
    /// `no_profile`, saying how to sign in and how to try; `config_invalid`; `not_signed_in` where a secret is missing.
    pub fn profile(&self, flag: Option<&str>) -> Result<Profile> {
        if let Some(name) = flag.or_else(|| self.env.get("MFACTL_PROFILE")) {
            return self.named(name, true);
        }
        if self.env.get("MFACTL_SERVICE").is_some() {
            let section = profile::of_variables(&self.env);
            let data = || self.local_data();
            return profile::resolve(OF_VARIABLES, true, &section, &self.env, &self.machine, data);
        }
        match &self.file.default_profile {
            Some(name) => self.named(name, false),
            None => Err(self.no_profile()),
        }
    }

    /// The name of the service of that profile, where one is chosen and says so; whether there is such a service is
    /// for the registry to say.
    ///
    /// # Errors
    /// `config_invalid` for a profile that is not there.
    pub fn service(&self, flag: Option<&str>) -> Result<Option<String>> {
        let by_variable = || self.env.get("MFACTL_SERVICE").map(str::to_owned);
        match flag.or_else(|| self.env.get("MFACTL_PROFILE")) {
            Some(name) => Ok(self.section(name)?.service),
            None if by_variable().is_some() => Ok(by_variable()),
            None => match &self.file.default_profile {
                Some(name) => Ok(self.section(name)?.service),
                None => Ok(None),
            },
        }
    }

    fn no_profile(&self) -> Error {
        let path = self
            .path
            .as_ref()
            .map_or_else(|| "config.toml".to_owned(), |path| path.display().to_string());
        Error::new(ErrorCode::NoProfile, "no profile was chosen").hint(format!(
            "for your organization: mfactl profile add, or write [profiles.NAME] in {path}, and add -p NAME; to try it \
             with demo data, add -p local"
        ))
    }

    fn named(&self, name: &str, named: bool) -> Result<Profile> {
        let section = self.section(name)?;
        profile::resolve(name, named, &section, &self.env, &self.machine, || {
            self.local_data()
        })
    }

    /// The keys of a profile with what it extends.
    fn section(&self, name: &str) -> Result<Section> {
        let mut section = match self.file.profiles.get(name) {
            Some(section) => section.clone(),
            None if name == LOCAL => Section::default(),
            None => return Err(self.no_such(name)),
        };
        for base in self.chain(name)?.iter().skip(1) {
            if let Some(other) = self.file.profiles.get(base) {
                section.inherit(other);
            }
        }
        if name == LOCAL {
            section.inherit(&profile::built_in());
        }
        Ok(section)
    }

    /// The profile and those that it extends, the nearest first.
    fn chain(&self, name: &str) -> Result<Vec<String>> {
        let extends = |name: &str| {
            self.file
                .profiles
                .get(name)
                .and_then(|section| section.extends.clone())
        };
        let mut seen = vec![name.to_owned()];
        let mut next = extends(name);
        while let Some(base) = next {
            if seen.contains(&base) || seen.len() > DEEPEST {
                return Err(Error::new(
                    ErrorCode::ConfigInvalid,
                    format!(
                        "profiles extend one another in a circle: {} > {base}",
                        seen.join(" > ")
                    ),
                ));
            }
            if !self.file.profiles.contains_key(&base) {
                let error = Error::new(
                    ErrorCode::ConfigInvalid,
                    format!("profile \"{name}\" extends \"{base}\", which is not there"),
                );
                let names = self.file.profiles.keys().map(String::as_str);
                return Err(match nearest(&base, names) {
                    Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
                    None => error,
                });
            }
            next = extends(&base);
            seen.push(base);
        }
        Ok(seen)
    }

    fn no_such(&self, name: &str) -> Error {
        let names: Vec<&str> = self
            .file
            .profiles
            .keys()
            .map(String::as_str)
            .filter(|name| *name != LOCAL)
            .chain([LOCAL])
            .collect();
        let error = Error::new(ErrorCode::NoProfile, format!("there is no profile \"{name}\""));
        match nearest(name, names.iter().copied()) {
            Some(meant) => error.hint(format!("did you mean -p {meant}?")),
            None => error.hint(format!("profiles are: {}", names.join(", "))),
        }
    }

    /// The data file of the built-in profile.
    ///
    /// # Errors
    /// `file_unreadable` where the platform names no folder.
    pub fn local_data(&self) -> Result<PathBuf> {
        if let Some(path) = self.env.get("MFACTL_LOCAL_DATA") {
            return Ok(PathBuf::from(path));
        }
        let folders = etcetera::choose_base_strategy().map_err(|error| {
            Error::new(ErrorCode::FileUnreadable, format!("no folder for data: {error}"))
                .hint("name a file in MFACTL_LOCAL_DATA")
        })?;
        Ok(folders.data_dir().join("mfactl").join("local.db"))
    }

    /// The folder of jobs and of the audit log; it need not be there yet.
    ///
    /// # Errors
    /// `file_unreadable` where the platform names no folder.
    pub fn state_dir(&self) -> Result<PathBuf> {
        if let Some(path) = self.env.get("MFACTL_STATE_DIR") {
            return Ok(PathBuf::from(path));
        }
        let folders = etcetera::choose_base_strategy().map_err(|error| {
            Error::new(ErrorCode::FileUnreadable, format!("no folder for state: {error}"))
                .hint("name a folder in MFACTL_STATE_DIR")
        })?;
        // Windows has no folder of its own for state.
        let folder = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Ok(folder.join("mfactl"))
    }

    /// The password of the database of jobs, and the file where PostgreSQL's clients look for one.
    pub fn store_password(&self) -> (Option<Secret>, Option<PathBuf>) {
        let password = ["MFACTL_STORE_PASSWORD", "PGPASSWORD"]
            .iter()
            .find_map(|name| self.env.get(name))
            .map(Secret::new);
        let file = self.env.get("PGPASSFILE").map(PathBuf::from).or_else(|| {
            if cfg!(windows) {
                let folders = etcetera::choose_base_strategy().ok()?;
                Some(folders.config_dir().join("postgresql").join("pgpass.conf"))
            } else {
                Some(etcetera::home_dir().ok()?.join(".pgpass"))
            }
        });
        (password, file)
    }

    /// The folder of what the processes of this machine share while they run; it need not be there yet.
    ///
    /// # Errors
    /// As [`Self::state_dir`], which serves where the platform has no such folder.
    pub fn runtime_dir(&self) -> Result<PathBuf> {
        let folder = etcetera::choose_base_strategy()
            .ok()
            .and_then(|folders| folders.runtime_dir());
        match folder {
            Some(folder) => Ok(folder.join("mfactl")),
            None => Ok(self.state_dir()?.join("run")),
        }
    }

    /// How long jobs of this profile are kept; `None`: nobody says.
    pub fn retention(&self, profile: &str) -> Option<SignedDuration> {
        self.section(profile).ok()?.retention.as_deref().and_then(length)
    }

    /// The shortest `retention` of any profile; `None`: nobody says.
    pub fn least_retention(&self) -> Option<SignedDuration> {
        let said = self.file.profiles.values();
        said.filter_map(|section| section.retention.as_deref().and_then(length))
            .min()
    }

    /// Whether every `retention` is a length of time.
    ///
    /// # Errors
    /// `config_invalid`.
    pub fn check_retention(&self) -> Result<()> {
        for (name, section) in &self.file.profiles {
            if let Some(text) = section.retention.as_deref().filter(|text| length(text).is_none()) {
                return Err(Error::new(
                    ErrorCode::ConfigInvalid,
                    format!("profile \"{name}\": retention = \"{text}\" is no length of time"),
                )
                .hint("write a number with its unit, such as 90d"));
            }
        }
        Ok(())
    }

    /// Whether a change may use this profile: not where nobody named it and several organizations are configured, nor
    /// while the machine-wide guard file cannot be read.
    ///
    /// # Errors
    /// `usage`, with the command to type; `config_invalid`.
    pub fn may_change(&self, profile: &Profile) -> Result<()> {
        if let Machine::Broken(error) = &self.machine {
            return Err(error.clone());
        }
        let organizations = self.file.profiles.keys().filter(|name| *name != LOCAL).count();
        if profile.named || organizations < 2 || self.file.default_for_changes {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::Usage,
            "several organizations are configured: a change needs the profile's name",
        )
        .hint(format!("add -p {}", profile.name)))
    }

    /// The domains of the other profiles, with the profile's name.
    pub fn other_domains(&self, own: &Profile) -> Vec<(String, String)> {
        self.file
            .profiles
            .keys()
            .filter(|name| **name != own.name)
            .filter_map(|name| {
                let domain = self.section(name).ok()?.domain?;
                let same = own
                    .domain
                    .as_deref()
                    .is_some_and(|own| own.eq_ignore_ascii_case(&domain));
                (!same).then(|| (domain.to_lowercase(), name.clone()))
            })
            .collect()
    }

    /// Playbooks as they are written.
    pub fn playbooks(&self) -> Vec<(String, toml::Value)> {
        self.file
            .playbooks
            .iter()
            .map(|(name, playbook)| (name.clone(), playbook.clone()))
            .collect()
    }

    /// The file that was read, or would be.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

#[cfg(test)]
mod tests;
