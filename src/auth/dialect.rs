//! How token endpoints differ between vendors: their place under the authority, and whether the service that a token is
//! for is named as its scope.

/// One vendor's way of being asked for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The token endpoint under the authority.
    pub(super) token: &'static str,
    /// The page on which a person signs in.
    pub(super) authorize: &'static str,
    /// Where a code is made that is typed elsewhere.
    pub(super) device: &'static str,
    /// Where it is described (OpenID Connect Discovery 1.0).
    pub(super) discovery: &'static str,
    /// Whether the scope names the service, as `SERVICE/.default`; else no scope is asked for.
    pub(super) scope: bool,
    /// Whether a code that is typed elsewhere is bound to whoever asked for it, as codes of browsers are (RFC 7636).
    pub(super) bound_devices: bool,
    /// Whether an application's key may sign without naming its certificate (RFC 7523).
    pub(super) bare_keys: bool,
    /// Whether the service hands out tokens itself, by a call of its own kind, and takes them without a word before.
    pub(crate) own: bool,
}

impl Dialect {
    /// Microsoft's, which the embedded service speaks too (api/entra 8.1).
    pub(crate) const MICROSOFT: Self = Self {
        token: "/oauth2/v2.0/token",
        authorize: "/oauth2/v2.0/authorize",
        device: "/oauth2/v2.0/devicecode",
        discovery: "/v2.0/.well-known/openid-configuration",
        scope: true,
        bound_devices: false,
        bare_keys: false,
        own: false,
    };
    /// Keycloak's; the authority is the realm (api/keycloak 2).
    pub(crate) const OPENID: Self = Self {
        token: "/protocol/openid-connect/token",
        authorize: "/protocol/openid-connect/auth",
        device: "/protocol/openid-connect/auth/device",
        discovery: "/.well-known/openid-configuration",
        scope: false,
        bound_devices: true,
        bare_keys: true,
        own: false,
    };
    /// privacyIDEA's: name and password in, a token out that goes bare into `Authorization` (api/privacyidea 3).
    pub(crate) const PRIVACYIDEA: Self = Self {
        token: "/auth",
        authorize: "",
        device: "",
        discovery: "",
        scope: false,
        bound_devices: false,
        bare_keys: false,
        own: true,
    };

    /// Whether somebody can sign in this way there. Ways are those of a profile's `auth`.
    pub(crate) fn takes(self, way: &str) -> bool {
        match way {
            "password" | "token" => true,
            "api-token" => self.own,
            "private-key" => self.bare_keys,
            _ => !self.own,
        }
    }
}
