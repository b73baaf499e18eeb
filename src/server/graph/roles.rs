//! Directory roles: their template ids (api/entra 7.3), who holds them, and over whom they give power (7.2).

use rusqlite::Connection;

/// Every built-in role that the service knows: name and template id.
pub(crate) const ALL: [(&str, &str); 22] = [
    ("Global Administrator", GLOBAL_ADMINISTRATOR),
    ("Global Reader", GLOBAL_READER),
    ("Authentication Administrator", AUTHENTICATION_ADMINISTRATOR),
    (
        "Privileged Authentication Administrator",
        PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    ),
    (
        "Authentication Policy Administrator",
        AUTHENTICATION_POLICY_ADMINISTRATOR,
    ),
    (
        "Privileged Role Administrator",
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
    ),
    ("Helpdesk Administrator", HELPDESK_ADMINISTRATOR),
    ("Password Administrator", PASSWORD_ADMINISTRATOR),
    ("User Administrator", USER_ADMINISTRATOR),
    ("Groups Administrator", GROUPS_ADMINISTRATOR),
    ("Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d"),
    ("Security Reader", SECURITY_READER),
    (
        "Conditional Access Administrator",
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    ),
    ("Reports Reader", REPORTS_READER),
    ("Intune Administrator", INTUNE_ADMINISTRATOR),
    ("Cloud Device Administrator", CLOUD_DEVICE_ADMINISTRATOR),
    ("Windows 365 Administrator", WINDOWS_365_ADMINISTRATOR),
    ("Directory Readers", DIRECTORY_READERS),
    ("Guest Inviter", GUEST_INVITER),
    ("Message Center Reader", MESSAGE_CENTER_READER),
    ("Usage Summary Reports Reader", USAGE_SUMMARY_REPORTS_READER),
    ("User Experience Success Manager", USER_EXPERIENCE_SUCCESS_MANAGER),
];

pub(crate) const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
pub(crate) const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
pub(crate) const AUTHENTICATION_ADMINISTRATOR: &str = "c4e39bd9-1100-46d3-8c65-fb160da0071f";
pub(crate) const PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: &str = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13";
pub(crate) const AUTHENTICATION_POLICY_ADMINISTRATOR: &str = "0526716b-113d-4c15-b2c8-68e3c22b9f80";
pub(crate) const HELPDESK_ADMINISTRATOR: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
pub(crate) const PASSWORD_ADMINISTRATOR: &str = "966707d0-3269-4727-9be2-8c3a10f19b9d";
pub(crate) const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
pub(crate) const REPORTS_READER: &str = "4a5d8f65-41da-4de4-8968-e035b65339cf";
pub(crate) const SECURITY_READER: &str = "5d6b6bb7-de71-4623-b4af-96380a352509";
pub(crate) const CLOUD_DEVICE_ADMINISTRATOR: &str = "7698a772-787b-4ac8-901f-60d6b08affd2";
pub(crate) const INTUNE_ADMINISTRATOR: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";
pub(crate) const WINDOWS_365_ADMINISTRATOR: &str = "11451d60-acb2-45eb-a7d6-43d0f0125c13";
const GROUPS_ADMINISTRATOR: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";
const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
const GUEST_INVITER: &str = "95e79109-95c0-4d8e-aee3-d01accf2d47b";
const MESSAGE_CENTER_READER: &str = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b";
const USAGE_SUMMARY_REPORTS_READER: &str = "75934031-6c7e-415a-99d7-48dbd49e875e";
const USER_EXPERIENCE_SUCCESS_MANAGER: &str = "27460883-1df1-4691-b032-3b79643e5e63";

/// Roles whose holders an Authentication Administrator may act on.
const LIST_A: [&str; 8] = [
    AUTHENTICATION_ADMINISTRATOR,
    DIRECTORY_READERS,
    GUEST_INVITER,
    MESSAGE_CENTER_READER,
    PASSWORD_ADMINISTRATOR,
    REPORTS_READER,
    USER_EXPERIENCE_SUCCESS_MANAGER,
    USAGE_SUMMARY_REPORTS_READER,
];
/// Roles whose holders a Helpdesk Administrator may act on.
const LIST_B: [&str; 8] = [
    DIRECTORY_READERS,
    GUEST_INVITER,
    HELPDESK_ADMINISTRATOR,
    MESSAGE_CENTER_READER,
    PASSWORD_ADMINISTRATOR,
    REPORTS_READER,
    USER_EXPERIENCE_SUCCESS_MANAGER,
    USAGE_SUMMARY_REPORTS_READER,
];
/// What a User Administrator may act on besides list B.
const LIST_C: [&str; 2] = [GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR];
/// Roles whose holders a Password Administrator may act on.
const LIST_PASSWORD: [&str; 3] = [DIRECTORY_READERS, GUEST_INVITER, PASSWORD_ADMINISTRATOR];

/// The name of a role.
pub(crate) fn name(role: &str) -> Option<&'static str> {
    ALL.iter()
        .find(|(_, id)| id.eq_ignore_ascii_case(role))
        .map(|(name, _)| *name)
}

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
        let only = |lists: &[&[&str]]| {
            !self.in_role_group
                && self
                    .roles
                    .iter()
                    .all(|held| lists.iter().any(|list| list.contains(&held.as_str())))
        };
        match role {
            GLOBAL_ADMINISTRATOR | PRIVILEGED_AUTHENTICATION_ADMINISTRATOR | GLOBAL_READER => true,
            AUTHENTICATION_ADMINISTRATOR => only(&[&LIST_A]),
            HELPDESK_ADMINISTRATOR => only(&[&LIST_B]),
            USER_ADMINISTRATOR => only(&[&LIST_B, &LIST_C]),
            PASSWORD_ADMINISTRATOR => only(&[&LIST_PASSWORD]),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
