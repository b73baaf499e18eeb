//! Signing in with the application's certificate or with its bare private key: reading them from PEM or PKCS#12, and the
//! assertion that they sign (RFC 7523).

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

/// Reads a key of one kind.
type Reader = fn(&[u8]) -> jsonwebtoken::errors::Result<EncodingKey>;

/// How an RSA key signs without a certificate, and the other keys: what a service takes that was told nothing else.
const BARE: &[(Algorithm, Reader)] = &[
    (Algorithm::RS256, EncodingKey::from_rsa_pem),
    (Algorithm::ES256, EncodingKey::from_ec_pem),
    (Algorithm::ES384, EncodingKey::from_ec_pem),
    (Algorithm::EdDSA, EncodingKey::from_ed_pem),
];

/// A private key that stands for an application, and its certificate where the service wants to be told which one.
#[derive(Clone)]
pub struct Identity {
    /// SHA-256 of the certificate, as the header names it; `None`: the service finds the key by the application alone.
    thumbprint: Option<String>,
    key: EncodingKey,
    algorithm: Algorithm,
    /// What only whoever holds the private key can know: the key of what is kept for this application.
    own: Secret,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.thumbprint.as_deref().unwrap_or("a bare key");
        write!(f, "Identity({shown}, {:?})", self.algorithm)
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

    /// Reads a file with a private key: PEM, or PKCS#12 with its password. A certificate beside it is not looked at.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_key(path: &Path, password: Option<&Secret>) -> Result<Self> {
        let shown = path.display();
        let bytes = ours::try_read(path, "the private key")?.map_err(|error| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("the private key {shown} cannot be read: {error}"),
            )
            .hint("name a PEM or PKCS#12 file in MFACTL_PRIVATE_KEY, or as private_key in the profile")
        })?;
        let wrong = |why: &str| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("the private key {shown} cannot be used: {why}"),
            )
        };
        let of_pem = |bytes: &[u8]| {
            Self::bare(bytes).map_err(|why| {
                wrong(why).hint("it must hold an RSA, EC or Ed25519 key, as PKCS#8 and not encrypted")
            })
        };
        if key_file::is_pem(&bytes) {
            return of_pem(&bytes);
        }
        let text = key_file::pkcs12(&bytes, password)
            .map_err(|why| wrong(&why).hint("its password is taken from MFACTL_CERTIFICATE_PASSWORD"))?;
        of_pem(text.expose().as_bytes())
    }

    fn bare(bytes: &[u8]) -> Result<Self, &'static str> {
        if key_file::is_encrypted(bytes) {
            return Err("it is encrypted");
        }
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| "there is no private key in it")?;
        let pem = pem_of(key.secret_der(), matches!(key, PrivateKeyDer::Pkcs1(_)));
        let signing = |(algorithm, read): &(Algorithm, Reader)| {
            let identity = Self {
                thumbprint: None,
                key: read(pem.expose().as_bytes()).ok()?,
                algorithm: *algorithm,
                own: own_of(key.secret_der()),
            };
            // A key of another kind or size is only noticed when it signs.
            identity.sign(&json!({})).map(|_| identity)
        };
        BARE.iter()
            .find_map(signing)
            .ok_or("it is a key of another kind, or in another shape")
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
        let pem = pem_of(der, pkcs1);
        let key = EncodingKey::from_rsa_pem(pem.expose().as_bytes()).map_err(|_| NO_RSA)?;
        let identity = Self {
            thumbprint: Some(URL_SAFE_NO_PAD.encode(Sha256::digest(certificate))),
            key,
            algorithm: Algorithm::PS256,
            own: own_of(der),
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
        let mut head = Header::new(self.algorithm);
        head.x5t_s256.clone_from(&self.thumbprint);
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
            .ok_or_else(|| Error::new(ErrorCode::Internal, "the private key does not sign"))
    }
}

fn pem_of(der: &[u8], pkcs1: bool) -> Secret {
    let label = if pkcs1 { "RSA PRIVATE KEY" } else { "PRIVATE KEY" };
    Secret::new(key_file::section(label, der))
}

fn own_of(der: &[u8]) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(Sha256::digest([b"mfactl own key".as_slice(), der].concat())))
}
