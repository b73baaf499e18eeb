//! Microsoft Graph's part of the service, v1.0 and beta.

pub(crate) mod permission;
pub(crate) mod request;
pub(crate) mod roles;

use super::error::ApiError;

/// Answers a request below `/v1.0` or `/beta`.
pub(crate) async fn serve(request: axum::extract::Request) -> Result<(), ApiError> {
    Err(ApiError::no_segment(request.uri().path()))
}
