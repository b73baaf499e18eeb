//! Errors of the token endpoint.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use crate::server::error::ApiError;

/// An error of the token endpoint (api/entra 8.3).
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

/// A refusal with its status, OAuth error, number and text.
pub(super) fn refusal(
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: impl Into<String>,
) -> Refusal {
    Refusal {
        status,
        error,
        code,
        text: text.into(),
    }
}

/// A refusal with status 400.
pub(super) fn bad(error: &'static str, code: u32, text: impl Into<String>) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, error, code, text)
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        refusal(
            error.status(),
            "temporarily_unavailable",
            90033,
            "A transient error has occurred. Please try again.",
        )
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl Refusal {
    /// The answer as the real endpoint words it.
    pub(super) fn answer(self, now: i64) -> Response {
        let (trace, correlation) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        let at = jiff::Timestamp::from_millisecond(now)
            .unwrap_or_default()
            .strftime("%Y-%m-%d %H:%M:%SZ")
            .to_string();
        let body = json!({
            "error": self.error,
            "error_description": format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}", self.code, self.text
            ),
            "error_codes": [self.code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}
