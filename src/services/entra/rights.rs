//! The one table of permissions and roles: what each family of calls wants, and by that what each verb wants. Refusals,
//! `capabilities` and `doctor` read it. Sources: api/entra 7 and 11.

mod permissions;
mod roles;
mod verbs;

use super::error::Family;
use crate::auth::TokenClaims;
use crate::domain::{Lack, Right, Standing};
use crate::http::Verb;
pub(super) use permissions::licence;
use permissions::{as_sent, permissions};
use roles::Role;
pub(super) use verbs::VERBS;
use verbs::{EXTENSIONS, Wanted};

/// The rights of a token over the extensions of the embedded service.
pub(crate) fn extensions(claims: &TokenClaims) -> Vec<Right> {
    told(claims, EXTENSIONS)
}

/// Whether the token can be seen to hold no permission that changes anything.
pub(super) fn only_reads(claims: &TokenClaims) -> bool {
    let reads = permissions(Family::Methods, Verb::Get, claims.delegated);
    let writes = |permission: &String| {
        permission.contains("ReadWrite")
            || permission.contains("Write.")
            || VERBS.iter().flat_map(|verb| verb.calls).any(|(family, verb)| {
                *verb != Verb::Get
                    && permissions(*family, *verb, claims.delegated).contains(&permission.as_str())
            })
            || permission.ends_with("AccessAsUser.All")
    };
    claims.has_any(reads) == Some(true) && !claims.permissions.iter().any(writes)
}

fn kind(claims: &TokenClaims) -> &'static str {
    if claims.delegated {
        "delegated"
    } else {
        "application"
    }
}

/// The first of these roles that is worth more than those that are held.
fn next_role(roles: &'static [Role], claims: &TokenClaims) -> Option<Role> {
    let held = |role: &Role| claims.directory_roles.iter().any(|id| id == role.id);
    match roles.iter().rposition(held) {
        None => roles.first().copied(),
        Some(at) => roles.get(at + 1).copied(),
    }
}

/// What a call lacks that the service has just refused.
pub(super) fn refused(family: Family, verb: Verb, claims: &TokenClaims) -> Lack {
    let wanted = permissions(family, verb, claims.delegated);
    let permission = wanted.first().copied().unwrap_or_default();
    let roles = roles::wanted(family, verb, claims.delegated);
    if claims.has_any(wanted) != Some(true) {
        return no_permission(permission, roles, claims);
    }
    match next_role(roles, claims) {
        // Where the permission is there, it is the role that lacks.
        Some(role) if family.is_of_a_person() => no_role(role, claims),
        Some(role) => Lack {
            mend: format!(
                "the permission is there; an administrator gives you the role {}, or you activate it; then sign in again",
                role.name
            ),
            ..no_role(role, claims)
        },
        None if roles.is_empty() => Lack {
            missing: permission.to_owned(),
            why: format!("the service refuses, though the token holds {permission}"),
            mend: "the person may be out of reach (restricted administrative units), or the permission was given after the \
                   sign-in: sign in again"
                .to_owned(),
        },
        None => Lack {
            missing: permission.to_owned(),
            why: "the service refuses, though the token holds permission and role".to_owned(),
            mend: "the role may not reach this person (administrative units, role-assignable groups), or was given \
                   after the sign-in: sign in again"
                .to_owned(),
        },
    }
}

fn no_permission(permission: &str, roles: &'static [Role], claims: &TokenClaims) -> Lack {
    let kind = kind(claims);
    let held = roles
        .iter()
        .find(|role| claims.directory_roles.iter().any(|id| id == role.id));
    let besides = match (held, roles.first()) {
        (Some(role), _) => format!("; the role {} alone does not do it", role.name),
        (None, Some(role)) => format!(", and the role {}", role.name),
        (None, None) => String::new(),
    };
    Lack {
        missing: permission.to_owned(),
        why: format!("the token lacks {permission}"),
        mend: format!(
            "an administrator grants the {kind} permission {permission} to the application{besides}; then sign in again"
        ),
    }
}

fn no_role(role: Role, claims: &TokenClaims) -> Lack {
    let who = if claims.delegated {
        "you"
    } else {
        "the application"
    };
    Lack {
        missing: role.name.to_owned(),
        why: format!("needs {}", role.name),
        mend: format!(
            "the permission is there; {who} must hold the role {} over this person",
            role.name
        ),
    }
}

/// How a token stands to each of these verbs.
pub(super) fn told(claims: &TokenClaims, verbs: &[Wanted]) -> Vec<Right> {
    verbs.iter().map(|verb| right(verb, claims)).collect()
}

fn right(wanted: &Wanted, claims: &TokenClaims) -> Right {
    let mut lacking: Vec<Lack> = Vec::new();
    let mut unknown = None;
    let mut wants: Vec<String> = Vec::new();
    let mut want = |name: &str| {
        if !wants.iter().any(|known| known == name) {
            wants.push(name.to_owned());
        }
    };
    for (family, verb) in wanted.calls {
        let verb = as_sent(*family, *verb, claims.delegated);
        let any = permissions(*family, verb, claims.delegated);
        let permission = any.first().copied().unwrap_or_default();
        let roles = roles::wanted(*family, verb, claims.delegated);
        want(permission);
        if let Some(role) = roles.first() {
            want(role.name);
        }
        let held = |role: &Role| claims.directory_roles.iter().any(|id| id == role.id);
        let lack = match claims.has_any(any) {
            Some(false) => Some(no_permission(permission, roles, claims)),
            None => {
                unknown.get_or_insert_with(|| Standing::Unknown {
                    why: "the token does not say what it may".to_owned(),
                    mend: format!("see that the application has {permission}"),
                });
                None
            }
            Some(true) if roles.is_empty() || roles.iter().any(held) => None,
            Some(true) => match (roles.first(), roles::can_tell(claims)) {
                (Some(role), true) => Some(Lack {
                    mend: format!(
                        "an administrator gives {} the role {}, or you activate it; then sign in again; a role over an administrative \
                         unit alone is not in the token, and counts for its members",
                        if claims.delegated {
                            "you"
                        } else {
                            "the application"
                        },
                        role.name
                    ),
                    ..no_role(*role, claims)
                }),
                (Some(role), false) => {
                    unknown.get_or_insert_with(|| Standing::Unknown {
                        why: format!("the token does not say whether the role {} is held", role.name),
                        mend: format!("where it is refused, the role {} is what lacks", role.name),
                    });
                    None
                }
                (None, _) => None,
            },
        };
        if let Some(lack) = lack
            && !lacking.iter().any(|known| known.missing == lack.missing)
        {
            lacking.push(lack);
        }
    }
    let report = wanted.calls.iter().any(|(family, _)| *family == Family::Report);
    Right {
        verb: wanted.verb,
        weight: wanted.weight,
        wants: wants.join(", "),
        licence: report.then_some(licence(Family::Report)),
        standing: match unknown {
            _ if !lacking.is_empty() => Standing::Lacking(lacking),
            Some(unknown) => unknown,
            None => Standing::Held,
        },
    }
}

#[cfg(test)]
mod tests;
