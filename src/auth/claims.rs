//! What a token says of its holder. Read to know what to offer and whom to name, never to grant anything: the
//! signature is the service's to check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::{Operator, Secret, UserId};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    oid: Option<String>,
    upn: Option<String>,
    preferred_username: Option<String>,
    unique_name: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    tid: Option<String>,
    scp: Option<String>,
    roles: Vec<String>,
    wids: Option<Vec<String>>,
    exp: Option<i64>,
    iat: Option<i64>,
    nbf: Option<i64>,
    aud: serde_json::Value,
    nonce: Option<String>,
}

/// The claims that this program looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenClaims {
    /// The account's id, of a person or of an application.
    pub(crate) object_id: Option<String>,
    /// The sign-in name, where a person signed in.
    pub(crate) sign_in_name: Option<String>,
    /// The application.
    pub(crate) app_id: Option<String>,
    /// The tenant.
    pub(crate) tenant: Option<String>,
    /// Whether a person stands behind the token: it has scopes.
    pub(crate) delegated: bool,
    /// Scopes, or application roles.
    pub(crate) permissions: Vec<String>,
    /// Template ids of the person's directory roles.
    pub(crate) directory_roles: Vec<String>,
    /// Whether it tells of directory roles at all.
    pub(crate) tells_roles: bool,
    /// When it was made, by the clock of whoever made it.
    pub(crate) issued_at: Option<Timestamp>,
    /// From when on it serves.
    pub(crate) starts_at: Option<Timestamp>,
    /// When it ends.
    pub(crate) ends_at: Option<Timestamp>,
    /// The services that it is for.
    pub(crate) audiences: Vec<String>,
    /// What its sign-in was begun with.
    pub(crate) nonce: Option<String>,
}

impl TokenClaims {
    /// Reads the claims of a JWT; none of one that cannot be read, as opaque tokens are allowed.
    pub(crate) fn read(token: &Secret) -> Self {
        let payload: Payload = token
            .expose()
            .split('.')
            .nth(1)
            .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let delegated = payload.scp.is_some();
        let permissions = match payload.scp {
            Some(scopes) => scopes.split_whitespace().map(str::to_owned).collect(),
            None => payload.roles,
        };
        Self {
            object_id: payload.oid,
            sign_in_name: payload.upn.or(payload.preferred_username).or(payload.unique_name),
            app_id: payload.appid.or(payload.azp),
            tenant: payload.tid,
            delegated,
            permissions,
            tells_roles: payload.wids.is_some(),
            directory_roles: payload.wids.unwrap_or_default(),
            issued_at: moment(payload.iat),
            starts_at: moment(payload.nbf),
            audiences: match payload.aud {
                serde_json::Value::String(one) => vec![one],
                serde_json::Value::Array(all) => all
                    .iter()
                    .filter_map(|one| one.as_str().map(str::to_owned))
                    .collect(),
                _ => Vec::new(),
            },
            nonce: payload.nonce,
            ends_at: moment(payload.exp),
        }
    }

    /// Whether the token has one of these permissions; `None` where it cannot be read.
    pub(crate) fn has_any(&self, permissions: &[&str]) -> Option<bool> {
        if self.permissions.is_empty() {
            return None;
        }
        Some(
            permissions
                .iter()
                .any(|wanted| self.permissions.iter().any(|held| held == wanted)),
        )
    }

    /// Who runs this.
    pub(crate) fn operator(&self) -> Operator {
        let user_id = self.object_id.clone().filter(|_| self.delegated).map(UserId);
        let account = if self.delegated {
            self.sign_in_name.clone()
        } else {
            self.app_id.clone()
        };
        Operator {
            user_id,
            account: account.unwrap_or_default(),
            permissions: self.permissions.clone(),
        }
    }
}

fn moment(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> Secret {
        Secret::new(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn a_person_and_an_application_are_told_apart() {
        let person = TokenClaims::read(&token(
            r#"{"oid":"o1","upn":"rita@contoso.example","appid":"a1","tid":"t1","scp":"User.Read.All Policy.Read.All"}"#,
        ));
        assert!(person.delegated);
        let operator = person.operator();
        assert_eq!(
            (operator.account.as_str(), operator.user_id),
            ("rita@contoso.example", Some("o1".into()))
        );
        assert_eq!(operator.permissions, ["User.Read.All", "Policy.Read.All"]);

        let app = TokenClaims::read(&token(r#"{"oid":"o2","appid":"a1","roles":["User.Read.All"]}"#));
        assert_eq!(
            (app.operator().account.as_str(), app.operator().user_id),
            ("a1", None)
        );
        assert_eq!(app.has_any(&["User.Read.All", "X"]), Some(true));
    }

    #[test]
    fn an_opaque_token_says_nothing() {
        assert_eq!(TokenClaims::read(&Secret::new("opaque")), TokenClaims::default());
        assert_eq!(TokenClaims::default().has_any(&["X"]), None);
    }
}
