//! Security questions on the wire; an answer goes in and never comes out.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Ext, Of, collection, time};
use crate::server::error::ApiError;
use crate::server::evaluate::person::Person;
use crate::server::evaluate::question::{self, Answered};
use crate::server::evaluate::refusal;

#[derive(Deserialize)]
pub(super) struct Given {
    question: String,
    answer: String,
}

impl From<Given> for Answered {
    fn from(Given { question, answer }: Given) -> Self {
        Self { question, answer }
    }
}

#[derive(Deserialize)]
pub(super) struct Answers {
    answers: Vec<Given>,
}

fn items(conn: &Connection, person: &Person) -> Result<Vec<Value>, ApiError> {
    Ok(question::list(conn, person)?
        .into_iter()
        .map(|question| {
            json!({
                "id": question.n.to_string(),
                "question": question.text,
                "createdDateTime": time(question.created_at),
            })
        })
        .collect())
}

pub(super) async fn list(ext: Ext, Path(id): Of<String>) -> Result<Response, ApiError> {
    Ok(collection(ext.read_person(id, items).await?))
}

pub(super) async fn register(
    ext: Ext,
    Path(id): Of<String>,
    Body(given): Body<Answers>,
) -> Result<Response, ApiError> {
    let answers: Vec<Answered> = given.answers.into_iter().map(Answered::from).collect();
    let items = ext
        .write_person(id, move |tx, person| {
            question::register(tx, person, &answers)?;
            items(tx, person)
        })
        .await?;
    Ok((StatusCode::CREATED, collection(items)).into_response())
}

pub(super) async fn remove(ext: Ext, Path(id): Of<String>) -> Result<StatusCode, ApiError> {
    let gone = ext
        .write_person(id, |tx, person| Ok(question::remove(tx, person)?))
        .await?;
    if gone > 0 {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(refusal::not_found("security question"))
    }
}
