//! Who is meant: USER operands and rows of a file become people, exactly. Never a prefix, never a display name.

use futures::TryStreamExt as _;

use crate::domain::{Error, ErrorCode, IdentityService, Match, Result, User, UserQuery};

/// One USER as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The text.
    pub text: String,
    /// File and line, where it came from a file.
    pub place: Option<(String, u64)>,
}

impl Typed {
    /// A text from the command line.
    pub fn argument(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            place: None,
        }
    }
}

/// What to look up for a text: an id as it is, else a sign-in name, completed by `domain` where it has no `@`.
pub fn completed(text: &str, domain: Option<&str>) -> String {
    let text = text.trim();
    match domain {
        Some(domain) if !text.contains('@') && uuid::Uuid::try_parse(text).is_err() => {
            format!("{text}@{domain}")
        }
        _ => text.to_owned(),
    }
}

/// The people that `typed` means, in that order, each once. `command` makes the whole command for a USER, for hints.
///
/// # Errors
/// `user_not_found` with a search to paste; `ambiguous` with every match; what the service answers.
pub async fn people(
    service: &dyn IdentityService,
    typed: &[Typed],
    domain: Option<&str>,
    prefix: &str,
    command: &dyn Fn(&str) -> String,
) -> Result<Vec<User>> {
    let places = places(service, typed, domain, prefix, command).await?;
    let mut people: Vec<User> = Vec::with_capacity(places.len());
    for user in places {
        if !people.iter().any(|known| known.id == user.id) {
            people.push(user);
        }
    }
    Ok(people)
}

/// The same, one person for each text: the same person twice where two texts mean the same.
///
/// # Errors
/// As [`people`].
pub async fn places(
    service: &dyn IdentityService,
    typed: &[Typed],
    domain: Option<&str>,
    prefix: &str,
    command: &dyn Fn(&str) -> String,
) -> Result<Vec<User>> {
    let found = look_up(service, typed, domain).await?;
    let mut people = Vec::with_capacity(typed.len());
    let mut missing = Vec::new();
    for one in typed {
        match matching(&completed(&one.text, domain), &found).as_slice() {
            [] => missing.push(one),
            [user] => people.push((*user).clone()),
            several => return Err(at(ambiguous(&one.text, several, command), one)),
        }
    }
    match missing.as_slice() {
        [] => Ok(people),
        [one] => Err(at(nobody(&one.text, prefix), one)),
        [first, ..] => {
            let names: Vec<_> = missing
                .iter()
                .map(|one| match &one.place {
                    Some((_, line)) => format!("\"{}\" (line {line})", one.text),
                    None => format!("\"{}\"", one.text),
                })
                .collect();
            Err(at(
                Error::new(
                    ErrorCode::UserNotFound,
                    format!("{} people are not there: {}", names.len(), names.join(", ")),
                )
                .hint(format!("{prefix} user search {}", search_for(&first.text))),
                first,
            ))
        }
    }
}

/// The same for verbs that read: a text that means nobody, or several, is an error of its own, and the others are
/// found all the same.
///
/// # Errors
/// What the service answers; an empty text.
pub async fn each(
    service: &dyn IdentityService,
    typed: &[Typed],
    domain: Option<&str>,
    prefix: &str,
    command: &dyn Fn(&str) -> String,
) -> Result<Vec<Result<User>>> {
    let found = look_up(service, typed, domain).await?;
    Ok(typed
        .iter()
        .map(
            |one| match matching(&completed(&one.text, domain), &found).as_slice() {
                [user] => Ok((*user).clone()),
                [] => Err(at(nobody(&one.text, prefix), one)),
                several => Err(at(ambiguous(&one.text, several, command), one)),
            },
        )
        .collect())
}

/// Everybody whom any of the texts may mean, in one question.
async fn look_up(service: &dyn IdentityService, typed: &[Typed], domain: Option<&str>) -> Result<Vec<User>> {
    let mut wanted: Vec<String> = Vec::with_capacity(typed.len());
    for one in typed {
        if one.text.trim().is_empty() {
            return Err(at(Error::new(ErrorCode::InvalidInput, "a user is empty"), one));
        }
        let text = completed(&one.text, domain);
        if !wanted.iter().any(|known| known.eq_ignore_ascii_case(&text)) {
            wanted.push(text);
        }
    }
    let query = UserQuery::Ids(wanted);
    service.users(&query).try_collect().await
}

