//! The data as a whole: more people, and a copy of the file.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rusqlite::{Connection, backup::Backup};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

use super::{Body, Ext};
use crate::server::error::ApiError;
use crate::server::evaluate::refusal;
use crate::server::{clock, demo};

/// More than any organization has.
const MOST: u64 = 10_000_000;
const PAGES: i32 = 4096;

#[derive(Deserialize)]
pub(super) struct More {
    users: u64,
}

pub(super) async fn seed(ext: Ext, Body(more): Body<More>) -> Result<Json<Value>, ApiError> {
    if more.users > MOST {
        return Err(refusal::bad_request(format!("users is at most {MOST}.")));
    }
    let (total, added) = ext
        .0
        .store
        .write(move |tx| {
            let now = clock::now_ms(tx)?;
            let added = demo::seed_users(tx, now, more.users)?;
            let total: i64 = tx.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
            Ok((total, added))
        })
        .await?;
    Ok(Json(json!({"users": total, "added": added})))
}

pub(super) async fn snapshot(ext: Ext) -> Result<Response, ApiError> {
    let bytes = ext.0.store.read(copy).await?;
    Ok(([(header::CONTENT_TYPE, "application/vnd.sqlite3")], bytes).into_response())
}

/// The whole file as one state of it, without anything beside it.
fn copy(conn: &Connection) -> Result<Vec<u8>, ApiError> {
    let folder = tempfile::tempdir().map_err(|error| refusal::internal(&error))?;
    let path = folder.path().join("snapshot.db");
    let mut target = Connection::open(&path)?;
    Backup::new(conn, &mut target)?.run_to_completion(PAGES, Duration::ZERO, None)?;
    // The copy says that it has a write-ahead log; without one it can be read wherever it is put.
    target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    target.close().map_err(|(_, error)| error)?;
    std::fs::read(&path).map_err(|error| refusal::internal(&error))
}
