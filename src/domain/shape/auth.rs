//! Who is signed in, as scripts see it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of `auth status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthStatus {
    /// The profile.
    pub profile: String,
    /// Its service.
    pub service: String,
    /// The tenant, as the token names it, else the profile.
    pub tenant: String,
    /// The way to sign in; `inside`: the service is inside this program.
    pub auth: String,
    /// Whether a token is to be had.
    pub signed_in: bool,
    /// Who: a sign-in name, or the application; of who was signed in last where nobody is.
    pub account: Option<String>,
    /// The account's id.
    pub object_id: Option<String>,
    /// The application.
    pub app_id: Option<String>,
    /// Where the sign-in is kept: keyring, file, credential (a file under the application's own credential), memory.
    pub store: Option<String>,
    /// When the token ends.
    pub ends_at: Option<Timestamp>,
    /// Whether the next one comes by itself.
    pub renews: bool,
    /// Scopes, or the application's permissions.
    pub scopes: Vec<String>,
    /// The person's directory roles, by name; by template id where it is none that every organization has.
    pub roles: Vec<String>,
}
