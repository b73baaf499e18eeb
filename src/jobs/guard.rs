//! Whether a change may be made at all: the profile's guard, one's own account, protected people. Stops mistakes; the
//! boundary is the role that the token holds.

use serde_json::json;

use super::filter;
use crate::domain::{Error, ErrorCode, Guard, Operator, Privileges, Result, User};

/// Whether the guard can only be judged with the roles and groups of people.
pub fn needs_privileges(guard: &Guard) -> bool {
    guard
        .protected
        .iter()
        .any(|entry| entry.starts_with("group:") || entry.starts_with("role:"))
}

/// Which entries of the guard protect a person. A group or role that cannot be read does not match here: see [`admit`].
pub fn protected_by(guard: &Guard, user: &User, privileges: &Privileges) -> Vec<String> {
    guard
        .protected
        .iter()
        .filter(|entry| judge(entry, user, privileges) == Some(true))
        .cloned()
        .collect()
}

/// Whether an entry means a person; `None`: cannot tell.
fn judge(entry: &str, user: &User, privileges: &Privileges) -> Option<bool> {
    let among = |names: &Option<Vec<String>>, wanted: &str| {
        let same = |name: &String| name.to_lowercase() == wanted.to_lowercase();
        names.as_ref().map(|names| names.iter().any(same))
    };
    if let Some(group) = entry.strip_prefix("group:") {
        return among(&privileges.groups, group.trim());
    }
    if let Some(role) = entry.strip_prefix("role:") {
        return among(&privileges.roles, role.trim());
    }
    let same = |other: &str| other.to_lowercase() == entry.trim().to_lowercase();
    Some(same(&user.sign_in_name) || same(&user.id.0))
}

/// What the command itself must satisfy, before anybody is looked up.
///
/// # Errors
/// `guard_read_only`, `guard_ticket`.
pub fn admit_command(guard: &Guard, ticket: Option<&str>, profile: &str) -> Result<()> {
    if guard.read_only {
        return Err(Error::new(
            ErrorCode::GuardReadOnly,
            format!("profile {profile} is read-only"),
        )
        .hint("use a profile that may change people, or --dry-run"));
    }
    let ticket = ticket.map(str::trim).filter(|ticket| !ticket.is_empty());
    if guard.require_ticket && ticket.is_none() {
        return Err(
            Error::new(ErrorCode::GuardTicket, "this profile asks for a ticket").hint("add --ticket ID"),
        );
    }
    if let (Some(pattern), Some(ticket)) = (&guard.ticket_pattern, ticket) {
        let said = filter::holds(
            ". as {$ticket, $pattern} | $ticket | test(\"^(?:\" + $pattern + \")$\")",
            &json!({ "ticket": ticket, "pattern": pattern }),
        )
        .map_err(|_| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("ticket_pattern \"{pattern}\" cannot be read"),
            )
        })?;
        if !said {
            return Err(Error::new(
                ErrorCode::GuardTicket,
                format!("\"{ticket}\" is no ticket of the form {pattern}"),
            ));
        }
    }
    Ok(())
}

/// Whether as many people are meant as was said.
///
/// # Errors
/// `expect_mismatch`.
pub fn admit_expected(people: u64, expect: Option<u64>) -> Result<()> {
    match expect {
        Some(expected) if expected != people => Err(Error::new(
            ErrorCode::ExpectMismatch,
            match people {
                1 => format!("1 person was selected, and --expect says {expected}"),
                people => format!("{people} people were selected, and --expect says {expected}"),
            },
        )),
        _ => Ok(()),
    }
}

/// How many people one command may change.
///
/// # Errors
/// `guard_max_users`; `expect_mismatch` where `expect` says another number.
pub fn admit_number(guard: &Guard, people: usize, expect: Option<u64>) -> Result<()> {
    let people = people as u64;
    admit_expected(people, expect)?;
    if people > guard.max_users {
        return Err(Error::new(
            ErrorCode::GuardMaxUsers,
            format!(
                "{people} people are more than the {} that the guard allows",
                guard.max_users
            ),
        )
        .hint("split the list, or raise max_users in the profile's guard"));
    }
    Ok(())
}

