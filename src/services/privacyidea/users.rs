//! Finding people: by id, sign-in name or mail; by text; by realm or resolver; by fields; all of them. Lists come whole:
//! they have no pages, and a resolver cuts them at a limit of its own without a word (api/privacyidea 1, 4).

use std::collections::{BTreeMap, HashSet};

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::PrivacyIdeaService;
use super::api::{Api, Call, parse};
use super::error::{Area, no_realm};
use super::wire::WireUser;
use crate::domain::{Error, ErrorCode, Result, User, UserId, UserQuery};
use crate::http::encode_segment;

/// How many texts are looked up side by side.
const SIDE_BY_SIDE: usize = 4;
/// Where a resolver cuts its lists unless it was told otherwise (api/privacyidea 1).
const USUAL_LIMIT: usize = 500;

/// What was listed, and which resolvers could not say anything.
struct Listed {
    people: Vec<WireUser>,
    skipped: Vec<String>,
}

impl Api {
    /// The people of the realm whose fields are so. A star stands for anything.
    async fn list(&self, fields: &[(&str, &str)]) -> Result<Listed> {
        let mut path = format!("/user/?realm={}", encode_segment(self.realm()));
        for (name, value) in fields {
            path.push_str(&format!("&{name}={}", encode_segment(value).replace("%2A", "*")));
        }
        let call = Call::get(path, "/user/", "userlist", Area::People);
        let answer = self.send(&call).await?;
        let people: Vec<WireUser> = parse(answer.value)?;
        let skipped = answer.detail.get("skipped_resolvers").and_then(Value::as_array);
        let skipped = skipped.map(Vec::as_slice).unwrap_or_default();
        for person in &people {
            self.keep(person);
        }
        Ok(Listed {
            people,
            skipped: skipped
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        })
    }

    /// The same, where nobody may be left out in silence.
    async fn list_all(&self, fields: &[(&str, &str)]) -> Result<Vec<WireUser>> {
        let listed = self.list(fields).await?;
        whole(listed, fields.is_empty())
    }

    /// Whoever has this id.
    pub(super) async fn find_id(&self, user: &UserId) -> Result<Option<WireUser>> {
        let Some((resolver, uid)) = user.0.split_once('/') else {
            return Ok(None);
        };
        let fields = [("resolver", resolver), ("userid", uid)];
        // A resolver that the realm does not have is none that was asked for.
        let listed = self.list(&fields).await?;
        let people = whole(listed, false)?;
        Ok(people.into_iter().find(|person| person.id() == *user))
    }

    /// Whether somebody has just this sign-in name.
    pub(super) async fn has_another(&self, name: &str) -> Result<bool> {
        let same = self
            .exactly("username", name, |person| Some(person.username.clone()))
            .await?;
        Ok(!same.is_empty())
    }

    /// The people with exactly this in a field, small and capital letters aside.
    async fn exactly(
        &self,
        field: &str,
        text: &str,
        of: fn(&WireUser) -> Option<String>,
    ) -> Result<Vec<WireUser>> {
        if text.is_empty() || text.contains('*') {
            return Ok(Vec::new());
        }
        let found = self.list_all(&[(field, text)]).await?;
        let same =
            |person: &WireUser| of(person).is_some_and(|value| value.to_lowercase() == text.to_lowercase());
        Ok(found.into_iter().filter(same).collect())
    }
}

/// The people of a list that nobody is missing from. `plain`: everybody was asked for.
///
/// # Errors
/// `unavailable`: a resolver did not answer; `incomplete`: a list as long as resolvers make them.
fn whole(listed: Listed, plain: bool) -> Result<Vec<WireUser>> {
    if let Some(name) = listed.skipped.first() {
        return Err(Error::new(
            ErrorCode::Unavailable,
            format!("the resolver \"{name}\" cannot be read, and its people would be missing"),
        )
        .hint("whoever runs privacyIDEA tests it: Configuration, Users, the resolver, Test"));
    }
    if plain {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for person in &listed.people {
            *counts.entry(person.resolver.as_str()).or_default() += 1;
        }
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == USUAL_LIMIT) {
            return Err(Error::new(
                ErrorCode::Incomplete,
                format!("the resolver \"{name}\" gives {USUAL_LIMIT} people, where it cuts its lists: others may be missing"),
            )
            .hint("raise its size limit: Configuration, Users, the resolver, Limit; or name people one by one"));
        }
    }
    Ok(listed.people)
}

