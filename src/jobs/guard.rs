//! Whether a change may be made at all: the profile's guard, one's own account, protected and privileged people, the
//! second person. Stops mistakes; the boundary is the role that the token holds.

use serde_json::json;

use super::filter::Filter;
use crate::domain::{Error, ErrorCode, Guard, Operator, Privileges, Result, User};

/// How many names a refusal spells out.
const NAMED: usize = 10;

/// What flags allow that is refused without them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// `--include-self`.
    pub own: bool,
    /// `--allow-privileged`: counts only where the guard allows it too.
    pub privileged: bool,
}

/// Which of the guard's numbers holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A change that is confirmed and made in one go.
    Direct,
    /// A plan that is written or applied, or a job that is resumed.
    Planned,
}

/// Whether the guard can only be judged with the roles and groups of people.
pub fn needs_privileges(guard: &Guard, allow: Allow) -> bool {
    !(guard.allow_privileged && allow.privileged)
        || guard
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
/// `config_invalid` while the machine-wide file cannot be read, `guard_read_only`, `guard_ticket`.
pub fn admit_command(guard: &Guard, ticket: Option<&str>, profile: &str) -> Result<()> {
    if let Some(broken) = &guard.machine.broken {
        return Err(broken.clone());
    }
    if guard.read_only {
        return Err(Error::new(
            ErrorCode::GuardReadOnly,
            format!("profile {profile} is read-only{}", guard.by("read_only")),
        )
        .hint("use a profile that may change people, or --dry-run"));
    }
    let ticket = ticket.map(str::trim).filter(|ticket| !ticket.is_empty());
    if guard.require_ticket && ticket.is_none() {
        return Err(Error::new(
            ErrorCode::GuardTicket,
            format!("this profile asks for a ticket{}", guard.by("require_ticket")),
        )
        .hint("add --ticket ID"));
    }
    let Some(ticket) = ticket else {
        return Ok(());
    };
    ticket_patterns(guard).try_for_each(|(pattern, by)| admit_ticket(ticket, pattern, &by))
}

/// Whether what the guard asks of tickets can be read at all: told by `doctor`, before a change stumbles over it.
///
/// # Errors
/// `config_invalid`.
pub fn readable(guard: &Guard) -> Result<()> {
    ticket_patterns(guard).try_for_each(|(pattern, by)| match admit_ticket("", pattern, &by) {
        Err(error) if error.code() == ErrorCode::ConfigInvalid => Err(error),
        _ => Ok(()),
    })
}

/// Patterns that a ticket has to match, each with who says so.
fn ticket_patterns(guard: &Guard) -> impl Iterator<Item = (&str, String)> {
    let own = guard
        .ticket_pattern
        .iter()
        .map(|pattern| (pattern.as_str(), String::new()));
    let machine = guard.machine.ticket_pattern.iter();
    own.chain(machine.map(|pattern| (pattern.as_str(), format!(", by {}", guard.machine.file))))
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

/// Whether the whole ticket matches; `by`: who says so.
fn admit_ticket(ticket: &str, pattern: &str, by: &str) -> Result<()> {
    let whole = ". as {$ticket, $pattern} | $ticket | test(\"^(?:\" + $pattern + \")$\")";
    let said = Filter::read(whole)
        .and_then(|filter| filter.holds(&json!({ "ticket": ticket, "pattern": pattern })))
        .map_err(|_| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("ticket_pattern \"{pattern}\" cannot be read{by}"),
            )
            .hint("it is a regular expression over the whole ticket, such as INC[0-9]+")
        })?;
    if said {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::GuardTicket,
        format!("\"{ticket}\" is no ticket of the form {pattern}{by}"),
    ))
}

