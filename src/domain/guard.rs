//! What a profile's guard says, as data. It is read by `config`, judged by `jobs::guard`, shown by `profile show`.

use super::error::Error;

/// The guards of a profile (`cli.md`, "Safety"), after the machine-wide file tightened them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The most people that one command may change.
    pub max_users: u64,
    /// The most people that a plan which is applied, or a job which is resumed, may change.
    pub max_users_planned: u64,
    /// Who is never changed: sign-in names, `group:NAME`, `role:NAME`.
    pub protected: Vec<String>,
    /// Whether `--everyone` may be used.
    pub allow_everyone: bool,
    /// Whether `--allow-privileged` may be used.
    pub allow_privileged: bool,
    /// Whether a change needs `--ticket`.
    pub require_ticket: bool,
    /// What a ticket looks like: a regular expression that the whole ticket has to match.
    pub ticket_pattern: Option<String>,
    /// Whether a change of methods or passwords needs a caller who was checked.
    pub require_caller_check: bool,
    /// A change of more people than this must be a plan that another account made.
    pub two_person_over: Option<u64>,
    /// Whether the profile changes nothing at all.
    pub read_only: bool,
    /// What the machine-wide file made stricter, so that a refusal can say so.
    pub machine: Machine,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            max_users: 25,
            max_users_planned: 20_000,
            protected: Vec::new(),
            allow_everyone: false,
            allow_privileged: false,
            require_ticket: false,
            ticket_pattern: None,
            require_caller_check: false,
            two_person_over: None,
            read_only: false,
            machine: Machine::default(),
        }
    }
}

/// What the machine-wide file has to do with a guard. No profile, variable or flag changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The file.
    pub file: String,
    /// The keys that are stricter by it than the profile has them.
    pub keys: Vec<&'static str>,
    /// Protected entries that stand in it alone.
    pub protected: Vec<String>,
    /// What a ticket has to look like besides the profile's own pattern.
    pub ticket_pattern: Option<String>,
    /// Why the file cannot be read: then nothing may be changed.
    pub broken: Option<Error>,
}

/// What `/etc/mfactl/guard.toml` says; what it does not say tightens nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineGuard {
    /// The file.
    pub file: String,
    /// See [`Guard::max_users`].
    pub max_users: Option<u64>,
    /// See [`Guard::max_users_planned`].
    pub max_users_planned: Option<u64>,
    /// See [`Guard::protected`].
    pub protected: Vec<String>,
    /// See [`Guard::allow_everyone`].
    pub allow_everyone: Option<bool>,
    /// See [`Guard::allow_privileged`].
    pub allow_privileged: Option<bool>,
    /// See [`Guard::require_ticket`].
    pub require_ticket: bool,
    /// See [`Guard::ticket_pattern`].
    pub ticket_pattern: Option<String>,
    /// See [`Guard::require_caller_check`].
    pub require_caller_check: bool,
    /// See [`Guard::two_person_over`].
    pub two_person_over: Option<u64>,
    /// See [`Guard::read_only`].
    pub read_only: bool,
}

impl Guard {
    /// Makes the guard as strict as the machine-wide file: the lesser of numbers, all protected people, only what both
    /// allow, whatever one of them asks for.
    pub fn tighten(&mut self, by: &MachineGuard) {
        let mut keys = Vec::new();
        let mut lesser = |key, own: &mut u64, most: Option<u64>| {
            if let Some(most) = most.filter(|most| most < own) {
                *own = most;
                keys.push(key);
            }
        };
        lesser("max_users", &mut self.max_users, by.max_users);
        lesser(
            "max_users_planned",
            &mut self.max_users_planned,
            by.max_users_planned,
        );
        let mut over = self.two_person_over.unwrap_or(u64::MAX);
        lesser("two_person_over", &mut over, by.two_person_over);
        self.two_person_over = (over < u64::MAX).then_some(over);
        let mut allowed = |key, own: &mut bool, both: Option<bool>| {
            if *own && both == Some(false) {
                *own = false;
                keys.push(key);
            }
        };
        allowed("allow_everyone", &mut self.allow_everyone, by.allow_everyone);
        allowed(
            "allow_privileged",
            &mut self.allow_privileged,
            by.allow_privileged,
        );
        let mut required = |key, own: &mut bool, either: bool| {
            if either && !*own {
                *own = true;
                keys.push(key);
            }
        };
        required("require_ticket", &mut self.require_ticket, by.require_ticket);
        required(
            "require_caller_check",
            &mut self.require_caller_check,
            by.require_caller_check,
        );
        required("read_only", &mut self.read_only, by.read_only);
        let known = |entry: &String, own: &[String]| {
            let same = |other: &String| other.trim().to_lowercase() == entry.trim().to_lowercase();
            own.iter().any(same)
        };
        let new: Vec<String> = by
            .protected
            .iter()
            .filter(|entry| !known(entry, &self.protected))
            .cloned()
            .collect();
        self.protected.extend(new.iter().cloned());
        self.machine = Machine {
            file: by.file.clone(),
            keys,
            protected: new,
            ticket_pattern: by
                .ticket_pattern
                .clone()
                .filter(|pattern| self.ticket_pattern.as_ref() != Some(pattern)),
            broken: None,
        };
    }

