//! How a profile reaches the network: roots, a certificate of one's own, a proxy. Which files and which address; what
//! is in them is read by whoever connects.

use super::env::Env;
use super::file::Section;
use super::login::home_file;
use crate::domain::{Error, ErrorCode, Network, Proxy, Result, Secret};

/// Reads what a profile says of the network.
///
/// # Errors
/// `config_invalid` for a proxy that is none or has its password in the file, and for a key without its certificate.
pub(super) fn resolve(name: &str, section: &Section, env: &Env) -> Result<Network> {
    let invalid = |why: &str| Error::new(ErrorCode::ConfigInvalid, format!("profile \"{name}\": {why}"));
    let path = |variable: &str, key: &Option<String>| {
        let text = env.get(variable).or(key.as_deref());
        text.map(home_file)
    };
    let by_variable = env.get("MFACTL_PROXY");
    if by_variable.is_none() && section.proxy.as_deref().is_some_and(has_password) {
        return Err(invalid("proxy holds a password")
            .hint("secrets are never read from the file: put the whole address in MFACTL_PROXY"));
    }
    let proxy = match by_variable.or(section.proxy.as_deref()) {
        None | Some("system") => Proxy::System,
        Some("direct") => Proxy::Direct,
        Some(address) if is_proxy(address) => Proxy::At(Secret::new(address)),
        Some(_) => {
            return Err(invalid("proxy is no address")
                .hint("write http://HOST:PORT, or direct for none, or system for the environment's"));
        }
    };
    let client_certificate = path("MFACTL_CLIENT_CERTIFICATE", &section.client_certificate);
    let client_key = path("MFACTL_CLIENT_KEY", &section.client_key);
    if client_key.is_some() && client_certificate.is_none() {
        return Err(invalid("client_key stands without client_certificate")
            .hint("set client_certificate = \"FILE\" in the profile, or MFACTL_CLIENT_CERTIFICATE"));
    }
    let ca_bundle = path("MFACTL_CA_BUNDLE", &section.ca_bundle);
    let only_ca_bundle = section.system_roots == Some(false);
    if only_ca_bundle && ca_bundle.is_none() {
        return Err(invalid("system_roots = false leaves no roots to trust").hint("set ca_bundle = \"FILE\""));
    }
    Ok(Network {
        ca_bundles: ca_bundle.into_iter().collect(),
        only_ca_bundles: only_ca_bundle,
        client_certificate,
        client_key,
        client_certificate_password: env.get("MFACTL_CLIENT_CERTIFICATE_PASSWORD").map(Secret::new),
        proxy,
        no_proxy: env
            .get("MFACTL_NO_PROXY")
            .map(str::to_owned)
            .or_else(|| section.no_proxy.clone()),
    })
}

fn has_password(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.password().is_some())
}

fn is_proxy(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn network(text: &str, values: &[(&'static str, &str)]) -> Result<Network> {
        resolve("x", &toml::from_str(text).unwrap(), &Env::with(values))
    }

    #[test]
    fn the_variable_beats_the_key() {
        let text =
            "ca_bundle = \"/a.pem\"\nproxy = \"http://p:1\"\nno_proxy = \"a\"\nclient_certificate = \"/c\"\n";
        let own = network(text, &[]).unwrap();
        assert_eq!(own.ca_bundles, [PathBuf::from("/a.pem")]);
        assert!(matches!(own.proxy, Proxy::At(address) if address.expose() == "http://p:1"));
        let other = network(
            text,
            &[
                ("MFACTL_CA_BUNDLE", "/b.pem"),
                ("MFACTL_PROXY", "http://rita:hunter2@p:1"),
                ("MFACTL_NO_PROXY", "b"),
                ("MFACTL_CLIENT_KEY", "/k"),
            ],
        )
        .unwrap();
        assert_eq!(other.ca_bundles, [PathBuf::from("/b.pem")]);
        assert_eq!(other.no_proxy.as_deref(), Some("b"));
        assert!(!format!("{other:?}").contains("hunter2"));
        assert!(matches!(
            network("proxy = \"direct\"", &[]).unwrap().proxy,
            Proxy::Direct
        ));
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_no_password_is_told() {
        for text in [
            "proxy = \"http://rita:hunter2@p:1\"",
            "proxy = \"p:1\"",
            "client_key = \"/k\"",
            "system_roots = false",
        ] {
            let error = network(text, &[]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{text}");
            assert!(error.hint_text().is_some());
            assert!(!error.message().contains("hunter2"));
        }
    }
}
