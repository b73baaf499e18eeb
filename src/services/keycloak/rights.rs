//! What the account must hold for each verb: roles of realm-management (api/keycloak 3). `doctor` reads it.

use crate::auth::TokenClaims;
use crate::domain::{Lack, Right, Standing, Weight};

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

/// How a token stands to each verb. One without roles in it does not say.
pub(super) fn told(claims: &TokenClaims) -> Vec<Right> {
    let right = |(verb, weight, roles): &(&'static str, Weight, &[&str])| {
        let role = roles.first().copied().unwrap_or_default();
        let standing = match claims.has_any(roles) {
            Some(true) => Standing::Held,
            Some(false) => Standing::Lacking(vec![Lack {
                missing: role.to_owned(),
                why: format!("the account lacks the role {role} of realm-management"),
                mend: format!(
                    "an administrator gives it the role {role} of realm-management; then sign in again"
                ),
            }]),
            None => Standing::Unknown {
                why: "the token does not say what it may".to_owned(),
                mend: format!("see that the account has the role {role} of realm-management"),
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
            let all = told(claims).into_iter();
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
    }
}
