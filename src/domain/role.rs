//! Directory roles that every organization has: their names and template ids, which are the same everywhere
//! (api/entra 7.3), and whom each of those that act on people reaches. What a role allows besides is for whoever asks.

/// The built-in roles that are known here: name and template id.
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

/// Template id of Global Administrator.
pub(crate) const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Template id of Global Reader.
pub(crate) const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
/// Template id of Authentication Administrator.
pub(crate) const AUTHENTICATION_ADMINISTRATOR: &str = "c4e39bd9-1100-46d3-8c65-fb160da0071f";
/// Template id of Privileged Authentication Administrator.
pub(crate) const PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: &str = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13";
/// Template id of Authentication Policy Administrator.
pub(crate) const AUTHENTICATION_POLICY_ADMINISTRATOR: &str = "0526716b-113d-4c15-b2c8-68e3c22b9f80";
/// Template id of Helpdesk Administrator.
pub(crate) const HELPDESK_ADMINISTRATOR: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
/// Template id of Password Administrator.
pub(crate) const PASSWORD_ADMINISTRATOR: &str = "966707d0-3269-4727-9be2-8c3a10f19b9d";
/// Template id of User Administrator.
pub(crate) const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
/// Template id of Reports Reader.
pub(crate) const REPORTS_READER: &str = "4a5d8f65-41da-4de4-8968-e035b65339cf";
/// Template id of Security Reader.
pub(crate) const SECURITY_READER: &str = "5d6b6bb7-de71-4623-b4af-96380a352509";
/// Template id of Cloud Device Administrator.
pub(crate) const CLOUD_DEVICE_ADMINISTRATOR: &str = "7698a772-787b-4ac8-901f-60d6b08affd2";
/// Template id of Intune Administrator.
pub(crate) const INTUNE_ADMINISTRATOR: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";
/// Template id of Windows 365 Administrator.
pub(crate) const WINDOWS_365_ADMINISTRATOR: &str = "11451d60-acb2-45eb-a7d6-43d0f0125c13";
/// Template id of Groups Administrator.
pub(crate) const GROUPS_ADMINISTRATOR: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";
/// Template id of Directory Readers.
pub(crate) const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
/// Template id of Guest Inviter.
pub(crate) const GUEST_INVITER: &str = "95e79109-95c0-4d8e-aee3-d01accf2d47b";
/// Template id of Message Center Reader.
pub(crate) const MESSAGE_CENTER_READER: &str = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b";
/// Template id of Usage Summary Reports Reader.
pub(crate) const USAGE_SUMMARY_REPORTS_READER: &str = "75934031-6c7e-415a-99d7-48dbd49e875e";
/// Template id of User Experience Success Manager.
pub(crate) const USER_EXPERIENCE_SUCCESS_MANAGER: &str = "27460883-1df1-4691-b032-3b79643e5e63";

/// Whom the holder of a role may act on (api/entra 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Everybody, administrators too.
    Everybody,
    /// Whoever holds no role but these, and is in no group that can hold roles.
    Holders(&'static [&'static str]),
}

/// Roles that give no power over others; every other role does.
pub(crate) const HARMLESS: [&str; 6] = [
    DIRECTORY_READERS,
    GUEST_INVITER,
    MESSAGE_CENTER_READER,
    REPORTS_READER,
    USER_EXPERIENCE_SUCCESS_MANAGER,
    USAGE_SUMMARY_REPORTS_READER,
];

