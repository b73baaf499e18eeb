//! What a token says of its holder. Read to know what to offer and whom to name, never to grant anything: the
//! signature is the service's to check.

use std::collections::BTreeMap;

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
    iss: Option<String>,
    sub: Option<String>,
    resource_access: BTreeMap<String, Access>,
    iat: Option<i64>,
    nbf: Option<i64>,
    aud: serde_json::Value,
    nonce: Option<String>,
    username: Option<String>,
    realm: Option<String>,
    authtype: Option<String>,
    rights: serde_json::Value,
}

/// Roles of one application, as Keycloak lists them.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Access {
    roles: Vec<String>,
}

impl Payload {
    /// Whether it is of a realm: Keycloak's issuers end so.
    fn is_of_realm(&self) -> bool {
        self.iss.as_deref().is_some_and(|iss| iss.contains("/realms/"))
    }

    /// The rights over a realm: roles of its own administration, or of another realm's from `master`.
    fn rights(&self) -> Vec<String> {
        self.resource_access
            .iter()
            .filter(|(client, _)| *client == "realm-management" || client.ends_with("-realm"))
            .flat_map(|(_, access)| access.roles.iter().cloned())
            .collect()
    }
}

impl Payload {
    /// Whether privacyIDEA made it itself (api/privacyidea 3).
    fn is_privacyideas(&self) -> bool {
        self.authtype.is_some() && self.username.is_some()
    }

    /// The name as it is typed there: people of a realm carry it behind their name, and those without one, or with a
    /// key made for programs, do not.
    fn typed_name(&self) -> Option<String> {
        let name = self.username.clone()?;
        let realm = self.realm.as_deref().unwrap_or_default();
        Some(if realm.is_empty() || self.authtype.as_deref() == Some("API") {
            name
        } else {
            format!("{name}@{realm}")
        })
    }

    /// What it may, where it says so: a key made for programs does not.
    fn actions(&self) -> Vec<String> {
        let all = self.rights.as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect()
    }
}

/// How the sign-in name of an application's own account begins in Keycloak.
const SERVICE_ACCOUNT: &str = "service-account-";

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
    /// The same as the token has it: of a realm it is applications.
    pub(crate) meant_for: Vec<String>,
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
        let of_realm = payload.is_of_realm();
        let is_service = payload
            .preferred_username
            .as_deref()
            .is_some_and(|name| name.starts_with(SERVICE_ACCOUNT));
        let own = payload.is_privacyideas();
        let delegated = payload.scp.is_some() || (of_realm && !is_service) || own;
        let typed_name = payload.typed_name();
        let permissions = match &payload.scp {
            _ if own => payload.actions(),
            _ if of_realm => payload.rights(),
            Some(scopes) => scopes.split_whitespace().map(str::to_owned).collect(),
            None => payload.roles,
        };
        let meant_for: Vec<String> = match payload.aud {
            serde_json::Value::String(one) => vec![one],
            serde_json::Value::Array(all) => all
                .iter()
                .filter_map(|one| one.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            object_id: payload.oid.or(payload.sub.filter(|_| of_realm)),
            sign_in_name: payload
                .upn
                .or(payload.preferred_username)
                .or(payload.unique_name)
                .or(typed_name),
            app_id: payload.appid.or(payload.azp),
            tenant: payload.tid,
            delegated,
            permissions,
            tells_roles: payload.wids.is_some(),
            directory_roles: payload.wids.unwrap_or_default(),
            issued_at: moment(payload.iat),
            starts_at: moment(payload.nbf),
            // A realm names applications here, and its tokens are for itself.
            audiences: if of_realm { Vec::new() } else { meant_for.clone() },
            meant_for,
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
    fn a_realm_says_who_and_with_which_rights() {
        let app = TokenClaims::read(&token(
            r#"{"iss":"https://id.example/realms/r","sub":"s1","azp":"mfactl","preferred_username":"service-account-mfactl",
                "scope":"profile email","realm_access":{"roles":["offline_access"]},
                "resource_access":{"realm-management":{"roles":["manage-users","view-realm"]},"account":{"roles":["x"]}}}"#,
        ));
        assert!(!app.delegated);
        assert_eq!(app.operator().account, "mfactl");
        assert_eq!(app.object_id.as_deref(), Some("s1"));
        assert_eq!(app.permissions, ["manage-users", "view-realm"]);
        let person = TokenClaims::read(&token(
            r#"{"iss":"https://id.example/realms/master","sub":"s2","azp":"admin-cli","preferred_username":"rita"}"#,
        ));
        assert!(person.delegated);
        assert_eq!(person.operator().user_id, Some("s2".into()));
        assert_eq!(person.operator().account, "rita");
    }

    #[test]
    fn an_opaque_token_says_nothing() {
        assert_eq!(TokenClaims::read(&Secret::new("opaque")), TokenClaims::default());
        assert_eq!(TokenClaims::default().has_any(&["X"]), None);
    }
}
