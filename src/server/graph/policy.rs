//! The authentication methods policy: which methods are allowed, for whom, within which limits.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value, json};

use super::request::{Cx, Reply, bad};
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

/// The ids of the configurations, in the order in which they are listed. Beta alone has the fourth from the end.
pub(crate) const CONFIGURATIONS: [&str; 11] = [
    "Fido2",
    "MicrosoftAuthenticator",
    "Sms",
    "TemporaryAccessPass",
    "HardwareOath",
    "SoftwareOath",
    "Voice",
    "Email",
    "X509Certificate",
    "QRCodePin",
    "VerifiableCredentials",
];
const BETA_ONLY: &str = "HardwareOath";
const MODIFIED: &str = "lastModified";
const CAMPAIGN: &str = "registrationEnforcement";
/// Of passkeys alone: not there until somebody sets it.
const RESTRICTIONS: &str = "keyRestrictions";
const MIGRATION: &str = "policyMigrationState";

fn read(connection: &Connection, key: &str) -> Result<Option<Value>, ApiError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT json FROM policy WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn write(connection: &Connection, key: &str, value: &Value) -> Result<(), ApiError> {
    connection
        .execute(
            "INSERT OR REPLACE INTO policy (key, json) VALUES (?1, ?2)",
            [key, &value.to_string()],
        )
        .map(drop)
        .map_err(Into::into)
}

/// One configuration, or null where there is none.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn configuration(connection: &Connection, id: &str) -> Result<Value, ApiError> {
    Ok(read(connection, id)?.unwrap_or_default())
}

/// Whether a method is switched on at all.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn is_enabled(connection: &Connection, id: &str) -> Result<bool, ApiError> {
    Ok(configuration(connection, id)?["state"] == "enabled")
}

/// Whether this person may use a method: switched on, included, not excluded.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn allows(connection: &Connection, id: &str, user_id: &str) -> Result<bool, ApiError> {
    allows_where(connection, id, user_id, |_| true)
}

/// The same, by those included targets alone that are `fit`.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn allows_where(
    connection: &Connection,
    id: &str,
    user_id: &str,
    fit: impl Fn(&Value) -> bool,
) -> Result<bool, ApiError> {
    let policy = configuration(connection, id)?;
    let any = |list: &str| -> Result<bool, ApiError> {
        let targets = policy[list].as_array().into_iter().flatten();
        for target in targets.filter(|target| list == "excludeTargets" || fit(target)) {
            let target_id = target["id"].as_str().unwrap_or_default();
            if target_id == "all_users" || target_id == user_id || is_member(connection, target_id, user_id)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    };
    Ok(policy["state"] == "enabled" && any("includeTargets")? && !any("excludeTargets")?)
}

fn is_member(connection: &Connection, group: &str, user_id: &str) -> Result<bool, ApiError> {
    Ok(connection
        .prepare_cached(
            "WITH RECURSIVE m (id) AS (SELECT group_id FROM group_members WHERE member_id = ?1
               UNION SELECT g.group_id FROM group_members g JOIN m ON g.member_id = m.id)
             SELECT EXISTS (SELECT 1 FROM m WHERE id = ?2)",
        )?
        .query_row([user_id, group], |row| row.get(0))?)
}

/// `GET /policies/authenticationMethodsPolicy`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let mut configurations = Vec::new();
    for id in CONFIGURATIONS
        .iter()
        .filter(|id| cx.call.beta || **id != BETA_ONLY)
    {
        configurations.extend(read(cx.connection, id)?);
    }
    configurations.extend(external(cx.connection)?);
    let modified = read(cx.connection, MODIFIED)?.and_then(|at| at.as_i64());
    Ok(Reply::ok(json!({
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "description": "The tenant-wide policy that controls which authentication methods are allowed in the tenant, authentication method registration requirements, and self-service password reset settings",
        "lastModifiedDateTime": modified.map(rfc3339),
        "policyVersion": "1.5",
        "policyMigrationState": read(cx.connection, MIGRATION)?.unwrap_or(json!("migrationComplete")),
        "registrationEnforcement": read(cx.connection, CAMPAIGN)?,
        "authenticationMethodConfigurations": configurations,
    })))
}

/// Other providers, each under the id of its own.
fn external(connection: &Connection) -> Result<Vec<Value>, ApiError> {
    let all = connection
        .prepare_cached("SELECT json FROM policy WHERE length(key) = 36 ORDER BY key")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(all
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect())
}

fn touch(cx: &Cx<'_>) -> Result<(), ApiError> {
    write(cx.connection, MODIFIED, &json!(cx.now))
}