    /// `, by /etc/mfactl/guard.toml` where the machine-wide file made this key what it is; else nothing.
    pub fn by(&self, key: &str) -> String {
        if self.machine.keys.contains(&key) {
            format!(", by {}", self.machine.file)
        } else {
            String::new()
        }
    }

    /// The next step after a refusal by this key: `own`, unless the machine-wide file stands behind it.
    pub fn mend(&self, key: &str, own: &str) -> String {
        if self.machine.keys.contains(&key) {
            format!(
                "whoever administers this machine can change {}",
                self.machine.file
            )
        } else {
            own.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose() -> Guard {
        Guard {
            max_users: 100,
            max_users_planned: 1_000,
            protected: vec!["ann@contoso.example".into()],
            allow_everyone: true,
            allow_privileged: true,
            ticket_pattern: Some("INC.*".into()),
            ..Guard::default()
        }
    }

    #[test]
    fn a_machine_wide_file_tightens_every_key_and_is_named() {
        let mut guard = loose();
        guard.tighten(&MachineGuard {
            file: "/etc/mfactl/guard.toml".into(),
            max_users: Some(5),
            max_users_planned: Some(50),
            protected: vec!["ANN@contoso.example".into(), "group:Board".into()],
            allow_everyone: Some(false),
            allow_privileged: Some(false),
            require_ticket: true,
            ticket_pattern: Some(".*[0-9]{4}".into()),
            require_caller_check: true,
            two_person_over: Some(3),
            read_only: true,
        });
        assert_eq!((guard.max_users, guard.max_users_planned), (5, 50));
        assert_eq!(guard.protected, ["ann@contoso.example", "group:Board"]);
        assert!(!guard.allow_everyone && !guard.allow_privileged);
        assert!(guard.require_ticket && guard.require_caller_check && guard.read_only);
        assert_eq!(guard.two_person_over, Some(3));
        assert_eq!(guard.ticket_pattern.as_deref(), Some("INC.*"));
        assert_eq!(guard.machine.ticket_pattern.as_deref(), Some(".*[0-9]{4}"));
        assert_eq!(guard.machine.protected, ["group:Board"]);
        assert_eq!(guard.machine.keys.len(), 8);
        assert_eq!(guard.by("max_users"), ", by /etc/mfactl/guard.toml");
    }

    #[test]
    fn a_machine_wide_file_loosens_nothing() {
        let strict = Guard {
            max_users: 2,
            max_users_planned: 20,
            protected: vec!["ann@contoso.example".into()],
            require_ticket: true,
            ticket_pattern: Some("INC.*".into()),
            require_caller_check: true,
            two_person_over: Some(1),
            read_only: true,
            ..Guard::default()
        };
        let mut guard = strict.clone();
        guard.tighten(&MachineGuard {
            file: "/etc/mfactl/guard.toml".into(),
            max_users: Some(50),
            max_users_planned: Some(500),
            allow_everyone: Some(true),
            allow_privileged: Some(true),
            ticket_pattern: Some("INC.*".into()),
            two_person_over: Some(100),
            ..MachineGuard::default()
        });
        assert_eq!(guard.machine.keys, Vec::<&str>::new());
        assert_eq!(guard.machine.ticket_pattern, None);
        assert_eq!(guard.by("max_users"), "");
        guard.machine = Machine::default();
        assert_eq!(guard, strict);
    }
}
