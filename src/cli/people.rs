//! People of verbs that read: USERs in the order in which they were typed, or a selector; several at a time.

use super::context::{Context, Session};
use super::who::{Selection, Telling, elsewhere};
use crate::domain::shape::Who;
use crate::domain::{Error, ErrorCode, Parts, Result, SecurityInfo, User};
use crate::jobs::guard::admit_expected;
pub(crate) use crate::jobs::select::completed;
use crate::jobs::select::{self, Picked, Typed};
use crate::render::text::grouped;
use crate::render::{Row, Rows};

/// People a round trip.
pub(crate) const BATCH: usize = 20;
/// Errors that are written out, one by one.
const NAMED: usize = 50;

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
    Ok(told_where(session, found, typed))
}

/// As [`find`], of at most [`BATCH`] operands, with these parts of each.
async fn find_with(
    cx: &Context,
    session: &Session,
    typed: &[String],
    verb: &[&str],
    parts: Parts,
) -> Result<Vec<Result<(User, Result<SecurityInfo>)>>> {
    let verb = verb.join(" ");
    let command = |typed: &str, user: &str| cx.instead(typed, user, &verb);
    let texts: Vec<Typed> = typed.iter().map(Typed::argument).collect();
    let domain = session.domain.as_deref();
    let found = select::each_with(
        session.service.as_ref(),
        &texts,
        domain,
        &cx.command([]),
        &command,
        parts,
    )
    .await?;
    Ok(told_where(session, found, typed))
}

/// Who is nobody here, with the profile where that may be somebody.
fn told_where<T>(session: &Session, found: Vec<Result<T>>, typed: &[String]) -> Vec<Result<T>> {
    found
        .into_iter()
        .zip(typed)
        .map(|(found, typed)| {
            found.map_err(|error| match elsewhere(session, typed) {
                Some(hint) if error.code() == ErrorCode::UserNotFound => error.hint(hint),
                _ => error,
            })
        })
        .collect()
}

impl Session {
    /// A person in this profile and tenant.
    pub(crate) fn who(&self, user: &User) -> Who {
        Who::new(&self.profile, &self.tenant, user)
    }
}

/// People whose rows were read, and the errors of those whose were not.
#[derive(Default)]
pub(crate) struct Read {
    /// How many were found.
    pub(crate) people: u64,
    /// The first of them.
    pub(crate) first: Option<User>,
    /// Not found, or not readable: the first ones.
    errors: Vec<Error>,
    /// How many there are in all.
    failed: u64,
}

impl Read {
    fn fail(&mut self, error: Error) {
        self.failed += 1;
        if self.errors.len() < NAMED {
            self.errors.push(error);
        }
    }

    /// Writes the errors, and gives the exit status: 0, 7 where some were found, else that of the errors where they
    /// agree, else 1.
    pub(crate) fn end(self, cx: &Context) -> u8 {
        for error in &self.errors {
            cx.ui.error(error);
        }
        let more = self.failed - self.errors.len() as u64;
        if more > 0 {
            cx.ui.note(&format!("and {more} more errors"));
        }
        exit_code(usize::try_from(self.people).unwrap_or(usize::MAX), &self.errors)
    }

    /// The end of a list of NDJSON.
    pub(crate) fn summary(&self, session: &Session, rows: u64) -> serde_json::Value {
        serde_json::json!({
            "profile": session.profile,
            "tenant": session.tenant,
            "people": self.people,
            "rows": rows,
            "failed": self.failed,
        })
    }

    /// `adele@contoso.example in local`, or `3 people in local`: the beginning of the last line on stderr; nothing
    /// where nobody was found.
    pub(crate) fn subject(&self, session: &Session) -> Option<String> {
        match (&self.first, self.people) {
            (None, _) => None,
            (Some(one), 1) => Some(format!("{} in {}", one.sign_in_name, session.profile)),
            (Some(_), several) => Some(format!("{} people in {}", grouped(several), session.profile)),
        }
    }
}

/// Ends a list: it is whole also where something failed on the way.
///
/// # Errors
/// What failed; stdout cannot be written.
pub(crate) fn finish<R: Row>(
    session: &Session,
    rows: Rows<'_, R>,
    outcome: Result<Read>,
) -> Result<(Read, u64)> {
    let count = rows.count();
    match outcome {
        Ok(read) => {
            rows.finish(&read.summary(session, count))?;
            Ok((read, count))
        }
        Err(error) => {
            if count > 0 {
                rows.finish(&Read::default().summary(session, count))?;
            }
            Err(error)
        }
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

/// Reads these parts of everybody who was selected, a batch at a time, and hands each over.
///
/// # Errors
/// What the service says as a whole, also of a selector; what `take` says. A person's own error is in the answer.
pub(crate) async fn each(
    cx: &Context,
    session: &Session,
    whose: &Selection,
    verb: &[&str],
    parts: Parts,
    mut take: impl FnMut(&User, &SecurityInfo) -> Result<()>,
) -> Result<Read> {
    let mut read = Read::default();
    if let Some(typed) = whose.texts().filter(|typed| typed.len() <= BATCH) {
        let found = find_with(cx, session, typed, verb, parts).await?;
        // Who is not there is said before what could not be read.
        let mut there = Vec::with_capacity(found.len());
        for found in found {
            match found {
                Ok(one) => there.push(one),
                Err(error) => read.fail(error),
            }
        }
        for (user, info) in there {
            told(&user, info, &mut read, &mut take)?;
        }
        return Ok(read);
    }
    if let Some(typed) = whose.texts() {
        let mut users = Vec::new();
        for found in find(cx, session, typed, verb).await? {
            match found {
                Ok(user) => users.push(user),
                Err(error) => read.fail(error),
            }
        }
        for users in users.chunks(BATCH) {
            piece(session, users, parts, &mut read, &mut take).await?;
        }
        return Ok(read);
    }
    let chosen = whose.pick(cx, session, &verb.join(" ")).await?;
    admit_expected(chosen.people, cx.globals.expect)?;
    if chosen.people == 0 && whose.query().is_some() {
        cx.ui
            .note(&format!("nobody in {} is meant: {}", session.profile, whose.said));
    }
    let telling = Telling::new(cx, Some(chosen.people));
    for picked in chosen.pieces(BATCH)? {
        let users: Vec<User> = picked?
            .into_iter()
            .filter_map(|picked| match picked {
                Picked::Pick(pick) => Some(pick.user),
                Picked::Left(_) => None,
            })
            .collect();
        piece(session, &users, parts, &mut read, &mut take).await?;
        telling.told("read", read.people + read.failed)?;
    }
    Ok(read)
}

async fn piece(
    session: &Session,
    users: &[User],
    parts: Parts,
    read: &mut Read,
    take: &mut impl FnMut(&User, &SecurityInfo) -> Result<()>,
) -> Result<()> {
    let ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    let infos = session.service.security_info(&ids, parts).await;
    for (user, info) in users.iter().zip(infos) {
        told(user, info, read, take)?;
    }
    Ok(())
}

/// Hands over what was read of somebody.
fn told(
    user: &User,
    info: Result<SecurityInfo>,
    read: &mut Read,
    take: &mut impl FnMut(&User, &SecurityInfo) -> Result<()>,
) -> Result<()> {
    match info {
        Ok(info) => {
            read.people += 1;
            read.first.get_or_insert_with(|| user.clone());
            take(user, &info)
        }
        Err(error) => {
            read.fail(error);
            Ok(())
        }
    }
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
