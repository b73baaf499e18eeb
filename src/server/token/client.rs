//! Which application asks: by its secret, by a signed assertion (its certificate, or an outside issuer that is trusted),
//! or as a public client that proves nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webpki::EndEntityCert;
use webpki::aws_lc_rs::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256_LEGACY_KEY};

use super::refusal::{Refusal, bad, refusal};
use super::{Form, field};
use crate::server::AppState;
use crate::server::secrets;

/// The one type of assertion that is taken (RFC 7523).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far two clocks may be apart.
const SKEW_S: i64 = 300;
/// How many ids of assertions are kept, to refuse them a second time.
const KEPT: usize = 65_536;

/// Ids of assertions that were used, with the second in which each ends: each works once.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashMap<String, i64>>);

impl Used {
    /// Whether this id is seen for the first time. Where more are kept than there is room for, nothing new is taken
    /// until some have ended: one that is forgotten could be used again.
    fn first(&self, id: &str, ends: i64, now: i64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEPT {
            used.retain(|_, ends| ends.saturating_add(SKEW_S) >= now);
        }
        used.len() < KEPT && used.insert(id.to_owned(), ends).is_none()
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    x5t: Option<String>,
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    sub: String,
    aud: Value,
    #[serde(deserialize_with = "numeric_date")]
    exp: i64,
    #[serde(default, deserialize_with = "maybe_numeric_date")]
    nbf: Option<i64>,
    jti: Option<String>,
}

/// Seconds of a date, which may have a fraction (RFC 7519 section 2): MSAL for Python sends one.
fn numeric_date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    #[expect(clippy::cast_possible_truncation, reason = "a cast to an integer saturates")]
    f64::deserialize(from).map(|seconds| seconds.floor() as i64)
}

fn maybe_numeric_date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    numeric_date(from).map(Some)
}

/// Whether the application has proven who it is: `false` for a public client.
///
/// # Errors
/// A secret or an assertion that is wrong.
pub(super) fn proven(state: &AppState, form: &Form, now: i64) -> Result<bool, Refusal> {
    if let Some(secret) = field(form, "client_secret") {
        return if secrets::same(secret.as_bytes(), state.client_secret.expose().as_bytes()) {
            Ok(true)
        } else {
            Err(refusal(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                7_000_215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.",
            ))
        };
    }
    let Some(assertion) = field(form, "client_assertion") else {
        return Ok(false);
    };
    if field(form, "client_assertion_type") != Some(JWT_BEARER) {
        return Err(bad(
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'client_assertion_type'.",
        ));
    }
    let (head, payload, signed, signature) = parts(assertion).ok_or_else(|| invalid("it is not a JWT"))?;
    if payload.iss == payload.sub && payload.iss.eq_ignore_ascii_case(&state.client_id) {
        by_certificate(state, &head, &payload, signed, &signature, now)?;
    } else {
        by_issuer(state, &head, &payload, assertion, now)?;
    }
    Ok(true)
}

fn invalid(why: &str) -> Refusal {
    refusal(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        700_027,
        format!(
            "The certificate with identifier used to sign the client assertion is not registered on application, or the assertion is wrong: {why}."
        ),
    )
}

fn parts(assertion: &str) -> Option<(Head, Payload, &str, Vec<u8>)> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (head, payload) = signed.split_once('.')?;
    let read = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    Some((
        serde_json::from_slice(&read(head)?).ok()?,
        serde_json::from_slice(&read(payload)?).ok()?,
        signed,
        read(signature)?,
    ))
}

fn times(payload: &Payload, now: i64) -> Result<(), Refusal> {
    let now = now.div_euclid(1000);
    if payload.exp.saturating_add(SKEW_S) < now {
        return Err(refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            700_024,
            "Client assertion is not within its valid time range: it has expired.",
        ));
    }
    if payload.nbf.is_some_and(|from| from > now + SKEW_S) {
        return Err(refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            700_024,
            "Client assertion is not within its valid time range: it is not valid yet.",
        ));
    }
    Ok(())
}

