//! Which proxy stands between, and who says so: for whoever looks into why nothing is reached. The address is told
//! without user name and password.

use super::env::Env;
use super::{Config, Profile};
use crate::domain::Proxy;

/// Variables that name a proxy, the first that is set counts: as every program reads them that curl has taught.
const NAMES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY"];
/// Variables that name hosts beside it.
const BESIDE: &[&str] = &["NO_PROXY", "no_proxy"];

/// A proxy, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyOf {
    /// Its address.
    pub address: String,
    /// Who names it: the profile, or a variable.
    pub by: String,
    /// Hosts that are asked directly.
    pub beside: String,
}

impl ProxyOf {
    /// Whether this address is asked directly: its host, or a domain that it is in, is among those.
    pub fn leaves_out(&self, url: &url::Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        self.beside.split(',').map(str::trim).any(|one| {
            let one = one
                .trim_start_matches("*.")
                .trim_start_matches('.')
                .to_ascii_lowercase();
            !one.is_empty() && (one == "*" || host == one || host.ends_with(&format!(".{one}")))
        })
    }
}

impl Config {
    /// The proxy of a profile; `None`: there is none.
    pub fn proxy_of(&self, profile: &Profile) -> Option<ProxyOf> {
        let (address, by) = match &profile.network.proxy {
            Proxy::Direct => return None,
            Proxy::At(address) => {
                let by = match self.env.get("MFACTL_PROXY") {
                    Some(_) => "MFACTL_PROXY",
                    None => "proxy in the profile",
                };
                (address.expose(), by)
            }
            Proxy::System => first(&self.env, NAMES)?,
        };
        let beside = match (&profile.network.no_proxy, &profile.network.proxy) {
            (Some(hosts), Proxy::At(_)) => hosts.clone(),
            _ => first(&self.env, BESIDE)
                .map(|(hosts, _)| hosts.to_owned())
                .unwrap_or_default(),
        };
        Some(ProxyOf {
            address: without_password(address),
            by: by.to_owned(),
            beside,
        })
    }

    /// Why the profile that serves is the one, in a few words.
    pub fn why(&self, flag: Option<&str>) -> &'static str {
        match flag {
            Some(_) if self.env.get("MFACTL_PROFILE") == flag => "MFACTL_PROFILE or -p",
            Some(_) => "-p",
            None if self.env.get("MFACTL_PROFILE").is_some() => "MFACTL_PROFILE",
            None if self.env.get("MFACTL_SERVICE").is_some() => "MFACTL_SERVICE",
            None => "default_profile",
        }
    }
}

fn first<'a>(env: &'a Env, names: &[&'static str]) -> Option<(&'a str, &'static str)> {
    names.iter().find_map(|name| Some((env.get(name)?, *name)))
}

fn without_password(address: &str) -> String {
    // As curl reads them: without a scheme it is http.
    let whole = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    match url::Url::parse(&whole) {
        Ok(url) => {
            let host = url.host_str().unwrap_or_default();
            match url.port() {
                Some(port) => format!("{}://{host}:{port}", url.scheme()),
                None => format!("{}://{host}", url.scheme()),
            }
        }
        Err(_) => "an address that cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_proxy_is_never_told() {
        for text in [
            "http://rita:hunter2@proxy.example:3128",
            "rita:hunter2@proxy.example:3128",
        ] {
            assert_eq!(without_password(text), "http://proxy.example:3128");
        }
        assert!(!without_password("http://rita:hunter2@[x").contains("hunter2"));
    }

    #[test]
    fn a_variable_names_the_proxy_and_the_hosts_beside_it() {
        let text =
            "[profiles.x]\nservice = \"entra\"\ntenant = \"t\"\nclient_id = \"a\"\nauth = \"azure-cli\"\n";
        let of = |text: &str, values: &[(&'static str, &str)]| {
            let config = Config::of(text, &Env::with(values)).unwrap();
            config.proxy_of(&config.profile(Some("x")).unwrap())
        };
        assert_eq!(of(text, &[]), None);
        let proxy = of(
            text,
            &[
                ("HTTPS_PROXY", "http://a:b@p.example:1"),
                ("NO_PROXY", "graph.microsoft.com, .own.example"),
            ],
        )
        .unwrap();
        assert_eq!(
            (proxy.address.as_str(), proxy.by.as_str()),
            ("http://p.example:1", "HTTPS_PROXY")
        );
        let leaves_out = |text: &str| proxy.leaves_out(&url::Url::parse(text).unwrap());
        assert!(leaves_out("https://graph.microsoft.com/v1.0"));
        assert!(leaves_out("https://x.own.example"));
        assert!(!leaves_out("https://disown.example"));
        let direct = format!("{text}proxy = \"direct\"\n");
        assert_eq!(of(&direct, &[("HTTPS_PROXY", "http://p.example:1")]), None);
        let named = format!("{text}proxy = \"http://q.example:2\"\n");
        assert_eq!(of(&named, &[]).unwrap().by, "proxy in the profile");
    }
}
