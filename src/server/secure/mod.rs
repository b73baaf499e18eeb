//! HTTPS for the embedded service: the certificate that it shows, the name that it is called by, and a listener whose
//! connections have finished their handshake. One that does not, or takes too long, ends nothing but itself.

mod listener;
mod make;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::{self, ServerConfig};
use webpki::EndEntityCert;

pub(super) use self::listener::SecureLines;
pub use self::make::{Made, make_certificate};
use crate::domain::{Error, ErrorCode, Result};

/// The files of a certificate to serve with.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM: the certificate of the service, and what leads from it to a root.
    pub certificate: PathBuf,
    /// PEM: its private key, not encrypted.
    pub key: PathBuf,
}

/// A certificate that can be served with.
pub(super) struct Secured {
    pub(super) config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
    file: PathBuf,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// `file_unreadable`; `invalid_input` for what is in them, and where the key is of another certificate.
    pub(super) fn load(&self) -> Result<Secured> {
        let wrong = |path: &Path, why: &str| {
            Error::new(
                ErrorCode::InvalidInput,
                format!("{} cannot be served with: {why}", path.display()),
            )
            .hint("both files are PEM; `--make-cert DIR` makes a pair to try with")
        };
        let certificates: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&read(&self.certificate)?)
                .collect::<std::result::Result<_, _>>()
                .map_err(|_| wrong(&self.certificate, "it is not PEM"))?;
        let leaf = certificates
            .first()
            .cloned()
            .ok_or_else(|| wrong(&self.certificate, "there is no certificate in it"))?;
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| wrong(&self.key, "there is no private key in it that is not encrypted"))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(ErrorCode::Internal, error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    wrong(&self.key, "it is not the key of the certificate")
                }
                error => wrong(&self.certificate, &error.to_string()),
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Secured {
            config: Arc::new(config),
            leaf,
            file: self.certificate.clone(),
        })
    }
}

impl Secured {
    /// The name under which a client reaches an address and finds this certificate right: the address itself where it
    /// stands in there, else `localhost` on loopback, else the first name of a host.
    ///
    /// # Errors
    /// `invalid_input` where the certificate names no host.
    pub(super) fn host(&self, address: IpAddr) -> Result<String> {
        let none = || {
            Error::new(
                ErrorCode::InvalidInput,
                format!(
                    "the certificate in {} is not for {address} and names no other host",
                    self.file.display()
                ),
            )
            .hint("take one with a subject alternative name, or `--make-cert DIR`")
        };
        let certificate = EndEntityCert::try_from(&self.leaf).map_err(|_| none())?;
        let is_for = |name: &str| {
            ServerName::try_from(name)
                .is_ok_and(|name| certificate.verify_is_valid_for_subject_name(&name).is_ok())
        };
        let own = address.to_string();
        if is_for(&own) {
            return Ok(match address {
                IpAddr::V4(_) => own,
                IpAddr::V6(_) => format!("[{own}]"),
            });
        }
        if address.is_loopback() && is_for("localhost") {
            return Ok("localhost".to_owned());
        }
        let mut names = certificate.valid_dns_names();
        names
            .find(|name| !name.starts_with('*'))
            .map(str::to_owned)
            .ok_or_else(none)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("{} cannot be read: {error}", path.display()),
        )
    })
}

#[cfg(test)]
mod tests;
