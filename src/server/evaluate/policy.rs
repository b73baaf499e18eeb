//! The organization's policy as decisions read it: which method whom, how long devices are trusted, how long
//! registration may wait. What a file does not say is the stricter of the two.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal;
use crate::server::error::ApiError;

/// Everybody, as a target of a method's policy.
const ALL_USERS: &str = "all_users";

/// "Don't ask again for X days".
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RememberedDevices {
    /// Whether devices may be remembered.
    pub(crate) allowed: bool,
    /// For how many days.
    pub(crate) days: i64,
}

/// How long registration may wait.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Registration {
    /// In days, from the first time that it was asked for.
    pub(crate) postpone_days: i64,
}

/// Whether there may be app passwords.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AppPasswords {
    /// Whether there may be any.
    pub(crate) allowed: bool,
}

/// Security questions, for password reset.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SecurityQuestions {
    /// `enabled` or `disabled`.
    pub(crate) state: String,
    /// How many right answers a reset needs.
    pub(crate) required: usize,
    /// How many a person registers.
    pub(crate) register: usize,
    /// The questions that may be asked.
    pub(crate) pool: Vec<String>,
}

impl Default for SecurityQuestions {
    fn default() -> Self {
        Self {
            state: "disabled".to_owned(),
            required: 3,
            register: 5,
            pool: Vec::new(),
        }
    }
}

impl SecurityQuestions {
    /// Whether people may use them.
    pub(crate) fn enabled(&self) -> bool {
        self.state == "enabled"
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConditionalAccess {
    mfa: String,
}

/// The part about remembered devices.
pub(crate) fn remembered_devices(conn: &Connection) -> Result<RememberedDevices, ApiError> {
    read(conn, "rememberedDevices")
}

/// The part about registration.
pub(crate) fn registration(conn: &Connection) -> Result<Registration, ApiError> {
    read(conn, "registration")
}

/// The part about app passwords.
pub(crate) fn app_passwords(conn: &Connection) -> Result<AppPasswords, ApiError> {
    read(conn, "appPasswords")
}

/// The part about security questions.
pub(crate) fn security_questions(conn: &Connection) -> Result<SecurityQuestions, ApiError> {
    read(conn, "securityQuestions")
}

/// Whether everybody is asked for a second factor.
pub(crate) fn mfa_for_all(conn: &Connection) -> Result<bool, ApiError> {
    Ok(read::<ConditionalAccess>(conn, "conditionalAccess")?.mfa == "all")
}

/// A configuration of the authentication methods policy, such as `Sms`; null where the file has none.
pub(crate) fn configuration(conn: &Connection, id: &str) -> Result<Value, ApiError> {
    read(conn, id)
}

/// Why this person may not use a method of this configuration; `None`: may.
pub(crate) fn why_not(conn: &Connection, id: &str, user_id: &str) -> Result<Option<String>, ApiError> {
    let configuration = configuration(conn, id)?;
    if configuration["state"] != "enabled" {
        return Ok(Some("it is disabled".to_owned()));
    }
    if targets(conn, &configuration["excludeTargets"], user_id)? {
        return Ok(Some("it excludes this person".to_owned()));
    }
    if !targets(conn, &configuration["includeTargets"], user_id)? {
        return Ok(Some("it does not include this person".to_owned()));
    }
    Ok(None)
}

/// Refuses, naming the policy, what this person may not use.
pub(crate) fn demand(conn: &Connection, id: &str, user_id: &str) -> Result<(), ApiError> {
    match why_not(conn, id, user_id)? {
        Some(why) => Err(refusal::policy(id, &why)),
        None => Ok(()),
    }
}

fn targets(conn: &Connection, list: &Value, user_id: &str) -> Result<bool, ApiError> {
    for target in list.as_array().into_iter().flatten() {
        let Some(id) = target["id"].as_str() else { continue };
        let hit = match target["targetType"].as_str() {
            _ if id == ALL_USERS => true,
            Some("user") => id.eq_ignore_ascii_case(user_id),
            _ => member(conn, id, user_id)?,
        };
        if hit {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a person is in a group, directly or through others.
fn member(conn: &Connection, group_id: &str, user_id: &str) -> rusqlite::Result<bool> {
    conn.query_row(
        "WITH RECURSIVE above (id) AS (
           SELECT group_id FROM group_members WHERE member_id = ?2
           UNION SELECT group_id FROM group_members JOIN above ON member_id = above.id)
         SELECT EXISTS (SELECT 1 FROM above WHERE id = ?1)",
        params![group_id, user_id],
        |row| row.get(0),
    )
}

fn read<T: Default + serde::de::DeserializeOwned>(conn: &Connection, key: &str) -> Result<T, ApiError> {
    let json: Option<String> = conn
        .query_row("SELECT json FROM policy WHERE key = ?1", [key], |row| row.get(0))
        .optional()?;
    match json {
        Some(json) => serde_json::from_str(&json).map_err(|error| refusal::internal(&error)),
        None => Ok(T::default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::server::evaluate::fixture;

    #[test]
    fn a_target_reaches_through_nested_groups_and_an_exclusion_wins() {
        let conn = fixture::directory();
        let (adele, bas) = (fixture::person(&conn, "adele"), fixture::person(&conn, "bas"));
        for (group, member) in [("outer", "inner"), ("inner", adele.as_str()), ("inner", "outer")] {
            conn.execute(
                "INSERT INTO group_members (group_id, member_id) VALUES (?1, ?2)",
                [group, member],
            )
            .unwrap();
        }
        let include = json!([{"id": "outer", "targetType": "group"}]);
        fixture::set_policy(
            &conn,
            "Sms",
            json!({"state": "enabled", "includeTargets": include.clone()}),
        );
        assert_eq!(why_not(&conn, "Sms", &adele).unwrap(), None);
        assert_eq!(
            why_not(&conn, "Sms", &bas).unwrap().as_deref(),
            Some("it does not include this person")
        );
        fixture::set_policy(
            &conn,
            "Sms",
            json!({"state": "enabled", "includeTargets": [{"id": "all_users"}], "excludeTargets": include}),
        );
        assert_eq!(
            why_not(&conn, "Sms", &adele).unwrap().as_deref(),
            Some("it excludes this person")
        );
        assert_eq!(why_not(&conn, "Sms", &bas).unwrap(), None);
        fixture::set_policy(
            &conn,
            "Sms",
            json!({"state": "disabled", "includeTargets": [{"id": "all_users"}]}),
        );
        assert_eq!(
            why_not(&conn, "Sms", &bas).unwrap().as_deref(),
            Some("it is disabled")
        );
    }

    #[test]
    fn what_a_file_does_not_say_is_not_allowed() {
        let conn = fixture::empty();
        assert!(!remembered_devices(&conn).unwrap().allowed);
        assert!(!app_passwords(&conn).unwrap().allowed);
        assert!(!security_questions(&conn).unwrap().enabled());
        assert!(why_not(&conn, "Sms", "anybody").unwrap().is_some());
    }
}
