//! How a service is reached: roots, a certificate of one's own, a proxy; and what counts as this machine. Configuration
//! says it, the transport does it. Reads no file and connects to nothing.

use std::path::PathBuf;

use url::{Host, Url};

use super::Secret;

/// How the network is reached. The default: the system's roots, the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and
/// `NO_PROXY`, no certificate of one's own. What is on this machine is never asked through a proxy.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// PEM files with the roots that are trusted beside the system's own.
    pub ca_bundles: Vec<PathBuf>,
    /// Whether the roots of `ca_bundles` stand in the place of the system's.
    pub only_ca_bundles: bool,
    /// A certificate to show to a server that asks for one: PEM, or PKCS#12 (feature `pfx`).
    pub client_certificate: Option<PathBuf>,
    /// Its private key in PEM, where it is not in the same file.
    pub client_key: Option<PathBuf>,
    /// The password of a PKCS#12 file.
    pub client_certificate_password: Option<Secret>,
    /// Which proxy is asked.
    pub proxy: Proxy,
    /// Hosts that are asked directly, as in `NO_PROXY`, which is read where this is left out.
    pub no_proxy: Option<String>,
}

/// Which proxy stands between here and a service.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// The one that the environment names, if any.
    #[default]
    System,
    /// None, whatever the environment says.
    Direct,
    /// This one, such as `http://USER:PASSWORD@proxy.example:3128`: a secret, because it may hold credentials.
    At(Secret),
}

/// Whether an address is on this machine: `localhost`, or a loopback address.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
