//! Calls to Graph: the pipeline with what the token says, and every bad answer turned into its error.

use futures::stream::BoxStream;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{self, Family};
use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode, Result, UserId};
use crate::http::{Class, Pipeline, Request, Response, Verb, encode_segment};
use crate::services::Link;

/// The stable version.
pub(super) const V1: &str = "/v1.0";
/// The version without promises: whatever uses it is fenced off.
pub(super) const BETA: &str = "/beta";

/// The way to Graph.
pub(crate) struct Graph {
    pipeline: Pipeline,
    claims: TokenClaims,
}

impl Graph {
    /// Calls over a link.
    pub(crate) fn new(link: Link) -> Self {
        Self {
            pipeline: link.graph,
            claims: link.claims,
        }
    }

    /// What the token says.
    pub(crate) const fn claims(&self) -> &TokenClaims {
        &self.claims
    }

    /// The pipeline underneath.
    pub(crate) const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Whether this account is the one behind the token.
    pub(super) fn is_own(&self, user: &UserId) -> bool {
        crate::services::is_own(&self.claims, user)
    }

    /// Sends a call; a bad answer is its error.
    ///
    /// # Errors
    /// What the pipeline and the table of codes say.
    pub(crate) async fn send(&self, request: &Request, family: Family) -> Result<Response> {
        self.check(self.pipeline.send(request).await?, family, request.verb)
    }

    /// A bad answer as its error.
    ///
    /// # Errors
    /// What the table of codes says.
    pub(crate) fn check(&self, response: Response, family: Family, verb: Verb) -> Result<Response> {
        if response.ok() {
            Ok(response)
        } else {
            Err(error::refused(&response, family, verb, &self.claims))
        }
    }

    /// Reads one thing.
    ///
    /// # Errors
    /// As [`Self::send`]; `unavailable` where the answer has another shape.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: &Request, family: Family) -> Result<T> {
        parse(self.send(request, family).await?.json()?)
    }

    /// Reads one thing, `None` where it is not there.
    ///
    /// # Errors
    /// As [`Self::read`], but for 404.
    pub(super) async fn read_if_there<T: DeserializeOwned>(
        &self,
        request: &Request,
        family: Family,
    ) -> Result<Option<T>> {
        let response = self.pipeline.send(request).await?;
        if response.status == 404 {
            return Ok(None);
        }
        parse(self.check(response, family, request.verb)?.json()?).map(Some)
    }

    /// Reads a collection, page by page.
    pub(super) fn items<'a>(&'a self, request: Request, family: Family) -> BoxStream<'a, Result<Value>> {
        let verb = request.verb;
        self.pipeline
            .items(request, move |response| self.check(response, family, verb))
    }
}

/// A read of something of one person.
pub(super) fn read_of(user: &UserId, root: &'static str, tail: &str, template: &'static str) -> Request {
    Request::get(root, format!("{}{tail}", person(&user.0)), template)
}

/// A write to something of one person.
pub(super) fn write_of(
    user: &UserId,
    verb: Verb,
    class: Class,
    tail: &str,
    template: &'static str,
) -> Request {
    Request::write(verb, class, V1, format!("{}{tail}", person(&user.0)), template)
}

/// `/users/…` for an id or a sign-in name.
pub(super) fn person(id: &str) -> String {
    // A name that begins with $ would be read as an option of the query.
    if id.starts_with('$') {
        format!("/users('{}')", encode_segment(&id.replace('\'', "''")))
    } else {
        format!("/users/{}", encode_segment(id))
    }
}

/// A text between quotes, as a filter wants it, encoded for a query.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", encode_segment(&text.replace('\'', "''")))
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
    })
}
