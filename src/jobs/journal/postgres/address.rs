//! Where the database of jobs is, from a URL that holds no password; and whether the way there has to be encrypted.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::{Login, pgpass};
use crate::domain::{Error, ErrorCode, Result, Secret};

/// How long reaching the database may take.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long a connection may be silent about what was sent to it.
const SILENT: Duration = Duration::from_secs(30);

/// The port of a URL that names none.
const PORT: u16 = 5432;

/// How the way is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// Not at all: it does not leave the machine.
    None,
    /// TLS, with a certificate that is valid for the name of the host, under the roots of the platform or of this file.
    Verified(Option<PathBuf>),
}

/// A database that can be connected to.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) cover: Cover,
    /// For messages: host, port and database.
    pub(super) shown: String,
}

/// What the URL says beyond what tokio-postgres reads.
#[derive(Default)]
struct Extra {
    mode: Option<String>,
    roots: Option<PathBuf>,
    passfile: Option<PathBuf>,
}

impl Address {
    /// Reads the URL, and finds the password where it may be: in a variable, else in the password file.
    ///
    /// # Errors
    /// `usage` for a URL that is wrong, holds a password, or would send what it carries in clear over a network;
    /// `file_unreadable` for a password file that cannot be used.
    pub(super) fn new(login: &Login) -> Result<Self> {
        let (bare, extra) = split(&login.url)?;
        let mut config = Config::from_str(&bare).map_err(|error| {
            let why = std::error::Error::source(&error).map_or_else(String::new, |why| format!(": {why}"));
            bad(format!("the database's URL is not understood{why}"))
        })?;
        if config.get_password().is_some() {
            return Err(has_password());
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(bad("the database's URL names no host".to_owned()));
        }
        let cover = cover(&config, extra.mode.as_deref(), extra.roots)?;
        let encrypted = cover != Cover::None;
        config
            .ssl_mode(if encrypted {
                SslMode::Require
            } else {
                SslMode::Disable
            })
            .application_name("mfactl")
            .connect_timeout(CONNECTING)
            .tcp_user_timeout(SILENT);
        let shown = shown(&config);
        let passfile = extra.passfile.or_else(|| login.passfile.clone());
        if let Some(password) = password(login.password.as_ref(), passfile, &config)? {
            config.password(password.expose());
        }
        Ok(Self { config, cover, shown })
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Takes out of the URL what tokio-postgres does not know.
fn split(url: &str) -> Result<(String, Extra)> {
    if !["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        return Err(bad("the place of jobs is not a database's URL".to_owned()));
    }
    let Some((bare, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), Extra::default()));
    };
    let mut extra = Extra::default();
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "password" => return Err(has_password()),
            "sslmode" => extra.mode = Some(value.into_owned()),
            "sslrootcert" if value == "system" => extra.roots = None,
            "sslrootcert" => extra.roots = Some(PathBuf::from(value.into_owned())),
            "passfile" => extra.passfile = Some(PathBuf::from(value.into_owned())),
            _ => {
                rest.append_pair(&name, &value);
            }
        }
    }
    let rest = rest.finish();
    // tokio-postgres reads %XX and not the plus of forms.
    let rest = rest.replace('+', "%20");
    Ok(if rest.is_empty() {
        (bare.to_owned(), extra)
    } else {
        (format!("{bare}?{rest}"), extra)
    })
}

/// What `sslmode` means for these hosts.
fn cover(config: &Config, mode: Option<&str>, roots: Option<PathBuf>) -> Result<Cover> {
    let hosts = config.get_hosts();
    let socket = !hosts.is_empty() && !hosts.iter().any(|host| matches!(host, Host::Tcp(_)));
    let local = hosts.iter().all(on_this_machine) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    match mode {
        None if roots.is_some() && !socket => Ok(Cover::Verified(roots)),
        None | Some("disable" | "allow" | "prefer") if local => Ok(Cover::None),
        None => Ok(Cover::Verified(roots)),
        Some(mode @ ("disable" | "allow" | "prefer")) => Err(bad(format!(
            "sslmode={mode} would let plans and results pass over the network in clear"
        ))
        .hint("leave out sslmode, or write sslmode=verify-full")),
        Some("require" | "verify-ca" | "verify-full") if socket => {
            Err(bad("a Unix socket has no TLS".to_owned()).hint("leave out sslmode"))
        }
        // Nothing less than the whole check is offered, so that no URL makes it weaker by accident.
        Some("require" | "verify-ca" | "verify-full") => Ok(Cover::Verified(roots)),
        Some(other) => Err(bad(format!("sslmode={other} is not known")).hint("write sslmode=verify-full")),
    }
}

