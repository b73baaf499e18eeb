//! USER operands of verbs that read: exact, several at a time, in the order in which they were typed.

use futures::StreamExt as _;

use super::context::{Context, Session};
use crate::domain::shape::Who;
use crate::domain::{Error, ErrorCode, Match, Result, User, UserQuery};
use crate::render::Shape;

/// One USER operand and whom it means.
pub(crate) struct Asked {
    /// The person, or why it is nobody.
    pub(crate) found: Result<User>,
}

/// A sign-in name: the profile's domain is added where there is no `@` and it is no object id.
pub(crate) fn completed(typed: &str, domain: Option<&str>) -> String {
    match domain {
        Some(domain) if !typed.contains('@') && uuid::Uuid::try_parse(typed).is_err() => {
            format!("{typed}@{domain}")
        }
        _ => typed.to_owned(),
    }
}

/// Finds the people behind these operands.
///
/// # Errors
/// What the service says; that nobody is there is an error of the operand alone.
pub(crate) async fn find(
    cx: &Context,
    session: &Session,
    typed: &[String],
    verb: &[&str],
) -> Result<Vec<Asked>> {
    // A script whose variable was never set.
    if typed.iter().any(|typed| typed.trim().is_empty()) {
        return Err(Error::new(ErrorCode::InvalidInput, "a user is empty"));
    }
    let names: Vec<String> = typed
        .iter()
        .map(|typed| completed(typed, session.domain.as_deref()))
        .collect();
    let query = UserQuery::Ids(names.clone());
    let mut users: Vec<User> = Vec::new();
    {
        let mut stream = session.service.users(&query);
        while let Some(user) = stream.next().await {
            users.push(user?);
        }
    }
    Ok(typed
        .iter()
        .zip(&names)
        .map(|(typed, name)| Asked {
            found: pick(cx, session, typed, name, &users, verb),
        })
        .collect())
}

/// Object id, else sign-in name, else primary mail.
fn pick(
    cx: &Context,
    session: &Session,
    typed: &str,
    name: &str,
    users: &[User],
    verb: &[&str],
) -> Result<User> {
    let same = |text: &str| text.to_lowercase() == name.to_lowercase();
    let rules: [&dyn Fn(&User) -> bool; 3] = [
        &|user| same(&user.id.0),
        &|user| same(&user.sign_in_name),
        &|user| user.mail.as_deref().is_some_and(same),
    ];
    let mut found: Vec<&User> = rules
        .iter()
        .map(|rule| users.iter().filter(|user| rule(user)).collect::<Vec<_>>())
        .find(|hit| !hit.is_empty())
        .unwrap_or_default();
    found.dedup_by(|one, other| one.id == other.id);
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(not_found(cx, session, typed, name)),
        several => {
            let matches = several
                .iter()
                .map(|user| Match {
                    reference: user.sign_in_name.clone(),
                    detail: user.display_name.clone().unwrap_or_default(),
                })
                .collect();
            let first = several
                .first()
                .map(|user| user.sign_in_name.as_str())
                .unwrap_or_default();
            Err(Error::new(
                ErrorCode::Ambiguous,
                format!("\"{typed}\" matches {} people", several.len()),
            )
            .matches(matches)
            .hint(cx.command(verb.iter().copied().chain([first]))))
        }
    }
}

fn not_found(cx: &Context, session: &Session, typed: &str, name: &str) -> Error {
    let error = Error::new(
        ErrorCode::UserNotFound,
        format!("there is no \"{name}\" in {}", session.profile),
    );
    let elsewhere = name.rsplit_once('@').and_then(|(_, domain)| {
        let domain = domain.to_lowercase();
        session.other_domains.iter().find(|(other, _)| *other == domain)
    });
    match elsewhere {
        Some((domain, profile)) => error.hint(format!("{domain} is of another profile: add -p {profile}")),
        None => error.hint(cx.command(["user", "search", typed.split('@').next().unwrap_or(typed)])),
    }
}

