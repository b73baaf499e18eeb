//! What tokens say, and the answers that carry them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::challenge::Wanted;
use super::grants::{self, Redeemed};
use super::person::Person;
use super::refusal::{Refusal, bad};
use super::scope::Scopes;
use crate::server::AppState;
use crate::server::error::ApiError;
use crate::server::graph::{permission, roles};

/// How long a token lives, in seconds of the service's clock.
const LIFETIME: i64 = 3600;

/// How many seconds a token lives: an hour, unless the faults say otherwise.
pub(super) fn lifetime(state: &AppState) -> i64 {
    state.faults.token_lifetime().unwrap_or(LIFETIME)
}

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
    /// Authentication contexts that were satisfied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) acrs: Vec<String>,
    /// What its client can do: `cp1`, answer a claims challenge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) xms_cc: Vec<String>,
}

impl Claims {
    /// With what the request asks for besides scopes.
    #[must_use]
    pub(super) fn with_wanted(mut self, wanted: &Wanted<'_>) -> Self {
        self.acrs.clone_from(&wanted.contexts);
        if wanted.capable {
            self.xms_cc = vec!["cp1".to_owned()];
        }
        self
    }

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
        exp: seconds + lifetime(state),
        iat_ms: now,
        upn: None,
        name: None,
        scp: None,
        roles: Vec::new(),
        wids: Vec::new(),
        acrs: Vec::new(),
        xms_cc: Vec::new(),
    }
}

/// The claims of the application itself.
pub(super) fn application(state: &AppState, now: i64) -> Claims {
    Claims {
        idtyp: "app".to_owned(),
        roles: permission::app_roles(state.graph_only),
        ..base(state, &state.client_id, now)
    }
}

/// An answer with an access token alone.
pub(super) fn access(state: &AppState, claims: &Claims) -> Result<Value, Refusal> {
    let token = state.keys.sign(claims).ok_or_else(ApiError::internal)?;
    let lifetime = claims.exp - claims.iat;
    let mut answer = json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
    });
    if let Some(scopes) = &claims.scp {
        answer["scope"] = json!(scopes);
    }
    Ok(answer)
}

/// The tokens of a sign-in that is redeemed, for other scopes where others are asked for.
pub(super) fn redeem<'a>(
    state: &AppState,
    connection: &Connection,
    redeemed: &'a Redeemed,
    mut wanted: Wanted<'a>,
    now: i64,
) -> Result<Value, Refusal> {
    let person = Person::find(connection, "id", &redeemed.user_id)?.ok_or_else(|| {
        bad(
            "invalid_grant",
            50034,
            "The user account does not exist in the directory.",
        )
    })?;
    if !person.enabled {
        return Err(bad("invalid_grant", 50057, "The user account is disabled."));
    }
    if wanted.scopes.is_empty() {
        wanted.scopes = &redeemed.scopes;
    }
    let nonce = redeemed.nonce.as_deref();
    signed_in(state, connection, &person, &wanted, &redeemed.family, nonce, now)
}

/// The answer to somebody who signed in: an access token, and what else the scopes ask for.
pub(super) fn signed_in(
    state: &AppState,
    connection: &Connection,
    person: &Person,
    wanted: &Wanted<'_>,
    family: &str,
    nonce: Option<&str>,
    now: i64,
) -> Result<Value, Refusal> {
    let scopes = wanted.scopes;
    let asked = Scopes::read(state, scopes)?;
    let claims = Claims {
        upn: Some(person.upn.clone()),
        name: Some(person.name.clone()),
        scp: Some(asked.granted(state.graph_only)?.join(" ")),
        wids: roles::of_user(connection, &person.id)?,
        ..base(state, &person.id, now)
    }
    .with_wanted(wanted);
    let mut answer = access(state, &claims)?;
    if asked.offline {
        answer["refresh_token"] = json!(grants::refresh(connection, &person.id, scopes, family, now)?);
    }
    if asked.openid {
        let mut id = json!({
            "aud": state.client_id, "iss": state.issuer(), "iat": claims.iat, "nbf": claims.nbf, "exp": claims.exp,
            "name": person.name, "preferred_username": person.upn, "oid": person.id, "sub": person.id,
            "tid": state.tenant, "ver": "2.0",
        });
        if let Some(nonce) = nonce {
            id["nonce"] = json!(nonce);
        }
        answer["id_token"] = json!(state.keys.sign(&id).ok_or_else(ApiError::internal)?);
        // MSAL names the account by it.
        let info = json!({"uid": person.id, "utid": state.tenant});
        answer["client_info"] = json!(URL_SAFE_NO_PAD.encode(info.to_string()));
    }
    Ok(answer)
}