/// How many people one command may change.
///
/// # Errors
/// `guard_max_users`; `expect_mismatch` where `expect` says another number.
pub fn admit_number(guard: &Guard, people: usize, expect: Option<u64>, bound: Bound) -> Result<()> {
    let people = people as u64;
    admit_expected(people, expect)?;
    let (key, most) = match bound {
        Bound::Direct => ("max_users", guard.max_users),
        Bound::Planned => ("max_users_planned", guard.max_users_planned),
    };
    if people <= most {
        return Ok(());
    }
    let own = match bound {
        Bound::Direct if people <= guard.max_users_planned => {
            "write a plan with --plan-out FILE, and apply it; or raise max_users in the profile's guard"
        }
        Bound::Direct => "split the list, or raise max_users in the profile's guard",
        Bound::Planned => "split the list, or raise max_users_planned in the profile's guard",
    };
    let plan = "write a plan with --plan-out FILE, and apply it";
    let hint = match guard.mend(key, own) {
        _ if bound == Bound::Direct && !guard.by(key).is_empty() && people <= guard.max_users_planned => {
            plan.to_owned()
        }
        hint => hint,
    };
    Err(Error::new(
        ErrorCode::GuardMaxUsers,
        format!(
            "{people} people are more than the {most} that the guard allows{}",
            guard.by(key)
        ),
    )
    .hint(hint))
}

/// Whether so many people may be changed by one person alone. `maker`: who made the plan that is applied, where one is;
/// `command`: the command that would write a plan.
///
/// # Errors
/// `guard_two_person`.
pub fn admit_alone(
    guard: &Guard,
    people: usize,
    maker: Option<&str>,
    operator: &Operator,
    command: &str,
) -> Result<()> {
    let Some(most) = guard.two_person_over else {
        return Ok(());
    };
    if people as u64 <= most || maker.is_some_and(|maker| is_other(maker, operator)) {
        return Ok(());
    }
    let by = guard.by("two_person_over");
    let people = match people {
        1 => "1 person".to_owned(),
        people => format!("{people} people"),
    };
    let refused = |message: String| Error::new(ErrorCode::GuardTwoPerson, message);
    Err(match maker {
        None => refused(format!(
            "a change of {people} must be a plan that another account made{by}"
        ))
        .hint(format!(
            "{command}; somebody else applies it with plan apply FILE"
        )),
        Some(_) => refused(format!(
            "{} made this plan of {people}, and another account has to apply it{by}",
            operator.account
        ))
        .hint("give the file and its digest to a colleague: plan apply FILE --digest DIGEST"),
    })
}

/// Whether the maker of a plan is somebody else than who runs this.
pub fn is_other(maker: &str, operator: &Operator) -> bool {
    let maker = maker.trim();
    !maker.is_empty()
        && !maker.eq_ignore_ascii_case(operator.account.trim())
        && !operator
            .user_id
            .as_ref()
            .is_some_and(|own| own.0.eq_ignore_ascii_case(maker))
}

/// Whether everybody may be selected at all.
///
/// # Errors
/// `guard_everyone`.
pub fn admit_everyone(guard: &Guard) -> Result<()> {
    if guard.allow_everyone {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::GuardEveryone,
        format!(
            "the guard does not allow --everyone{}",
            guard.by("allow_everyone")
        ),
    )
    .hint(guard.mend(
        "allow_everyone",
        "set allow_everyone = true in the profile's guard, or name a group",
    )))
}

/// Why a person may not be changed.
enum Refused {
    /// By this entry; `false`: nobody can tell whether it means the person.
    Protected(String, bool),
    Privileged,
    Own,
}

fn refused(
    guard: &Guard,
    user: &User,
    privileges: &Privileges,
    operator: &Operator,
    allow: Allow,
) -> Option<Refused> {
    for entry in &guard.protected {
        match judge(entry, user, privileges) {
            Some(false) => {}
            said => return Some(Refused::Protected(entry.clone(), said.is_some())),
        }
    }
    let own = operator
        .user_id
        .as_ref()
        .is_some_and(|own| user.id.0.eq_ignore_ascii_case(&own.0));
    if own && !allow.own {
        return Some(Refused::Own);
    }
    let privileged = privileges.privileged == Some(true);
    (privileged && !(guard.allow_privileged && allow.privileged)).then_some(Refused::Privileged)
}

