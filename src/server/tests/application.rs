//! Applications and machines that prove themselves without a shared secret: a certificate, a trusted issuer's token, a
//! managed identity.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{BASE, Service};
use crate::server::{Federated, Trusted};

#[tokio::test]
async fn a_managed_identity_gives_a_token_to_whoever_asks_as_the_machine_does() {
    let service = Service::demo().await;
    let ask = async |header: Option<&str>, resource: &str| {
        let uri = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}");
        let mut request = Request::get(uri);
        if let Some(value) = header {
            request = request.header("Metadata", value);
        }
        service.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask(None, BASE).await.status, 400);
    assert_eq!(ask(Some("true"), "https://elsewhere.example").await.status, 400);
    let answer = ask(Some("true"), BASE).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["expires_on"].is_string());
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(
        service
            .call_as(token, "GET", "/v1.0/users", Value::Null)
            .await
            .status,
        200
    );
}

/// A certificate with its key, as DER, and its key as an encoding key.
fn certificate() -> (Vec<u8>, jsonwebtoken::EncodingKey) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["mfactl".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let encoding = jsonwebtoken::EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap();
    (certificate.der().to_vec(), encoding)
}

#[tokio::test]
async fn an_application_proves_itself_with_its_certificate_once_a_signature() {
    let (der, key) = certificate();
    let trusted = Trusted {
        certificates: vec![der.clone()],
        ..Trusted::default()
    };
    let service = Service::trusting(trusted).await;
    let now = crate::server::machine_ms() / 1000;
    let audience = format!("{}/oauth2/v2.0/token", service.state.authority());
    let id = service.state.client_id.clone();
    let sign = |algorithm, claims: Value, der: &[u8]| {
        let mut head = jsonwebtoken::Header::new(algorithm);
        head.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(der)));
        jsonwebtoken::encode(&head, &claims, &key).unwrap()
    };
    let claims = |jti: &str, audience: &str, exp: i64| json!({"iss": id, "sub": id, "aud": audience, "jti": jti, "nbf": now, "exp": exp});
    let ask = async |assertion: String| {
        let answer = service
            .grant(&[
                ("grant_type", "client_credentials".to_owned()),
                ("client_id", id.clone()),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
                ),
                ("client_assertion", assertion),
                ("scope", format!("{BASE}/.default")),
            ])
            .await;
        (
            answer.status,
            answer.body["error_codes"][0].as_u64().unwrap_or_default(),
        )
    };
    use jsonwebtoken::Algorithm::{PS256, RS256, RS384};
    let good = sign(PS256, claims("1", &audience, now + 300), &der);
    assert_eq!(ask(good.clone()).await, (200, 0));
    assert_eq!(ask(good.clone()).await, (401, 700_027), "a replay");
    assert_eq!(
        ask(sign(RS256, claims("2", &audience, now + 300), &der)).await,
        (200, 0)
    );
    // MSAL for Python pads the thumbprint, and writes fractions of a second.
    let mut padded = jsonwebtoken::Header::new(PS256);
    padded.x5t_s256 = Some(base64::engine::general_purpose::URL_SAFE.encode(Sha256::digest(&der)));
    let padded = jsonwebtoken::encode(&padded, &claims("2a", &audience, now + 300), &key).unwrap();
    assert_eq!(ask(padded).await, (200, 0));
    let mut fraction = claims("2b", &audience, now + 300);
    fraction["exp"] = json!(now as f64 + 300.75);
    assert_eq!(ask(sign(PS256, fraction, &der)).await, (200, 0));
    assert_eq!(
        ask(sign(RS384, claims("3", &audience, now + 300), &der)).await,
        (401, 700_027)
    );
    assert_eq!(
        ask(sign(PS256, claims("4", BASE, now + 300), &der)).await,
        (401, 700_027)
    );
    assert_eq!(
        ask(sign(PS256, claims("5", &audience, now - 301), &der)).await,
        (401, 700_024)
    );
    assert_eq!(
        ask(sign(PS256, claims("6", &audience, now + 300), b"other")).await,
        (401, 700_027)
    );
    let (start, _) = good.rsplit_once('.').unwrap();
    let other = sign(PS256, claims("7", &audience, now + 300), &der);
    let (_, signature) = other.rsplit_once('.').unwrap();
    assert_eq!(ask(format!("{start}.{signature}")).await, (401, 50_012));
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_stands_for_the_application() {
    let key = aws_lc_rs::signature::EcdsaKeyPair::generate_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &aws_lc_rs::rand::SystemRandom::new(),
    )
    .unwrap();
    use aws_lc_rs::signature::KeyPair as _;
    let pair = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        key.as_ref(),
    )
    .unwrap();
    let point = pair.public_key().as_ref();
    let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65])}]});
    let trusted = Trusted {
        issuers: vec![Federated {
            issuer: "https://ci.example".to_owned(),
            subject: "repo:contoso/it:ref:refs/heads/main".to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
            keys: serde_json::from_value(keys).unwrap(),
        }],
        ..Trusted::default()
    };
    let service = Service::trusting(trusted).await;
    let now = crate::server::machine_ms() / 1000;
    let signing = jsonwebtoken::EncodingKey::from_ec_der(key.as_ref());
    let ask = async |issuer: &str, subject: &str, audience: &str, exp: i64| {
        let mut head = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        head.kid = Some("k1".to_owned());
        let claims = json!({"iss": issuer, "sub": subject, "aud": audience, "exp": exp});
        let answer = service
            .grant(&[
                ("grant_type", "client_credentials".to_owned()),
                ("client_id", service.state.client_id.clone()),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
                ),
                (
                    "client_assertion",
                    jsonwebtoken::encode(&head, &claims, &signing).unwrap(),
                ),
                ("scope", format!("{BASE}/.default")),
            ])
            .await;
        (
            answer.status,
            answer.body["error_codes"][0].as_u64().unwrap_or_default(),
        )
    };
    let (issuer, subject, audience) = (
        "https://ci.example",
        "repo:contoso/it:ref:refs/heads/main",
        "api://AzureADTokenExchange",
    );
    assert_eq!(ask(issuer, subject, audience, now + 60).await, (200, 0));
    assert_eq!(
        ask("https://ci.example/", subject, audience, now + 60).await,
        (400, 700_211)
    );
    assert_eq!(
        ask(issuer, "repo:contoso/it:pull_request", audience, now + 60).await,
        (400, 700_213)
    );
    assert_eq!(ask(issuer, subject, "other", now + 60).await, (400, 700_212));
    assert_eq!(ask(issuer, subject, audience, now - 301).await, (401, 700_024));
}