impl PrivacyIdeaService {
    pub(super) fn find_users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        if let UserQuery::Ids(texts) = query {
            return stream::iter(texts.iter().map(move |text| self.by_text(text)))
                .buffered(SIDE_BY_SIDE)
                .map_ok(|people| stream::iter(people.into_iter().map(Ok)))
                .try_flatten()
                .boxed();
        }
        stream::once(async move {
            let people = match query {
                UserQuery::Search(text) => self.search(text).await,
                UserQuery::Group(group) => self.members(group).await,
                UserQuery::Filter(filter) => self.filtered(filter).await,
                UserQuery::Ids(_) | UserQuery::Everyone => self.everybody().await,
            };
            let open = *query == UserQuery::Everyone;
            match self.shown(people).await {
                Ok(users) => {
                    let users = users.into_iter().filter(move |user| user.enabled || !open);
                    stream::iter(users.map(Ok)).boxed()
                }
                Err(error) => {
                    let error = self.explained(error).await;
                    stream::once(async move { Err(error) }).boxed()
                }
            }
        })
        .flatten()
        .boxed()
    }

    /// People of a list, and whether their accounts are open.
    async fn shown(&self, people: Result<Vec<WireUser>>) -> Result<Vec<User>> {
        let people = people?;
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let closed = self.closed().await?;
        let open = |person: &WireUser| !closed.contains(&person.id());
        Ok(people.iter().map(|person| person.to_user(open(person))).collect())
    }

    /// Who is meant by a text, and whether the account is open.
    async fn by_text(&self, text: &str) -> Result<Vec<User>> {
        let mut users = Vec::new();
        let found = match self.look_up(text).await {
            Ok(found) => found,
            Err(error) => return Err(self.explained(error).await),
        };
        for person in found {
            let open = self.is_open(&person).await?;
            users.push(person.to_user(open));
        }
        Ok(users)
    }

    /// Id first, then the sign-in name, then the mail address.
    async fn look_up(&self, text: &str) -> Result<Vec<WireUser>> {
        if text.contains('/')
            && let Some(person) = self.api.find_id(&UserId::from(text)).await?
        {
            return Ok(vec![person]);
        }
        let found = self
            .api
            .exactly("username", text, |person| Some(person.username.clone()))
            .await?;
        if !found.is_empty() {
            return Ok(found);
        }
        if text.contains('@') {
            let found = self.api.exactly("email", text, WireUser::address).await?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        // A realm that is not there has nobody in it, and that is all that it says.
        self.see_realm().await?;
        Ok(Vec::new())
    }

    /// Whoever is in the realm; of one that is not there, that it is not.
    pub(super) async fn everybody(&self) -> Result<Vec<WireUser>> {
        let people = self.api.list_all(&[]).await?;
        if people.is_empty() {
            self.see_realm().await?;
        }
        Ok(people)
    }

    /// Whether the realm is there, read once. Who may not see realms learns nothing.
    async fn see_realm(&self) -> Result<()> {
        let realms = self.api.realms().await?;
        match realms {
            Some(realms) if !realms.contains_key(&self.api.realm().to_lowercase()) => {
                Err(no_realm(self.api.realm()))
            }
            _ => Ok(()),
        }
    }

    /// A right that is missing for this realm may be a realm that is not there.
    async fn explained(&self, error: Error) -> Error {
        if error.code() != ErrorCode::PermissionMissing {
            return error;
        }
        match self.see_realm().await {
            Err(absent) if absent.code() == ErrorCode::NotFound => absent,
            _ => error,
        }
    }

    /// Whose name, sign-in name or address begins with the text.
    async fn search(&self, text: &str) -> Result<Vec<WireUser>> {
        let plain: String = text
            .chars()
            .map(|c| if c == '*' || c.is_control() { ' ' } else { c })
            .collect();
        let plain = plain.trim();
        if plain.is_empty() {
            return Ok(Vec::new());
        }
        let begins = format!("{plain}*");
        let mut fields = vec![vec![("username", begins.clone())]];
        // `Anna Al` is a first name and the beginning of a last one.
        if let Some((given, last)) = plain.split_once(' ') {
            fields.push(vec![
                ("givenname", given.to_owned()),
                ("surname", format!("{}*", last.trim())),
            ]);
        }
        for field in ["givenname", "surname", "email"] {
            fields.push(vec![(field, begins.clone())]);
        }
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for fields in fields {
            let asked: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            // A field that a resolver does not have is skipped there: it has nobody whose field begins so.
            let people = self.api.list(&asked).await?.people;
            found.extend(people.into_iter().filter(|person| seen.insert(person.id())));
        }
        Ok(found)
    }

    /// A group is the realm itself, or one of its resolvers.
    async fn members(&self, group: &str) -> Result<Vec<WireUser>> {
        if group.eq_ignore_ascii_case(self.api.realm()) {
            return self.everybody().await;
        }
        let people = self.everybody().await?;
        let of: Vec<WireUser> = people
            .into_iter()
            .filter(|person| person.resolver == group)
            .collect();
        let known = match self.api.realms().await? {
            Some(realms) => realms
                .get(&self.api.realm().to_lowercase())
                .is_some_and(|resolvers| resolvers.iter().any(|name| name == group)),
            None => !of.is_empty(),
        };
        if known {
            return Ok(of);
        }
        Err(
            Error::new(ErrorCode::NotFound, format!("there is no group \"{group}\""))
                .hint("privacyIDEA has no groups of people: name the realm, or one of its resolvers"),
        )
    }

    /// Whose fields are so: `surname=Al*`, several parted by `&`.
    async fn filtered(&self, filter: &str) -> Result<Vec<WireUser>> {
        let bad = || {
            Error::new(
                ErrorCode::InvalidInput,
                format!("\"{filter}\" is no filter of this service"),
            )
            .hint("it takes fields of people: 'surname=Al*', or 'surname=Al*&email=*@example.com'")
        };
        let mut fields = Vec::new();
        for part in filter.split('&') {
            let (name, value) = part.split_once('=').ok_or_else(bad)?;
            let (name, value) = (name.trim(), value.trim());
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            // The realm is the profile's, and what shapes answers is no field.
            let reserved = [
                "realm",
                "attributes",
                "page",
                "pagesize",
                "has_tokens",
                "include_custom_attributes",
            ];
            if name.is_empty() || value.is_empty() || !plain || reserved.contains(&name) {
                return Err(bad());
            }
            fields.push((name, value));
        }
        let listed = self.api.list(&fields).await?;
        if !listed.skipped.is_empty() {
            return Err(Error::new(
                ErrorCode::InvalidInput,
                format!(
                    "the resolver \"{}\" has no such field",
                    listed.skipped.join("\", \"")
                ),
            )
            .hint("fields of people: username, givenname, surname, email, mobile, phone"));
        }
        Ok(listed.people)
    }
}
