//! How privileged a person is: whoever is in a realm of administrators may sign in as one. The realm and the resolver are
//! named for the guard.

use serde_json::Value;

use super::PrivacyIdeaService;
use super::api::Call;
use super::error::Area;
use crate::domain::{Privileges, Result, UserId};

impl PrivacyIdeaService {
    pub(super) async fn privileges_of(&self, user: &UserId) -> Result<Privileges> {
        let person = self.api.person(user).await?;
        let admin = *self.of_admins.get_or_try_init(|| self.is_of_admins()).await?;
        Ok(Privileges {
            roles: Some(if admin {
                vec!["admin".to_owned()]
            } else {
                Vec::new()
            }),
            groups: Some(vec![self.api.realm().to_owned(), person.resolver]),
            privileged: Some(admin),
            restricted: None,
            missing: None,
        })
    }

    /// Whether everybody in the profile's realm is an administrator, read once.
    pub(super) async fn is_of_admins(&self) -> Result<bool> {
        let path = "/realm/superuser";
        let call = Call::get(path.to_owned(), path, "", Area::Settings);
        let realms: Value = self.api.read(&call).await?;
        let realms = realms.as_array().map(Vec::as_slice).unwrap_or_default();
        let own = |one: &Value| {
            one.as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(self.api.realm()))
        };
        Ok(realms.iter().any(own))
    }
}
