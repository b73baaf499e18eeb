//! Signing in with the application's certificate: reading it from PEM or PKCS#12, and the assertion that it signs.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::ours;
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::key_file;

/// How long an assertion works: five to ten minutes are taken (E:certificate-credentials).
const LIFETIME_S: i64 = 600;

/// A certificate and its private key.
#[derive(Clone)]
pub struct Identity {
    /// SHA-256 of the certificate, as the header names it.
    thumbprint: String,
    key: EncodingKey,
    /// What only whoever holds the private key can know: the key of what is kept for this application.
    own: Secret,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.thumbprint)
    }
}

impl Identity {
    /// Reads a file with a certificate and its RSA key: PEM, or PKCS#12 with its password.
    ///
    /// # Errors
    /// `file_unreadable` for a file that cannot be read or that others can read; `config_invalid` for what is in it.
    pub fn read(path: &Path, password: Option<&Secret>) -> Result<Self> {
        let shown = path.display();
        let bytes = ours::try_read(path, "the private key in")?.map_err(|error| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("the certificate {shown} cannot be read: {error}"),
            )
            .hint("name a PEM or PKCS#12 file in MFACTL_CERTIFICATE, or as certificate in the profile")
        })?;
        let wrong = |why: &str| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("the certificate {shown} cannot be used: {why}"),
            )
        };
        let of_pem = |bytes: &[u8]| {
            Self::of_pem(bytes)
                .map_err(|why| wrong(why).hint("it must hold the certificate and its RSA key, not encrypted"))
        };
        if key_file::is_pem(&bytes) {
            return of_pem(&bytes);
        }
        let text = key_file::pkcs12(&bytes, password)
            .map_err(|why| wrong(&why).hint("its password is taken from MFACTL_CERTIFICATE_PASSWORD"))?;
        of_pem(text.expose().as_bytes())
    }

    fn of_pem(bytes: &[u8]) -> Result<Self, &'static str> {
        let certificate =
            CertificateDer::from_pem_slice(bytes).map_err(|_| "there is no certificate in it")?;
        if key_file::is_encrypted(bytes) {
            return Err("its key is encrypted");
        }
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| "there is no private key in it")?;
        Self::of(
            &certificate,
            key.secret_der(),
            matches!(key, PrivateKeyDer::Pkcs1(_)),
        )
    }

    /// `key`: PKCS#1 or PKCS#8.
    fn of(certificate: &[u8], der: &[u8], pkcs1: bool) -> Result<Self, &'static str> {
        const NO_RSA: &str = "its key is not an RSA key";
        let label = if pkcs1 { "RSA PRIVATE KEY" } else { "PRIVATE KEY" };
        let pem = Secret::new(key_file::section(label, der));
        let key = EncodingKey::from_rsa_pem(pem.expose().as_bytes()).map_err(|_| NO_RSA)?;
        let identity = Self {
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate)),
            key,
            own: Secret::new(
                URL_SAFE_NO_PAD.encode(Sha256::digest([b"mfactl own key".as_slice(), der].concat())),
            ),
        };
        // A key of another kind is only noticed when it signs.
        identity.sign(&json!({})).ok_or(NO_RSA)?;
        Ok(identity)
    }

    /// As good as a random key, and known to whoever holds the private key alone.
    pub(super) fn own(&self) -> &Secret {
        &self.own
    }

    fn sign(&self, claims: &serde_json::Value) -> Option<String> {
        let mut head = Header::new(Algorithm::PS256);
        head.x5t_s256 = Some(self.thumbprint.clone());
        jsonwebtoken::encode(&head, claims, &self.key).ok()
    }

    /// The assertion for one request to the token endpoint at `audience`.
    ///
    /// # Errors
    /// `internal`, where it cannot be signed.
    pub(super) fn assertion(&self, client_id: &str, audience: &str, now: Timestamp) -> Result<Secret> {
        let now = now.as_second();
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": uuid::Uuid::new_v4().to_string(),
            "nbf": now, "iat": now, "exp": now + LIFETIME_S,
        });
        self.sign(&claims)
            .map(Secret::new)
            .ok_or_else(|| Error::new(ErrorCode::Internal, "the certificate's key does not sign"))
    }
}