/// Whether the table names whose row it is.
pub(crate) fn shape(typed: &[String]) -> Shape {
    if typed.len() == 1 {
        Shape::One
    } else {
        Shape::Several
    }
}

impl Session {
    /// A person in this profile and tenant.
    pub(crate) fn who(&self, user: &User) -> Who {
        Who::new(&self.profile, &self.tenant, user)
    }
}

/// What was found, and the errors of what was not.
pub(crate) struct Read<T> {
    /// Found, in order.
    pub(crate) found: Vec<T>,
    /// Not found, or not readable.
    pub(crate) errors: Vec<Error>,
}

impl<T> Read<T> {
    /// Writes the errors, and gives the exit status: 0, 7 where some were found, else that of the errors where they
    /// agree, else 1.
    pub(crate) fn end(self, cx: &Context) -> u8 {
        for error in &self.errors {
            cx.ui.error(error);
        }
        exit_code(self.found.len(), &self.errors)
    }
}

fn exit_code(found: usize, errors: &[Error]) -> u8 {
    match errors {
        [] => 0,
        _ if found > 0 => 7,
        [first, rest @ ..] => {
            let code = first.code().exit_code();
            if rest.iter().all(|error| error.code().exit_code() == code) {
                code
            } else {
                1
            }
        }
    }
}

/// The end of a list of NDJSON.
pub(crate) fn summary<T>(session: &Session, read: &Read<T>, rows: usize) -> serde_json::Value {
    serde_json::json!({
        "profile": session.profile,
        "tenant": session.tenant,
        "people": read.found.len(),
        "rows": rows,
        "failed": read.errors.len(),
    })
}

/// `adele@contoso.example in local`, or `3 people in local`: the beginning of the last line on stderr.
pub(crate) fn subject(session: &Session, people: &[&Who]) -> String {
    match people {
        [one] => format!("{} in {}", one.user, session.profile),
        several => format!("{} people in {}", several.len(), session.profile),
    }
}

/// Reads these parts of several people, a batch at a time.
///
/// # Errors
/// What the service says as a whole; a person's own error is in the answer.
pub(crate) async fn info(
    cx: &Context,
    session: &Session,
    typed: &[String],
    verb: &[&str],
    parts: crate::domain::Parts,
) -> Result<Read<(User, crate::domain::SecurityInfo)>> {
    /// People a round trip.
    const BATCH: usize = 20;
    let mut read = Read {
        found: Vec::new(),
        errors: Vec::new(),
    };
    let mut users = Vec::new();
    for asked in find(cx, session, typed, verb).await? {
        match asked.found {
            Ok(user) => users.push(user),
            Err(error) => read.errors.push(error),
        }
    }
    for batch in users.chunks(BATCH) {
        let ids: Vec<_> = batch.iter().map(|user| user.id.clone()).collect();
        let infos = session.service.security_info(&ids, parts).await;
        for (user, info) in batch.iter().zip(infos) {
            match info {
                Ok(info) => read.found.push((user.clone(), info)),
                Err(error) => read.errors.push(error),
            }
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_completes_names_and_nothing_else() {
        let domain = Some("contoso.example");
        assert_eq!(completed("adele", domain), "adele@contoso.example");
        assert_eq!(completed("a@b", domain), "a@b");
        let id = "0b7e5a3c-1111-4222-8333-444455556666";
        assert_eq!(completed(id, domain), id);
        assert_eq!(completed("adele", None), "adele");
    }

    #[test]
    fn the_exit_status_tells_some_from_none() {
        let missing = Error::new(ErrorCode::UserNotFound, "x");
        let down = Error::new(ErrorCode::Unavailable, "x");
        assert_eq!(exit_code(2, &[]), 0);
        assert_eq!(exit_code(1, std::slice::from_ref(&missing)), 7);
        assert_eq!(exit_code(0, &[missing.clone(), missing.clone()]), 3);
        assert_eq!(exit_code(0, &[missing, down]), 1);
    }
}
