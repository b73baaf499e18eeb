//! Scopes of a token request.

use super::refusal::{Refusal, bad};
use crate::server::AppState;
use crate::server::graph::permission;

/// The scopes of a request, without the address of the service before them.
pub(super) struct Scopes {
    /// Whether all that there are were asked for.
    pub(super) default: bool,
    /// Whether an id token was asked for.
    pub(super) openid: bool,
    /// Whether a refresh token was asked for.
    pub(super) offline: bool,
    names: Vec<String>,
}

impl Scopes {
    /// Takes scopes of this service, and those spelled for the global cloud, so that an unchanged client works too.
    pub(super) fn read(state: &AppState, text: &str) -> Result<Self, Refusal> {
        let mut scopes = Self {
            default: false,
            openid: false,
            offline: false,
            names: Vec::new(),
        };
        for scope in text.split_whitespace() {
            let name = match scope.rsplit_once('/') {
                None => scope,
                Some((host, name)) if host == state.graph() || host == "https://graph.microsoft.com" => name,
                Some((host, name)) if host.trim_end_matches('/') == state.graph() => name,
                Some(_) => {
                    let text = format!(
                        "The provided value for the input parameter 'scope' is not valid. The scope {scope} does not exist."
                    );
                    return Err(bad("invalid_scope", 70011, text));
                }
            };
            match name {
                ".default" => scopes.default = true,
                "openid" => scopes.openid = true,
                "offline_access" => scopes.offline = true,
                "profile" | "email" => {}
                _ => scopes.names.push(name.to_owned()),
            }
        }
        if scopes.default || !scopes.names.is_empty() {
            return Ok(scopes);
        }
        Err(bad(
            "invalid_scope",
            70011,
            "The provided value for the input parameter 'scope' is not valid.",
        ))
    }

    /// The delegated scopes that a token for this request holds.
    pub(super) fn granted(&self, graph_only: bool) -> Result<Vec<String>, Refusal> {
        let all = permission::scopes(graph_only);
        if self.default {
            return Ok(all);
        }
        let find = |name: &String| {
            all.iter().find(|scope| scope.eq_ignore_ascii_case(name)).cloned().ok_or_else(|| {
                let text = format!("The provided value for the input parameter 'scope' is not valid. The scope {name} does not exist.");
                bad("invalid_scope", 70011, text)
            })
        };
        self.names.iter().map(find).collect()
    }
}
