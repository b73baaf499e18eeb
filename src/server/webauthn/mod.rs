//! What an authenticator answers when a passkey is made (WebAuthn Level 2, sections 6.1, 6.5.1, 7.1, 8.2 and 8.7): read strictly and
//! verified. Who asked for it, and whether policy lets it in, is the caller's affair.

mod cbor;
mod key;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use webpki::EndEntityCert;
use webpki::aws_lc_rs::{ECDSA_P256_SHA256, RSA_PKCS1_2048_8192_SHA256};

use cbor::Cbor;
use key::{ES256, Key, RS256};

/// Algorithms of keys that are taken, as the options offer them (IANA COSE: ES256, RS256).
pub(crate) const ALGORITHMS: [i64; 2] = [ES256, RS256];

/// Somebody was there.
const USER_PRESENT: u8 = 0x01;
/// It was verified who.
const USER_VERIFIED: u8 = 0x04;
/// The key may be on several devices, and is.
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
/// A key follows.
const ATTESTED: u8 = 0x40;
/// Extensions follow.
const EXTENSIONS: u8 = 0x80;
/// The longest id of a credential.
const LONGEST_ID: usize = 1023;

/// A passkey whose response holds together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attested {
    /// The model's id; all zero where the authenticator does not say.
    pub(crate) aaguid: uuid::Uuid,
    /// Whether it may be on several devices.
    pub(crate) synced: bool,
    /// The maker's certificates, the authenticator's own first; empty where nobody vouches for it. Nobody here knows whom to trust.
    pub(crate) certificates: Vec<String>,
}

/// The response, decoded.
pub(crate) struct Response<'a> {
    /// The credential's id.
    pub(crate) id: &'a [u8],
    /// The bytes that the client signed over.
    pub(crate) client_data: &'a [u8],
    /// What the authenticator made.
    pub(crate) object: &'a [u8],
}

/// What the client says of a creation.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

/// The challenge that was answered, as it was given out.
///
/// # Errors
/// The client's data is none, or of another ceremony or place.
pub(crate) fn challenge_of(client_data: &[u8], rp_id: &str) -> Result<String, &'static str> {
    let client: ClientData =
        serde_json::from_slice(client_data).map_err(|_| "clientDataJSON is not the data of a client.")?;
    if client.kind != "webauthn.create" {
        return Err("clientDataJSON is not of a creation.");
    }
    let host = url::Url::parse(&client.origin)
        .ok()
        .filter(|origin| origin.scheme() == "https")
        .and_then(|origin| origin.host_str().map(str::to_owned));
    let is_ours = host.is_some_and(|host| host == rp_id || host.ends_with(&format!(".{rp_id}")));
    if !is_ours || client.cross_origin {
        return Err("The origin does not match the relying party.");
    }
    Ok(client.challenge)
}

/// Verifies a response: for whom the key is, that a person was there and verified, which key it is, and its signature where the
/// attestation has one.
///
/// # Errors
/// What does not hold.
pub(crate) fn verify(response: &Response<'_>, rp_id: &str) -> Result<Attested, &'static str> {
    let (object, rest) = cbor::read(response.object).ok_or("attestationObject is no CBOR.")?;
    let [format, statement, data] = ["fmt", "attStmt", "authData"].map(|name| object.field(name));
    let (Some(Cbor::Text(format)), Some(statement @ Cbor::Map(_)), Some(Cbor::Bytes(data)), []) =
        (format, statement, data, rest)
    else {
        return Err("attestationObject has another shape.");
    };
    let told = authenticator_data(data, rp_id)?;
    if told.id != response.id {
        return Err("The id is not that of the credential.");
    }
    let mut signed = data.clone();
    signed.extend_from_slice(&Sha256::digest(response.client_data));
    let certificates = match format.as_str() {
        "none" if statement.is_empty() => Vec::new(),
        "none" => return Err("An attestation of the format none has no statement."),
        "packed" => packed(statement, &told.key, &signed)?,
        // fido-u2f, tpm, android-key, apple: the real service takes some of them.
        _ => return Err("This service verifies attestations of the formats none and packed alone."),
    };
    Ok(Attested {
        aaguid: told.aaguid,
        synced: told.synced,
        certificates,
    })
}

/// What the authenticator says, taken apart.
struct Told<'a> {
    aaguid: uuid::Uuid,
    id: &'a [u8],
    key: Key,
    synced: bool,
}

