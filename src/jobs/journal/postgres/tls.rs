//! TLS to the database: a certificate that is valid, for the name that was asked for. Nothing less is offered.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::domain::{Error, ErrorCode, Result};

/// A connector that trusts the platform's roots, or those of this file alone.
///
/// # Errors
/// `file_unreadable`: the file holds no certificate that can be used; `internal` where the platform has no roots.
pub(super) fn connector(roots: Option<&Path>) -> Result<MakeRustlsConnect> {
    let failed = |why: String| Error::new(ErrorCode::Internal, format!("TLS cannot be set up: {why}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    let config = match roots {
        None => builder
            .with_platform_verifier()
            .map_err(|error| failed(error.to_string()))?
            .with_no_client_auth(),
        Some(path) => builder
            .with_root_certificates(trusted(path)?)
            .with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn trusted(path: &Path) -> Result<RootCertStore> {
    let failed = |why: String| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("sslrootcert {}: {why}", path.display()),
        )
        .hint("name a PEM file with the certificate of the authority that signed the database's")
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))? {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| failed(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        std::fs::write(&path, "nothing here\n").unwrap();
        for path in [path, folder.path().join("gone.pem")] {
            let error = connector(Some(&path)).map(|_| ()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::FileUnreadable);
            assert!(error.message().contains("sslrootcert"), "{error:?}");
        }
    }
}
