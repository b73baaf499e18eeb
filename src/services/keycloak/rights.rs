//! What the account must hold for each verb: roles of realm-management (api/keycloak 3). `doctor` reads it.

use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode, Lack, Right, Standing, Weight};

/// Each verb with the roles of which one is enough.
const VERBS: &[(&str, Weight, &[&str])] = &[
    ("user search", Weight::Always, VIEW),
    ("user show", Weight::Always, VIEW),
    ("methods list", Weight::Always, VIEW),
    ("devices list", Weight::More, VIEW),
    ("report registration", Weight::More, VIEW),
    ("--group", Weight::More, VIEW),
    ("policy show", Weight::More, REALM),
    ("user reset", Weight::Changes, MANAGE),
    ("methods remove", Weight::Changes, MANAGE),
    ("methods add totp", Weight::More, MANAGE),
    ("methods set-default", Weight::More, MANAGE),
    ("user sign-out", Weight::More, MANAGE),
    ("devices forget", Weight::More, MANAGE),
    ("user unlock", Weight::More, MANAGE),
    ("user reset-password", Weight::More, MANAGE),
];

const VIEW: &[&str] = &["view-users", "manage-users"];
const REALM: &[&str] = &["view-realm", "manage-realm"];
const MANAGE: &[&str] = &["manage-users"];

/// The realm that administers all realms.
const OVER_ALL: &str = "master";

/// Whether it is the realm that administers all realms.
pub(super) fn is_over_all(realm: &str) -> bool {
    realm == OVER_ALL
}

/// The application whose roles are rights over a realm: another in the realm that administers all realms.
pub(super) fn management(realm: &str) -> &'static str {
    if is_over_all(realm) {
        "master-realm"
    } else {
        "realm-management"
    }
}

/// Whether the account may yet change some people, by fine-grained permissions, of which a token does not tell: it lacks the
/// role that changes everybody, and any role or none will do beside a permission (Keycloak's guide: Server administration,
/// Fine-grained admin permissions; seen on 26.4.2). Whether the realm has such permissions, its settings say.
pub(super) fn may_be_fine_grained(claims: &TokenClaims) -> bool {
    claims.has_any(MANAGE) == Some(false)
}

/// Whether the account may see the realm's settings and flows.
pub(super) fn sees_realm(claims: &TokenClaims) -> bool {
    claims.has_any(REALM) == Some(true)
}

/// The refusal of a person whom the account may not change: neither by a role, nor by a fine-grained permission.
pub(super) fn beyond(claims: &TokenClaims, realm: &str) -> Error {
    let mend = mend("manage-users", claims, realm);
    Error::new(
        ErrorCode::PermissionMissing,
        format!(
            "{}, and may not change this person without it",
            why("manage-users", realm)
        ),
    )
    .hint(format!(
        "{mend}; or, where the realm has admin permissions, one of those lets it manage this person"
    ))
}

/// Why it is refused.
pub(super) fn why(role: &str, realm: &str) -> String {
    format!("the account lacks the role {role} of {}", management(realm))
}

/// What an administrator does about it: the command that gives the role. A token that names no role at all may be of an
/// application that keeps its account's roles out of it.
pub(super) fn mend(role: &str, claims: &TokenClaims, realm: &str) -> String {
    let application = claims.app_id.as_ref().filter(|_| !claims.delegated);
    let account = match (&claims.sign_in_name, application) {
        (_, Some(client)) => format!("service-account-{client}"),
        (Some(name), None) => name.clone(),
        (None, None) => "NAME".to_owned(),
    };
    let kept_out = match application {
        Some(client) if claims.permissions.is_empty() => {
            format!(
                "; where it has the role already, the application {client} keeps it out of tokens: switch on its Full scope allowed"
            )
        }
        _ => String::new(),
    };
    format!(
        "an administrator runs: kcadm.sh add-roles -r {realm} --uusername {account} --cclientid {} --rolename {role}; \
         then sign in again{kept_out}",
        management(realm)
    )
}

/// The role that is missing.
pub(super) fn lacking(role: &str, claims: &TokenClaims, realm: &str) -> Error {
    Error::new(ErrorCode::PermissionMissing, why(role, realm)).hint(mend(role, claims, realm))
}