fn authenticator_data<'a>(data: &'a [u8], rp_id: &str) -> Result<Told<'a>, &'static str> {
    const SHORT: &str = "authData is cut short.";
    let (hash, rest) = data.split_at_checked(32).ok_or(SHORT)?;
    if hash != Sha256::digest(rp_id.as_bytes()).as_slice() {
        return Err("authData is for another relying party.");
    }
    let (&flags, rest) = rest.split_first().ok_or(SHORT)?;
    if flags & USER_PRESENT == 0 {
        return Err("Nobody was present.");
    }
    if flags & USER_VERIFIED == 0 {
        return Err("The person was not verified.");
    }
    if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
        return Err("authData says of a key that cannot be backed up that it is.");
    }
    if flags & ATTESTED == 0 {
        return Err("authData has no credential.");
    }
    // Four bytes of a counter, which says nothing at a creation.
    let (_, rest) = rest.split_at_checked(4).ok_or(SHORT)?;
    let (aaguid, rest) = rest.split_at_checked(16).ok_or(SHORT)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > LONGEST_ID {
        return Err("The credential's id is empty or too long.");
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(SHORT)?;
    let (key, rest) = cbor::read(rest).ok_or("The public key is no CBOR.")?;
    let rest = if flags & EXTENSIONS == 0 {
        rest
    } else {
        let (extensions, rest) = cbor::read(rest).ok_or("The extensions are no CBOR.")?;
        if !matches!(extensions, Cbor::Map(_)) {
            return Err("The extensions are no map.");
        }
        rest
    };
    if !rest.is_empty() {
        return Err("authData has more than it says.");
    }
    Ok(Told {
        aaguid: uuid::Uuid::from_slice(aaguid).map_err(|_| SHORT)?,
        id,
        key: Key::read(&key)?,
        synced: flags & BACKUP_ELIGIBLE != 0,
    })
}

/// A packed statement: signed by the new key itself, or by the maker's.
fn packed(statement: &Cbor, key: &Key, signed: &[u8]) -> Result<Vec<String>, &'static str> {
    const WRONG: &str = "The signature of the attestation does not match.";
    let (Some(Cbor::Int(algorithm)), Some(Cbor::Bytes(signature))) =
        (statement.field("alg"), statement.field("sig"))
    else {
        return Err("The attestation has another shape.");
    };
    let Some(chain) = statement.field("x5c") else {
        if *algorithm != key.algorithm() {
            return Err("The attestation is of another algorithm than the key.");
        }
        return if key.verifies(signed, signature) {
            Ok(Vec::new())
        } else {
            Err(WRONG)
        };
    };
    let Cbor::List(chain) = chain else {
        return Err("The attestation has another shape.");
    };
    let chain: Option<Vec<&Vec<u8>>> = chain.iter().map(Cbor::bytes).collect();
    let chain = chain.filter(|chain| !chain.is_empty());
    let chain = chain.ok_or("The attestation has another shape.")?;
    let der = CertificateDer::from(chain[0].as_slice());
    let leaf = EndEntityCert::try_from(&der).map_err(|_| "The attestation's certificate cannot be read.")?;
    let with = match *algorithm {
        ES256 => ECDSA_P256_SHA256,
        RS256 => RSA_PKCS1_2048_8192_SHA256,
        _ => return Err("The attestation is of an algorithm that is not offered."),
    };
    leaf.verify_signature(with, signed, signature)
        .map_err(|_| WRONG)?;
    Ok(chain.into_iter().map(|der| STANDARD.encode(der)).collect())
}

/// Bytes of a text of the response: base64url without padding (api/entra 1.5).
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
pub(crate) mod authenticator;
#[cfg(test)]
mod tests;
