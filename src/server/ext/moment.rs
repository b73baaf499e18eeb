//! The service's clock on the wire.

use axum::Json;
use jiff::Timestamp;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Ext, time};
use crate::server::clock::{self, Move, SECOND};
use crate::server::error::ApiError;
use crate::server::evaluate::refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shift {
    set: Option<Timestamp>,
    advance: Option<i64>,
    reset: Option<bool>,
}

fn shown(conn: &Connection) -> Result<Json<Value>, ApiError> {
    Ok(Json(
        json!({"now": time(clock::now_ms(conn)?), "offsetSeconds": clock::offset_ms(conn)? / SECOND}),
    ))
}

pub(super) async fn show(ext: Ext) -> Result<Json<Value>, ApiError> {
    ext.0.store.read(shown).await
}

pub(super) async fn shift(ext: Ext, Body(shift): Body<Shift>) -> Result<Json<Value>, ApiError> {
    let how = match shift {
        Shift {
            set: Some(at),
            advance: None,
            reset: None,
        } => Move::Set(at.as_millisecond()),
        Shift {
            set: None,
            advance: Some(seconds),
            reset: None,
        } => Move::Advance(seconds.saturating_mul(SECOND)),
        Shift {
            set: None,
            advance: None,
            reset: Some(true),
        } => Move::Reset,
        _ => {
            return Err(refusal::bad_request(
                "Give one of \"set\", \"advance\" and \"reset\": true.",
            ));
        }
    };
    ext.0
        .store
        .write(move |tx| {
            let now = clock::shift(tx, how)?;
            // Undone with the transaction: a clock past the calendar would break every answer.
            if !(0..=Timestamp::MAX.as_millisecond() / 2).contains(&now) {
                return Err(refusal::bad_request(
                    "The clock goes from 1970 to the year 5000 or so.",
                ));
            }
            shown(tx)
        })
        .await
}