fn nobody(text: &str, prefix: &str) -> Error {
    Error::new(ErrorCode::UserNotFound, format!("there is no person \"{text}\""))
        .hint(format!("{prefix} user search {}", search_for(text)))
}

/// First rule with a hit: object id, sign-in name, primary mail.
fn matching<'a>(text: &str, found: &'a [User]) -> Vec<&'a User> {
    let same = |other: &str| other.to_lowercase() == text.to_lowercase();
    let rules: [&dyn Fn(&User) -> bool; 3] = [
        &|user| same(&user.id.0),
        &|user| same(&user.sign_in_name),
        &|user| user.mail.as_deref().is_some_and(same),
    ];
    let mut hits: Vec<&User> = rules
        .iter()
        .map(|rule| found.iter().filter(|user| rule(user)).collect::<Vec<_>>())
        .find(|hits| !hits.is_empty())
        .unwrap_or_default();
    hits.dedup_by(|a, b| a.id == b.id);
    hits
}

/// Each match with what can be typed for it, and the command that would work.
fn ambiguous(text: &str, several: &[&User], command: &dyn Fn(&str) -> String) -> Error {
    let matches = several
        .iter()
        .map(|user| Match {
            reference: user.sign_in_name.clone(),
            detail: format!(
                "{}  {}",
                user.display_name.as_deref().unwrap_or("-"),
                command(&user.sign_in_name)
            ),
        })
        .collect();
    let first = several.first().map(|user| command(&user.sign_in_name));
    Error::new(
        ErrorCode::Ambiguous,
        format!("\"{text}\" matches {} people", several.len()),
    )
    .matches(matches)
    .hint(first.unwrap_or_default())
}

/// What to search for: the part before the `@`, quoted where a shell needs it.
fn search_for(text: &str) -> String {
    let start = text.trim().split('@').next().unwrap_or_default();
    quoted(start)
}

/// A text as a shell takes it as one word.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "@._-+:/=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn at(error: Error, typed: &Typed) -> Error {
    match &typed.place {
        Some((file, line)) => error.at(file.clone(), Some(*line), None),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SecurityInfo;
    use crate::jobs::fake::{Fake, user};

    fn directory() -> Fake {
        let mut twin = user("twin", "Twin");
        twin.mail = Some("shared@contoso.example".into());
        let mut other = user("other", "Twin");
        other.mail = twin.mail.clone();
        let all = [user("adele", "Adele"), twin, other];
        Fake::new(
            all.into_iter()
                .map(|user| (user, SecurityInfo::default()))
                .collect(),
        )
    }

    async fn found(typed: &[&str]) -> Result<Vec<String>> {
        let typed: Vec<Typed> = typed.iter().map(|text| Typed::argument(*text)).collect();
        let command = |user: &str| format!("mfactl user sign-out {user}");
        let users = people(&directory(), &typed, Some("contoso.example"), "mfactl", &command).await?;
        Ok(users.into_iter().map(|user| user.id.0).collect())
    }

    #[tokio::test]
    async fn people_are_found_exactly_and_each_once() {
        assert_eq!(
            found(&["adele", "twin@contoso.example", "adele.mail@contoso.example"])
                .await
                .unwrap(),
            ["id-adele", "id-twin"]
        );
        let error = found(&["adel"]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::UserNotFound);
        assert_eq!(error.hint_text(), Some("mfactl user search adel"));
        assert_eq!(
            found(&["Adele Vance"]).await.unwrap_err().code(),
            ErrorCode::UserNotFound
        );
        assert_eq!(found(&[" "]).await.unwrap_err().code(), ErrorCode::InvalidInput);
    }

    #[tokio::test]
    async fn several_matches_are_listed_each_with_the_command_that_works() {
        let error = found(&["shared@contoso.example"]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Ambiguous);
        let references: Vec<_> = error
            .matching()
            .iter()
            .map(|one| one.reference.as_str())
            .collect();
        assert_eq!(references, ["twin@contoso.example", "other@contoso.example"]);
    }
}
