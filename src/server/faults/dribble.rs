//! Answers whose bytes come slowly.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::server::error::ApiError;

/// In how many pieces an answer comes.
const PIECES: usize = 20;

/// The same answer, its body in pieces over this time.
pub(super) async fn dribble(response: Response, time: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return ApiError::internal().into_response();
    };
    let length = bytes.len();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let size = length.div_ceil(PIECES).max(1);
    let pause = time / u32::try_from(length.div_ceil(size).max(1)).unwrap_or(1);
    let pieces = futures::stream::unfold(bytes, move |mut left: Bytes| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = left.split_to(size.min(left.len()));
        Some((Ok::<_, Infallible>(piece), left))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}