/// The table: each role that acts on people, whether the harmless ones are within its reach, and which others are.
const REACHES: [(&str, Reach, bool); 7] = [
    (GLOBAL_ADMINISTRATOR, Reach::Everybody, true),
    (PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, Reach::Everybody, true),
    (GLOBAL_READER, Reach::Everybody, true),
    (
        AUTHENTICATION_ADMINISTRATOR,
        Reach::Holders(&[AUTHENTICATION_ADMINISTRATOR, PASSWORD_ADMINISTRATOR]),
        true,
    ),
    (
        HELPDESK_ADMINISTRATOR,
        Reach::Holders(&[HELPDESK_ADMINISTRATOR, PASSWORD_ADMINISTRATOR]),
        true,
    ),
    (
        USER_ADMINISTRATOR,
        Reach::Holders(&[
            HELPDESK_ADMINISTRATOR,
            PASSWORD_ADMINISTRATOR,
            GROUPS_ADMINISTRATOR,
            USER_ADMINISTRATOR,
        ]),
        true,
    ),
    (
        PASSWORD_ADMINISTRATOR,
        Reach::Holders(&[DIRECTORY_READERS, GUEST_INVITER, PASSWORD_ADMINISTRATOR]),
        false,
    ),
];

/// Whether the holder of `role` may act on somebody who holds these roles, by template ids, and who is, or is not, in a
/// group that can hold roles. Members of restricted administrative units are beyond every role of the organization.
pub(crate) fn reaches(role: &str, held: &[&str], in_role_group: bool) -> bool {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let Some((_, reach, harmless)) = REACHES.iter().find(|(known, ..)| same(known, role)) else {
        return false;
    };
    match reach {
        Reach::Everybody => true,
        Reach::Holders(within) => {
            let is_within = |held: &&str| {
                within.iter().any(|known| same(known, held))
                    || (*harmless && HARMLESS.iter().any(|known| same(known, held)))
            };
            !in_role_group && held.iter().all(is_within)
        }
    }
}

/// The name of the built-in role with this template id, in any case.
pub(crate) fn name(role: &str) -> Option<&'static str> {
    ALL.iter()
        .find(|(_, id)| id.eq_ignore_ascii_case(role))
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_one_name_and_one_id_each() {
        for (at, (known, id)) in ALL.iter().enumerate() {
            assert_eq!(name(&id.to_uppercase()), Some(*known));
            assert!(ALL.iter().skip(at + 1).all(|(other, _)| other != known));
        }
        assert_eq!(name("00000000-0000-0000-0000-000000000000"), None);
    }

    /// The lists of api/entra 7.2 as they are printed there, by names.
    #[test]
    fn who_may_act_on_whom_is_the_printed_table() {
        let id = |wanted: &str| ALL.iter().find(|(name, _)| *name == wanted).unwrap().1;
        let list_b = [
            "Directory Readers",
            "Guest Inviter",
            "Helpdesk Administrator",
            "Message Center Reader",
            "Password Administrator",
            "Reports Reader",
            "User Experience Success Manager",
            "Usage Summary Reports Reader",
        ];
        let list_a = list_b.map(|name| match name {
            "Helpdesk Administrator" => "Authentication Administrator",
            other => other,
        });
        let list_c = [&list_b[..], &["Groups Administrator", "User Administrator"]].concat();
        let passwords = ["Directory Readers", "Guest Inviter", "Password Administrator"];
        for (role, within) in [
            ("Authentication Administrator", &list_a[..]),
            ("Helpdesk Administrator", &list_b[..]),
            ("User Administrator", &list_c[..]),
            ("Password Administrator", &passwords[..]),
            ("Reports Reader", &[][..]),
        ] {
            let acts = role != "Reports Reader";
            assert_eq!(
                reaches(id(role), &[], false),
                acts,
                "{role} over people without a role"
            );
            assert!(
                !reaches(id(role), &[], true),
                "{role} over members of role-assignable groups"
            );
            for (target, target_id) in ALL {
                assert_eq!(
                    reaches(&id(role).to_uppercase(), &[target_id], false),
                    within.contains(&target),
                    "{role} over {target}"
                );
            }
        }
        for role in ["Global Administrator", "Privileged Authentication Administrator"] {
            assert!(
                ALL.iter().all(|(_, target)| reaches(id(role), &[target], true)),
                "{role}"
            );
        }
    }
}
