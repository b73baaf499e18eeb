//! Files with a certificate and its private key, as they are given: PEM, or PKCS#12, which is made PEM. For connections
//! and for whoever signs with such a key.

use crate::domain::Secret;

/// Whether these bytes are PEM; other text may stand around it.
pub(crate) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|part| part == b"-----BEGIN ")
}

/// Whether a private key in this PEM is encrypted: none such is read.
pub(crate) fn is_encrypted(bytes: &[u8]) -> bool {
    const LABEL: &[u8] = b"ENCRYPTED PRIVATE KEY";
    bytes.windows(LABEL.len()).any(|part| part == LABEL)
}

/// One section of PEM. `label`: such as `CERTIFICATE`.
pub(crate) fn section(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// What a PKCS#12 file holds, as PEM: the certificates, the key's own first, and the key.
///
/// # Errors
/// Why it cannot be read, for a sentence.
#[cfg(not(feature = "pfx"))]
pub(crate) fn pkcs12(_bytes: &[u8], _password: Option<&Secret>) -> Result<Secret, String> {
    Err("it is not PEM, and this build reads no PKCS#12".to_owned())
}

/// What a PKCS#12 file holds, as PEM: the certificates, the key's own first, and the key.
///
/// # Errors
/// Why it cannot be read, for a sentence.
#[cfg(feature = "pfx")]
pub(crate) fn pkcs12(bytes: &[u8], password: Option<&Secret>) -> Result<Secret, String> {
    let password = password.map(Secret::expose).unwrap_or_default();
    let store = p12_keystore::KeyStore::from_pkcs12(bytes, password, Default::default())
        .map_err(|_| "it is neither PEM nor PKCS#12, or its password is wrong".to_owned())?;
    let (_, chain) = store
        .private_key_chain()
        .ok_or("there is no key with its certificate in it")?;
    let mut text: String = chain
        .certs()
        .iter()
        .map(|certificate| section("CERTIFICATE", certificate.as_der()))
        .collect();
    text.push_str(&section("PRIVATE KEY", chain.key().as_der()));
    Ok(Secret::new(text))
}
