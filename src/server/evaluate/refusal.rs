//! Answers of the extensions that are errors, each said in one way.

use axum::http::StatusCode;

use crate::server::error::ApiError;

/// The caller asked for something that makes no sense.
pub(crate) fn bad_request(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "badRequest", message.into())
}

/// There is no such person; the code is Graph's own.
pub(crate) fn no_such_person(id: &str) -> ApiError {
    ApiError::no_resource(id)
}

/// The person has no such thing.
pub(crate) fn not_found(what: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "resourceNotFound",
        format!("There is no {what}."),
    )
}

/// A policy forbids it; the message names which.
pub(crate) fn policy(policy: &str, why: &str) -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "policyRefused",
        format!("The policy {policy} forbids it: {why}."),
    )
}

/// Nothing waits for a code.
pub(crate) fn not_pending() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "verificationNotPending",
        "The method waits for no code: it is verified already.",
    )
}

/// The method cannot be used to ask a caller so.
pub(crate) fn not_askable(by: &str) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "callerNotAskable",
        format!("A caller cannot be asked by {by} through this method now."),
    )
}

/// Something failed that should not.
pub(crate) fn internal(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "the embedded service failed");
    ApiError::internal()
}