fn has_audience(payload: &Payload, wanted: &[&str]) -> bool {
    let is = |value: &Value| value.as_str().is_some_and(|text| wanted.contains(&text));
    match &payload.aud {
        Value::Array(all) => all.iter().any(is),
        one => is(one),
    }
}

fn by_certificate(
    state: &AppState,
    head: &Head,
    payload: &Payload,
    signed: &str,
    signature: &[u8],
    now: i64,
) -> Result<(), Refusal> {
    let named = |der: &&Vec<u8>| {
        let sha256 = URL_SAFE_NO_PAD.encode(Sha256::digest(der));
        let sha1 = URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
            der,
        ));
        // MSAL for Python leaves the padding on.
        let is = |named: &Option<String>, digest: &str| {
            named
                .as_deref()
                .is_some_and(|named| named.trim_end_matches('=') == digest)
        };
        is(&head.x5t_s256, &sha256) || is(&head.x5t, &sha1)
    };
    let certificate = state
        .trusted
        .certificates
        .iter()
        .find(named)
        .ok_or_else(|| invalid("no certificate has this thumbprint"))?;
    let algorithm = match head.alg.as_str() {
        "PS256" => RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        "RS256" => RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(invalid("its algorithm is neither PS256 nor RS256")),
    };
    let der = rustls_pki_types::CertificateDer::from(certificate.as_slice());
    EndEntityCert::try_from(&der)
        .and_then(|certificate| certificate.verify_signature(algorithm, signed.as_bytes(), signature))
        .map_err(|_| {
            refusal(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                50012,
                "Client assertion failed signature validation.",
            )
        })?;
    times(payload, now)?;
    let authority = state.authority();
    let token = format!("{authority}/oauth2/v2.0/token");
    let by_domain = format!(
        "{}/{}/oauth2/v2.0/token",
        state.graph(),
        crate::server::state::DOMAIN
    );
    if !has_audience(payload, &[&token, &by_domain, &authority, &state.issuer()]) {
        return Err(invalid("its audience is not this token endpoint"));
    }
    let id = payload.jti.as_deref().ok_or_else(|| invalid("it has no jti"))?;
    if !state.used.first(id, payload.exp, now.div_euclid(1000)) {
        return Err(invalid("it was used before"));
    }
    Ok(())
}

fn by_issuer(
    state: &AppState,
    head: &Head,
    payload: &Payload,
    assertion: &str,
    now: i64,
) -> Result<(), Refusal> {
    let none = |code: u32, what: &str| {
        bad(
            "invalid_client",
            code,
            format!("No matching federated identity record found for presented assertion {what}."),
        )
    };
    let mut of_issuer = state
        .trusted
        .issuers
        .iter()
        .filter(|known| known.issuer == payload.iss)
        .peekable();
    if of_issuer.peek().is_none() {
        return Err(none(700_211, &format!("issuer '{}'", payload.iss)));
    }
    let known = of_issuer
        .find(|known| known.subject == payload.sub)
        .ok_or_else(|| none(700_213, &format!("subject '{}'", payload.sub)))?;
    if !has_audience(payload, &[&known.audience]) {
        return Err(none(700_212, &format!("audience {}", payload.aud)));
    }
    let key = match &head.kid {
        Some(kid) => known.keys.find(kid),
        None => known.keys.keys.first(),
    };
    let decoded = key
        .and_then(|key| DecodingKey::from_jwk(key).ok())
        .ok_or_else(|| none(700_211, "key"))?;
    let algorithm = head
        .alg
        .parse()
        .map_err(|_| none(700_211, &format!("algorithm '{}'", head.alg)))?;
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(assertion, &decoded, &validation).map_err(|_| {
        refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            50012,
            "Client assertion failed signature validation.",
        )
    })?;
    times(payload, now)
}
