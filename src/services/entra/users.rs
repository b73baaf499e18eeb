//! Finding people: by id, sign-in name or mail; by text; by group; by filter; all of them.

use std::collections::HashSet;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::EntraService;
use super::error::{Family, means_no_person};
use super::graph::{V1, parse, person, quoted};
use super::wire::{USER_FIELDS, WireUser};
use crate::domain::{Error, ErrorCode, Match, Result, User, UserQuery};
use crate::http::{Request, Response, Verb, encode_segment};

/// How many texts are looked up in one go.
const LOOKUPS: usize = 300;
/// As many are asked for one by one, in one batch: it is the surest way, and one round trip either way.
const ONE_BY_ONE: usize = 20;
/// The most values behind `in` that a filter of the directory takes.
const IN: usize = 15;

impl EntraService {
    pub(super) fn find_users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        match query {
            UserQuery::Ids(texts) => self.by_ids(texts),
            UserQuery::Search(text) => self.search(text),
            UserQuery::Group(group) => self.members(group),
            UserQuery::Filter(filter) => self.listed(&encode_segment(filter)),
            UserQuery::Everyone => self.listed("accountEnabled%20eq%20true"),
        }
    }

    /// Which properties of people are asked for.
    fn fields(&self) -> String {
        if self.sign_in_activity {
            format!("{USER_FIELDS},signInActivity")
        } else {
            USER_FIELDS.to_owned()
        }
    }

    /// The largest page: smaller where the last sign-in is asked for.
    const fn page(&self) -> u16 {
        if self.sign_in_activity { 500 } else { 999 }
    }

    pub(super) fn people(&self, request: Request, family: Family) -> BoxStream<'_, Result<User>> {
        self.graph
            .items(request, family)
            .and_then(async |item| Ok(parse::<WireUser>(item)?.into_user()))
            .boxed()
    }

    fn listed(&self, encoded_filter: &str) -> BoxStream<'_, Result<User>> {
        let path = format!(
            "/users?$filter={encoded_filter}&$select={}&$top={}",
            self.fields(),
            self.page()
        );
        self.people(Request::get(V1, path, "/users"), Family::Users)
    }

    fn by_ids<'a>(&'a self, texts: &'a [String]) -> BoxStream<'a, Result<User>> {
        stream::iter(texts.chunks(LOOKUPS))
            .then(move |chunk| self.look_up(chunk))
            .map(|found| match found {
                Ok(users) => stream::iter(users.into_iter().map(Ok)).boxed(),
                Err(error) => stream::once(async move { Err(error) }).boxed(),
            })
            .flatten()
            .boxed()
    }

    async fn look_up(&self, texts: &[String]) -> Result<Vec<User>> {
        if texts.len() > ONE_BY_ONE {
            return self.look_up_many(texts).await;
        }
        self.look_up_few(texts).await
    }

    /// As [`Self::look_up_few`], with filters over several texts, twenty of them a round trip. The order is the
    /// service's.
    async fn look_up_many(&self, texts: &[String]) -> Result<Vec<User>> {
        let is_id = |text: &&String| uuid::Uuid::try_parse(text).is_ok();
        let (ids, names): (Vec<&String>, Vec<&String>) = texts.iter().partition(is_id);
        let mut requests = self.among("id", &ids);
        requests.extend(self.among("userPrincipalName", &names));
        let mut found = self.listed_in(&requests).await?;
        let known: HashSet<String> = found
            .iter()
            .map(|user| user.sign_in_name.to_lowercase())
            .collect();
        let missing: Vec<&String> = names
            .into_iter()
            .filter(|name| name.contains('@') && !known.contains(&name.to_lowercase()))
            .collect();
        found.extend(self.listed_in(&self.among("mail", &missing)).await?);
        Ok(found)
    }

    /// Questions for whoever has one of these texts as this property.
    fn among(&self, property: &str, texts: &[&String]) -> Vec<Request> {
        let fields = self.fields();
        texts
            .chunks(IN)
            .map(|texts| {
                let list: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                let path = format!(
                    "/users?$filter={property}%20in%20({})&$select={fields}&$top={}",
                    list.join(","),
                    self.page()
                );
                Request::get(V1, path, "/users")
            })
            .collect()
    }

    /// Everybody in the answers to these questions.
    async fn listed_in(&self, requests: &[Request]) -> Result<Vec<User>> {
        let mut found = Vec::new();
        for requests in requests.chunks(ONE_BY_ONE) {
            for response in self.graph.pipeline().batch_whole(requests).await {
                let mut page = self.graph.check(response?, Family::Users, Verb::Get)?.json()?;
                if let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) {
                    for item in items {
                        found.push(parse::<WireUser>(item)?.into_user());
                    }
                }
            }
        }
        Ok(found)
    }

    /// Object id or sign-in name first; where that is nobody and it looks like an address, primary mail.
    async fn look_up_few(&self, texts: &[String]) -> Result<Vec<User>> {
        let requests: Vec<_> = texts.iter().map(|text| self.by_name(text)).collect();
        let answers = self.graph.pipeline().batch(&requests).await;
        let mut found: Vec<Vec<User>> = Vec::with_capacity(texts.len());
        let mut missing = Vec::new();
        for (at, (text, answer)) in texts.iter().zip(answers).enumerate() {
            let user = self.named(text, answer)?;
            if user.is_none() {
                missing.push(at);
            }
            found.push(user.into_iter().collect());
        }
        let names: Vec<&String> = missing.iter().map(|at| &texts[*at]).collect();
        for (at, users) in missing.iter().zip(self.by_mail(&names).await?) {
            found[*at] = users;
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The question for whoever has this object id or sign-in name.
    pub(super) fn by_name(&self, text: &str) -> Request {
        let fields = self.fields();
        Request::get(V1, format!("{}?$select={fields}", person(text)), "/users/{id}")
    }

    /// The answer to [`Self::by_name`]: nobody, where nobody has it.
    pub(super) fn named(&self, text: &str, answer: Result<Response>) -> Result<Option<User>> {
        let response = answer?;
        if response.status == 404 || (response.status == 400 && !text.contains('@')) {
            if !means_no_person(&response) && response.status == 404 && response.body.is_empty() {
                return Err(not_graph());
            }
            return Ok(None);
        }
        let user = self.graph.check(response, Family::Users, Verb::Get)?.json()?;
        Ok(Some(parse::<WireUser>(user)?.into_user()))
    }

    /// Who has each of these as primary mail; nobody has what is no address.
    pub(super) async fn by_mail(&self, texts: &[&String]) -> Result<Vec<Vec<User>>> {
        let fields = self.fields();
        let requests: Vec<_> = texts
            .iter()
            .filter(|text| text.contains('@'))
            .map(|text| {
                let path = format!("/users?$filter=mail%20eq%20{}&$select={fields}", quoted(text));
                Request::get(V1, path, "/users")
            })
            .collect();
        let mut answers = self.graph.pipeline().batch_whole(&requests).await.into_iter();
        let mut all = Vec::with_capacity(texts.len());
        for text in texts {
            let mut found = Vec::new();
            if let Some(response) = text.contains('@').then(|| answers.next()).flatten() {
                let mut page = self.graph.check(response?, Family::Users, Verb::Get)?.json()?;
                if let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) {
                    for item in items {
                        found.push(parse::<WireUser>(item)?.into_user());
                    }
                }
            }
            all.push(found);
        }
        Ok(all)
    }

    fn search(&self, text: &str) -> BoxStream<'_, Result<User>> {
        let term: String = text
            .chars()
            .filter(|c| !matches!(c, '"' | '\\') && !c.is_control())
            .collect();
        let clause = ["displayName", "userPrincipalName", "mail"]
            .map(|field| format!("\"{field}:{term}\""))
            .join(" OR ");
        let (fields, page) = (self.fields(), self.page());
        let advanced = format!(
            "/users?$search={}&$select={fields}&$top={page}&$count=true",
            encode_segment(&clause)
        );
        let starts = ["displayName", "userPrincipalName", "mail"]
            .map(|field| format!("startswith({field},{})", quoted(&term)))
            .join("%20or%20");
        let plain = format!("/users?$filter={starts}&$select={fields}&$top={page}");
        let first = self.people(
            Request::get(V1, advanced, "/users").header("consistencylevel", "eventual"),
            Family::Users,
        );
        stream::once(async move {
            let mut first = first.peekable();
            // A service without advanced queries (assumption `search-quotes`) says 400; a simple filter finds nearly the same people.
            let refused = matches!(
                std::pin::Pin::new(&mut first).peek().await,
                Some(Err(error)) if matches!(error.code(), ErrorCode::ServiceRefused | ErrorCode::Unsupported)
            );
            if refused {
                self.people(Request::get(V1, plain, "/users"), Family::Users)
            } else {
                first.boxed()
            }
        })
        .flatten()
        .boxed()
    }

    fn members<'a>(&'a self, group: &'a str) -> BoxStream<'a, Result<User>> {
        stream::once(async move {
            match self.group_id(group).await {
                Ok(id) => {
                    let path = format!(
                        "/groups/{}/transitiveMembers/microsoft.graph.user?$select={}&$top=999&$count=true",
                        encode_segment(&id),
                        // The last sign-in is not told of members.
                        USER_FIELDS
                    );
                    let request =
                        Request::get(V1, path, "/groups/{id}/transitiveMembers/microsoft.graph.user")
                            .header("consistencylevel", "eventual");
                    self.people(request, Family::Groups)
                }
                Err(error) => stream::once(async move { Err(error) }).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    async fn group_id(&self, group: &str) -> Result<String> {
        let not_found = || Error::new(ErrorCode::NotFound, format!("there is no group \"{group}\""));
        if uuid::Uuid::try_parse(group).is_ok() {
            let path = format!("/groups/{}?$select=id", encode_segment(group));
            let found: Option<Value> = self
                .graph
                .read_if_there(&Request::get(V1, path, "/groups/{id}"), Family::Groups)
                .await?;
            return found.map(|_| group.to_owned()).ok_or_else(not_found);
        }
        let path = format!(
            "/groups?$filter=displayName%20eq%20{}&$select=id,displayName,description",
            quoted(group)
        );
        let hits: Vec<Value> = self
            .graph
            .items(Request::get(V1, path, "/groups"), Family::Groups)
            .try_collect()
            .await?;
        let text = |item: &Value, key: &str| {
            item.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        match hits.as_slice() {
            [] => Err(not_found()),
            [one] => Ok(text(one, "id")),
            several => Err(Error::new(
                ErrorCode::Ambiguous,
                format!("{} groups are named \"{group}\"", several.len()),
            )
            .hint("give the id of the one that is meant")
            .matches(
                several
                    .iter()
                    .map(|item| Match {
                        reference: text(item, "id"),
                        detail: text(item, "description"),
                    })
                    .collect(),
            )),
        }
    }
}

/// A bare 404 comes from something that is not Graph, and would otherwise look like "nobody has that name".
fn not_graph() -> Error {
    Error::new(
        ErrorCode::Unavailable,
        "the service answered 404 without Graph's error body",
    )
    .hint("check the url of the profile: the root of Graph, without /v1.0")
}
