//! `$metadata`: what the service answers, as OData describes it (CSDL 4.0, OASIS odata-csdl-xml-v4.01). Types stand in a table
//! of our own; which ways and operations there are, and which verbs they take, is read off the routes, so that it says no
//! more and no less than what is served.

pub(crate) mod model;
mod used;
mod write;

use axum::http::header;
use axum::response::{IntoResponse, Response};

use model::Model;
use used::Used;

/// The document of a version.
pub(crate) fn document(beta: bool) -> String {
    let model = Model::read();
    let used = Used::of(&model, beta);
    write::document(&model, &used, beta)
}

/// `GET /v1.0/$metadata`
pub(crate) async fn stable() -> Response {
    answer(document(false))
}

/// `GET /beta/$metadata`
pub(crate) async fn beta() -> Response {
    answer(document(true))
}

fn answer(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], document).into_response()
}

#[cfg(test)]
mod tests;
