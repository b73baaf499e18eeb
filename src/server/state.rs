//! What every route of one running service shares.

use std::sync::Arc;

use super::auth::Checked;
use super::error::ApiError;
use super::faults::Faults;
use super::keys::Keys;
use super::secrets;
use super::store::Store;
use super::token::{Trusted, Used};
use crate::domain::Secret;

/// The domain of the demo directory, which is taken for a tenant's name too.
pub(crate) const DOMAIN: &str = "contoso.example";

/// The account that the in-process profile acts as, with a password that only this process takes.
pub(crate) struct Operator {
    pub(crate) user_id: String,
    pub(crate) sign_in_name: String,
    pub(crate) password: Secret,
}

/// The state behind the router.
pub(crate) struct AppState {
    /// The data file.
    pub(crate) store: Store,
    /// The tenant's id.
    pub(crate) tenant: String,
    /// The one application's id.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: Secret,
    /// What signs tokens.
    pub(crate) keys: Keys,
    /// Tokens that were checked.
    pub(crate) checked: Checked,
    /// What else than its secret proves that the application asks.
    pub(crate) trusted: Trusted,
    /// Assertions that were used.
    pub(crate) used: Used,
    /// Whether the service has Graph's part only.
    pub(crate) graph_only: bool,
    /// What goes wrong on purpose.
    pub(crate) faults: Faults,
    operator: Option<Operator>,
    graph: String,
}

impl AppState {
    /// Reads what the file says of the service. `graph` is the address that it answers under, without a slash at its end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) async fn load(
        store: Store,
        graph: String,
        graph_only: bool,
        client_secret: Option<Secret>,
        operator: Option<Operator>,
        trusted: Trusted,
        faults: Faults,
    ) -> Result<Arc<Self>, ApiError> {
        let (tenant, client_id, derived, keys) = store
            .read(|connection| {
                let text = |key: &str| {
                    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
                        row.get::<_, String>(0)
                    })
                };
                let derived = secrets::Seed::load(connection)?.client_secret();
                Ok((
                    text("tenant")?,
                    text("client_id")?,
                    derived,
                    Keys::load(connection)?,
                ))
            })
            .await?;
        Ok(Arc::new(Self {
            store,
            tenant,
            client_id,
            client_secret: client_secret.unwrap_or_else(|| Secret::new(derived)),
            keys,
            checked: Checked::default(),
            trusted,
            used: Used::default(),
            graph_only,
            faults,
            operator,
            graph,
        }))
    }

    /// The address of the service: what tokens name as their audience.
    pub(crate) fn graph(&self) -> &str {
        &self.graph
    }

    /// The address under which tokens are asked for.
    pub(crate) fn authority(&self) -> String {
        format!("{}/{}", self.graph, self.tenant)
    }

    /// Who issues the tokens.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.graph, self.tenant)
    }

    /// Whose calls are counted, as the headers of a throttled call name it.
    pub(crate) fn charged(&self) -> String {
        format!("{}/{}", self.client_id, self.tenant)
    }

    /// Whether a path names this tenant, by its id or its domain.
    pub(crate) fn is_tenant(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.tenant) || name.eq_ignore_ascii_case(DOMAIN)
    }

    /// Whether a path leaves the tenant to whoever signs in.
    pub(crate) fn is_any_tenant(&self, name: &str) -> bool {
        ["common", "organizations"]
            .iter()
            .any(|any| name.eq_ignore_ascii_case(any))
    }

    /// Who operates the in-process service.
    pub(crate) fn operator(&self) -> Option<&Operator> {
        self.operator.as_ref()
    }

    /// Whether this is the operator and the ephemeral password, compared in constant time.
    pub(crate) fn is_operator(&self, user_id: &str, password: &str) -> bool {
        self.operator.as_ref().is_some_and(|operator| {
            operator.user_id == user_id
                && secrets::same(operator.password.expose().as_bytes(), password.as_bytes())
        })
    }
}
