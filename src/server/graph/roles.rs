//! Directory roles: who holds them, and over whom they give power, by the table of `domain/role.rs`.

use rusqlite::Connection;

use crate::domain::role::reaches;

/// Template ids of the roles that a person holds, directly or through role-assignable groups.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn of_user(connection: &Connection, user_id: &str) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT role_id FROM role_assignments WHERE principal_id = ?1
             UNION SELECT a.role_id FROM group_members m JOIN groups g ON g.id = m.group_id AND g.role_assignable = 1
               JOIN role_assignments a ON a.principal_id = g.id WHERE m.member_id = ?1
             ORDER BY 1",
        )?
        .query_map([user_id], |row| row.get(0))?
        .collect()
}

/// What makes somebody a target that only some roles may act on.
pub(crate) struct Target {
    roles: Vec<String>,
    in_role_group: bool,
}

impl Target {
    /// Reads it of one person.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn load(connection: &Connection, user_id: &str) -> rusqlite::Result<Self> {
        let in_role_group = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM group_members m JOIN groups g ON g.id = m.group_id
                 WHERE m.member_id = ?1 AND g.role_assignable = 1)",
            )?
            .query_row([user_id], |row| row.get(0))?;
        Ok(Self {
            roles: of_user(connection, user_id)?,
            in_role_group,
        })
    }

    /// Whether the holder of `role` may act on this person.
    pub(crate) fn is_below(&self, role: &str) -> bool {
        let held: Vec<&str> = self.roles.iter().map(String::as_str).collect();
        reaches(role, &held, self.in_role_group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::{
        AUTHENTICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GROUPS_ADMINISTRATOR, HELPDESK_ADMINISTRATOR,
        PASSWORD_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, REPORTS_READER, USER_ADMINISTRATOR,
    };

    fn below(target: &[&str], in_role_group: bool, role: &str) -> bool {
        Target {
            roles: target.iter().map(|&role| role.to_owned()).collect(),
            in_role_group,
        }
        .is_below(role)
    }

    #[test]
    fn an_authentication_administrator_may_not_act_on_help_desk_groups_or_user_administrators() {
        let role = AUTHENTICATION_ADMINISTRATOR;
        assert!(
            below(&[], false, role) && below(&[AUTHENTICATION_ADMINISTRATOR, REPORTS_READER], false, role)
        );
        for other in [
            HELPDESK_ADMINISTRATOR,
            GROUPS_ADMINISTRATOR,
            USER_ADMINISTRATOR,
            GLOBAL_ADMINISTRATOR,
        ] {
            assert!(!below(&[other], false, role), "{other}");
        }
        assert!(!below(&[], true, role), "a member of a role-assignable group");
        assert!(below(
            &[GLOBAL_ADMINISTRATOR],
            true,
            PRIVILEGED_AUTHENTICATION_ADMINISTRATOR
        ));
    }

    #[test]
    fn a_user_administrator_may_act_on_more_than_the_help_desk() {
        assert!(below(&[GROUPS_ADMINISTRATOR], false, USER_ADMINISTRATOR));
        assert!(!below(&[GROUPS_ADMINISTRATOR], false, HELPDESK_ADMINISTRATOR));
        assert!(!below(&[AUTHENTICATION_ADMINISTRATOR], false, USER_ADMINISTRATOR));
        assert!(!below(&[HELPDESK_ADMINISTRATOR], false, PASSWORD_ADMINISTRATOR));
    }
}
