//! Where each value of a profile comes from.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use toml_edit::{Document, TableLike};

use super::file::{self, Section};
use super::{Config, LOCAL, OF_VARIABLES, login, machine, profile};
use crate::domain::shape::{Origin, OriginKind, ProfileValue};
use crate::domain::{Error, ErrorCode, Guard, Result, written};

/// Variables that beat a key of any profile.
const BEATS: &[(&str, &str)] = &[
    ("username", "MFACTL_USERNAME"),
    ("certificate", "MFACTL_CERTIFICATE"),
    ("private_key", "MFACTL_PRIVATE_KEY"),
    ("assertion_file", "MFACTL_ASSERTION_FILE"),
    ("service_connection", "MFACTL_SERVICE_CONNECTION"),
    ("token_store", "MFACTL_TOKEN_STORE"),
    ("ca_bundle", "MFACTL_CA_BUNDLE"),
    ("client_certificate", "MFACTL_CLIENT_CERTIFICATE"),
    ("client_key", "MFACTL_CLIENT_KEY"),
    ("no_proxy", "MFACTL_NO_PROXY"),
];

/// Variables that make a profile, with the key that each is.
const MAKES: &[(&str, &str)] = &[
    ("service", "MFACTL_SERVICE"),
    ("tenant", "MFACTL_TENANT"),
    ("client_id", "MFACTL_CLIENT_ID"),
    ("auth", "MFACTL_AUTH"),
    ("cloud", "MFACTL_CLOUD"),
    ("url", "MFACTL_URL"),
    ("authority", "MFACTL_AUTHORITY"),
    ("domain", "MFACTL_DOMAIN"),
    ("region", "MFACTL_REGION"),
];

/// The secret of each way to sign in.
const SECRETS: &[(&str, &str)] = &[
    ("client-secret", "MFACTL_CLIENT_SECRET"),
    ("password", "MFACTL_PASSWORD"),
    ("token", "MFACTL_TOKEN"),
    ("api-token", "MFACTL_API_TOKEN"),
];

/// The order in which keys are told.
const ORDER: &[&str] = &[
    "extends",
    "service",
    "tenant",
    "client_id",
    "auth",
    "secret",
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
    "data",
    "domain",
    "region",
    "ca_bundle",
    "system_roots",
    "client_certificate",
    "client_key",
    "proxy",
    "no_proxy",
    "token_store",
    "read_only",
    "audit_to",
    "retention",
];

type Told = BTreeMap<String, (Value, Origin)>;

fn by(kind: OriginKind) -> Origin {
    Origin {
        kind,
        file: None,
        line: None,
        profile: None,
        variable: None,
    }
}

fn by_variable(name: &str) -> Origin {
    Origin {
        variable: Some(name.to_owned()),
        ..by(OriginKind::Variable)
    }
}

impl Config {
    /// Every value of a profile, and where it comes from. A profile that is not complete is told too.
    ///
    /// # Errors
    /// `no_profile`, `config_invalid` for what it extends, `file_unreadable`.
    pub fn values(&self, name: &str) -> Result<Vec<ProfileValue>> {
        let mut told = Told::new();
        let section = if name == OF_VARIABLES && !self.file.profiles.contains_key(name) {
            for (key, variable) in MAKES {
                if let Some(text) = self.env.get(variable) {
                    told.insert((*key).to_owned(), (json!(text), by_variable(variable)));
                }
            }
            profile::of_variables(&self.env)
        } else {
            self.of_file(name, &mut told)?;
            self.section(name)?
        };
        if name == LOCAL {
            for (key, value) in [
                ("service", "local"),
                ("domain", "contoso.example"),
                ("region", "US"),
            ] {
                told.entry(key.to_owned())
                    .or_insert_with(|| (json!(value), by(OriginKind::BuiltIn)));
            }
        }
        for (key, variable) in BEATS {
            if let Some(text) = self.env.get(variable).filter(|_| name != LOCAL) {
                told.insert((*key).to_owned(), (json!(text), by_variable(variable)));
            }
        }
        // Its address may hold a password.
        if self.env.get("MFACTL_PROXY").is_some() && name != LOCAL {
            told.insert("proxy".to_owned(), (json!("set"), by_variable("MFACTL_PROXY")));
        }
        self.usual(name, &section, &mut told);
        self.guard_of(name, &section, &mut told);
        let mut values: Vec<ProfileValue> = told
            .into_iter()
            .map(|(key, (value, origin))| ProfileValue { key, value, origin })
            .collect();
        // Guards come last, in the order of their names.
        values.sort_by_key(|one| {
            ORDER
                .iter()
                .position(|key| *key == one.key)
                .unwrap_or(ORDER.len())
        });
        Ok(values)
    }

