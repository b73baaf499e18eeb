//! How token endpoints differ between vendors: their place under the authority, and whether the service that a token is
//! for is named as its scope.

/// One vendor's way of being asked for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The token endpoint under the authority.
    pub(super) token: &'static str,
    /// Whether the scope names the service, as `SERVICE/.default`; else no scope is asked for.
    pub(super) scope: bool,
}

impl Dialect {
    /// Microsoft's, which the embedded service speaks too (api/entra 8.1).
    pub(crate) const MICROSOFT: Self = Self {
        token: "/oauth2/v2.0/token",
        scope: true,
    };
    /// Keycloak's; the authority is the realm (api/keycloak 2).
    pub(crate) const OPENID: Self = Self {
        token: "/protocol/openid-connect/token",
        scope: false,
    };
}
