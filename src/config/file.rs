//! The file: TOML, read strictly. A key that nobody knows is an error with its place and the key that was meant.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use super::rights;
use crate::domain::{Error, ErrorCode, Result, written};

/// `config.toml` as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Which profile serves where none is named.
    pub(crate) default_profile: Option<String>,
    /// Whether the default profile also takes changes where there are several.
    #[serde(default)]
    pub(crate) default_for_changes: bool,
    /// The profiles.
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Section>,
    /// Playbooks as they are written; `jobs` reads them.
    #[serde(default)]
    pub(crate) playbooks: BTreeMap<String, toml::Value>,
}

/// One `[profiles.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) service: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) auth: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) certificate: Option<String>,
    pub(crate) private_key: Option<String>,
    pub(crate) assertion_file: Option<String>,
    pub(crate) assertion_command: Option<Vec<String>>,
    pub(crate) service_connection: Option<String>,
    pub(crate) cloud: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) authority: Option<String>,
    pub(crate) realm: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) extends: Option<String>,
    pub(crate) ca_bundle: Option<String>,
    pub(crate) system_roots: Option<bool>,
    pub(crate) client_certificate: Option<String>,
    pub(crate) client_key: Option<String>,
    pub(crate) proxy: Option<String>,
    pub(crate) no_proxy: Option<String>,
    pub(crate) read_only: Option<bool>,
    pub(crate) token_store: Option<String>,
    pub(crate) audit_to: Option<String>,
    pub(crate) retention: Option<String>,
    #[serde(default)]
    pub(crate) guard: GuardSection,
}

/// One `[profiles.NAME.guard]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardSection {
    pub(crate) max_users: Option<u64>,
    pub(crate) max_users_planned: Option<u64>,
    pub(crate) protected: Option<Vec<String>>,
    pub(crate) allow_everyone: Option<bool>,
    pub(crate) allow_privileged: Option<bool>,
    pub(crate) require_ticket: Option<bool>,
    pub(crate) ticket_pattern: Option<String>,
    pub(crate) require_caller_check: Option<bool>,
    pub(crate) two_person_over: Option<u64>,
}

macro_rules! inherit {
    ($own:ident, $base:ident, $($field:ident),+ $(,)?) => {
        $( if $own.$field.is_none() { $own.$field.clone_from(&$base.$field); } )+
    };
}

impl Section {
    /// Takes over what is not given here.
    pub(crate) fn inherit(&mut self, base: &Self) {
        inherit!(
            self,
            base,
            service,
            tenant,
            client_id,
            auth,
            username,
            certificate,
            private_key,
            assertion_file,
            assertion_command,
            service_connection,
            cloud,
            url,
            authority,
            realm,
            domain,
            region,
            ca_bundle,
            system_roots,
            client_certificate,
            client_key,
            proxy,
            no_proxy,
            read_only,
            token_store,
            audit_to,
            retention
        );
        self.guard.inherit(&base.guard);
    }
}

impl GuardSection {
    fn inherit(&mut self, base: &Self) {
        inherit!(
            self,
            base,
            max_users,
            max_users_planned,
            protected,
            allow_everyone,
            allow_privileged,
            require_ticket,
            ticket_pattern,
            require_caller_check,
            two_person_over
        );
    }
}

/// Reads the file; one that is not there is an empty one.
///
/// # Errors
/// `file_unreadable`, or `config_invalid` with line and column.
pub(crate) fn read(path: &Path) -> Result<File> {
    parse(&path.display().to_string(), &text(path)?)
}

/// The text of the file; one that is not there is an empty one, and one that somebody else could write is refused.
///
/// # Errors
/// `file_unreadable`; `config_invalid` for what is no text, and for a file that others can write.
pub(super) fn text(path: &Path) -> Result<String> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Error::new(ErrorCode::ConfigInvalid, "the file is not text in UTF-8").at(&name, None, None)
        }
        _ => Error::new(ErrorCode::FileUnreadable, format!("cannot be read: {error}")).at(&name, None, None),
    };
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(unreadable(error)),
    };
    rights::check(path, &file.metadata().map_err(unreadable)?)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// Reads the text of a file called `name`.
///
/// # Errors
/// `config_invalid` with line and column.
pub(crate) fn parse(name: &str, text: &str) -> Result<File> {
    parse_as(name, text)
}

/// Reads the text of a file called `name` as something else than profiles.
///
/// # Errors
/// `config_invalid` with line and column.
pub(super) fn parse_as<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| explain(name, text, &error))
}

fn explain(name: &str, text: &str, error: &toml::de::Error) -> Error {
    let wrong = written::explain(ErrorCode::ConfigInvalid, name, text, error);
    if wrong.message().starts_with("there is no key")
        && ["secret", "password"]
            .iter()
            .any(|word| wrong.message().contains(word))
    {
        return wrong
            .hint("secrets are never read from the file: set MFACTL_CLIENT_SECRET or MFACTL_PASSWORD");
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Error {
        parse("config.toml", text).unwrap_err()
    }

    #[test]
    fn a_key_that_nobody_knows_is_answered_with_its_place_and_the_nearest() {
        let error = wrong("default_profile = \"x\"\n\n[profiles.x]\nservice = \"entra\"\ntenent = \"t\"\n");
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert_eq!(error.message(), "there is no key \"tenent\" here");
        assert_eq!(error.hint_text(), Some("did you mean \"tenant\"?"));
        let body = error.to_body();
        assert_eq!(
            (body.file.as_deref(), body.line, body.column),
            (Some("config.toml"), Some(5), Some(1))
        );
        let error = wrong("[profiles.x.guard]\n  max_user = 3\n");
        assert_eq!(error.hint_text(), Some("did you mean \"max_users\"?"));
        assert_eq!((error.to_body().line, error.to_body().column), (Some(2), Some(3)));
        assert!(
            wrong("zzzzzzzz = 1")
                .hint_text()
                .unwrap()
                .starts_with("the keys are: default_profile")
        );
    }

    #[test]
    fn a_secret_in_the_file_is_refused_with_the_variable() {
        let error = wrong("[profiles.x]\nclient_secret = \"s3cr3t\"\n");
        assert!(error.hint_text().unwrap().contains("MFACTL_CLIENT_SECRET"));
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_value_of_the_wrong_sort_and_broken_toml_have_a_place() {
        let body = wrong("[profiles.x.guard]\nmax_users = \"many\"\n").to_body();
        assert_eq!((body.line, body.column), (Some(2), Some(13)));
        assert_eq!(
            body.message,
            "here belongs a whole number from 0 on, and not \"many\""
        );
        assert_eq!(wrong("[profiles\n").to_body().line, Some(1));
    }

    #[test]
    fn playbooks_are_kept_as_they_are_written() {
        let file = parse("c", "[[playbooks.left.steps]]\ndo = \"sign-out\"\n").unwrap();
        let steps = file.playbooks["left"].get("steps").unwrap().as_array().unwrap();
        assert_eq!(steps[0].get("do").unwrap().as_str(), Some("sign-out"));
    }
}
