//! Routes that Graph lacks, below `/mfactl/v1`: docs/extensions.md. Each asks for the app role or scope of its own,
//! decides nothing itself (that is `evaluate` and `verification`), and puts the answer on the wire in camelCase.

mod app_password;
mod caller;
mod data;
mod device;
mod faults;
mod moment;
mod outbox;
mod policy;
mod question;
mod registration;
mod secret;
mod sign_in;
mod totp;
mod verification;

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use rusqlite::{Connection, Transaction};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::AppState;
use super::auth::Caller;
use super::clock;
use super::error::ApiError;
use super::evaluate::person::Person;
use super::evaluate::refusal;

/// Every route of the extensions.
pub(crate) fn router() -> Router<Arc<AppState>> {
    Router::new()
        .route(
            "/users/{id}/rememberedDevices",
            get(device::list).delete(device::forget_all),
        )
        .route("/users/{id}/rememberedDevices/{device}", delete(device::forget))
        .route("/users/{id}/sessions", get(device::sessions))
        .route(
            "/users/{id}/appPasswords",
            get(app_password::list)
                .post(app_password::issue)
                .delete(app_password::revoke_all),
        )
        .route(
            "/users/{id}/appPasswords/{password}",
            delete(app_password::revoke),
        )
        .route(
            "/users/{id}/securityQuestions",
            get(question::list)
                .post(question::register)
                .delete(question::remove),
        )
        .route("/users/{id}/totp", get(totp::list).post(totp::enrol))
        .route("/users/{id}/verifications", get(verification::list))
        .route(
            "/users/{id}/verifications/{method}",
            put(verification::set_channel).post(verification::send),
        )
        .route(
            "/users/{id}/verifications/{method}/answer",
            post(verification::answer),
        )
        .route("/users/{id}/callerChecks/{method}", post(caller::send))
        .route("/users/{id}/callerChecks/{method}/answer", post(caller::answer))
        .route("/users/{id}/registration", get(registration::show))
        .route("/users/{id}/requireRegistration", post(registration::require))
        .route("/users/{id}/secrets", get(secret::show))
        .route("/policy", get(policy::show))
        .route("/signIn", post(sign_in::sign_in))
        .route("/recover", post(sign_in::recover))
        .route("/outbox", get(outbox::list))
        .route("/clock", get(moment::show).post(moment::shift))
        .route("/seed", post(data::seed))
        .route("/snapshot", get(data::snapshot))
        .route("/faults", get(faults::show))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_verb)
}

async fn nothing_here(request: Request) -> ApiError {
    ApiError::nothing_at(request.uri().path())
}

async fn wrong_verb() -> ApiError {
    ApiError::not_allowed()
}

/// A caller that may use the extensions, and the service it calls: what each route takes first.
pub(crate) struct Ext(Arc<AppState>);

impl FromRequestParts<Arc<AppState>> for Ext {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        Caller::from_request_parts(parts, state).await?.require_ext()?;
        Ok(Self(Arc::clone(state)))
    }
}

impl Ext {
    /// Reads something of one person; 404 for nobody.
    async fn read_person<T, F>(&self, id: String, job: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Person) -> Result<T, ApiError> + Send + 'static,
    {
        self.0
            .store
            .read(move |conn| job(conn, &Person::get(conn, &id)?))
            .await
    }

    /// Changes something of one person; 404 for nobody.
    async fn write_person<T, F>(&self, id: String, job: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &Person) -> Result<T, ApiError> + Send + 'static,
    {
        self.0
            .store
            .write(move |tx| job(tx, &Person::get(tx, &id)?))
            .await
    }
}

/// A body as JSON; what it is not is told in Graph's error body, whatever the content type was called.
pub(crate) struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|_| refusal::bad_request("The body is too long or broke off."))?;
        let text: &[u8] = if bytes.trim_ascii().is_empty() {
            b"{}"
        } else {
            &bytes
        };
        // What is wrong is told by place, never by content: a body may hold a password.
        serde_json::from_slice(text).map(Self).map_err(|error| {
            refusal::bad_request(format!(
                "The body is not what this call takes: line {}, column {}.",
                error.line(),
                error.column()
            ))
        })
    }
}

/// A collection on the wire.
fn collection(items: Vec<Value>) -> Response {
    Json(json!({"value": items})).into_response()
}

fn time(at: i64) -> Value {
    Value::String(clock::rfc3339(at))
}

fn time_or_null(at: Option<i64>) -> Value {
    at.map_or(Value::Null, time)
}

/// What a route finds in its path.
type Of<T> = Path<T>;

#[cfg(test)]
mod tests;
