//! Who calls: the bearer token of a request, checked on each call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::AppState;
use super::clock;
use super::error::ApiError;
use super::token::Claims;

/// How many checked tokens are kept, so that a signature is checked once and not on each call.
const KEPT: usize = 512;

/// The caller of a request, as the token says.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    claims: Arc<Claims>,
}

impl Caller {
    /// Object id of the person behind a delegated token; none for an application.
    pub(crate) fn user_id(&self) -> Option<&str> {
        self.claims.is_delegated().then_some(self.claims.oid.as_str())
    }

    /// Object id of whoever calls: the person, or the application.
    pub(crate) fn principal_id(&self) -> &str {
        &self.claims.oid
    }

    /// Whether a person stands behind it.
    pub(crate) fn is_delegated(&self) -> bool {
        self.claims.is_delegated()
    }

    /// Whether the token holds this scope or app role.
    pub(crate) fn has(&self, permission: &str) -> bool {
        self.claims
            .permissions()
            .any(|held| held.eq_ignore_ascii_case(permission))
    }

    /// Whether the person held this directory role (template id) when the token was made.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles().any(|held| held == role)
    }

    /// Template ids of the directory roles in the token.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &str> {
        self.claims.wids.iter().map(String::as_str)
    }

    /// Refuses a caller that may not use the extensions.
    ///
    /// # Errors
    /// 403 without the app role `Mfactl.ReadWrite.All` or the scope `Mfactl.ReadWrite`.
    pub(crate) fn require_ext(&self) -> Result<(), ApiError> {
        let needed = if self.is_delegated() {
            "Mfactl.ReadWrite"
        } else {
            "Mfactl.ReadWrite.All"
        };
        if self.has(needed) {
            Ok(())
        } else {
            Err(ApiError::access_denied())
        }
    }
}

/// Tokens whose signature was checked, by their digest.
#[derive(Default)]
pub(crate) struct Checked(Mutex<HashMap<[u8; 32], Arc<Claims>>>);

impl Checked {
    fn claims(&self, state: &AppState, token: &str) -> Option<Arc<Claims>> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = kept.get(&digest) {
            return Some(Arc::clone(claims));
        }
        let claims: Arc<Claims> = Arc::new(state.keys.verify(token)?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(digest, Arc::clone(&claims));
        Some(claims)
    }
}

/// The token of a request, if it has one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Checks signature, audience, issuer, tenant and times, and that the person may still call.
///
/// # Errors
/// 401 `InvalidAuthenticationToken`; with a claims challenge where the person was signed out since.
pub(crate) fn authenticate(
    state: &AppState,
    connection: &Connection,
    token: Option<&str>,
) -> Result<Caller, ApiError> {
    let refuse = |why: &'static str| Err(unauthorized(state, why, None));
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return refuse("Access token is empty.");
    };
    let Some(claims) = state.checked.claims(state, token) else {
        return refuse("Access token validation failure. Invalid signature.");
    };
    if claims.aud != state.graph() {
        return refuse("Access token validation failure. Invalid audience.");
    }
    if claims.iss != state.issuer() || claims.tid != state.tenant {
        return refuse("Access token validation failure. Invalid issuer.");
    }
    let now = clock::now_ms(connection)?;
    if claims.exp.saturating_mul(1000) <= now {
        return refuse("Lifetime validation failed, the token is expired.");
    }
    if claims.nbf.saturating_mul(1000) > now {
        return refuse("Lifetime validation failed, the token is not yet valid.");
    }
    if claims.is_delegated() {
        let person: Option<(bool, i64)> = connection
            .prepare_cached("SELECT enabled, sessions_valid_from FROM users WHERE id = ?1")?
            .query_row([&claims.oid], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match person {
            Some((true, valid_from)) if claims.iat_ms >= valid_from => {}
            Some((true, valid_from)) => {
                return Err(unauthorized(
                    state,
                    "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
                    Some(valid_from / 1000),
                ));
            }
            _ => return refuse("The account is disabled or does not exist."),
        }
    }
    Ok(Caller { claims })
}

/// The refusal of a good token that lacks this authentication context; nothing for one that has it, and for one that
/// is refused anyway.
pub(crate) fn challenge(state: &AppState, token: Option<&str>, context: u8) -> Option<ApiError> {
    let claims = state.checked.claims(state, token?)?;
    let name = format!("c{context}");
    if claims.acrs.contains(&name) {
        return None;
    }
    let wanted = json!({"access_token": {"acrs": {"essential": true, "value": name}}});
    let why = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: AuthenticationContextRequired";
    Some(refusal(state, why, Some(&wanted)))
}

fn unauthorized(state: &AppState, why: &'static str, not_before: Option<i64>) -> ApiError {
    let claims =
        not_before.map(|at| json!({"access_token": {"nbf": {"essential": true, "value": at.to_string()}}}));
    refusal(state, why, claims.as_ref())
}

/// 401, with the claims that another token has to satisfy (E:claims-challenge).
fn refusal(state: &AppState, why: &'static str, claims: Option<&Value>) -> ApiError {
    let mut challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"{}/oauth2/v2.0/authorize\", client_id=\"{}\"",
        state.authority(),
        state.client_id
    );
    match claims {
        Some(claims) => challenge.push_str(&format!(
            ", error=\"insufficient_claims\", claims=\"{}\"",
            STANDARD.encode(claims.to_string())
        )),
        None => challenge.push_str(", error=\"invalid_token\""),
    }
    ApiError::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", why)
        .header(header::WWW_AUTHENTICATE, &challenge)
}

impl FromRequestParts<Arc<AppState>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).map(str::to_owned);
        let shared = Arc::clone(state);
        state
            .store
            .read(move |connection| authenticate(&shared, connection, token.as_deref()))
            .await
    }
}
