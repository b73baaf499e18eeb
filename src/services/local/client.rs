//! Calls to the extensions, over the same pipeline as Graph.

use serde::de::DeserializeOwned;

use super::wire::Items;
use crate::domain::{Error, ErrorCode, Result, UserId};
use crate::http::{Class, Request, Response, Verb, encode_segment};
use crate::services::entra::{Family, Graph};

/// Where the extensions are.
pub(super) const ROOT: &str = "/mfactl/v1";

/// The calls of one connection.
pub(super) struct ExtensionClient<'a> {
    graph: &'a Graph,
}

impl<'a> ExtensionClient<'a> {
    pub(super) const fn new(graph: &'a Graph) -> Self {
        Self { graph }
    }

    /// `/users/{id}` and what stands behind it.
    pub(super) fn path(user: &str, tail: &str) -> String {
        format!("/users/{}{tail}", encode_segment(user))
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Response> {
        self.graph
            .send(request, Family::Extensions)
            .await
            .map_err(|error| explain(&error))
    }

    /// Sends, and lets a 404 that does not mean the person be no answer.
    pub(super) async fn send_if_there(&self, request: &Request) -> Result<Option<Response>> {
        let response = self.graph.pipeline().send(request).await?;
        if response.status == 404 && crate::services::entra::service_code(&response) != NO_PERSON {
            return Ok(None);
        }
        self.graph
            .check(response, Family::Extensions, request.verb)
            .map(Some)
            .map_err(|error| explain(&error))
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        user: &UserId,
        tail: &str,
        template: &'static str,
    ) -> Result<T> {
        parse(
            &self
                .send(&Request::get(ROOT, Self::path(&user.0, tail), template))
                .await?,
        )
    }

    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        user: &UserId,
        tail: &str,
        template: &'static str,
    ) -> Result<Vec<T>> {
        Ok(self.get::<Items<T>>(user, tail, template).await?.value)
    }

    /// A write to something of one person.
    pub(super) fn write(
        user: &UserId,
        verb: Verb,
        class: Class,
        tail: &str,
        template: &'static str,
    ) -> Request {
        Request::write(verb, class, ROOT, Self::path(&user.0, tail), template)
    }
}

const NO_PERSON: &str = "Request_ResourceNotFound";

/// An answer in the shape that was expected.
pub(super) fn parse<T: DeserializeOwned>(response: &Response) -> Result<T> {
    serde_json::from_value(response.json()?).map_err(|error| {
        Error::new(
            ErrorCode::Unavailable,
            format!("the answer has another shape: {error}"),
        )
    })
}

/// A service that serves Graph alone has none of these paths.
fn explain(error: &Error) -> Error {
    if error.code() == ErrorCode::NotFound {
        return Error::new(
            ErrorCode::Unavailable,
            "the service serves Graph alone, without mfactl's own part",
        )
        .hint("set service = \"entra\" in the profile, or start it without --graph-only");
    }
    error.clone()
}