/// Whether these people may be changed: not the protected ones, and not one's own account. All that are refused are
/// named, and nothing is sent.
///
/// # Errors
/// `guard_protected`, `guard_self`.
pub fn admit(
    guard: &Guard,
    people: &[(&User, &Privileges)],
    operator: &Operator,
    include_self: bool,
) -> Result<()> {
    let mut refused = Vec::new();
    for (user, privileges) in people {
        for entry in &guard.protected {
            match judge(entry, user, privileges) {
                Some(false) => continue,
                Some(true) if entry.starts_with("group:") || entry.starts_with("role:") => {
                    refused.push(format!("{} ({entry})", user.sign_in_name));
                }
                Some(true) => refused.push(user.sign_in_name.clone()),
                None => refused.push(format!(
                    "{} ({entry}, and the token may not see whether)",
                    user.sign_in_name
                )),
            }
            break;
        }
    }
    if !refused.is_empty() {
        let verb = if refused.len() == 1 { "is" } else { "are" };
        return Err(Error::new(
            ErrorCode::GuardProtected,
            format!("{} {verb} protected by the profile's guard", refused.join(", ")),
        )
        .hint("no flag loosens this; nothing was sent"));
    }
    let own = operator.user_id.as_ref().and_then(|own| {
        people
            .iter()
            .find(|(user, _)| user.id.0.eq_ignore_ascii_case(&own.0))
    });
    match own {
        Some((user, _)) if !include_self => Err(Error::new(
            ErrorCode::GuardSelf,
            format!("{} is your own account", user.sign_in_name),
        )
        .hint("--include-self allows it")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        User {
            id: format!("id-{name}").into(),
            sign_in_name: format!("{name}@contoso.example"),
            display_name: None,
            mail: None,
            enabled: true,
            guest: false,
            synced: None,
            last_sign_in_at: None,
        }
    }

    fn protecting(entries: &[&str]) -> Guard {
        Guard {
            protected: entries.iter().map(|entry| (*entry).to_owned()).collect(),
            ..Guard::default()
        }
    }

    #[test]
    fn a_protected_person_is_refused_by_name_by_group_and_by_role() {
        let (ann, bob) = (user("ann"), user("bob"));
        let holder = Privileges {
            roles: Some(vec!["Global Administrator".into()]),
            groups: Some(vec!["Executives".into()]),
            privileged: None,
        };
        let none = Privileges {
            roles: Some(vec![]),
            groups: Some(vec![]),
            privileged: None,
        };
        let operator = Operator::default();
        for entry in [
            "ANN@contoso.example",
            "group:executives",
            "role:Global Administrator",
        ] {
            let guard = protecting(&[entry]);
            let error = admit(&guard, &[(&ann, &holder), (&bob, &none)], &operator, true).unwrap_err();
            assert_eq!(error.code(), ErrorCode::GuardProtected, "{entry}");
            assert!(
                error.message().contains("ann@") && !error.message().contains("bob@"),
                "{error}"
            );
            assert_eq!(protected_by(&guard, &ann, &holder), [entry]);
            assert!(admit(&guard, &[(&bob, &none)], &operator, true).is_ok());
        }
    }

    #[test]
    fn a_group_that_cannot_be_read_protects() {
        let error = admit(
            &protecting(&["group:Executives"]),
            &[(&user("ann"), &Privileges::default())],
            &Operator::default(),
            true,
        )
        .unwrap_err();
        assert_eq!(error.code(), ErrorCode::GuardProtected);
    }

    #[test]
    fn ones_own_account_needs_a_flag() {
        let ann = user("ann");
        let operator = Operator {
            user_id: Some("ID-ann".into()),
            ..Operator::default()
        };
        let none = Privileges::default();
        let error = admit(&Guard::default(), &[(&ann, &none)], &operator, false).unwrap_err();
        assert_eq!(error.code(), ErrorCode::GuardSelf);
        assert!(admit(&Guard::default(), &[(&ann, &none)], &operator, true).is_ok());
    }

    #[test]
    fn read_only_tickets_and_numbers_are_held() {
        let code = |result: Result<()>| result.map_err(|error| error.code());
        let read_only = Guard {
            read_only: true,
            ..Guard::default()
        };
        assert_eq!(
            code(admit_command(&read_only, None, "x")),
            Err(ErrorCode::GuardReadOnly)
        );
        let ticket = Guard {
            require_ticket: true,
            ticket_pattern: Some("INC[0-9]+".into()),
            ..Guard::default()
        };
        for (given, said) in [
            (None, Err(ErrorCode::GuardTicket)),
            (Some(" "), Err(ErrorCode::GuardTicket)),
            (Some("INC42"), Ok(())),
            (Some("xINC42"), Err(ErrorCode::GuardTicket)),
        ] {
            assert_eq!(code(admit_command(&ticket, given, "x")), said, "{given:?}");
        }
        assert_eq!(
            code(admit_number(&Guard::default(), 26, None)),
            Err(ErrorCode::GuardMaxUsers)
        );
        assert_eq!(
            code(admit_number(&Guard::default(), 2, Some(3))),
            Err(ErrorCode::ExpectMismatch)
        );
        assert_eq!(code(admit_number(&Guard::default(), 25, Some(25))), Ok(()));
    }
}
