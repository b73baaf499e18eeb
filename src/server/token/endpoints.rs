//! What else is asked around tokens: device codes, revoking, a managed identity.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::claims::{access, application, lifetime};
use super::refusal::Refusal;
use super::scope::Scopes;
use super::{Form, admit, field, grants};
use crate::server::{AppState, clock, machine_ms, secrets};

/// `POST /{tenant}/oauth2/v2.0/devicecode`
pub(crate) async fn device_code(
    State(state): State<Arc<AppState>>,
    Path(tenant): Path<String>,
    body: Bytes,
) -> Response {
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    let shared = Arc::clone(&state);
    let made = state
        .store
        .write(move |connection| {
            let now = clock::now_ms(connection)?;
            let scopes = field(&form, "scope").unwrap_or_default();
            let admitted = admit(&shared, &tenant, &form).and_then(|()| Scopes::read(&shared, scopes));
            Ok((
                now,
                match admitted {
                    Ok(_) => Ok(grants::device(connection, scopes, now)?),
                    Err(refused) => Err(refused),
                },
            ))
        })
        .await;
    match made {
        Ok((_, Ok(device))) => {
            let page = format!("{}/oauth2/v2.0/deviceauth", state.authority());
            let code = &device.user_code;
            Json(json!({
                "device_code": device.device_code,
                "user_code": code,
                "verification_uri": page,
                "verification_uri_complete": format!("{page}?user_code={code}"),
                "expires_in": grants::DEVICE_MS / 1000,
                "interval": grants::INTERVAL_MS / 1000,
                "message": format!("To sign in, open the page {page} and enter the code {code} to authenticate."),
            }))
            .into_response()
        }
        Ok((now, Err(refused))) => refused.answer(now),
        Err(error) => Refusal::from(error).answer(machine_ms()),
    }
}

/// `POST /{tenant}/oauth2/v2.0/revoke` with a refresh token: everything that came of its sign-in ends. The real service
/// has no such call; ours is RFC 7009's, so that a sign-out can be seen to revoke.
pub(crate) async fn revoke(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    let revoked = state
        .store
        .write(move |connection| match field(&form, "token") {
            Some(token) => grants::revoke(connection, token),
            None => Ok(()),
        })
        .await;
    match revoked {
        // RFC 7009, 2.2: 200 also for what is no token.
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => Refusal::from(error).answer(machine_ms()),
    }
}

/// `GET /metadata/identity/oauth2/token`: a managed identity, as the machine's own service hands it out (E:how-to-use-vm-token).
pub(crate) async fn managed_identity(
    State(state): State<Arc<AppState>>,
    headers: HeaderMap,
    Query(query): Query<Form>,
) -> Response {
    let told = headers.get("metadata").and_then(|value| value.to_str().ok());
    if !told.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return bad_request("Required metadata header not specified");
    }
    // The real one refuses what was forwarded too.
    if headers.contains_key("x-forwarded-for") {
        return bad_request("Invalid request: it was forwarded");
    }
    of_the_machine(&state, &query).await
}

/// `GET /msi/token`: the same inside App Service, for who knows its header, which is the application's secret here
/// (E:overview-managed-identity).
pub(crate) async fn app_service(
    State(state): State<Arc<AppState>>,
    headers: HeaderMap,
    Query(query): Query<Form>,
) -> Response {
    let known = state.client_secret.expose().as_bytes();
    let told = headers
        .get("x-identity-header")
        .map(header::HeaderValue::as_bytes);
    if !told.is_some_and(|told| secrets::same(told, known)) {
        let body = json!({"statusCode": 401, "message": "Unauthorized"});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    of_the_machine(&state, &query).await
}

fn bad_request(why: &str) -> Response {
    let body = json!({"error": "invalid_request", "error_description": why});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn of_the_machine(state: &AppState, query: &Form) -> Response {
    if state.trusted.reachable {
        // Whoever asks may be on another machine, and is then not this one.
        let body = json!({"error": "not_found", "error_description": "Other machines reach this service: it has no identity to give"});
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    if field(query, "api-version").is_none() {
        return bad_request("Required query variable 'api-version' is missing");
    }
    let resource = field(query, "resource").unwrap_or_default().trim_end_matches('/');
    if resource != state.graph() && resource != "https://graph.microsoft.com" {
        return bad_request("The resource principal was not found");
    }
    if field(query, "client_id").is_some_and(|id| !id.eq_ignore_ascii_case(&state.client_id)) {
        return bad_request("Identity not found");
    }
    let now = state
        .store
        .read(|connection| Ok(clock::now_ms(connection)?))
        .await
        .unwrap_or_else(|_| machine_ms());
    let lifetime = lifetime(state);
    match access(state, &application(state, now)) {
        Ok(answer) => Json(json!({
            "access_token": answer["access_token"],
            "client_id": state.client_id,
            "expires_in": lifetime.to_string(),
            "expires_on": (now / 1000 + lifetime).to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }))
        .into_response(),
        Err(refused) => refused.answer(now),
    }
}

/// `GET /subscriptions`: what Azure's resource manager lists of a tenant that has none. The Azure CLI asks for them while it
/// signs in, whatever is done then (`az rest`).
pub(crate) async fn subscriptions() -> Response {
    axum::Json(serde_json::json!({"value": []})).into_response()
}
