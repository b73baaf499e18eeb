//! Writing down what the service was asked and what it answered, calls of Graph's part only: for tests that hold both
//! against Graph's own description. Off unless a folder is named; a token is never written, demo data is.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::error::ApiError;
use crate::domain::{Error, ErrorCode, Result, private};

/// A file of exchanges, one line of JSON each, in the order of the answers.
pub(super) struct Recorder {
    file: Mutex<std::fs::File>,
    /// Whether answers may be disturbed on purpose: then only what was asked is worth keeping.
    disturbed: bool,
}

impl Recorder {
    /// A new file in this folder, which is made if it is not there. Both are for their owner alone.
    ///
    /// # Errors
    /// `FileUnreadable`: the file cannot be made.
    pub(super) fn new(folder: &Path, disturbed: bool) -> Result<Arc<Self>> {
        let path = folder.join(format!("{}.jsonl", uuid::Uuid::new_v4()));
        let file = private::make_folder(folder)
            .and_then(|()| private::options().create_new(true).append(true).open(&path))
            .map_err(|error| {
                Error::new(
                    ErrorCode::FileUnreadable,
                    format!("{} cannot be made: {error}", path.display()),
                )
            })?;
        Ok(Arc::new(Self {
            file: Mutex::new(file),
            disturbed,
        }))
    }

    fn write(&self, exchange: &Value) {
        let line = format!("{exchange}\n");
        let written = match self.file.lock() {
            Ok(mut file) => file.write_all(line.as_bytes()),
            Err(_) => return,
        };
        if let Err(error) = written {
            tracing::error!(%error, "an exchange is not recorded");
        }
    }
}

/// The layer around everything: what goes in and comes out, as the wire has it.
pub(super) async fn keep(State(recorder): State<Arc<Recorder>>, request: Request, next: Next) -> Response {
    let target = request
        .uri()
        .path_and_query()
        .map_or("", |target| target.as_str())
        .to_owned();
    if !target.starts_with("/v1.0/") && !target.starts_with("/beta/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(sent) = to_bytes(body, usize::MAX).await else {
        return ApiError::internal().into_response();
    };
    let mut exchange = json!({
        "method": parts.method.as_str(),
        "target": target,
        "request_headers": headers(&parts.headers),
        "request": read(&sent),
    });
    let response = next.run(Request::from_parts(parts, Body::from(sent))).await;
    exchange["status"] = json!(response.status().as_u16());
    exchange["disturbed"] = json!(recorder.disturbed);
    if recorder.disturbed {
        recorder.write(&exchange);
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(given) = to_bytes(body, usize::MAX).await else {
        return ApiError::internal().into_response();
    };
    exchange["response_headers"] = headers(&parts.headers);
    exchange["response"] = read(&given);
    recorder.write(&exchange);
    Response::from_parts(parts, Body::from(given))
}

/// A body as JSON; what is none as text, and nothing as `null`.
fn read(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}

/// Headers by name; of a token only that there was one.
fn headers(headers: &HeaderMap) -> Value {
    let told = headers.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "authorization" => "present".into(),
            _ => String::from_utf8_lossy(value.as_bytes()),
        };
        (name.to_string(), json!(value))
    });
    Value::Object(told.collect::<Map<_, _>>())
}