/// Why one person of many may not be changed, where that is so: such a person is left out of a job of many.
pub fn refusal(
    guard: &Guard,
    user: &User,
    privileges: &Privileges,
    operator: &Operator,
    allow: Allow,
) -> Option<Error> {
    admit(guard, &[(user, privileges)], operator, allow).err()
}

/// Whether these people may be changed: not the protected ones, not the privileged ones unless guard and flag agree, and
/// not one's own account. All that are refused are named, and nothing is sent.
///
/// # Errors
/// `guard_protected`, `guard_privileged`, `guard_self`.
pub fn admit(
    guard: &Guard,
    people: &[(&User, &Privileges)],
    operator: &Operator,
    allow: Allow,
) -> Result<()> {
    let (mut protected, mut privileged, mut own) = (Vec::new(), Vec::new(), Vec::new());
    let (mut by_profile, mut by_machine) = (false, false);
    for (user, privileges) in people {
        let name = &user.sign_in_name;
        match refused(guard, user, privileges, operator, allow) {
            None => {}
            Some(Refused::Protected(entry, known)) => {
                let machine = guard.machine.protected.contains(&entry);
                (by_machine, by_profile) = (by_machine || machine, by_profile || !machine);
                let named = entry.starts_with("group:") || entry.starts_with("role:");
                protected.push(match (known, named) {
                    (true, false) => name.clone(),
                    (true, true) => format!("{name} ({entry})"),
                    (false, _) => format!("{name} ({entry}, and the token may not see whether)"),
                });
            }
            Some(Refused::Privileged) => privileged.push(match privileges.roles.as_deref() {
                Some(roles) if !roles.is_empty() => format!("{name} ({})", roles.join(", ")),
                _ => name.clone(),
            }),
            Some(Refused::Own) => own.push(name.clone()),
        }
    }
    let is = |names: &[String]| if names.len() == 1 { "is" } else { "are" };
    if !protected.is_empty() {
        let by = match (by_profile, by_machine) {
            (true, true) => format!("the profile's guard and by {}", guard.machine.file),
            (false, true) => guard.machine.file.clone(),
            _ => "the profile's guard".to_owned(),
        };
        return Err(Error::new(
            ErrorCode::GuardProtected,
            format!("{} {} protected by {by}", listed(&protected), is(&protected)),
        )
        .hint("no flag loosens this; nothing was sent"));
    }
    if let Some(name) = own.first() {
        return Err(
            Error::new(ErrorCode::GuardSelf, format!("{name} is your own account"))
                .hint("--include-self allows it"),
        );
    }
    if privileged.is_empty() {
        return Ok(());
    }
    let message = format!("{} {} privileged", listed(&privileged), is(&privileged));
    let refused = |message: String| Error::new(ErrorCode::GuardPrivileged, message);
    if guard.allow_privileged {
        return Err(refused(message).hint("--allow-privileged allows it"));
    }
    let by = guard.by("allow_privileged");
    Err(
        refused(format!("{message}, and the guard does not allow that{by}")).hint(guard.mend(
            "allow_privileged",
            "it takes allow_privileged = true in the profile's guard, and --allow-privileged",
        )),
    )
}

/// What to say where the roles of somebody cannot be read: which right would tell.
pub fn cannot_tell(people: &[Privileges]) -> Option<String> {
    let unknown = people.iter().find(|one| one.privileged.is_none())?;
    let why = match &unknown.missing {
        Some(right) => format!("the token lacks {right}"),
        None => "the service does not say".to_owned(),
    };
    Some(format!(
        "cannot tell who is privileged: {why}; only those whom the guard protects by name are held back"
    ))
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!(
            "{} and {more} more",
            names.get(..NAMED).unwrap_or(names).join(", ")
        ),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests;
