//! How a person is named in calls about tokens. privacyIDEA takes the end of a sign-in name for a realm where there is one of
//! that name (`Split@Sign`, on unless it was switched off): `anna@desk` of another realm is then `anna`, who may be somebody
//! else. With the profile's own realm behind it the name is taken whole. Calls about locks never split (seen on 3.14).

use std::collections::BTreeMap;

use serde_json::Value;

use super::api::{Api, Call};
use super::error::Area;
use super::wire::WireUser;
use crate::domain::{ErrorCode, Result};

impl Api {
    /// The realms with their resolvers, read once; `None`: the account may not see them.
    pub(super) async fn realms(&self) -> Result<Option<&BTreeMap<String, Vec<String>>>> {
        let realms = self.realms.get_or_try_init(async || {
            let call = Call::get("/realm/".to_owned(), "/realm/", "resolverread", Area::Settings);
            let value: Value = match self.read(&call).await {
                Ok(value) => value,
                Err(error) if error.code() == ErrorCode::PermissionMissing => return Ok(None),
                Err(error) => return Err(error),
            };
            let all = value.as_object().cloned().unwrap_or_default();
            Ok(Some(
                all.into_iter()
                    .map(|(name, realm)| {
                        let resolvers = realm.get("resolver").and_then(Value::as_array).cloned();
                        let named = |one: &Value| one.get("name").and_then(Value::as_str).map(str::to_owned);
                        let resolvers = resolvers.unwrap_or_default().iter().filter_map(named).collect();
                        (name.to_lowercase(), resolvers)
                    })
                    .collect(),
            ))
        });
        Ok(realms.await?.as_ref())
    }

    /// The person, with the name by which calls about tokens mean nobody else.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn named_well(&self, mut person: WireUser) -> Result<WireUser> {
        if person.typed.is_some() || !person.username.contains(['@', '\\']) {
            return Ok(person);
        }
        let whole = format!("{}@{}", person.username, self.realm());
        let typed = if self.may_be_split(&person).await? && self.knows(&person, &whole).await? {
            whole
        } else {
            person.username.clone()
        };
        person.typed = Some(typed);
        self.keep(&person);
        Ok(person)
    }

    /// Whether a part of the name would be taken for a realm; who may not see realms finds out by what the name means.
    async fn may_be_split(&self, person: &WireUser) -> Result<bool> {
        let name = person.username.as_str();
        let Some((front, end)) = name.rsplit_once('@') else {
            return Ok(true);
        };
        if let Some(realms) = self.realms().await? {
            return Ok(realms.contains_key(&end.to_lowercase()));
        }
        Ok(!self.knows(person, name).await? || self.has_another(front).await?)
    }

    /// Whether a call about tokens finds somebody by this name.
    async fn knows(&self, person: &WireUser, name: &str) -> Result<bool> {
        let path = format!("/token/?{}&pagesize=1", self.asked_as(person, name));
        let call = Call::get(path, "/token/", "tokenlist", Area::People);
        match self.send(&call).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == ErrorCode::UserNotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
