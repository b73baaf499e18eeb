//! The flows that need nobody at the keyboard.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::flow::{Fetched, Need};
use super::{Credential, Host, Identity, Way};
use crate::domain::{AssertionSource, ErrorCode, Result, Secret};
use crate::http::testing::{Script, answer};

/// The way to the scripted service that hands out tokens.
pub(super) fn way(script: &Script) -> Way<'static> {
    let shared = Arc::new(script.clone());
    Way {
        transport: shared.clone(),
        timer: shared,
        authority: "https://login.example/tenant",
        dialect: super::Dialect::MICROSOFT,
        audience: "https://graph.example/",
        tenant: "tenant",
        login: "mfactl auth login -p contoso",
        timeout: Duration::from_secs(60),
    }
}

async fn fetch(script: &Script, credential: &Credential) -> Result<Fetched> {
    credential.flow(&way(script))?.fetch(Need::default()).await
}

fn fields(text: &str) -> std::collections::BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// A certificate with its RSA key: both as PEM, and the certificate as DER.
fn certificate() -> (String, Vec<u8>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["mfactl".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
    (pem, certificate.der().to_vec())
}

fn private(folder: &std::path::Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_for_the_token_endpoint_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (pem, der) = certificate();
    let identity = Identity::read(&private(folder.path(), "app.pem", &pem), None).unwrap();
    let script = Script::new([answer(200, r#"{"access_token":"t","expires_in":3599}"#)]);
    let credential = Credential::Certificate {
        client_id: "app".into(),
        identity,
    };
    assert_eq!(
        fetch(&script, &credential).await.unwrap().lifetime.as_secs(),
        3599
    );
    let form = fields(&script.requests()[0].text);
    assert_eq!(form["grant_type"], "client_credentials");
    let parts: Vec<&str> = form["client_assertion"].split('.').collect();
    let read =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let head = read(parts[0]);
    assert_eq!(head["alg"], "PS256");
    assert_eq!(head["x5t#S256"], URL_SAFE_NO_PAD.encode(Sha256::digest(&der)));
    let claims = read(parts[1]);
    assert_eq!(claims["aud"], "https://login.example/tenant/oauth2/v2.0/token");
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        600
    );
    assert!(!format!("{credential:?}").contains("PRIVATE"));
}

#[tokio::test]
async fn a_private_key_signs_without_a_certificate_whatever_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let kinds: [(&'static rcgen::SignatureAlgorithm, &str); 4] = [
        (&rcgen::PKCS_RSA_SHA256, "RS256"),
        (&rcgen::PKCS_ECDSA_P256_SHA256, "ES256"),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "ES384"),
        (&rcgen::PKCS_ED25519, "EdDSA"),
    ];
    for (kind, algorithm) in kinds {
        let key = rcgen::KeyPair::generate_for(kind).unwrap();
        let path = private(folder.path(), "key.pem", &key.serialize_pem());
        let script = Script::new([answer(200, r#"{"access_token":"t","expires_in":300}"#)]);
        let credential = Credential::PrivateKey {
            client_id: "app".into(),
            identity: Identity::read_key(&path, None).unwrap(),
        };
        fetch(&script, &credential).await.unwrap();
        let form = fields(&script.requests()[0].text);
        let head = form["client_assertion"].split('.').next().unwrap();
        let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
        assert_eq!(head, json!({"typ": "JWT", "alg": algorithm}));
        assert!(credential.own().is_some_and(|own| own.len() >= 32));
    }
    for (text, why) in [
        (
            "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
            "a key of another kind",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "it is encrypted",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            "there is no private key in it",
        ),
    ] {
        let error = Identity::read_key(&private(folder.path(), "bad.pem", text), None).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert!(error.message().contains(why), "{error}");
    }
}

#[test]
fn a_certificate_that_will_not_do_is_told_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (pem, _) = certificate();
    let (key, certificate) = pem.split_once("-----BEGIN CERTIFICATE").unwrap();
    let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let whole = format!("-----BEGIN CERTIFICATE{certificate}");
    let cases = [
        (key.to_owned(), "there is no certificate in it"),
        (whole.clone(), "there is no private key in it"),
        (format!("{whole}{elliptic}"), "its key is not an RSA key"),
        (
            format!(
                "{whole}-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n"
            ),
            "its key is encrypted",
        ),
        ("nothing".to_owned(), "it is neither PEM nor PKCS#12"),
    ];
    for (at, (text, why)) in cases.iter().enumerate() {
        let path = private(folder.path(), &format!("{at}.pem"), text);
        let error = Identity::read(&path, None).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{error}");
        assert!(error.message().contains(why), "{error}");
    }
    let missing = Identity::read(&folder.path().join("none.pem"), None).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::FileUnreadable);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = private(folder.path(), "app.pem", &certificate().0);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Identity::read(&path, None).unwrap_err();
    assert!(
        error.message().contains("can be read by others (mode 640)"),
        "{error}"
    );
    assert!(error.hint_text().unwrap().starts_with("chmod 600 "));
}

#[tokio::test]
async fn github_gives_a_token_that_stands_for_the_application() {
    let script = Script::new([
        answer(200, r#"{"value":"outside"}"#),
        answer(200, r#"{"access_token":"t","expires_in":60}"#),
    ]);
    let credential = Credential::Federated {
        client_id: "app".into(),
        assertion: AssertionSource::GitHub {
            url: "https://pipelines.example/token?x=1".into(),
            token: Secret::new("request-token"),
        },
    };
    fetch(&script, &credential).await.unwrap();
    let sent = script.requests();
    assert_eq!(
        sent[0].line,
        "GET /token?x=1&audience=api%3A%2F%2FAzureADTokenExchange"
    );
    assert_eq!(fields(&sent[1].text)["client_assertion"], "outside");
    assert!(!format!("{credential:?}").contains("request-token"));

    let script = Script::new([answer(403, "{}")]);
    let error = fetch(&script, &credential).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotSignedIn);
    assert!(error.hint_text().unwrap().contains("id-token: write"));
}

#[tokio::test]
async fn a_token_file_is_read_again_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = private(folder.path(), "token", "first\n");
    let good = || answer(200, r#"{"access_token":"t","expires_in":60}"#);
    let script = Script::new([good(), good()]);
    let credential = Credential::Federated {
        client_id: "app".into(),
        assertion: AssertionSource::File(path.clone()),
    };
    fetch(&script, &credential).await.unwrap();
    std::fs::write(&path, "second").unwrap();
    fetch(&script, &credential).await.unwrap();
    let assertions: Vec<_> = script
        .requests()
        .iter()
        .map(|sent| fields(&sent.text)["client_assertion"].clone())
        .collect();
    assert_eq!(assertions, ["first", "second"]);
    std::fs::remove_file(&path).unwrap();
    let error = fetch(&Script::new([]), &credential).await.unwrap_err();
    assert!(error.message().contains("cannot be read"), "{error}");
}

#[tokio::test]
async fn a_machine_without_its_identity_yet_is_asked_again() {
    let script = Script::new([
        answer(404, "{}"),
        answer(410, "{}"),
        answer(200, r#"{"access_token":"t","expires_in":"86399"}"#),
    ]);
    let credential = Credential::ManagedIdentity {
        client_id: Some("one of them".into()),
        host: Host::Imds("http://169.254.169.254".into()),
    };
    let fetched = fetch(&script, &credential).await.unwrap();
    assert_eq!(fetched.lifetime.as_secs(), 86_399);
    assert_eq!(
        script.requests()[0].line,
        "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.example&client_id=one+of+them"
    );
    let script = Script::new([answer(400, r#"{"error_description":"Identity not found"}"#)]);
    let error = fetch(&script, &credential).await.unwrap_err();
    assert!(
        error.message().ends_with("status 400: Identity not found"),
        "{error}"
    );
    let elsewhere = Credential::ManagedIdentity {
        client_id: None,
        host: Host::Imds("http://169.254.169.253".into()),
    };
    assert_eq!(
        fetch(&Script::new([]), &elsewhere).await.unwrap_err().code(),
        ErrorCode::ConfigInvalid
    );
}

#[tokio::test]
async fn a_token_that_was_given_is_used_until_it_ends() {
    let token = |exp: i64| {
        let payload = URL_SAFE_NO_PAD.encode(json!({"exp": exp}).to_string());
        Credential::Token(Secret::new(format!("e30.{payload}.x")))
    };
    let script = Script::new([]);
    let error = fetch(&script, &token(1)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotSignedIn);
    assert!(fetch(&script, &token(4_000_000_000)).await.is_ok());
    assert!(
        fetch(&script, &Credential::Token(Secret::new("opaque")))
            .await
            .is_ok()
    );
}
