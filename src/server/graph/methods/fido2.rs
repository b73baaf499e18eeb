//! Passkeys registered by an administrator: options with a challenge, then the response of an authenticator to it.
//! Assumed: which parts of the response the real service checks. Here it is the challenge, its time and its shape.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use super::super::person::Person;
use super::super::policy;
use super::super::request::{Cx, Reply, bad};
use super::{load, preferences};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;
use crate::server::secrets;

/// How long a challenge can be answered (api/entra 1.5).
const LIFETIME: i64 = 5 * 60 * 1000;
/// What a challenge is kept under.
const KEY: (&str, &str) = ("fido2", "register");

fn check_policy(cx: &Cx<'_>) -> Result<(), ApiError> {
    if policy::configuration(cx.connection, "Fido2")?["isSelfServiceRegistrationAllowed"] == false {
        // The condition is a known issue of the page, its error is not told: assumed.
        return Err(bad("The FIDO2 policy does not allow self-service set up."));
    }
    Ok(())
}

/// `GET …/fido2Methods/creationOptions`
pub(crate) fn options(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    check_policy(cx)?;
    let challenge = secrets::generate_token()?;
    let until = cx.now + LIFETIME;
    cx.connection.execute(
        "INSERT OR REPLACE INTO challenges (user_id, method_id, purpose, code_hash, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![person.id, KEY.0, KEY.1, secrets::sha256(challenge.as_bytes()).as_slice(), until],
    )?;
    let name: String = cx.connection.query_row(
        "SELECT display_name FROM users WHERE id = ?1",
        [&person.id],
        |row| row.get(0),
    )?;
    let known: Vec<Value> = load(cx.connection, &person.id)?
        .iter()
        .filter(|method| method.kind == "passkey")
        .map(|method| json!({"id": method.id, "type": "public-key", "transports": []}))
        .collect();
    let kinds: Vec<Value> = [-7, -257]
        .map(|alg| json!({"type": "public-key", "alg": alg}))
        .into();
    Ok(Reply::ok(json!({
        "challengeTimeoutDateTime": rfc3339(until),
        "publicKey": {
            "challenge": challenge,
            "timeout": LIFETIME,
            "attestation": "direct",
            "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
            "user": {"id": URL_SAFE_NO_PAD.encode(person.id.as_bytes()), "displayName": name, "name": person.upn},
            "pubKeyCredParams": kinds,
            "excludeCredentials": known,
            "authenticatorSelection":
                {"authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"},
            "extensions": {},
        },
    })))
}

/// `POST …/fido2Methods`
pub(crate) fn create(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&["displayName", "publicKeyCredential"])?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    check_policy(cx)?;
    let name = body.get("displayName").and_then(Value::as_str);
    let credential = body.get("publicKeyCredential").unwrap_or(&Value::Null);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (id, response) = (text(&credential["id"]), &credential["response"]);
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let client: Value =
        serde_json::from_slice(&decoded(&text(&response["clientDataJSON"]))).unwrap_or_default();
    let attestation = decoded(&text(&response["attestationObject"]));
    // A map of three in CBOR: fmt, attStmt, authData.
    if id.is_empty() || client["type"] != "webauthn.create" || attestation.first() != Some(&0xa3) {
        return Err(bad("publicKeyCredential is not the response to a creation."));
    }
    let expected: Option<(Vec<u8>, i64)> = cx
        .connection
        .query_row(
            "SELECT code_hash, expires_at FROM challenges WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
            [person.id.as_str(), KEY.0, KEY.1],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let given = secrets::sha256(text(&client["challenge"]).as_bytes());
    match expected {
        Some((hash, until)) if secrets::same(&hash, &given) && cx.now < until => {}
        Some((hash, _)) if secrets::same(&hash, &given) => return Err(bad("The challenge has expired.")),
        _ => return Err(bad("The challenge does not match.")),
    }
    cx.connection.execute(
        "DELETE FROM challenges WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
        [person.id.as_str(), KEY.0, KEY.1],
    )?;
    let extra = json!({"aaGuid": "cb69481e-8ff7-4039-93ec-0a2729a154a8", "model": "YubiKey 5", "attestationCertificates": [],
        "attestationLevel": "attested", "passkeyType": "deviceBound"});
    let added = cx.connection.execute(
        "INSERT OR IGNORE INTO methods (user_id, id, kind, name, extra, created_at) VALUES (?1, ?2, 'passkey', ?3, ?4, ?5)",
        params![person.id, id, name, extra.to_string(), cx.now],
    )?;
    if added == 0 {
        return Err(bad("The passkey is registered already."));
    }
    preferences::enforce(cx.connection, &person)?;
    Ok(Reply::created(super::shown(cx, &id)?))
}
