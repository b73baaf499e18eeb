//! Verification of methods on the wire.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Ext, Of, collection, time};
use crate::server::error::ApiError;
use crate::server::evaluate::challenge::Verdict;
use crate::server::verification::{self, Sent};

#[derive(Deserialize)]
pub(super) struct Going {
    channel: String,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
}

pub(super) async fn list(ext: Ext, Path(id): Of<String>) -> Result<Response, ApiError> {
    let waiting = ext.read_person(id, verification::list).await?;
    Ok(collection(
        waiting
            .into_iter()
            .map(|method| {
                json!({
                    "methodId": method.method_id,
                    "state": method.state,
                    "channel": method.channel.as_str(),
                    "pendingNumber": method.pending,
                })
            })
            .collect(),
    ))
}

pub(super) async fn set_channel(
    ext: Ext,
    Path((id, method)): Of<(String, String)>,
    Body(going): Body<Going>,
) -> Result<StatusCode, ApiError> {
    ext.write_person(id, move |tx, person| {
        verification::set_channel(tx, person, &method, &going.channel)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn send(
    ext: Ext,
    Path((id, method)): Of<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let sent = ext
        .write_person(id, move |tx, person| verification::send(tx, person, &method))
        .await?;
    Ok(Json(told(&sent)))
}

pub(super) async fn answer(
    ext: Ext,
    Path((id, method)): Of<(String, String)>,
    Body(typed): Body<Typed>,
) -> Result<Json<Value>, ApiError> {
    let verdict = ext
        .write_person(id, move |tx, person| {
            verification::answer(tx, person, &method, &typed.code)
        })
        .await?;
    Ok(Json(judged(verdict)))
}

/// A code that went out, on the wire.
pub(super) fn told(sent: &Sent) -> Value {
    json!({
        "channel": sent.channel.as_str(),
        "to": sent.to,
        "expiresDateTime": time(sent.expires_at),
    })
}

/// A verdict on the wire.
pub(super) fn judged(verdict: Verdict) -> Value {
    let (verdict, left) = match verdict {
        Verdict::Accepted => ("accepted", None),
        Verdict::Wrong(left) => ("wrong", Some(left)),
        Verdict::Expired => ("expired", None),
        Verdict::TooMany => ("too_many", Some(0)),
    };
    json!({"verdict": verdict, "attemptsLeft": left})
}