/// How a token stands to each verb. One without roles in it does not say. `grained`: whether the realm may have fine-grained
/// permissions, which give what no role does.
pub(super) fn told(claims: &TokenClaims, realm: &str, grained: bool) -> Vec<Right> {
    let client = management(realm);
    let right = |(verb, weight, roles): &(&'static str, Weight, &[&str])| {
        let role = roles.first().copied().unwrap_or_default();
        let standing = match claims.has_any(roles) {
            Some(true) => Standing::Held,
            Some(false) if grained && *roles != REALM => Standing::Unknown {
                why: "the token does not tell what fine-grained permissions let the account do".to_owned(),
                mend: format!(
                    "see that a permission of the realm lets it, or give it the role {role} of {client}"
                ),
            },
            Some(false) => Standing::Lacking(vec![Lack {
                missing: role.to_owned(),
                why: why(role, realm),
                mend: format!("an administrator gives it the role {role} of {client}; then sign in again"),
            }]),
            None => Standing::Unknown {
                why: "the token does not say what it may".to_owned(),
                mend: format!("see that the account has the role {role} of {client}"),
            },
        };
        Right {
            verb,
            weight: *weight,
            wants: role.to_owned(),
            licence: None,
            standing,
        }
    };
    VERBS.iter().map(right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helpdesk_account_lacks_the_policy_alone() {
        let claims = |roles: &[&str]| TokenClaims {
            permissions: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..TokenClaims::default()
        };
        let lacking = |claims: &TokenClaims| -> Vec<&str> {
            let all = told(claims, "staff", false).into_iter();
            let lacks = all.filter(|right| matches!(right.standing, Standing::Lacking(_)));
            lacks.map(|right| right.verb).collect()
        };
        assert_eq!(lacking(&claims(&["manage-users"])), ["policy show"]);
        assert!(lacking(&claims(&["manage-users", "view-realm"])).is_empty());
        assert_eq!(lacking(&claims(&["view-users", "view-realm"])).len(), 8);
        assert!(
            lacking(&claims(&[])).is_empty(),
            "a token that says nothing lacks nothing"
        );
        let delegated = claims(&["query-users", "view-users"]);
        let rights = told(&delegated, "staff", true);
        let of = |verb: &str| rights.iter().find(|right| right.verb == verb).unwrap();
        assert_eq!(of("methods list").standing, Standing::Held);
        assert!(
            matches!(of("user reset").standing, Standing::Unknown { .. }),
            "permissions may give it"
        );
        assert!(matches!(of("policy show").standing, Standing::Lacking(_)));
    }

    #[test]
    fn the_command_that_gives_a_role_names_the_account_and_the_application_of_its_realm() {
        let claims = |permissions: &[&str], delegated| TokenClaims {
            app_id: Some("mfactl".into()),
            sign_in_name: Some(
                if delegated {
                    "rita"
                } else {
                    "service-account-mfactl"
                }
                .into(),
            ),
            delegated,
            permissions: permissions.iter().map(|role| (*role).to_owned()).collect(),
            ..TokenClaims::default()
        };
        insta::assert_snapshot!(
            [
                mend("view-realm", &claims(&["view-users"], false), "staff"),
                mend("view-realm", &claims(&["view-users"], true), "master"),
                mend("view-users", &claims(&[], false), "staff"),
                mend("view-users", &TokenClaims::default(), "staff"),
            ]
            .join("\n"),
            @"
        an administrator runs: kcadm.sh add-roles -r staff --uusername service-account-mfactl --cclientid realm-management --rolename view-realm; then sign in again
        an administrator runs: kcadm.sh add-roles -r master --uusername rita --cclientid master-realm --rolename view-realm; then sign in again
        an administrator runs: kcadm.sh add-roles -r staff --uusername service-account-mfactl --cclientid realm-management --rolename view-users; then sign in again; where it has the role already, the application mfactl keeps it out of tokens: switch on its Full scope allowed
        an administrator runs: kcadm.sh add-roles -r staff --uusername NAME --cclientid realm-management --rolename view-users; then sign in again
        "
        );
    }
}
