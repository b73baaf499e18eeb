//! Who is meant: USER operands and rows of a file become people, exactly. Never a prefix, never a display name.

mod heading;
mod missing;
mod part;
mod pick;
mod spool;

use std::collections::{HashMap, HashSet};

use futures::TryStreamExt as _;

use crate::domain::{Error, ErrorCode, IdentityService, Match, Parts, Result, SecurityInfo, User, UserQuery};
pub use part::Part;
pub use pick::{Except, Finder, Wanted, left_out, pick};
pub use spool::{Chosen, Pick, Picked};

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

/// The people that `typed` means, one for each text. A text that means nobody, or several, is an error of its own, and
/// the others are found all the same. `command` makes, of what was typed and of a USER that works, the whole command, for hints.
///
/// # Errors
/// What the service answers; an empty text.
pub async fn each(
    service: &dyn IdentityService,
    typed: &[Typed],
    domain: Option<&str>,
    prefix: &str,
    command: &dyn Fn(&str, &str) -> String,
) -> Result<Vec<Result<User>>> {
    let query = UserQuery::Ids(wanted(typed, domain)?);
    let found: Vec<User> = service.users(&query).try_collect().await?;
    Ok(meant(typed, domain, &found, prefix, command))
}

/// As [`each`], of at most a batch of texts, with these parts of each person.
///
/// # Errors
/// As [`each`]; what is wrong with reading of one person stands beside that person.
pub async fn each_with(
    service: &dyn IdentityService,
    typed: &[Typed],
    domain: Option<&str>,
    prefix: &str,
    command: &dyn Fn(&str, &str) -> String,
    parts: Parts,
) -> Result<Vec<Result<(User, Result<SecurityInfo>)>>> {
    let found = service.look_up(&wanted(typed, domain)?, parts).await?;
    let users: Vec<User> = found.iter().map(|(user, _)| user.clone()).collect();
    let info = |user: User| {
        let whose = found.iter().find(|(other, _)| other.id == user.id);
        let info = whose.map(|(_, info)| info.clone());
        Some((user, info?))
    };
    let meant = meant(typed, domain, &users, prefix, command).into_iter();
    Ok(meant.filter_map(|user| user.map(info).transpose()).collect())
}

/// The one whom each text means among those who were found.
fn meant(
    typed: &[Typed],
    domain: Option<&str>,
    found: &[User],
    prefix: &str,
    command: &dyn Fn(&str, &str) -> String,
) -> Vec<Result<User>> {
    let index = Index::new(found);
    typed
        .iter()
        .map(
            |one| match index.matching(&completed(&one.text, domain)).as_slice() {
                [user] => Ok((*user).clone()),
                [] => Err(at(nobody(&one.text, prefix), one)),
                several => Err(at(ambiguous(&one.text, several, command), one)),
            },
        )
        .collect()
}

/// The most characters of a sign-in name or id that are asked for. Every service stops far below, at 255 or less, and a
/// request whose address is longer than its maker allows is not sent at all.
const LONGEST: usize = 1000;

/// What to ask for so that everybody is found whom any of the texts may mean.
fn wanted(typed: &[Typed], domain: Option<&str>) -> Result<Vec<String>> {
    let mut wanted: Vec<String> = Vec::with_capacity(typed.len());
    let mut known = HashSet::new();
    for one in typed {
        if one.text.trim().is_empty() {
            let empty = Error::new(ErrorCode::InvalidInput, "a user is empty");
            return Err(at(
                empty.hint("name the person by sign-in name, mail address or id"),
                one,
            ));
        }
        let length = one.text.chars().count();
        if length > LONGEST {
            let long = format!("a user of {length} characters: no name is longer than {LONGEST}");
            return Err(at(Error::new(ErrorCode::InvalidInput, long), one));
        }
        let text = completed(&one.text, domain);
        if known.insert(text.to_lowercase()) {
            wanted.push(text);
        }
    }
    Ok(wanted)
}

/// People by what can be typed for them.
struct Index<'a>([HashMap<String, Vec<&'a User>>; 3]);

impl<'a> Index<'a> {
    fn new(found: &'a [User]) -> Self {
        let mut names: [HashMap<String, Vec<&User>>; 3] = Default::default();
        for user in found {
            let texts = [Some(&user.id.0), Some(&user.sign_in_name), user.mail.as_ref()];
            for (names, text) in names.iter_mut().zip(texts) {
                let Some(text) = text else { continue };
                let users = names.entry(text.to_lowercase()).or_default();
                if !users.iter().any(|known| known.id == user.id) {
                    users.push(user);
                }
            }
        }
        Self(names)
    }

    /// First rule with a hit: object id, sign-in name, primary mail.
    fn matching(&self, text: &str) -> Vec<&'a User> {
        let text = text.to_lowercase();
        let hits = self.0.iter().find_map(|names| names.get(&text));
        hits.cloned().unwrap_or_default()
    }
}

fn nobody(text: &str, prefix: &str) -> Error {
    Error::new(ErrorCode::UserNotFound, format!("there is no person \"{text}\""))
        .hint(format!("{prefix} user search {}", search_for(text)))
}

/// Each match with what can be typed for it, and the command that would work.
fn ambiguous(text: &str, several: &[&User], command: &dyn Fn(&str, &str) -> String) -> Error {
    let matches = several
        .iter()
        .map(|user| Match {
            reference: user.sign_in_name.clone(),
            detail: format!(
                "{}  {}",
                user.display_name.as_deref().unwrap_or("-"),
                command(text, &user.sign_in_name)
            ),
        })
        .collect();
    let first = several.first().map(|user| command(text, &user.sign_in_name));
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
    // What begins with a dash would be read as an option.
    let dashes = if start.starts_with('-') { "-- " } else { "" };
    format!("{dashes}{}", quoted(start))
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
        let typed: Vec<String> = typed.iter().map(|text| (*text).to_owned()).collect();
        let finder = Finder {
            service: &directory(),
            domain: Some("contoso.example"),
            prefix: "mfactl",
            command: &|_, user| format!("mfactl user sign-out {user}"),
            elsewhere: &|_| None,
            told: &|_| Ok(()),
        };
        let chosen = pick(&finder, Wanted::Texts(&typed), &Except::default()).await?;
        let mut ids = Vec::new();
        for piece in chosen.pieces(2)? {
            for picked in piece? {
                match picked {
                    Picked::Pick(pick) => ids.push(pick.user.id.0),
                    Picked::Left(row) => panic!("{row:?}"),
                }
            }
        }
        Ok(ids)
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
