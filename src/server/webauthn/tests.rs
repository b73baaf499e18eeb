//! What an authenticator may get wrong, one thing at a time.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};

use super::authenticator::{AAGUID, Answers, register};
use super::*;

const RP: &str = "login.microsoft.com";

fn options() -> Value {
    json!({"publicKey": {"challenge": "c2FsdA"}})
}

fn judged(response: &Value) -> Result<Attested, &'static str> {
    let bytes = |value: &Value| decoded(value.as_str().unwrap()).unwrap();
    let (id, client, object) = (
        bytes(&response["id"]),
        bytes(&response["response"]["clientDataJSON"]),
        bytes(&response["response"]["attestationObject"]),
    );
    assert_eq!(challenge_of(&client, RP)?, "c2FsdA");
    verify(
        &Response {
            id: &id,
            client_data: &client,
            object: &object,
        },
        RP,
    )
}

fn answered(answers: &Answers) -> Result<Attested, &'static str> {
    judged(&register(&options(), answers))
}

#[test]
fn a_right_response_is_taken_and_tells_the_model_and_whether_it_is_synced() {
    for (format, flags, synced) in [
        ("none", 0x45, false),
        ("packed", 0x45, false),
        ("packed", 0x5d, true),
    ] {
        let told = answered(&Answers {
            format,
            flags,
            ..Answers::default()
        })
        .unwrap();
        assert_eq!(told.aaguid, uuid::Uuid::from_bytes(AAGUID), "{format}");
        assert_eq!((told.synced, told.certificates.len()), (synced, 0), "{format}");
    }
    // Extensions stand behind the key.
    answered(&Answers {
        flags: 0xc5,
        tail: b"\xa1\x6bcredProtect\x02",
        ..Answers::default()
    })
    .unwrap();
    let below = Answers {
        origin: "https://mysignins.login.microsoft.com",
        ..Answers::default()
    };
    answered(&below).unwrap();
}

#[test]
fn whatever_is_wrong_with_a_response_is_refused_with_its_reason() {
    let right = Answers::default;
    let cases = [
        (
            Answers {
                spoilt: true,
                ..right()
            },
            "The signature of the attestation does not match.",
        ),
        (
            Answers {
                rp_id: "evil.example",
                ..right()
            },
            "authData is for another relying party.",
        ),
        (
            Answers {
                origin: "https://evil.example",
                ..right()
            },
            "The origin does not match the relying party.",
        ),
        (
            Answers {
                origin: "https://evillogin.microsoft.com",
                ..right()
            },
            "The origin does not match the relying party.",
        ),
        (
            Answers {
                origin: "http://login.microsoft.com",
                ..right()
            },
            "The origin does not match the relying party.",
        ),
        (
            Answers {
                flags: 0x44,
                ..right()
            },
            "Nobody was present.",
        ),
        (
            Answers {
                flags: 0x41,
                ..right()
            },
            "The person was not verified.",
        ),
        (
            Answers {
                flags: 0x05,
                ..right()
            },
            "authData has no credential.",
        ),
        (
            Answers {
                flags: 0x55,
                ..right()
            },
            "authData says of a key that cannot be backed up that it is.",
        ),
        (
            Answers {
                flags: 0xc5,
                ..right()
            },
            "The extensions are no CBOR.",
        ),
        (
            Answers {
                tail: b"\xa0",
                ..right()
            },
            "authData has more than it says.",
        ),
        (
            Answers {
                algorithm: -8,
                ..right()
            },
            "The key is of an algorithm that is not offered.",
        ),
        (
            Answers {
                other_id: Some(vec![1]),
                ..right()
            },
            "The id is not that of the credential.",
        ),
        (
            Answers {
                other_id: Some(vec![1; 1024]),
                ..right()
            },
            "The credential's id is empty or too long.",
        ),
        (
            Answers {
                format: "tpm",
                ..right()
            },
            "This service verifies attestations of the formats none and packed alone.",
        ),
    ];
    for (answers, why) in cases {
        assert_eq!(answered(&answers), Err(why));
    }
    let client = |value: Value| challenge_of(value.to_string().as_bytes(), RP);
    let data = json!({"type": "webauthn.get", "challenge": "x", "origin": "https://login.microsoft.com"});
    assert_eq!(client(data), Err("clientDataJSON is not of a creation."));
    let data = json!({"type": "webauthn.create", "challenge": "x", "origin": "https://login.microsoft.com", "crossOrigin": true});
    assert_eq!(client(data), Err("The origin does not match the relying party."));
}

#[test]
fn a_response_that_is_changed_anywhere_on_its_way_is_refused() {
    let response = register(&options(), &Answers::default());
    let object = decoded(response["response"]["attestationObject"].as_str().unwrap()).unwrap();
    let taken = (0..object.len())
        .filter(|&at| {
            let mut changed = object.clone();
            changed[at] ^= 0x01;
            let mut response = response.clone();
            response["response"]["attestationObject"] = json!(URL_SAFE_NO_PAD.encode(changed));
            judged(&response).is_ok()
        })
        .count();
    assert_eq!(taken, 0);
    for end in 0..object.len() {
        let mut response = response.clone();
        response["response"]["attestationObject"] = json!(URL_SAFE_NO_PAD.encode(&object[..end]));
        assert!(judged(&response).is_err(), "cut at {end}");
    }
}

#[test]
fn a_statement_of_the_maker_is_verified_by_the_makers_certificate() {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    let maker = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new())
        .unwrap()
        .self_signed(&maker)
        .unwrap();
    let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, maker.serialized_der()).unwrap();
    let statement = |signed: &[u8]| {
        let signature = signer.sign(&SystemRandom::new(), signed).unwrap();
        let entry = |name: &str, value| (Cbor::Text(name.to_owned()), value);
        Cbor::Map(vec![
            entry("alg", Cbor::Int(ES256)),
            entry("sig", Cbor::Bytes(signature.as_ref().to_vec())),
            entry("x5c", Cbor::List(vec![Cbor::Bytes(certificate.der().to_vec())])),
        ])
    };
    let key = Key::read(&Cbor::Map(vec![
        (Cbor::Int(1), Cbor::Int(3)),
        (Cbor::Int(3), Cbor::Int(RS256)),
        (Cbor::Int(-1), Cbor::Bytes(vec![0xff; 256])),
        (Cbor::Int(-2), Cbor::Bytes(vec![1, 0, 1])),
    ]))
    .unwrap();
    let told = packed(&statement(b"these bytes"), &key, b"these bytes").unwrap();
    assert_eq!(told, [STANDARD.encode(certificate.der())]);
    assert_eq!(
        packed(&statement(b"these bytes"), &key, b"other bytes"),
        Err("The signature of the attestation does not match.")
    );
}

#[test]
fn a_point_that_is_not_on_the_curve_is_no_key() {
    let key = Cbor::Map(vec![
        (Cbor::Int(1), Cbor::Int(2)),
        (Cbor::Int(3), Cbor::Int(ES256)),
        (Cbor::Int(-1), Cbor::Int(1)),
        (Cbor::Int(-2), Cbor::Bytes(vec![1; 32])),
        (Cbor::Int(-3), Cbor::Bytes(vec![1; 32])),
    ]);
    assert_eq!(Key::read(&key).err(), Some("The public key is none."));
}
