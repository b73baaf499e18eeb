//! A software authenticator for tests, those of the program too: makes a key and answers creation options as WebAuthn says, or in one
//! way wrongly. It uses nothing of ours.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The model that it says it is.
pub const AAGUID: [u8; 16] = *b"mfactl's own key";

/// How it answers.
pub struct Answers {
    /// `none` or `packed`; whatever else is sent as it is.
    pub format: &'static str,
    /// The flags of its data.
    pub flags: u8,
    /// For whom it makes the key.
    pub rp_id: &'static str,
    /// Where its client stood.
    pub origin: &'static str,
    /// The algorithm that it says its key is of.
    pub algorithm: i64,
    /// Whether its signature is of other bytes.
    pub spoilt: bool,
    /// The id in its data, where it is another than beside it.
    pub other_id: Option<Vec<u8>>,
    /// What its data ends with.
    pub tail: &'static [u8],
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            format: "packed",
            flags: 0x45,
            rp_id: "login.microsoft.com",
            origin: "https://login.microsoft.com",
            algorithm: -7,
            spoilt: false,
            other_id: None,
            tail: b"",
        }
    }
}

/// The head of an item of CBOR, of at most 65535.
fn head(major: u8, number: usize) -> Vec<u8> {
    let first = major << 5;
    match (u8::try_from(number), u16::try_from(number)) {
        (Ok(small), _) if small < 24 => vec![first | small],
        (Ok(small), _) => vec![first | 24, small],
        (_, Ok(number)) => [&[first | 25][..], &number.to_be_bytes()].concat(),
        _ => panic!("too large"),
    }
}

fn number(number: i64) -> Vec<u8> {
    match usize::try_from(number) {
        Ok(number) => head(0, number),
        Err(_) => head(1, usize::try_from(-1 - number).unwrap()),
    }
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    [&head(2, bytes.len())[..], bytes].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&head(3, text.len())[..], text.as_bytes()].concat()
}

fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut all = head(5, entries.len());
    for (key, value) in entries {
        all.extend_from_slice(key);
        all.extend_from_slice(value);
    }
    all
}

/// Makes a key for these creation options and gives the response of a browser to it.
pub fn register(options: &Value, answers: &Answers) -> Value {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref()).unwrap();
    let point = key.public_key().as_ref();
    let id = Sha256::digest(point).to_vec();
    let client = json!({"type": "webauthn.create", "challenge": options["publicKey"]["challenge"],
        "origin": answers.origin, "crossOrigin": false})
    .to_string();

    let cose = map(&[
        (number(1), number(2)),
        (number(3), number(answers.algorithm)),
        (number(-1), number(1)),
        (number(-2), bytes(&point[1..33])),
        (number(-3), bytes(&point[33..65])),
    ]);
    let said = answers.other_id.as_ref().unwrap_or(&id);
    let mut data = Sha256::digest(answers.rp_id).to_vec();
    data.push(answers.flags);
    data.extend_from_slice(&[0, 0, 0, 1]);
    if answers.flags & 0x40 != 0 {
        data.extend_from_slice(&AAGUID);
        data.extend_from_slice(&u16::try_from(said.len()).unwrap().to_be_bytes());
        data.extend_from_slice(said);
        data.extend_from_slice(&cose);
    }
    data.extend_from_slice(answers.tail);

    let mut signed = data.clone();
    signed.extend_from_slice(&Sha256::digest(&client));
    if answers.spoilt {
        signed.push(0);
    }
    let signature = key.sign(&random, &signed).unwrap();
    let statement = if answers.format == "none" {
        map(&[])
    } else {
        map(&[
            (text("alg"), number(answers.algorithm)),
            (text("sig"), bytes(signature.as_ref())),
        ])
    };
    let object = map(&[
        (text("fmt"), text(answers.format)),
        (text("attStmt"), statement),
        (text("authData"), bytes(&data)),
    ]);
    json!({"id": URL_SAFE_NO_PAD.encode(&id), "type": "public-key", "clientExtensionResults": {}, "response": {
        "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
        "attestationObject": URL_SAFE_NO_PAD.encode(object)}})
}