    /// What the file says, of the profile itself and of what it extends.
    fn of_file(&self, name: &str, told: &mut Told) -> Result<()> {
        let Some(path) = self.path() else { return Ok(()) };
        let text = file::text(path)?;
        let shown = path.display().to_string();
        let document = Document::parse(text.as_str()).map_err(|error| {
            Error::new(ErrorCode::ConfigInvalid, error.message().to_owned()).at(&shown, None, None)
        })?;
        let Some(profiles) = document.get("profiles").and_then(toml_edit::Item::as_table_like) else {
            return Ok(());
        };
        for one in self.chain(name)? {
            let Some(table) = profiles.get(&one).and_then(toml_edit::Item::as_table_like) else {
                continue;
            };
            let of = |line| Origin {
                file: Some(shown.clone()),
                line: Some(line),
                profile: (one != name).then(|| one.clone()),
                ..by(OriginKind::File)
            };
            let mut add = |prefix: &str, table: &dyn TableLike| {
                for (key, item) in table.iter().filter(|(_, item)| item.is_value()) {
                    if key == "extends" && one != name {
                        continue;
                    }
                    let span = table
                        .key(key)
                        .and_then(toml_edit::Key::span)
                        .or_else(|| item.span());
                    let line = span.map_or(0, |span| written::place(&text, &span).0);
                    told.entry(format!("{prefix}{key}"))
                        .or_insert_with(|| (plain(item), of(line)));
                }
            };
            add("", table);
            if let Some(guard) = table.get("guard").and_then(toml_edit::Item::as_table_like) {
                add("guard.", guard);
            }
        }
        Ok(())
    }

    /// What holds where nobody says anything else.
    fn usual(&self, name: &str, section: &Section, told: &mut Told) {
        let mut usual = |key: &str, value: Value, origin: Origin| {
            told.entry(key.to_owned()).or_insert((value, origin));
        };
        if name == LOCAL && section.url.is_none() {
            if let Ok(path) = self.local_data() {
                let origin = match self.env.get("MFACTL_LOCAL_DATA") {
                    Some(_) => by_variable("MFACTL_LOCAL_DATA"),
                    None => by(OriginKind::Default),
                };
                usual("data", json!(path.display().to_string()), origin);
            }
            return;
        }
        let auth = section
            .auth
            .as_deref()
            .unwrap_or_else(|| login::usual(section, &self.env));
        usual("auth", json!(auth), by(OriginKind::Default));
        if let Some((_, variable)) = SECRETS.iter().find(|(of, _)| *of == auth) {
            let is = if self.env.get(variable).is_some() {
                "set"
            } else {
                "missing"
            };
            usual("secret", json!(is), by_variable(variable));
        }
        usual("token_store", json!("auto"), by(OriginKind::Default));
        let is_entra = section.service.as_deref() == Some("entra");
        if is_entra && section.url.is_none() {
            usual("cloud", json!("global"), by(OriginKind::Default));
        }
        // Both follow from the cloud, where it is one.
        let service = section.service.as_deref().unwrap_or_default();
        if let Ok(roots) = profile::roots(name, service, section, &self.env) {
            usual("url", json!(roots.url), by(OriginKind::Cloud));
            usual("authority", json!(roots.authority), by(OriginKind::Cloud));
        }
    }

    fn guard_of(&self, name: &str, section: &Section, told: &mut Told) {
        let own = guard_values(&profile::guard(section, &machine::Machine::Absent));
        let tight = guard_values(&profile::guard(section, &self.machine));
        let built_in = profile::built_in().guard.protected.filter(|_| name == LOCAL);
        for ((key, own), (_, tight)) in own.into_iter().zip(tight) {
            let key = format!("guard.{key}");
            if own != tight {
                let origin = Origin {
                    file: Some(machine::PATH.to_owned()),
                    ..by(OriginKind::Machine)
                };
                told.insert(key, (tight, origin));
            } else {
                let kind = match &built_in {
                    Some(protected) if tight == json!(protected) => OriginKind::BuiltIn,
                    _ => OriginKind::Default,
                };
                told.entry(key).or_insert_with(|| (tight, by(kind)));
            }
        }
    }
}

