//! The public key of a passkey (COSE_Key, RFC 9052 section 7 and RFC 8230), and what it verifies.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};

use super::cbor::Cbor;

/// ECDSA on P-256 with SHA-256.
pub(super) const ES256: i64 = -7;
/// RSASSA-PKCS1-v1_5 with SHA-256.
pub(super) const RS256: i64 = -257;

/// A key that was read and is one.
pub(super) enum Key {
    /// A point of P-256.
    P256(ParsedPublicKey),
    /// Modulus and exponent, big-endian.
    Rsa(PublicKeyComponents<Vec<u8>>),
}

impl Key {
    /// Reads it.
    ///
    /// # Errors
    /// Of another kind than those that are offered, or no key at all.
    pub(super) fn read(key: &Cbor) -> Result<Self, &'static str> {
        const OTHER: &str = "The key is of an algorithm that is not offered.";
        const NONE: &str = "The public key is none.";
        let number = |label: i64| match key.numbered(label) {
            Some(Cbor::Int(number)) => Some(*number),
            _ => None,
        };
        let bytes = |label: i64| key.numbered(label).and_then(Cbor::bytes).ok_or(NONE);
        match (number(1), number(3)) {
            (Some(2), Some(ES256)) if number(-1) == Some(1) => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(NONE);
                }
                let point = [&[4][..], x, y].concat();
                // What is no point of the curve is refused here.
                let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| NONE)?;
                Ok(Self::P256(key))
            }
            (Some(3), Some(RS256)) => {
                let (n, e) = (bytes(-1)?.clone(), bytes(-2)?.clone());
                if !(256..=1024).contains(&n.len()) || e.is_empty() {
                    return Err(NONE);
                }
                Ok(Self::Rsa(PublicKeyComponents { n, e }))
            }
            (None, _) | (_, None) => Err(NONE),
            _ => Err(OTHER),
        }
    }

    /// Its algorithm.
    pub(super) const fn algorithm(&self) -> i64 {
        match self {
            Self::P256(_) => ES256,
            Self::Rsa(_) => RS256,
        }
    }

    /// Whether this is its signature of these bytes.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => key.verify_sig(signed, signature).is_ok(),
            Self::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok(),
        }
    }
}
