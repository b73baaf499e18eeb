//! How the network is reached: roots beside those of the system, a certificate of one's own, a proxy; and the reqwest
//! client that is built of it. What a failed connection means in words is in `secure`.

use std::path::Path;
use std::time::Duration;

use rustls_pki_types::pem::{PemObject as _, SectionKind};
use rustls_pki_types::{CertificateDer, pem};
use url::Url;

use super::key_file::{is_encrypted, is_pem, pkcs12, section};
use crate::domain::{Error, ErrorCode, Network, Proxy, Result, Secret, private};

/// How long a connection may take to come about, the TLS handshake included.
const CONNECT: Duration = Duration::from_secs(10);
/// The same on this machine: what takes longer there is most often no TLS at all.
const CONNECT_NEAR: Duration = Duration::from_secs(3);

/// The three kinds of way out. Each has a client of its own, made at its first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Plain HTTP on this machine: no roots are loaded, which cost 20 MB, and no proxy is asked.
    Plain,
    /// HTTPS on this machine: no proxy is asked.
    Near,
    /// HTTPS to anywhere else.
    Far,
}

impl Network {
    /// The client for one way.
    ///
    /// # Errors
    /// `file_unreadable` for a file that cannot be read, or a private key that others can read; `config_invalid` for
    /// what is in it and for a proxy's address that is none.
    pub(super) fn client(&self, way: Way) -> Result<reqwest::Client> {
        made(self.builder(way)?)
    }

    /// The same, which also keeps the certificate that the server shows.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub(super) fn looking(&self, way: Way) -> Result<reqwest::Client> {
        made(self.builder(way)?.tls_info(true))
    }

    #[expect(clippy::disallowed_methods, reason = "the one owner of the HTTP client")]
    fn builder(&self, way: Way) -> Result<reqwest::ClientBuilder> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("mfactl/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(match way {
                Way::Near => CONNECT_NEAR,
                Way::Plain | Way::Far => CONNECT,
            });
        builder = match way {
            Way::Plain => {
                let plain = builder.tls_certs_only([]).no_proxy();
                plain.http1_only().tcp_nodelay(true)
            }
            Way::Near => self.secure(builder)?.no_proxy(),
            Way::Far => self.proxied(self.secure(builder)?)?,
        };
        Ok(builder)
    }

    /// With the roots and the certificate.
    fn secure(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let mut roots = Vec::new();
        for path in &self.ca_bundles {
            roots.extend(bundle(path)?);
        }
        let mut builder = builder.https_only(true);
        if self.only_ca_bundles {
            builder = builder.tls_certs_only(roots);
        } else if !roots.is_empty() {
            builder = builder.tls_certs_merge(roots);
        }
        if let Some(certificate) = &self.client_certificate {
            builder = builder.identity(self.identity(certificate)?);
        }
        Ok(builder)
    }

    fn proxied(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let address = match &self.proxy {
            // reqwest reads the environment, as every program does that curl has taught.
            Proxy::System => return Ok(builder),
            Proxy::Direct => return Ok(builder.no_proxy()),
            Proxy::At(address) => address,
        };
        // The address is never repeated: it may hold a password.
        let wrong = || {
            Error::new(
                ErrorCode::ConfigInvalid,
                "the proxy has no address that can be used",
            )
            .hint("give it as http://HOST:PORT; special characters of a password are written as %XX")
        };
        let url = Url::parse(address.expose()).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong());
        }
        let beside = match &self.no_proxy {
            Some(hosts) => reqwest::NoProxy::from_string(hosts),
            None => reqwest::NoProxy::from_env(),
        };
        let proxy = reqwest::Proxy::all(url).map_err(|_| wrong())?;
        Ok(builder.proxy(proxy.no_proxy(beside)))
    }

    fn identity(&self, certificate: &Path) -> Result<reqwest::Identity> {
        let bytes = self.identity_pem(certificate)?;
        reqwest::Identity::from_pem(bytes.expose().as_bytes())
            .map_err(|_| wrong(certificate, "it has no certificate with a private key"))
    }

    /// The certificate and its key, in PEM.
    fn identity_pem(&self, certificate: &Path) -> Result<Secret> {
        const HINT: &str =
            "name the PEM file with the certificate as client_certificate, and its key as client_key";
        let bytes = read(certificate)?;
        if !is_pem(&bytes) {
            for_its_owner_alone(certificate)?;
            let password = self.client_certificate_password.as_ref();
            return pkcs12(&bytes, password).map_err(|why| wrong(certificate, &why));
        }
        let mut text = String::new();
        for path in [Some(certificate), self.client_key.as_deref()]
            .into_iter()
            .flatten()
        {
            let mut rest: &[u8] = &read(path)?;
            let mut found = false;
            while let Some((kind, der)) =
                pem::from_buf(&mut rest).map_err(|_| wrong(path, "it is not PEM"))?
            {
                let label = match kind {
                    SectionKind::Certificate => "CERTIFICATE",
                    SectionKind::PrivateKey => "PRIVATE KEY",
                    SectionKind::RsaPrivateKey => "RSA PRIVATE KEY",
                    SectionKind::EcPrivateKey => "EC PRIVATE KEY",
                    // Parameters of a curve and the like stand in many files.
                    _ => continue,
                };
                if kind != SectionKind::Certificate {
                    for_its_owner_alone(path)?;
                }
                found = true;
                text.push_str(&section(label, &der));
            }
            if !found {
                let why = if is_encrypted(&read(path)?) {
                    "its key is encrypted"
                } else {
                    "there is no certificate and no key in it"
                };
                return Err(wrong(path, why).hint(HINT));
            }
        }
        if !text.contains("PRIVATE KEY-----") {
            return Err(wrong(certificate, "there is no private key in it").hint(HINT));
        }
        Ok(Secret::new(text))
    }
}

fn made(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| {
        let error = super::secure::innermost(&error);
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("no secure connection can be made: {error}"),
        )
        .hint("check ca_bundle and client_certificate in the profile, and that the system has root certificates")
    })
}

/// The roots in a PEM file.
fn bundle(path: &Path) -> Result<Vec<reqwest::Certificate>> {
    let bytes = read(path)?;
    let none = || {
        wrong(path, "there is no certificate in it")
            .hint("ca_bundle takes PEM: the text that begins with -----BEGIN CERTIFICATE-----")
    };
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|_| none())?;
        webpki::anchor_from_trusted_cert(&certificate).map_err(|_| none())?;
        roots.push(reqwest::Certificate::from_der(&certificate).map_err(|_| none())?);
    }
    if roots.is_empty() { Err(none()) } else { Ok(roots) }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("{} cannot be read: {error}", path.display()),
        )
        .hint("check ca_bundle, client_certificate and client_key in the profile")
    })
}

fn wrong(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        format!("{} cannot be used for secure connections: {why}", path.display()),
    )
}

fn for_its_owner_alone(path: &Path) -> Result<()> {
    match private::rights_of_others(path) {
        Some(mode) => Err(Error::new(
            ErrorCode::FileUnreadable,
            format!(
                "the private key in {} can be read by others (mode {mode:03o})",
                path.display()
            ),
        )
        .hint(format!("chmod 600 {}", path.display()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
