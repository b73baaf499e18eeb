//! Errors as Microsoft Graph words them: one type for every route, and the layer that gives each answer its ids.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::{Clock, SystemClock};

/// An error answer: status, Graph's code and words, and headers that go with it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    raw: Option<Value>,
}

impl ApiError {
    /// An error of this status, with Graph's code and a message.
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            code: code.into(),
            message: message.into(),
            headers: Vec::new(),
            raw: None,
        }))
    }

    /// 400 in the directory's words.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    /// 404 of a person, group or device (api/entra 6.3).
    pub(crate) fn no_resource(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// 404 of an authentication method. The status was seen, the code was not (api/entra 6.3): assumption `absent-method`.
    pub(crate) fn no_method() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "resourceNotFound",
            "The requested authentication method was not found.",
        )
    }

    /// 403 of a directory call.
    pub(crate) fn denied() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// 403 of a change of somebody in a restricted administrative unit by a role that is not held over that unit (the words: directory API
    /// as administrators quote it, shortened by its link).
    pub(crate) fn restricted() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation. Target object is a member of a restricted management administrative \
             unit and can only be modified by administrators scoped to that administrative unit.",
        )
    }

    /// 403 of a call below `/authentication`.
    pub(crate) fn access_denied() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "accessDenied",
            "Request Authorization failed",
        )
    }

    /// 405: wrong verb, or a beta path on v1.0.
    pub(crate) fn not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    /// 400 of a path that the service does not have, naming its first part that is not there (microsoft-graph-docs issue 4052).
    pub(crate) fn no_segment(segment: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    /// 404 of an address that is below no version of Graph.
    pub(crate) fn nothing_at(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "BadRequest",
            format!("Resource not found for the segment '{path}'."),
        )
    }

    /// 400 of a read that the directory takes only with `ConsistencyLevel: eventual` and `$count=true`, or not at all.
    pub(crate) fn unsupported_query(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    /// Answers with this body instead of Graph's error object.
    #[must_use]
    pub(crate) fn raw(mut self, body: Value) -> Self {
        self.0.raw = Some(body);
        self
    }

    /// Adds a header; a value that no header can hold is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((name, value));
        }
        self
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Graph's code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    /// The headers that go with it.
    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// The body, with the ids of the call in it.
    pub(crate) fn body(&self, ids: &Ids) -> Value {
        if let Some(raw) = &self.0.raw {
            return raw.clone();
        }
        json!({"error": {
            "code": self.0.code,
            "message": self.0.message,
            "innerError": {"date": ids.date, "request-id": ids.request, "client-request-id": ids.client},
        }})
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "serviceUnavailable",
                "The data file is in use by another process.",
            )
            .header(header::RETRY_AFTER, "1"),
            Some(ErrorCode::DiskFull) => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "insufficientStorage",
                "The disk is full.",
            ),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "dataCorrupt",
                "The data file is damaged.",
            ),
            _ => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

impl ApiError {
    /// 500: something that should not happen.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "generalException",
            "The service failed.",
        )
    }
}

/// The body is made by [`finish`], which knows the ids of the call.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        for (name, value) in &self.0.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The ids of one call, as its answer repeats them.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    request: String,
    client: String,
    date: String,
}

impl Ids {
    /// New ids; `client` is what the caller sent as `client-request-id`.
    pub(crate) fn new(client: Option<&str>) -> Self {
        let request = Uuid::new_v4().to_string();
        let date = SystemClock.now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        Self {
            client: client.map_or_else(|| request.clone(), str::to_owned),
            request,
            date,
        }
    }

    /// The service's id of the call.
    pub(crate) fn request(&self) -> &str {
        &self.request
    }

    /// The caller's id of the call, or the service's where none was sent.
    pub(crate) fn client(&self) -> &str {
        &self.client
    }
}

/// The outermost layer: ids in the headers of each answer, and the body of each error.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let ids = Ids::new(
        request
            .headers()
            .get("client-request-id")
            .and_then(|value| value.to_str().ok()),
    );
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let headers = std::mem::take(response.headers_mut());
        response = (error.0.status, axum::Json(error.body(&ids))).into_response();
        for (name, value) in &headers {
            if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
    }
    tracing::debug!(%method, path, status = response.status().as_u16(), request_id = ids.request(), "answered");
    for (name, value) in [("request-id", ids.request()), ("client-request-id", ids.client())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
