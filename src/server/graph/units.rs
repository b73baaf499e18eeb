//! Administrative units: who is in a restricted one, and who holds a role over one of them alone. What a role allows there is the
//! table's affair.

use rusqlite::Connection;
use serde_json::{Value, json};

/// Whether somebody is in a unit whose members only its own administrators change.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn is_restricted(connection: &Connection, user_id: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM administrative_unit_members m JOIN administrative_units u ON u.id = m.unit_id
             WHERE m.member_id = ?1 AND u.restricted = 1)",
        )?
        .query_row([user_id], |row| row.get(0))
}

/// Template ids of the roles that a caller holds over units of somebody, directly or through role-assignable groups. Where somebody is in
/// a restricted unit, only roles over a restricted one count.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn roles_over(
    connection: &Connection,
    principal: &str,
    user_id: &str,
) -> rusqlite::Result<Vec<String>> {
    let restricted = is_restricted(connection, user_id)?;
    connection
        .prepare_cached(
            "SELECT DISTINCT a.role_id FROM scoped_role_assignments a
               JOIN administrative_unit_members m ON m.unit_id = a.unit_id AND m.member_id = ?2
               JOIN administrative_units u ON u.id = a.unit_id AND u.restricted >= ?3
             WHERE a.principal_id = ?1 OR a.principal_id IN (SELECT g.id FROM group_members gm
               JOIN groups g ON g.id = gm.group_id AND g.role_assignable = 1 WHERE gm.member_id = ?1)",
        )?
        .query_map((principal, user_id, restricted), |row| row.get(0))?
        .collect()
}

/// The units of somebody, as directory objects.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn of_member(connection: &Connection, user_id: &str) -> rusqlite::Result<Vec<Value>> {
    connection
        .prepare_cached(
            "SELECT u.id, u.name, u.description, u.restricted FROM administrative_units u
             JOIN administrative_unit_members m ON m.unit_id = u.id WHERE m.member_id = ?1 ORDER BY u.name, u.id",
        )?
        .query_map([user_id], |row| {
            Ok(json!({
                "id": row.get::<_, String>(0)?,
                "deletedDateTime": null,
                "description": row.get::<_, Option<String>>(2)?,
                "displayName": row.get::<_, String>(1)?,
                "isMemberManagementRestricted": row.get::<_, bool>(3)?,
            }))
        })?
        .collect()
}
