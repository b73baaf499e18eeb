//! USER operands of verbs that read: exact, several at a time, in the order in which they were typed.

use super::context::{Context, Session};
use crate::domain::shape::Who;
use crate::domain::{Error, ErrorCode, Result, User};
pub(crate) use crate::jobs::select::completed;
use crate::jobs::select::{self, Typed};
use crate::render::Shape;

/// Finds the people behind these operands: each, or why it is nobody.
///
/// # Errors
/// What the service says; that nobody is there is an error of the operand alone.
pub(crate) async fn find(
    cx: &Context,
    session: &Session,
    typed: &[String],
    verb: &[&str],
) -> Result<Vec<Result<User>>> {
    let verb = verb.join(" ");
    let command = |typed: &str, user: &str| cx.instead(typed, user, &verb);
    let texts: Vec<Typed> = typed.iter().map(Typed::argument).collect();
    let domain = session.domain.as_deref();
    let found = select::each(
        session.service.as_ref(),
        &texts,
        domain,
        &cx.command([]),
        &command,
    )
    .await?;
    Ok(found
        .into_iter()
        .zip(typed)
        .map(|(found, typed)| found.map_err(|error| elsewhere(session, error, typed)))
        .collect())
}

/// A sign-in name whose domain is another profile's is answered with that.
fn elsewhere(session: &Session, error: Error, typed: &str) -> Error {
    let domain = typed.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let other = session
        .other_domains
        .iter()
        .find(|(other, _)| Some(other) == domain.as_ref());
    match other {
        Some((domain, profile)) if error.code() == ErrorCode::UserNotFound => {
            error.hint(format!("{domain} is of another profile: add -p {profile}"))
        }
        _ => error,
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
    for found in find(cx, session, typed, verb).await? {
        match found {
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
    fn the_exit_status_tells_some_from_none() {
        let missing = Error::new(ErrorCode::UserNotFound, "x");
        let down = Error::new(ErrorCode::Unavailable, "x");
        assert_eq!(exit_code(2, &[]), 0);
        assert_eq!(exit_code(1, std::slice::from_ref(&missing)), 7);
        assert_eq!(exit_code(0, &[missing.clone(), missing.clone()]), 3);
        assert_eq!(exit_code(0, &[missing, down]), 1);
    }
}
