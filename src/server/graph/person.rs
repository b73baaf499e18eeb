//! The row of a person, as far as routes need it before they look at anything else.

use rusqlite::{Connection, OptionalExtension};

use crate::server::error::ApiError;

/// Who a call is about.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Object id.
    pub(crate) id: String,
    /// Sign-in name.
    pub(crate) upn: String,
    /// Whether it is a guest.
    pub(crate) guest: bool,
    /// Whether it comes from another directory.
    pub(crate) synced: bool,
    /// The default method as it was chosen, in Graph's spelling.
    pub(crate) preferred: Option<String>,
    /// Whether the service picks the strongest itself.
    pub(crate) system_preferred: bool,
    /// Per-user MFA.
    pub(crate) mfa_state: String,
}

impl Person {
    /// Finds a person by object id or sign-in name.
    ///
    /// # Errors
    /// 404 `Request_ResourceNotFound`.
    pub(crate) fn find(connection: &Connection, key: &str) -> Result<Self, ApiError> {
        let column = if uuid::Uuid::try_parse(key).is_ok() {
            "id"
        } else {
            "upn"
        };
        let sought = if column == "id" {
            key.to_ascii_lowercase()
        } else {
            key.to_owned()
        };
        let sql = format!(
            "SELECT id, upn, user_type, synced, preferred, system_preferred, mfa_state FROM users WHERE {column} = ?1"
        );
        connection
            .prepare_cached(&sql)?
            .query_row([sought], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    upn: row.get(1)?,
                    guest: row.get::<_, String>(2)?.eq_ignore_ascii_case("guest"),
                    synced: row.get::<_, Option<bool>>(3)?.unwrap_or(false),
                    preferred: row.get(4)?,
                    system_preferred: row.get(5)?,
                    mfa_state: row.get(6)?,
                })
            })
            .optional()?
            .ok_or_else(|| ApiError::no_resource(key))
    }

    /// Whether it is a guest whose home is another organization.
    pub(crate) fn is_external(&self) -> bool {
        self.guest && self.upn.to_ascii_uppercase().contains("#EXT#")
    }
}
