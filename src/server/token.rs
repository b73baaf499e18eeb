//! The OAuth 2.0 token endpoint and the discovery documents: client credentials by secret or signed assertion, a
//! managed identity, codes of the browser and of devices, refresh tokens, username with password.

mod challenge;
mod claims;
mod client;
mod discovery;
mod endpoints;
mod grants;
pub(crate) mod page;
mod person;
mod refusal;
mod scope;
mod trusted;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::Value;

use self::challenge::Wanted;
pub(crate) use self::challenge::context;
pub(crate) use self::claims::Claims;
use self::claims::{access, application, redeem, signed_in};
pub(crate) use self::client::Used;
pub(crate) use self::discovery::{discovery, instance, keys};
pub(crate) use self::endpoints::{app_service, device_code, managed_identity, revoke, subscriptions};
use self::person::{Person, by_password};
use self::refusal::{Refusal, bad, refusal};
use self::scope::Scopes;
pub use self::trusted::{Federated, Trusted};
use super::AppState;
use super::clock;

type Form = HashMap<String, String>;

/// `POST /{tenant}/oauth2/v2.0/token`
pub(crate) async fn issue(
    State(state): State<Arc<AppState>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    if let Some((id, secret)) = basic(&headers) {
        form.entry("client_id".to_owned()).or_insert(id);
        form.entry("client_secret".to_owned()).or_insert(secret);
    }
    let shared = Arc::clone(&state);
    // A write: the first use of a seeded password keeps its hash.
    let job = move |connection: &rusqlite::Transaction<'_>| {
        let now = clock::now_ms(connection)?;
        Ok((now, grant(&shared, connection, &tenant, &form, now)))
    };
    match state.store.write(job).await {
        Ok((_, Ok(answer))) => (
            [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")],
            Json(answer),
        )
            .into_response(),
        Ok((now, Err(refused))) => refused.answer(now),
        Err(error) => Refusal::from(error).answer(super::machine_ms()),
    }
}

/// An error that is given on purpose, in the words of this endpoint.
pub(crate) fn refused(status: StatusCode, retry_after: Option<u64>) -> Response {
    let mut response = Refusal::from(super::faults::refused(status, None, None)).answer(super::machine_ms());
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    response
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let bytes = STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| super::graph::request::decode(&text.replace('+', " "));
    Some((plain(id), plain(secret)))
}

fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

fn grant(
    state: &AppState,
    connection: &Connection,
    tenant: &str,
    form: &Form,
    now: i64,
) -> Result<Value, Refusal> {
    let kind = field(form, "grant_type").ok_or_else(|| missing("grant_type"))?;
    admit(state, tenant, form)?;
    let proven = client::proven(state, form, now)?;
    let wanted = Wanted::read(form)?;
    match kind {
        "client_credentials" => {
            if !proven {
                let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
                return Err(refusal(
                    StatusCode::UNAUTHORIZED,
                    "invalid_client",
                    7_000_218,
                    text,
                ));
            }
            if state.is_any_tenant(tenant) {
                return Err(bad(
                    "invalid_request",
                    50059,
                    "No tenant-identifying information found in either the request or implied by any provided credentials.",
                ));
            }
            if !Scopes::read(state, wanted.scopes)?.default {
                return Err(bad(
                    "invalid_scope",
                    1_002_012,
                    "The scope is not valid. Client credential flows must use a scope that ends in /.default.",
                ));
            }
            access(state, &application(state, now).with_wanted(&wanted))
        }
        "password" => {
            let person = by_password(state, connection, form, now)?;
            let family = uuid::Uuid::new_v4().to_string();
            signed_in(state, connection, &person, &wanted, &family, None, now)
        }
        "authorization_code" => {
            let code = field(form, "code").ok_or_else(|| missing("code"))?;
            let uri = field(form, "redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
            let verifier = field(form, "code_verifier").ok_or_else(|| missing("code_verifier"))?;
            let redeemed = grants::redeem_code(connection, code, uri, verifier, now)?;
            redeem(state, connection, &redeemed, wanted, now)
        }
        "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => {
            let code = field(form, "device_code").ok_or_else(|| missing("device_code"))?;
            let redeemed = grants::poll(connection, code, now)?;
            redeem(state, connection, &redeemed, wanted, now)
        }
        "refresh_token" => {
            let token = field(form, "refresh_token").ok_or_else(|| missing("refresh_token"))?;
            let redeemed = grants::redeem_refresh(connection, token, now)?;
            redeem(state, connection, &redeemed, wanted, now)
        }
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            Err(bad("unsupported_grant_type", 70003, text))
        }
    }
}

/// Whether the tenant and the application are those of this service.
fn admit(state: &AppState, tenant: &str, form: &Form) -> Result<(), Refusal> {
    if !state.is_tenant(tenant) && !state.is_any_tenant(tenant) {
        return Err(bad(
            "invalid_request",
            90002,
            format!("Tenant '{tenant}' not found."),
        ));
    }
    let client = field(form, "client_id").ok_or_else(|| missing("client_id"))?;
    if !client.eq_ignore_ascii_case(&state.client_id) {
        let text = format!("Application with identifier '{client}' was not found in the directory.");
        return Err(bad("unauthorized_client", 700_016, text));
    }
    Ok(())
}

fn missing(name: &str) -> Refusal {
    bad(
        "invalid_request",
        900_144,
        format!("The request body must contain the following parameter: '{name}'."),
    )
}
