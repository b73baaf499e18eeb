//! Finding people: by id, sign-in name or mail; by text; by group; by attributes; all of them.

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use super::admin::{parse, person};
use super::error::Area;
use super::rights;
use super::wire::WireUser;
use super::{KeycloakService, SIDE_BY_SIDE};
use crate::domain::{Error, ErrorCode, Result, User, UserId, UserQuery};
use crate::http::encode_segment;

impl KeycloakService {
    pub(super) fn find_users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        match query {
            UserQuery::Ids(texts) => self.by_ids(texts),
            UserQuery::Search(text) => self.search(text),
            UserQuery::Group(group) => self.members(group),
            UserQuery::Filter(filter) => self.by_attributes(filter),
            UserQuery::Everyone => self
                .people("/users?briefRepresentation=true".to_owned(), "/{realm}/users")
                // Filtered here: where the service filters, accounts of applications are among the answers.
                .try_filter(|user| std::future::ready(user.enabled))
                .boxed(),
        }
    }

    /// A list of people; what it shows of each is brief.
    pub(super) fn people(&self, tail: String, template: &'static str) -> BoxStream<'_, Result<User>> {
        let items = self
            .admin
            .items(tail, template, Area::People)
            .and_then(async |item| Ok(parse::<WireUser>(item)?.into_user(false)));
        stream::once(async move {
            let mut items = items.boxed().peekable();
            let nobody = std::pin::Pin::new(&mut items).peek().await.is_none();
            // Who may only look for people gets an empty list, not a refusal (api/keycloak 3).
            if nobody && let Some(refused) = self.sees_nobody() {
                return stream::once(async move { Err(refused) }).boxed();
            }
            items.boxed()
        })
        .flatten()
        .boxed()
    }

    /// What an empty list means where the token does not see everybody; `None`: that there is nobody.
    fn sees_nobody(&self) -> Option<Error> {
        let claims = self.admin.claims();
        if claims.has_any(&["view-users", "manage-users"]) != Some(false) {
            return None;
        }
        let mend = rights::mend("view-users", claims, self.admin.realm());
        let why = "without it a list shows those alone whom fine-grained permissions show";
        Some(rights::lacking("view-users", claims, self.admin.realm()).hint(format!("{why}; {mend}")))
    }

    fn by_ids<'a>(&'a self, texts: &'a [String]) -> BoxStream<'a, Result<User>> {
        stream::iter(texts.iter().map(move |text| self.look_up(text)))
            .buffered(SIDE_BY_SIDE)
            .map_ok(|users| stream::iter(users.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }

    /// Id first, then the sign-in name, then the mail address.
    async fn look_up(&self, text: &str) -> Result<Vec<User>> {
        if uuid::Uuid::try_parse(text).is_ok() || is_of_a_directory(text) {
            let request = self
                .admin
                .get(&person(&UserId::from(text)), "/{realm}/users/{id}");
            match self.admin.read::<WireUser>(&request, Area::People).await {
                Ok(user) => return Ok(vec![user.into_user(true)]),
                Err(error) if error.code() == ErrorCode::UserNotFound => {}
                Err(error) => return Err(error),
            }
        }
        let found = self.exactly("username", text).await?;
        if found.is_empty() && text.contains('@') {
            return self.exactly("email", text).await;
        }
        Ok(found)
    }

    async fn exactly(&self, key: &str, text: &str) -> Result<Vec<User>> {
        let tail = format!("/users?{key}={}&exact=true", encode_segment(text));
        let found: Vec<WireUser> = self
            .admin
            .read(&self.admin.get(&tail, "/{realm}/users"), Area::People)
            .await?;
        if found.is_empty()
            && let Some(refused) = self.sees_nobody()
        {
            return Err(refused);
        }
        Ok(found.into_iter().map(|user| user.into_user(true)).collect())
    }

    /// Whose name, sign-in name or address begins with the text. What would be an operator of the service is left out.
    fn search(&self, text: &str) -> BoxStream<'_, Result<User>> {
        let plain: String = text
            .chars()
            .map(|c| {
                if matches!(c, '*' | '"' | '%') || c.is_control() {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        let mut term = plain.trim();
        while let Some(rest) = term.strip_prefix("id:") {
            term = rest.trim();
        }
        if term.is_empty() {
            return stream::empty().boxed();
        }
        let tail = format!("/users?search={}&briefRepresentation=true", encode_segment(term));
        self.people(tail, "/{realm}/users")
    }

    /// Whose attributes have these values. One that cannot be read would select everybody, so it is checked here.
    fn by_attributes(&self, filter: &str) -> BoxStream<'_, Result<User>> {
        if let Err(error) = check_filter(filter) {
            return stream::once(async move { Err(error) }).boxed();
        }
        let tail = format!(
            "/users?q={}&briefRepresentation=true",
            encode_segment(filter.trim())
        );
        self.people(tail, "/{realm}/users")
    }
}

/// Whether it can be the id of an account of another directory that is not imported: `f:`, the id of the directory, `:`,
/// its id there. A sign-in name may begin so too, and asked for as an id ends in a 500.
fn is_of_a_directory(text: &str) -> bool {
    text.strip_prefix("f:")
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(directory, id)| !directory.is_empty() && !id.is_empty())
}

/// `key:value` once or more, parted by blanks; either may stand between quotes.
fn check_filter(filter: &str) -> Result<()> {
    let mut quoted = false;
    let mut pairs: Vec<String> = vec![String::new()];
    for c in filter.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => pairs.push(String::new()),
            c => {
                if let Some(last) = pairs.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    pairs.retain(|pair| !pair.is_empty());
    let good = |pair: &String| {
        pair.split_once(':')
            .is_some_and(|(key, value)| !key.is_empty() && !value.is_empty())
    };
    if !quoted && !pairs.is_empty() && pairs.iter().all(good) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::InvalidInput,
        format!("\"{filter}\" is no filter of this service"),
    )
    .hint("it takes attributes: department:sales, or 'department:sales \"office city\":Utrecht'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_would_select_everybody_is_refused() {
        for good in [
            "department:sales",
            " a:b  c:d ",
            "\"office city\":Utrecht",
            "a:\"b c\"",
            "a:b:c",
        ] {
            assert!(check_filter(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "sales",
            "a:",
            ":b",
            "a:b sales",
            "a:\"b",
            "enabled eq true",
        ] {
            let error = check_filter(bad).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidInput, "{bad}");
        }
    }
}