/// `PATCH /policies/authenticationMethodsPolicy`
pub(crate) fn update(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let body = cx.body(&[CAMPAIGN, MIGRATION])?;
    if let Some(campaign) = body.get(CAMPAIGN) {
        let given = &campaign["authenticationMethodsRegistrationCampaign"];
        if given["snoozeDurationInDays"]
            .as_i64()
            .is_some_and(|days| !(0..=14).contains(&days))
        {
            return Err(bad("snoozeDurationInDays must be between 0 and 14."));
        }
        if given["state"]
            .as_str()
            .is_some_and(|state| !["default", "enabled", "disabled"].contains(&state))
        {
            return Err(bad("state must be one of default, enabled, disabled."));
        }
        write(cx.connection, CAMPAIGN, campaign)?;
    }
    if let Some(state) = body.get(MIGRATION) {
        let known = ["preMigration", "migrationInProgress", "migrationComplete"];
        if !state.as_str().is_some_and(|state| known.contains(&state)) {
            return Err(bad(
                "policyMigrationState must be one of preMigration, migrationInProgress, migrationComplete.",
            ));
        }
        write(cx.connection, MIGRATION, state)?;
    }
    touch(cx)?;
    Ok(Reply::no_content())
}

/// The configuration that a path names.
fn named(cx: &Cx<'_>) -> Result<(String, Map<String, Value>), ApiError> {
    let own = uuid::Uuid::try_parse(cx.segment(3)).map(|id| id.to_string());
    let found = CONFIGURATIONS
        .iter()
        .find(|id| id.eq_ignore_ascii_case(cx.segment(3)) && (cx.call.beta || **id != BETA_ONLY));
    let missing = || {
        ApiError::new(
            axum::http::StatusCode::NOT_FOUND,
            "resourceNotFound",
            "The authentication method configuration was not found.",
        )
    };
    let id = match own {
        Ok(id) => id,
        Err(_) => (*found.ok_or_else(missing)?).to_owned(),
    };
    match read(cx.connection, &id)? {
        Some(Value::Object(policy)) => Ok((id, policy)),
        _ => Err(missing()),
    }
}

/// Whether this says which models of passkeys are taken (api/entra 5, and `fido2KeyRestrictions` of the CSDL).
fn are_restrictions(given: &Value) -> bool {
    let models = given["aaGuids"].as_array();
    given.is_null()
        || given["isEnforced"].is_boolean()
            && ["allow", "block"].contains(&given["enforcementType"].as_str().unwrap_or_default())
            && models.is_some_and(|models| {
                let is_id =
                    |model: &Value| model.as_str().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok());
                models.iter().all(is_id)
            })
}

/// `GET …/authenticationMethodConfigurations/{id}`
pub(crate) fn get_one(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(Value::Object(named(cx)?.1)))
}

/// `PATCH …/authenticationMethodConfigurations/{id}`: the properties that the type has, `@odata.type` with them.
pub(crate) fn update_one(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let (id, mut policy) = named(cx)?;
    let mut known: Vec<&str> = policy
        .keys()
        .map(String::as_str)
        .filter(|key| *key != "id")
        .collect();
    if id == "Fido2" {
        known.push(RESTRICTIONS);
    }
    let body = cx.body(&known)?;
    if body.get("@odata.type") != policy.get("@odata.type") {
        return Err(bad(
            "The @odata.type of the configuration must be given, and be the configuration's own.",
        ));
    }
    if body
        .get("state")
        .is_some_and(|state| state != "enabled" && state != "disabled")
    {
        return Err(bad("state must be one of enabled, disabled."));
    }
    if body
        .get(RESTRICTIONS)
        .is_some_and(|given| !are_restrictions(given))
    {
        return Err(bad(
            "keyRestrictions must have isEnforced, enforcementType (allow or block) and aaGuids.",
        ));
    }
    for list in ["includeTargets", "excludeTargets"] {
        let fits = |target: &Value| {
            target["id"].is_string()
                && ["user", "group"].contains(&target["targetType"].as_str().unwrap_or_default())
        };
        match body.get(list) {
            None => {}
            Some(Value::Array(targets)) if targets.iter().all(fits) => {}
            Some(_) => {
                return Err(bad(format!(
                    "{list} must be a list of objects with id and targetType."
                )));
            }
        }
    }
    policy.extend(body.into_iter().filter(|(key, _)| !key.contains('@')));
    write(cx.connection, &id, &Value::Object(policy))?;
    touch(cx)?;
    Ok(Reply::no_content())
}
