//! What a client finds out by itself: where things are, and the keys that sign.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::Url;

use super::refusal::bad;
use super::{Form, field};
use crate::server::{AppState, machine_ms};

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`. For `common` and `organizations` the issuer is a template, as
/// the real one's is: which tenant it was is in the token.
pub(crate) async fn discovery(State(state): State<Arc<AppState>>, Path(tenant): Path<String>) -> Response {
    let graph = state.graph();
    let (authority, issuer) = if state.is_tenant(&tenant) {
        (state.authority(), state.issuer())
    } else if state.is_any_tenant(&tenant) {
        let name = tenant.to_ascii_lowercase();
        (format!("{graph}/{name}"), format!("{graph}/{{tenantid}}/v2.0"))
    } else {
        let text = format!("Tenant '{tenant}' not found.");
        return bad("invalid_tenant", 90002, text).answer(machine_ms());
    };
    Json(json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "token_endpoint_auth_signing_alg_values_supported": ["PS256", "RS256"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials", "password",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
        "revocation_endpoint": format!("{authority}/oauth2/v2.0/revoke"),
        "end_session_endpoint": format!("{authority}/oauth2/v2.0/logout"),
        "code_challenge_methods_supported": ["S256"],
        "response_modes_supported": ["query"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_parameter_supported": true,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "jwks_uri": format!("{authority}/discovery/v2.0/keys"),
        "issuer": issuer,
        "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "tenant_region_scope": null,
    }))
    .into_response()
}

/// `GET /{tenant}/discovery/instance`: which addresses are the same service, for a client that asks before it trusts
/// one. This one is only itself.
pub(crate) async fn instance(State(state): State<Arc<AppState>>, Query(query): Query<Form>) -> Response {
    let own = Url::parse(state.graph()).ok();
    let asked = field(&query, "authorization_endpoint").and_then(|text| Url::parse(text).ok());
    let (Some(own), Some(asked)) = (own, asked) else {
        let text = "The request must contain the following parameter: 'authorization_endpoint'.";
        return bad("invalid_request", 900_144, text).answer(machine_ms());
    };
    let tenant = asked
        .path_segments()
        .and_then(|mut parts| parts.next())
        .unwrap_or_default();
    let known = state.is_tenant(tenant) || state.is_any_tenant(tenant);
    if own.origin() != asked.origin() || !known {
        let text = "Unknown or invalid instance.";
        return bad("invalid_instance", 50049, text).answer(machine_ms());
    }
    let host = own.host_str().unwrap_or_default();
    let host = own
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Json(json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", state.graph()),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }))
    .into_response()
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(crate) async fn keys(State(state): State<Arc<AppState>>) -> Json<Value> {
    Json(state.keys.jwks())
}
