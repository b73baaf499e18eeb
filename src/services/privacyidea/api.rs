//! Calls to privacyIDEA: the pipeline with what the token says, the envelope opened, every no turned into its error; and
//! the people whom it has seen, because most calls name them by sign-in name.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::error::{self, Area};
use super::wire::WireUser;
use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode, Result, UserId};
use crate::http::{Class, Pipeline, Request, Response, Verb, encode_segment};
use crate::services::Link;

/// The way to one realm.
pub(super) struct Api {
    pipeline: Pipeline,
    claims: TokenClaims,
    realm: String,
    /// Whoever was found, so that nobody is looked up twice in one command.
    seen: Mutex<HashMap<UserId, WireUser>>,
    /// The realms with their resolvers, read once; `None` within: the account may not see them.
    pub(super) realms: OnceCell<Option<BTreeMap<String, Vec<String>>>>,
}

/// A call: what is sent, the right that it wants, and what it is about.
pub(super) struct Call {
    pub(super) request: Request,
    pub(super) right: &'static str,
    pub(super) area: Area,
}

/// A good answer.
pub(super) struct Answer {
    /// `result.value`.
    pub(super) value: Value,
    /// `detail`; holds seeds and codes.
    pub(super) detail: Value,
    /// The id of the request.
    pub(super) request_id: Option<String>,
}

impl Call {
    /// A read. `right`: the action of the scope `admin` that allows it.
    pub(super) fn get(path: String, template: &'static str, right: &'static str, area: Area) -> Self {
        Self {
            request: Request::get("", path, template),
            right,
            area,
        }
    }

    /// A write.
    pub(super) fn write(
        verb: Verb,
        class: Class,
        path: String,
        template: &'static str,
        right: &'static str,
        area: Area,
    ) -> Self {
        Self {
            request: Request::write(verb, class, "", path, template),
            right,
            area,
        }
    }

    /// With a JSON body.
    #[must_use]
    pub(super) fn json(mut self, body: Value) -> Self {
        self.request = self.request.json(body);
        self
    }
}

impl Api {
    /// The way to the service, for those who wait by its time.
    pub(super) const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Calls over a link.
    pub(super) fn new(link: Link) -> Self {
        Self {
            pipeline: link.graph,
            claims: link.claims,
            realm: link.tenant,
            seen: Mutex::default(),
            realms: OnceCell::new(),
        }
    }

    /// What the token says.
    pub(super) const fn claims(&self) -> &TokenClaims {
        &self.claims
    }

    /// The realm's name.
    pub(super) fn realm(&self) -> &str {
        &self.realm
    }

    /// Sends a call and opens its envelope; every no is an error.
    ///
    /// # Errors
    /// What the pipeline and the table of refusals say; `unavailable` where something else answered.
    pub(super) async fn send(&self, call: &Call) -> Result<Answer> {
        let response = self.pipeline.send(&call.request).await?;
        self.open(&response, call)
    }

    fn open(&self, response: &Response, call: &Call) -> Result<Answer> {
        let mut body = response.value();
        let status = body.pointer("/result/status").and_then(Value::as_bool);
        match status {
            Some(true) if response.ok() => Ok(Answer {
                value: body.pointer_mut("/result/value").map_or(Value::Null, Value::take),
                detail: body.get_mut("detail").map_or(Value::Null, Value::take),
                request_id: response.request_id.clone(),
            }),
            // Status 200 may mean no too.
            Some(_) => Err(error::refused(
                response,
                &body,
                call.area,
                call.right,
                &self.claims,
                &self.realm,
            )),
            None => Err(error::stranger(response)),
        }
    }

    /// The same, `None` where what is named is not there.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn send_if_there(&self, call: &Call) -> Result<Option<Answer>> {
        match self.send(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::MethodNotFound | ErrorCode::DeviceNotFound
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads one thing.
    ///
    /// # Errors
    /// As [`Self::send`]; `unavailable` where the answer has another shape.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        parse(self.send(call).await?.value)
    }

    /// Remembers somebody who was found, and how such a person is named.
    pub(super) fn keep(&self, person: &WireUser) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = person.clone();
        if let Some(known) = seen.get(&person.id())
            && kept.typed.is_none()
            && known.username == kept.username
        {
            kept.typed.clone_from(&known.typed);
        }
        seen.insert(person.id(), kept);
    }

    /// The person of an id; looked up where nobody did yet.
    ///
    /// # Errors
    /// `user_not_found`; as [`Self::send`].
    pub(super) async fn person(&self, user: &UserId) -> Result<WireUser> {
        let known = {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.get(user).cloned()
        };
        let person = match known {
            Some(person) => person,
            None => self
                .find_id(user)
                .await?
                .ok_or_else(|| Error::new(ErrorCode::UserNotFound, "there is no such person in the realm"))?,
        };
        self.named_well(person).await
    }

    /// Fields that name a person in a body, for calls about tokens.
    pub(super) fn named(&self, person: &WireUser) -> Value {
        json!({ "user": person.called(), "realm": self.realm, "resolver": person.resolver })
    }

    /// The same for calls about locks.
    pub(super) fn named_plainly(&self, person: &WireUser) -> Value {
        json!({ "user": person.username, "realm": self.realm, "resolver": person.resolver })
    }

    /// The same behind a path, for calls about tokens. A token that is somebody else's by now is then not found, so that
    /// nothing of theirs is changed.
    pub(super) fn query(&self, person: &WireUser) -> String {
        self.asked_as(person, person.called())
    }

    /// The same for calls about locks.
    pub(super) fn query_plainly(&self, person: &WireUser) -> String {
        self.asked_as(person, &person.username)
    }

    /// The same by this name.
    pub(super) fn asked_as(&self, person: &WireUser, name: &str) -> String {
        format!(
            "user={}&realm={}&resolver={}",
            encode_segment(name),
            encode_segment(&self.realm),
            encode_segment(&person.resolver)
        )
    }
}

/// An answer in the shape that was expected.
///
/// # Errors
/// `unavailable`, naming what does not fit.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| {
        Error::new(
            ErrorCode::Unavailable,
            format!("the answer has another shape: {error}"),
        )
        .hint("check the url of the profile, and that it is privacyIDEA's")
    })
}
