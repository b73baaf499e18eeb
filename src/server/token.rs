//! The OAuth 2.0 token endpoint and the discovery documents: client credentials, and username with password.

mod refusal;
mod scope;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::refusal::{Refusal, bad, refusal};
use self::scope::Scopes;
use super::AppState;
use super::error::ApiError;
use super::graph::permission;
use super::{clock, secrets};

/// How long a token lives, in seconds of the service's clock.
const LIFETIME: i64 = 3600;

/// What a token says. `iat_ms` is ours: two calls within one second must be told apart by a sign-out between them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) tid: String,
    pub(crate) oid: String,
    pub(crate) sub: String,
    pub(crate) appid: String,
    pub(crate) idtyp: String,
    pub(crate) ver: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) iat_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scp: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wids: Vec<String>,
}

impl Claims {
    /// Whether a person stands behind it.
    pub(crate) fn is_delegated(&self) -> bool {
        self.scp.is_some()
    }

    /// Its scopes or app roles.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = &str> {
        let scopes = self.scp.iter().flat_map(|text| text.split(' '));
        scopes.chain(self.roles.iter().map(String::as_str))
    }
}

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
    let lifetime = state.faults.token_lifetime().unwrap_or(LIFETIME);
    // A write: the first use of a seeded password keeps its hash.
    let job = move |connection: &rusqlite::Transaction<'_>| {
        let now = clock::now_ms(connection)?;
        Ok((now, grant(&shared, connection, &tenant, &form, (now, lifetime))))
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
    let mut response = Refusal::from(super::faults::refused(status, None)).answer(super::machine_ms());
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
    (now, lifetime): (i64, i64),
) -> Result<Value, Refusal> {
    let kind = field(form, "grant_type").ok_or_else(|| missing("grant_type"))?;
    if !state.is_tenant(tenant) {
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
    let secret = field(form, "client_secret");
    if secret.is_some_and(|secret| !secrets::same(secret.as_bytes(), state.client_secret.expose().as_bytes()))
    {
        let text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.";
        return Err(refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_215,
            text,
        ));
    }
    let asked = Scopes::read(state, field(form, "scope").unwrap_or_default())?;
    let mut claims = match kind {
        "client_credentials" => {
            if secret.is_none() {
                let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
                return Err(refusal(
                    StatusCode::UNAUTHORIZED,
                    "invalid_client",
                    7_000_218,
                    text,
                ));
            }
            if !asked.default {
                return Err(bad(
                    "invalid_scope",
                    1_002_012,
                    "The scope is not valid. Client credential flows must use a scope that ends in /.default.",
                ));
            }
            let claims = base(state, &state.client_id, now);
            Claims {
                idtyp: "app".to_owned(),
                roles: permission::app_roles(state.graph_only),
                ..claims
            }
        }
        "password" => delegated(state, connection, form, &asked, now)?,
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            return Err(bad("unsupported_grant_type", 70003, text));
        }
    };
    claims.exp = claims.iat + lifetime;
    let token = state.keys.sign(&claims).ok_or_else(ApiError::internal)?;
    let mut answer = json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
    });
    if let Some(scopes) = &claims.scp {
        answer["scope"] = json!(scopes);
    }
    Ok(answer)
}

fn missing(name: &str) -> Refusal {
    bad(
        "invalid_request",
        900_144,
        format!("The request body must contain the following parameter: '{name}'."),
    )
}

fn base(state: &AppState, subject: &str, now: i64) -> Claims {
    let seconds = now.div_euclid(1000);
    Claims {
        iss: state.issuer(),
        aud: state.graph().to_owned(),
        tid: state.tenant.clone(),
        oid: subject.to_owned(),
        sub: subject.to_owned(),
        appid: state.client_id.clone(),
        idtyp: "user".to_owned(),
        ver: "1.0".to_owned(),
        iat: seconds,
        nbf: seconds,
        exp: seconds + LIFETIME,
        iat_ms: now,
        upn: None,
        name: None,
        scp: None,
        roles: Vec::new(),
        wids: Vec::new(),
    }
}

struct Person {
    id: String,
    upn: String,
    name: String,
    enabled: bool,
    locked_until: Option<i64>,
    must_change: bool,
}

fn delegated(
    state: &AppState,
    connection: &Connection,
    form: &Form,
    asked: &Scopes,
    now: i64,
) -> Result<Claims, Refusal> {
    let username = field(form, "username").ok_or_else(|| missing("username"))?;
    let password = field(form, "password").ok_or_else(|| missing("password"))?;
    let person = connection
        .prepare_cached("SELECT id, upn, display_name, enabled, locked_until, must_change_password FROM users WHERE upn = ?1")?
        .query_row([username], |row| {
            Ok(Person {
                id: row.get(0)?,
                upn: row.get(1)?,
                name: row.get(2)?,
                enabled: row.get(3)?,
                locked_until: row.get(4)?,
                must_change: row.get(5)?,
            })
        })
        .optional()?;
    let Some(person) = person else {
        let text = format!(
            "The user account {username} does not exist in the {} directory.",
            state.tenant
        );
        return Err(bad("invalid_grant", 50034, text));
    };
    if person.locked_until.is_some_and(|until| until > now) {
        let text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.";
        return Err(bad("invalid_grant", 50053, text));
    }
    // The ephemeral password is good in this process only, and is never slow to check.
    let ephemeral = state.is_operator(&person.id, password);
    let right = ephemeral || secrets::verify_password(connection, &person.id, password)?;
    if !right {
        return Err(bad(
            "invalid_grant",
            50126,
            "Error validating credentials due to invalid username or password.",
        ));
    }
    if !person.enabled {
        return Err(bad("invalid_grant", 50057, "The user account is disabled."));
    }
    if person.must_change && !ephemeral {
        return Err(bad("invalid_grant", 50055, "The password is expired."));
    }
    let wids = super::graph::roles::of_user(connection, &person.id)?;
    let scopes = asked.granted(state.graph_only)?;
    let claims = base(state, &person.id, now);
    Ok(Claims {
        upn: Some(person.upn),
        name: Some(person.name),
        scp: Some(scopes.join(" ")),
        wids,
        ..claims
    })
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(crate) async fn discovery(State(state): State<Arc<AppState>>, Path(tenant): Path<String>) -> Response {
    if !state.is_tenant(&tenant) {
        let text = format!("Tenant '{tenant}' not found.");
        return bad("invalid_tenant", 90002, text).answer(super::machine_ms());
    }
    let authority = state.authority();
    Json(json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
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
