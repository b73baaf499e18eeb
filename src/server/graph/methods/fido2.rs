//! Passkeys registered by an administrator: options with a challenge, then the response of an authenticator to it. What holds of a response
//! is `webauthn`'s. Assumed: the words with which the real service refuses one; and that it refuses what WebAuthn has a relying party refuse.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use super::super::person::Person;
use super::super::policy;
use super::super::request::{Call, Cx, Reply, bad};
use super::{load, preferences};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;
use crate::server::secrets;
use crate::server::webauthn;

/// How long a challenge can be answered (api/entra 1.5).
const LIFETIME: i64 = 5 * 60 * 1000;
/// What a challenge is kept under.
const KEY: (&str, &str) = ("fido2", "register");

/// For whom keys are made.
const RP_ID: &str = "login.microsoft.com";
/// Models that this directory knows by name, by their id (FIDO metadata service).
const MODELS: [(&str, &str); 1] = [("cb69481e-8ff7-4039-93ec-0a2729a154a8", "YubiKey 5")];

/// Whether policy takes keys of this model: attestation, and the lists of models (api/entra 5).
fn check_model(cx: &Cx<'_>, aaguid: &str, attested: bool) -> Result<(), ApiError> {
    let policy = policy::configuration(cx.connection, "Fido2")?;
    if policy["isAttestationEnforced"] == true && !attested {
        return Err(bad(
            "The policy asks for an attestation, and the passkey has none.",
        ));
    }
    let restrictions = &policy["keyRestrictions"];
    let listed = restrictions["aaGuids"]
        .as_array()
        .is_some_and(|models| models.iter().any(|model| model == aaguid));
    if restrictions["isEnforced"] == true && listed != (restrictions["enforcementType"] == "allow") {
        return Err(bad("The policy does not allow passkeys of this model."));
    }
    Ok(())
}

fn check_policy(cx: &Cx<'_>) -> Result<(), ApiError> {
    if policy::configuration(cx.connection, "Fido2")?["isSelfServiceRegistrationAllowed"] == false {
        // The condition is a known issue of the page, its error is not told: assumed.
        return Err(bad("The FIDO2 policy does not allow self-service set up."));
    }
    Ok(())
}

/// How long a challenge is to live: beta takes `creationOptions(challengeTimeoutInMinutes=10)`, and the same as an option.
///
/// # Errors
/// 400 outside 5 minutes to 30 days (the words are assumed).
fn lifetime(call: &Call) -> Result<i64, ApiError> {
    const NAME: &str = "challengeTimeoutInMinutes";
    let asked = call
        .argument(NAME)
        .or_else(|| call.option(NAME).map(str::to_owned))
        .filter(|_| call.beta);
    let Some(text) = asked else {
        return Ok(LIFETIME);
    };
    text.parse()
        .ok()
        .filter(|minutes| (5..=43_200).contains(minutes))
        .map(|minutes: i64| minutes * 60 * 1000)
        .ok_or_else(|| bad(format!("{NAME} must be between 5 and 43200.")))
}

/// `GET …/fido2Methods/creationOptions`
pub(crate) fn options(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    check_policy(cx)?;
    let lifetime = lifetime(cx.call)?;
    let challenge = secrets::generate_token()?;
    let until = cx.now + lifetime;
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
    let kinds: Vec<Value> = webauthn::ALGORITHMS
        .map(|alg| json!({"type": "public-key", "alg": alg}))
        .into();
    Ok(Reply::ok(json!({
        "challengeTimeoutDateTime": rfc3339(until),
        "publicKey": {
            "challenge": challenge,
            "timeout": lifetime,
            "attestation": "direct",
            "rp": {"id": RP_ID, "name": "Microsoft"},
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
    let (id, response) = (
        credential["id"].as_str().unwrap_or_default(),
        &credential["response"],
    );
    let part = |value: &Value| value.as_str().and_then(webauthn::decoded);
    let (Some(raw_id), Some(client_data), Some(object)) = (
        webauthn::decoded(id),
        part(&response["clientDataJSON"]),
        part(&response["attestationObject"]),
    ) else {
        return Err(bad("publicKeyCredential is not the response to a creation."));
    };
    let challenge = webauthn::challenge_of(&client_data, RP_ID).map_err(bad)?;
    let expected: Option<(Vec<u8>, i64)> = cx
        .connection
        .query_row(
            "SELECT code_hash, expires_at FROM challenges WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
            [person.id.as_str(), KEY.0, KEY.1],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let given = secrets::sha256(challenge.as_bytes());
    match expected {
        Some((hash, until)) if secrets::same(&hash, &given) && cx.now < until => {}
        Some((hash, _)) if secrets::same(&hash, &given) => return Err(bad("The challenge has expired.")),
        _ => return Err(bad("The challenge does not match.")),
    }
    cx.connection.execute(
        "DELETE FROM challenges WHERE user_id = ?1 AND method_id = ?2 AND purpose = ?3",
        [person.id.as_str(), KEY.0, KEY.1],
    )?;
    let response = webauthn::Response {
        id: &raw_id,
        client_data: &client_data,
        object: &object,
    };
    let told = webauthn::verify(&response, RP_ID).map_err(bad)?;
    let attested = !told.certificates.is_empty();
    check_model(cx, &told.aaguid.to_string(), attested)?;
    let extra = json!({
        "aaGuid": told.aaguid.to_string(),
        "model": MODELS.iter().find(|(id, _)| told.aaguid.to_string() == *id).map(|(_, model)| *model),
        "attestationCertificates": told.certificates,
        "attestationLevel": if attested { "attested" } else { "notAttested" },
        "passkeyType": if told.synced { "synced" } else { "deviceBound" },
    });
    let added = cx.connection.execute(
        "INSERT OR IGNORE INTO methods (user_id, id, kind, name, extra, created_at) VALUES (?1, ?2, 'passkey', ?3, ?4, ?5)",
        params![person.id, id, name, extra.to_string(), cx.now],
    )?;
    if added == 0 {
        return Err(bad("The passkey is registered already."));
    }
    preferences::enforce(cx.connection, &person)?;
    Ok(Reply::created(super::shown(cx, id)?))
}
