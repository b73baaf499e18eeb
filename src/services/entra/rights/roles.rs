//! Directory roles, by their template ids, and which of them a call wants beside its permission (api/entra 7.2, 7.3).

use super::super::error::Family;
use crate::auth::TokenClaims;
use crate::domain::role as known;
use crate::http::Verb;

/// A directory role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// Its name.
    pub(super) name: &'static str,
    /// The id of its template, as tokens name it.
    pub(super) id: &'static str,
}

const fn role(name: &'static str, id: &'static str) -> Role {
    Role { name, id }
}

const GLOBAL_READER: Role = role("Global Reader", known::GLOBAL_READER);
const AUTHENTICATION: Role = role(
    "Authentication Administrator",
    known::AUTHENTICATION_ADMINISTRATOR,
);
const PRIVILEGED: Role = role(
    "Privileged Authentication Administrator",
    known::PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
);
const GLOBAL: Role = role("Global Administrator", known::GLOBAL_ADMINISTRATOR);
const POLICY: Role = role(
    "Authentication Policy Administrator",
    known::AUTHENTICATION_POLICY_ADMINISTRATOR,
);
const HELPDESK: Role = role("Helpdesk Administrator", known::HELPDESK_ADMINISTRATOR);
const PASSWORD: Role = role("Password Administrator", known::PASSWORD_ADMINISTRATOR);
const USER: Role = role("User Administrator", known::USER_ADMINISTRATOR);
const CLOUD_DEVICE: Role = role("Cloud Device Administrator", known::CLOUD_DEVICE_ADMINISTRATOR);
const SECURITY_READER: Role = role("Security Reader", known::SECURITY_READER);
const REPORTS_READER: Role = role("Reports Reader", known::REPORTS_READER);

/// Roles that are known and give none of what is wanted here.
const OTHERS: &[&str] = &[
    known::DIRECTORY_READERS,
    known::GUEST_INVITER,
    known::MESSAGE_CENTER_READER,
    known::USAGE_SUMMARY_REPORTS_READER,
    known::USER_EXPERIENCE_SUCCESS_MANAGER,
    known::GROUPS_ADMINISTRATOR,
    known::INTUNE_ADMINISTRATOR,
    known::WINDOWS_365_ADMINISTRATOR,
];

const KNOWN: &[Role] = &[
    GLOBAL_READER,
    AUTHENTICATION,
    PRIVILEGED,
    GLOBAL,
    POLICY,
    HELPDESK,
    PASSWORD,
    USER,
    CLOUD_DEVICE,
    SECURITY_READER,
    REPORTS_READER,
];

/// The roles of which one is wanted beside the permission, from the least to the one that is over everybody. A person
/// needs one for most; an application only over passwords and accounts.
pub(super) const fn wanted(family: Family, verb: Verb, delegated: bool) -> &'static [Role] {
    let reads = matches!(verb, Verb::Get);
    if !delegated {
        return match family {
            Family::Password | Family::Account => &[PRIVILEGED, GLOBAL],
            _ => &[],
        };
    }
    match family {
        Family::Users | Family::Groups | Family::Roles | Family::Devices | Family::Extensions => &[],
        Family::Policy | Family::Inventory | Family::Requirements if reads => {
            &[GLOBAL_READER, POLICY, GLOBAL]
        }
        Family::Policy | Family::Inventory | Family::Requirements => &[POLICY, GLOBAL],
        Family::Report => &[REPORTS_READER, SECURITY_READER, GLOBAL_READER, GLOBAL],
        Family::Methods | Family::Phone | Family::Email | Family::Pass | Family::Preferences if reads => {
            &[AUTHENTICATION, GLOBAL_READER, PRIVILEGED, GLOBAL]
        }
        Family::Methods
        | Family::Phone
        | Family::Email
        | Family::Pass
        | Family::Passkey
        | Family::External
        | Family::Hardware
        | Family::Qr
        | Family::Preferences => &[AUTHENTICATION, PRIVILEGED, GLOBAL],
        Family::Device => &[CLOUD_DEVICE, GLOBAL],
        Family::Sessions => &[AUTHENTICATION, HELPDESK, USER, PRIVILEGED, GLOBAL],
        Family::Password => &[AUTHENTICATION, PASSWORD, HELPDESK, USER, PRIVILEGED, GLOBAL],
        Family::Account => &[AUTHENTICATION, USER, PRIVILEGED, GLOBAL],
    }
}

/// Whether the token names its roles, and all of them are known here: then one that is not named is not held.
pub(super) fn can_tell(claims: &TokenClaims) -> bool {
    /// What tokens of persons bear who hold no role at all.
    const NO_ROLE: &str = "b79fbf4d-3ef9-4689-8143-76b194e85509";
    let known = |id: &String| {
        id == NO_ROLE || OTHERS.contains(&id.as_str()) || KNOWN.iter().any(|role| role.id == id)
    };
    // An application without roles is told of in the same way as one whose roles are left out.
    claims.tells_roles && claims.directory_roles.iter().all(known)
}
