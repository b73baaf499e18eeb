//! Directory roles, by their template ids, and which of them a call wants beside its permission (api/entra 7.2, 7.3).

use super::super::error::Family;
use crate::auth::TokenClaims;
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

const GLOBAL_READER: Role = role("Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451");
const AUTHENTICATION: Role = role(
    "Authentication Administrator",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
);
const PRIVILEGED: Role = role(
    "Privileged Authentication Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
);
const GLOBAL: Role = role("Global Administrator", "62e90394-69f5-4237-9190-012177145e10");
const POLICY: Role = role(
    "Authentication Policy Administrator",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80",
);
const HELPDESK: Role = role("Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8");
const PASSWORD: Role = role("Password Administrator", "966707d0-3269-4727-9be2-8c3a10f19b9d");
const USER: Role = role("User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1");
const SECURITY_READER: Role = role("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509");
const REPORTS_READER: Role = role("Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf");

/// Roles that are known and give none of what is wanted here.
const OTHERS: &[&str] = &[
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", // Directory Readers
    "95e79109-95c0-4d8e-aee3-d01accf2d47b", // Guest Inviter
    "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b", // Message Center Reader
    "75934031-6c7e-415a-99d7-48dbd49e875e", // Usage Summary Reports Reader
    "27460883-1df1-4691-b032-3b79643e5e63", // User Experience Success Manager
    "fdd7a751-b60b-444a-984c-02652fe8fa1c", // Groups Administrator
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
        Family::Policy | Family::Requirements if reads => &[GLOBAL_READER, POLICY, GLOBAL],
        Family::Policy | Family::Requirements => &[POLICY, GLOBAL],
        Family::Report => &[REPORTS_READER, SECURITY_READER, GLOBAL_READER, GLOBAL],
        Family::Methods | Family::Phone | Family::Email | Family::Pass | Family::Preferences if reads => {
            &[AUTHENTICATION, GLOBAL_READER, PRIVILEGED, GLOBAL]
        }
        Family::Methods | Family::Phone | Family::Email | Family::Pass | Family::Preferences => {
            &[AUTHENTICATION, PRIVILEGED, GLOBAL]
        }
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