fn guard_values(guard: &Guard) -> Vec<(&'static str, Value)> {
    vec![
        ("max_users", json!(guard.max_users)),
        ("max_users_planned", json!(guard.max_users_planned)),
        ("protected", json!(guard.protected)),
        ("allow_everyone", json!(guard.allow_everyone)),
        ("allow_privileged", json!(guard.allow_privileged)),
        ("require_ticket", json!(guard.require_ticket)),
        ("ticket_pattern", json!(guard.ticket_pattern)),
        ("require_caller_check", json!(guard.require_caller_check)),
        ("two_person_over", json!(guard.two_person_over)),
    ]
}

/// A value of TOML as JSON.
fn plain(item: &toml_edit::Item) -> Value {
    match item.as_value() {
        Some(toml_edit::Value::String(text)) => json!(text.value()),
        Some(toml_edit::Value::Integer(number)) => json!(number.value()),
        Some(toml_edit::Value::Boolean(is)) => json!(is.value()),
        Some(toml_edit::Value::Array(all)) => all.iter().filter_map(toml_edit::Value::as_str).collect(),
        Some(other) => json!(other.to_string().trim()),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Env;

    fn told(config: &Config, name: &str, key: &str) -> (Value, Origin) {
        let values = config.values(name).unwrap();
        let one = values.into_iter().find(|one| one.key == key);
        one.map(|one| (one.value, one.origin))
            .unwrap_or_else(|| panic!("no {key}"))
    }

    fn config(text: &str, env: Env) -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config {
            file: file::read(&path).unwrap(),
            path: Some(path),
            env,
            ..Config::default()
        };
        (folder, config)
    }

    const TWO: &str = "[profiles.msp]\nservice = \"entra\"\nclient_id = \"app\"\n[profiles.msp.guard]\nmax_users = 9\n\n\
                       [profiles.f]\nextends = \"msp\"\ntenant = \"f.example\"\nusername = \"rita\"\n";

    #[test]
    fn each_value_has_its_place() {
        let env = Env::with(&[("MFACTL_USERNAME", "bo"), ("MFACTL_CLIENT_SECRET", "s3cr3t")]);
        let (_folder, config) = config(TWO, env);
        let config = config.under("max_users = 2\n");
        let (value, origin) = told(&config, "f", "tenant");
        assert_eq!(
            (value, origin.line, origin.profile),
            (json!("f.example"), Some(9), None)
        );
        let (value, origin) = told(&config, "f", "client_id");
        assert_eq!(
            (value, origin.line, origin.profile.as_deref()),
            (json!("app"), Some(3), Some("msp"))
        );
        let (value, origin) = told(&config, "f", "username");
        assert_eq!(
            (value, origin.variable.as_deref()),
            (json!("bo"), Some("MFACTL_USERNAME"))
        );
        let (value, origin) = told(&config, "f", "guard.max_users");
        assert_eq!((value, origin.kind), (json!(2), OriginKind::Machine));
        let (value, origin) = told(&config, "f", "guard.max_users_planned");
        assert_eq!((value, origin.kind), (json!(20_000), OriginKind::Default));
        let (value, origin) = told(&config, "f", "url");
        assert_eq!(
            (value, origin.kind),
            (json!("https://graph.microsoft.com"), OriginKind::Cloud)
        );
        let (value, origin) = told(&config, "f", "secret");
        assert_eq!(
            (value, origin.variable.as_deref()),
            (json!("set"), Some("MFACTL_CLIENT_SECRET"))
        );
        assert!(!format!("{:?}", config.values("f").unwrap()).contains("s3cr3t"));
    }

    #[test]
    fn the_built_in_one_and_one_of_variables_are_told_too() {
        let env = Env::with(&[("MFACTL_SERVICE", "entra"), ("MFACTL_TENANT", "t")]);
        let (_folder, config) = config("[profiles.local.guard]\nmax_users = 4\n", env);
        let (value, origin) = told(&config, "local", "guard.protected");
        assert_eq!(
            (value, origin.kind),
            (json!(["breakglass@contoso.example"]), OriginKind::BuiltIn)
        );
        assert_eq!(told(&config, "local", "guard.max_users").1.line, Some(2));
        assert_eq!(told(&config, "local", "data").1.kind, OriginKind::Default);
        let (value, origin) = told(&config, "env", "tenant");
        assert_eq!(
            (value, origin.variable.as_deref()),
            (json!("t"), Some("MFACTL_TENANT"))
        );
    }
}
