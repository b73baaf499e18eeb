//! What else than its secret proves that the application asks: its certificates, and issuers outside whose tokens stand
//! for it. Read from files when the service starts.

use std::path::{Path, PathBuf};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;

use crate::domain::{Error, ErrorCode, Result};

/// An issuer outside whose tokens stand for the application (workload identity federation).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    /// `iss` of its tokens, exactly.
    pub issuer: String,
    /// `sub` of its tokens, exactly.
    pub subject: String,
    /// `aud` of its tokens, exactly.
    #[serde(default = "exchange")]
    pub audience: String,
    /// Its public keys, as a JWK set.
    pub keys: JwkSet,
}

/// The audience that is recommended for the global cloud (E:workload-identity-federation).
fn exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// What else than its secret proves that the application asks.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    /// Certificates of the application, in DER.
    pub certificates: Vec<Vec<u8>>,
    /// Issuers outside.
    pub issuers: Vec<Federated>,
    /// Whether other machines reach the service: nobody who asks is then taken for this machine itself.
    pub(crate) reachable: bool,
}

impl Trusted {
    /// Reads files of certificates (PEM or DER; a key beside them is left alone) and of issuers (JSON, docs/identity-provider.md).
    ///
    /// # Errors
    /// `file_unreadable`; `invalid_input` for what is in them.
    pub fn read(certificates: &[PathBuf], issuers: &[PathBuf]) -> Result<Self> {
        let mut trusted = Self::default();
        for path in certificates {
            trusted.certificates.extend(certificates_in(path)?);
        }
        for path in issuers {
            trusted.issuers.push(issuer_in(path)?);
        }
        Ok(trusted)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let name = path.display().to_string();
        Error::new(ErrorCode::FileUnreadable, format!("cannot be read: {error}")).at(&name, None, None)
    })
}

fn certificates_in(path: &Path) -> Result<Vec<Vec<u8>>> {
    let bytes = read(path)?;
    let found: Vec<Vec<u8>> = if bytes.windows(11).any(|part| part == b"-----BEGIN ") {
        CertificateDer::pem_slice_iter(&bytes)
            .map_while(std::result::Result::ok)
            .map(|certificate| certificate.to_vec())
            .collect()
    } else {
        vec![bytes]
    };
    let right =
        |der: &Vec<u8>| webpki::EndEntityCert::try_from(&CertificateDer::from(der.as_slice())).is_ok();
    if found.is_empty() || !found.iter().all(right) {
        let name = path.display().to_string();
        return Err(Error::new(
            ErrorCode::InvalidInput,
            "there is no certificate of version 3 in this file",
        )
        .hint("give it as PEM or DER")
        .at(&name, None, None));
    }
    Ok(found)
}

fn issuer_in(path: &Path) -> Result<Federated> {
    let name = path.display().to_string();
    let issuer: Federated = serde_json::from_slice(&read(path)?).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        let why = error.to_string();
        // Where it is stands before it.
        let why = why.split(" at line ").next().unwrap_or_default();
        Error::new(ErrorCode::InvalidInput, format!("this is no issuer: {why}"))
            .hint("write {\"issuer\": …, \"subject\": …, \"audience\": …, \"keys\": {\"keys\": […]}}")
            .at(&name, Some(line), Some(column))
    })?;
    let usable = |key| DecodingKey::from_jwk(key).is_ok();
    if issuer.keys.keys.is_empty() || !issuer.keys.keys.iter().all(usable) {
        return Err(Error::new(
            ErrorCode::InvalidInput,
            "the issuer has no public key that can be used",
        )
        .hint("keys is a JWK set: {\"keys\": [{\"kty\": \"RSA\", \"n\": …, \"e\": …}]}")
        .at(&name, None, None));
    }
    Ok(issuer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_what_is_wrong_with_one_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["mfactl".to_owned()]).unwrap();
        let made = params.self_signed(&key).unwrap();
        let both = format!("{}{}", key.serialize_pem(), made.pem());
        let keys = r#"{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}"#;
        let issuer = format!(r#"{{"issuer": "https://ci.example", "subject": "s", "keys": {keys}}}"#);
        let trusted = Trusted::read(
            &[file("both.pem", both.as_bytes()), file("one.der", made.der())],
            &[file("issuer.json", issuer.as_bytes())],
        )
        .unwrap();
        assert_eq!(trusted.certificates, [made.der().to_vec(), made.der().to_vec()]);
        assert_eq!(trusted.issuers[0].audience, "api://AzureADTokenExchange");
        let certificate = |path: PathBuf| Trusted::read(&[path], &[]).unwrap_err();
        let issuer = |path: PathBuf| Trusted::read(&[], &[path]).unwrap_err();
        let said = [
            certificate(folder.path().join("gone.pem")),
            certificate(file("key.pem", key.serialize_pem().as_bytes())),
            certificate(file("text", b"nothing")),
            issuer(file("a.json", b"{\n}")),
            issuer(file(
                "b.json",
                br#"{"issuer": "i", "subject": "s", "keys": {"keys": []}}"#,
            )),
        ]
        .map(|error| format!("{}: {}", error.code(), error.message()))
        .join("\n");
        insta::assert_snapshot!(said, @"
        file_unreadable: cannot be read: No such file or directory (os error 2)
        invalid_input: there is no certificate of version 3 in this file
        invalid_input: there is no certificate of version 3 in this file
        invalid_input: this is no issuer: missing field `issuer`
        invalid_input: the issuer has no public key that can be used
        ");
    }
}
