//! The key that signs the service's tokens (ES256), and random bytes.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One key pair, made with the file.
pub(crate) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    jwk: Value,
}

fn failed(what: &'static str) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(what.into())
}

/// Random bytes of the operating system.
///
/// # Errors
/// It has none.
pub(crate) fn random<const N: usize>() -> rusqlite::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| failed("the operating system gave no random bytes"))?;
    Ok(bytes)
}

/// A new key pair as PKCS#8.
///
/// # Errors
/// No random bytes.
pub(crate) fn generate() -> rusqlite::Result<Vec<u8>> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| failed("no signing key could be made"))?;
    Ok(made.as_ref().to_vec())
}

impl Keys {
    /// The key pair of the file.
    ///
    /// # Errors
    /// It is not there, or is no key.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let pkcs8: Vec<u8> = connection
            .query_row("SELECT value FROM meta WHERE key = 'signing_key'", [], |row| {
                row.get(0)
            })
            .optional()?
            .ok_or_else(|| failed("the file has no signing key"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
            .map_err(|_| failed("the signing key is damaged"))?;
        // Uncompressed point: 0x04, then x and y of 32 bytes each.
        let point = pair.public_key().as_ref();
        let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
            return Err(failed("the signing key is damaged"));
        };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(point)[..12]);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(kid.clone());
        let jwk =
            json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y});
        Ok(Self {
            encoding: EncodingKey::from_ec_der(&pkcs8),
            decoding: DecodingKey::from_ec_components(&x, &y)
                .map_err(|_| failed("the signing key is damaged"))?,
            header,
            jwk,
        })
    }

    /// Signs claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        jsonwebtoken::encode(&self.header, claims, &self.encoding).ok()
    }

    /// The claims, if the signature is this key's. Times, audience and issuer are the caller's to check.
    pub(crate) fn verify<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode(token, &self.decoding, &validation)
            .ok()
            .map(|data| data.claims)
    }

    /// The public key set, as the discovery document names it.
    pub(crate) fn jwks(&self) -> Value {
        json!({"keys": [self.jwk]})
    }
}
