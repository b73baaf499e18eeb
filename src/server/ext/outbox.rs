//! What phones, mailboxes and apps received, oldest first.

use axum::extract::Query;
use axum::response::Response;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ext, collection, time};
use crate::server::error::ApiError;
use crate::server::evaluate::person::Person;

#[derive(Deserialize)]
pub(super) struct Whose {
    user: Option<String>,
}

pub(super) async fn list(ext: Ext, Query(whose): Query<Whose>) -> Result<Response, ApiError> {
    let items = ext
        .0
        .store
        .read(move |conn| {
            let user = whose.user.map(|id| Person::get(conn, &id)).transpose()?;
            received(conn, user.map(|person| person.id).as_deref())
        })
        .await?;
    Ok(collection(items))
}

fn received(conn: &Connection, user_id: Option<&str>) -> Result<Vec<Value>, ApiError> {
    let mut statement = conn.prepare_cached(
        "SELECT outbox.id, upn, channel, recipient, text, code, at FROM outbox JOIN users ON users.id = user_id
         WHERE ?1 IS NULL OR user_id = ?1 ORDER BY outbox.id",
    )?;
    let rows = statement.query_map([user_id], |row| {
        Ok(json!({
            "id": row.get::<_, i64>(0)?.to_string(),
            "user": row.get::<_, String>(1)?,
            "channel": row.get::<_, String>(2)?,
            "to": row.get::<_, String>(3)?,
            "text": row.get::<_, String>(4)?,
            "code": row.get::<_, Option<String>>(5)?,
            "sentDateTime": time(row.get(6)?),
        }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
