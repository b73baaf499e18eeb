//! The policy of the demo directory, in Graph's spelling, and the parts that Graph does not have.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::rows::guid;

/// The questions that people may choose from.
pub(super) const QUESTIONS: [&str; 8] = [
    "What was the name of your first pet?",
    "In which street did you live as a child?",
    "What was the make of your first car?",
    "What is the first name of your oldest cousin?",
    "Which teacher do you remember best?",
    "In which town did your parents meet?",
    "What was your first job?",
    "Which book did you read twice?",
];

/// Writes every part.
///
/// # Errors
/// What SQLite says.
pub(super) fn seed(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("INSERT INTO policy (key, json) VALUES (?1, ?2)")?;
    for (key, value) in parts(now) {
        statement.execute(params![key, value.to_string()])?;
    }
    Ok(())
}

fn configuration(id: &str, kind: &str, state: &str, more: Value) -> (String, Value) {
    let mut value = json!({
        "@odata.type": format!("#microsoft.graph.{kind}AuthenticationMethodConfiguration"),
        "id": id,
        "state": state,
        "excludeTargets": [],
    });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    (id.to_owned(), value)
}

/// Everybody, with what a target of this sort says besides.
fn everybody(more: Value) -> Value {
    let mut target = json!({"targetType": "group", "id": "all_users", "isRegistrationRequired": false});
    if let (Some(target), Value::Object(more)) = (target.as_object_mut(), more) {
        target.extend(more);
    }
    json!([target])
}

fn parts(now: i64) -> Vec<(String, Value)> {
    let all = || everybody(json!({}));
    let pilots = json!([{"targetType": "group", "id": guid("group/Pilots"), "isRegistrationRequired": false,
        "allowedPasskeyProfiles": []}]);
    let mut parts = vec![
        configuration(
            "Fido2",
            "fido2",
            "enabled",
            json!({"isAttestationEnforced": false, "isSelfServiceRegistrationAllowed": true, "includeTargets": pilots}),
        ),
        configuration(
            "MicrosoftAuthenticator",
            "microsoftAuthenticator",
            "enabled",
            json!({"isSoftwareOathEnabled": true, "includeTargets": everybody(json!({"authenticationMode": "any"}))}),
        ),
        configuration(
            "Sms",
            "sms",
            "enabled",
            json!({"includeTargets": everybody(json!({"isUsableForSignIn": false}))}),
        ),
        configuration(
            "TemporaryAccessPass",
            "temporaryAccessPass",
            "enabled",
            json!({"defaultLength": 8, "defaultLifetimeInMinutes": 60, "isUsableOnce": false,
                "maximumLifetimeInMinutes": 480, "minimumLifetimeInMinutes": 10, "includeTargets": all()}),
        ),
        configuration(
            "HardwareOath",
            "hardwareOath",
            "disabled",
            json!({"includeTargets": all()}),
        ),
        configuration(
            "SoftwareOath",
            "softwareOath",
            "enabled",
            json!({"includeTargets": all()}),
        ),
        configuration(
            "Voice",
            "voice",
            "enabled",
            json!({"isOfficePhoneAllowed": true, "includeTargets": all()}),
        ),
        configuration(
            "Email",
            "email",
            "enabled",
            json!({"allowExternalIdToUseEmailOtp": "default", "includeTargets": all()}),
        ),
        configuration(
            "X509Certificate",
            "x509Certificate",
            "disabled",
            json!({"certificateUserBindings": [], "includeTargets": all()}),
        ),
        configuration(
            "QRCodePin",
            "qrCodePin",
            "disabled",
            json!({"standardQRCodeLifetimeInDays": 365, "pinLength": 8, "includeTargets": all()}),
        ),
        configuration(
            &guid("external/Fabrikam ID"),
            "external",
            "disabled",
            json!({"displayName": "Fabrikam ID", "appId": guid("external/Fabrikam ID/app"), "includeTargets": all(),
                "openIdConnectSetting": {"clientId": guid("external/Fabrikam ID/client"),
                    "discoveryUrl": "https://id.fabrikam.example/.well-known/openid-configuration"}}),
        ),
        configuration(
            "VerifiableCredentials",
            "verifiableCredentials",
            "disabled",
            json!({"includeTargets": []}),
        ),
    ];
    let ours = [
        ("rememberedDevices", json!({"allowed": true, "days": 14})),
        ("registration", json!({"postponeDays": 14})),
        ("appPasswords", json!({"allowed": true})),
        (
            "securityQuestions",
            json!({"state": "enabled", "required": 3, "register": 5, "pool": QUESTIONS}),
        ),
        ("conditionalAccess", json!({"mfa": "all"})),
        (
            "registrationEnforcement",
            json!({"authenticationMethodsRegistrationCampaign": {
                "snoozeDurationInDays": 1, "state": "disabled", "excludeTargets": [],
                "includeTargets": [{"id": "all_users", "targetType": "group",
                    "targetedAuthenticationMethod": "microsoftAuthenticator"}],
            }}),
        ),
        ("policyMigrationState", json!("migrationComplete")),
        ("lastModified", json!(now)),
    ];
    parts.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    parts
}
