//! What else is asked around tokens: device codes, revoking, a managed identity, discovery and keys.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::claims::{access, application, lifetime};
use super::refusal::{Refusal, bad};
use super::scope::Scopes;
use super::{Form, admit, field, grants};
use crate::server::{AppState, clock, machine_ms};

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
            Json(json!({
                "device_code": device.device_code,
                "user_code": device.user_code,
                "verification_uri": page,
                "expires_in": grants::DEVICE_MS / 1000,
                "interval": grants::INTERVAL_MS / 1000,
                "message": format!("To sign in, open the page {page} and enter the code {} to authenticate.", device.user_code),
            }))
            .into_response()
        }
        Ok((now, Err(refused))) => refused.answer(now),
        Err(error) => Refusal::from(error).answer(machine_ms()),
    }
}

/// `POST /{tenant}/oauth2/v2.0/logout` with a refresh token: everything that came of its sign-in ends. The real service
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

/// `GET /metadata/identity/oauth2/token`: a managed identity, as the machine's own service hands it out.
pub(crate) async fn managed_identity(
    State(state): State<Arc<AppState>>,
    headers: HeaderMap,
    Query(query): Query<Form>,
) -> Response {
    let bad_request = |why: &str| {
        let body = json!({"error": "invalid_request", "error_description": why});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    let told = headers.get("metadata").and_then(|value| value.to_str().ok());
    if !told.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return bad_request("Required metadata header not specified");
    }
    if field(&query, "api-version").is_none() {
        return bad_request("Required query variable 'api-version' is missing");
    }
    let resource = field(&query, "resource")
        .unwrap_or_default()
        .trim_end_matches('/');
    if resource != state.graph() && resource != "https://graph.microsoft.com" {
        return bad_request("The resource principal was not found");
    }
    if field(&query, "client_id").is_some_and(|id| !id.eq_ignore_ascii_case(&state.client_id)) {
        return bad_request("Identity not found");
    }
    let now = state
        .store
        .read(|connection| Ok(clock::now_ms(connection)?))
        .await
        .unwrap_or_else(|_| machine_ms());
    match access(&state, &application(&state, now)) {
        Ok(answer) => Json(json!({
            "access_token": answer["access_token"],
            "client_id": state.client_id,
            "expires_in": lifetime(&state).to_string(),
            "expires_on": (now / 1000 + lifetime(&state)).to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }))
        .into_response(),
        Err(refused) => refused.answer(now),
    }
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(crate) async fn discovery(State(state): State<Arc<AppState>>, Path(tenant): Path<String>) -> Response {
    if !state.is_tenant(&tenant) {
        let text = format!("Tenant '{tenant}' not found.");
        return bad("invalid_tenant", 90002, text).answer(machine_ms());
    }
    let authority = state.authority();
    Json(json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
        "revocation_endpoint": format!("{authority}/oauth2/v2.0/revoke"),
        "code_challenge_methods_supported": ["S256"],
        "response_modes_supported": ["query"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "jwks_uri": format!("{authority}/discovery/v2.0/keys"),
        "issuer": state.issuer(),
        "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "tenant_region_scope": null,
    }))
    .into_response()
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(crate) async fn keys(State(state): State<Arc<AppState>>) -> Json<Value> {
    Json(state.keys.jwks())
}
