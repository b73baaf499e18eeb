//! What a profile's guard says, as data. It is read by `config`, judged by `jobs::guard`, shown by `profile show`.

/// The guards of a profile (`cli.md`, "Safety"), after `/etc/mfactl/guard.toml` tightened them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The most people that one command may change.
    pub max_users: u64,
    /// Who is never changed: sign-in names, `group:NAME`, `role:NAME`.
    pub protected: Vec<String>,
    /// Whether a change needs `--ticket`.
    pub require_ticket: bool,
    /// What a ticket looks like: literal text, in which `#` stands for a digit and `*` for anything.
    pub ticket_pattern: Option<String>,
    /// Whether the profile changes nothing at all.
    pub read_only: bool,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            max_users: 25,
            protected: Vec::new(),
            require_ticket: false,
            ticket_pattern: None,
            read_only: false,
        }
    }
}