fn on_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The password of the variable, else of the file.
fn password(given: Option<&Secret>, file: Option<PathBuf>, config: &Config) -> Result<Option<Secret>> {
    if let Some(given) = given {
        return Ok(Some(given.clone()));
    }
    let Some(file) = file else { return Ok(None) };
    let Some(text) = pgpass::read(&file)? else {
        return Ok(None);
    };
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    let ports = config.get_ports();
    for (place, host) in config.get_hosts().iter().enumerate() {
        let port = ports.get(place).or(ports.first()).copied().unwrap_or(PORT);
        let names = match host {
            Host::Tcp(name) => vec![name.clone()],
            #[cfg(unix)]
            Host::Unix(folder) => vec![folder.display().to_string(), "localhost".to_owned()],
        };
        for name in names {
            if let Some(found) = pgpass::find(&text, &name, port, database, user) {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// `db.example:5432/jobs`. An address that is named beside a host is the one that is gone to.
fn shown(config: &Config) -> String {
    let named = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    });
    let addresses = config.get_hostaddrs().iter().map(|address| match address {
        IpAddr::V6(address) => format!("[{address}]"),
        IpAddr::V4(address) => address.to_string(),
    });
    let hosts: Vec<String> = named.chain(addresses).collect();
    let names = config.get_hosts().len();
    let ports = config.get_ports();
    let places: Vec<String> = hosts
        .iter()
        .enumerate()
        .map(|(place, host)| {
            // Addresses stand beside the hosts, in the same order.
            let place = if names > 0 { place % names } else { place };
            let port = ports.get(place).or(ports.first()).copied().unwrap_or(PORT);
            format!("{host}:{port}")
        })
        .collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
    format!("{}/{database}", places.join(", "))
}

fn bad(what: String) -> Error {
    Error::new(ErrorCode::Usage, what).hint("write --store postgres://USER@HOST/DATABASE")
}

fn has_password() -> Error {
    Error::new(
        ErrorCode::Usage,
        "the database's URL holds a password, and other people of this machine can read a command line",
    )
    .hint("take it out, and set MFACTL_STORE_PASSWORD or PGPASSWORD, or write it to ~/.pgpass")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address> {
        Address::new(&Login {
            url: url.to_owned(),
            password: None,
            passfile: None,
        })
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        for url in [
            "postgres://mfactl:hunter2@db.example/jobs",
            "postgres://mfactl@db.example/jobs?password=hunter2",
            "postgresql://db.example/jobs?sslmode=verify-full&pass%77ord=hunter2",
        ] {
            let error = address(url).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Usage, "{url}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert!(error.hint_text().unwrap().contains("MFACTL_STORE_PASSWORD"));
        }
    }

    #[test]
    fn what_leaves_the_machine_is_verified_tls_whatever_the_url_wishes() {
        let verified = Cover::Verified(None);
        for (url, expected) in [
            ("postgres://u@db.example/jobs", Some(verified.clone())),
            (
                "postgres://u@db.example/jobs?sslmode=verify-full",
                Some(verified.clone()),
            ),
            (
                "postgres://u@db.example/jobs?sslmode=require",
                Some(verified.clone()),
            ),
            (
                "postgres://u@192.0.2.7/jobs?sslmode=verify-ca",
                Some(verified.clone()),
            ),
            ("postgres://u@127.0.0.1/jobs?sslmode=verify-full", Some(verified)),
            (
                "postgres://u@db.example/jobs?sslrootcert=/etc/ca.pem",
                Some(Cover::Verified(Some("/etc/ca.pem".into()))),
            ),
            ("postgres://u@127.0.0.1/jobs", Some(Cover::None)),
            ("postgres://u@localhost/jobs?sslmode=disable", Some(Cover::None)),
            ("postgres://u@%2Frun%2Fpostgresql/jobs", Some(Cover::None)),
            ("postgres:///jobs?host=/run/postgresql", Some(Cover::None)),
            ("postgres://u@db.example/jobs?sslmode=disable", None),
            ("postgres://u@db.example/jobs?sslmode=prefer", None),
            ("postgres://u@localhost,db.example/jobs?sslmode=disable", None),
            (
                "postgres://u@localhost/jobs?hostaddr=192.0.2.7&sslmode=disable",
                None,
            ),
            ("postgres://u@db.example/jobs?sslmode=maybe", None),
            ("postgres:///jobs?host=/run/postgresql&sslmode=verify-full", None),
        ] {
            match (address(url), expected) {
                (Ok(address), Some(expected)) => assert_eq!(address.cover, expected, "{url}"),
                (Err(error), None) => assert_eq!(error.code(), ErrorCode::Usage, "{url}"),
                (found, expected) => panic!("{url}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_url_of_a_database_is_refused_before_anything_is_asked() {
        for url in [
            "mysql://db/jobs",
            "db.example",
            "postgres://",
            "postgres://u@h:port/db",
        ] {
            assert_eq!(address(url).unwrap_err().code(), ErrorCode::Usage, "{url}");
        }
    }

    #[test]
    fn messages_name_host_port_and_database_and_no_user() {
        let shown = |url| address(url).unwrap().shown;
        for (url, said) in [
            ("postgres://u@db.example:5433/jobs", "db.example:5433/jobs"),
            ("postgres://u@db.example/jobs", "db.example:5432/jobs"),
            ("postgres://u@a:1,b:2/jobs", "a:1, b:2/jobs"),
            ("postgres://u@[::1]:5433/jobs", "[::1]:5433/jobs"),
            (
                "postgres://u@%2Frun%2Fpg/jobs?application_name=x%20y",
                "/run/pg:5432/jobs",
            ),
        ] {
            assert_eq!(shown(url), said, "{url}");
        }
    }

    #[test]
    fn the_variable_beats_the_password_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        std::fs::write(&file, "db.example:5432:jobs:u:from the file\n").unwrap();
        restrict(&file);
        let mut login = Login {
            url: "postgres://u@db.example/jobs".to_owned(),
            password: None,
            passfile: Some(file),
        };
        let used = |login: &Login| {
            Address::new(login)
                .unwrap()
                .config
                .get_password()
                .map(<[u8]>::to_vec)
        };
        assert_eq!(used(&login).unwrap(), b"from the file");
        login.password = Some(Secret::new("from the variable"));
        assert_eq!(used(&login).unwrap(), b"from the variable");
    }

    #[cfg(unix)]
    fn restrict(file: &std::path::Path) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    #[cfg(not(unix))]
    fn restrict(_file: &std::path::Path) {}
}
