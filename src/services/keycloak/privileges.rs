//! How privileged a person is: whoever holds a right over the realm is, be it given directly, by a group or within
//! another role. Roles and groups are named for the guard.

use std::collections::HashSet;

use futures::TryStreamExt as _;

use super::KeycloakService;
use super::admin::{parse, person};
use super::error::Area;
use super::rights::is_over_all;
use super::wire::{WireGroup, WireMappings, WireRole};
use crate::domain::{ErrorCode, Privileges, Result, UserId};
use crate::http::encode_segment;

/// The right that tells which roles are rights over the realm.
const RIGHT: &str = "view-clients";
/// The roles that administer every realm, or make more of them, in the realm that does.
const OVER_ALL: [&str; 2] = ["admin", "create-realm"];

impl KeycloakService {
    pub(super) async fn privileges_of(&self, user: &UserId) -> Result<Privileges> {
        let (roles, rights, groups) = futures::try_join!(
            self.realm_roles(user),
            self.rights_of(user),
            self.group_names(user)
        )?;
        let over_all =
            is_over_all(self.admin.realm()) && roles.iter().any(|role| OVER_ALL.contains(&role.as_str()));
        let privileged = match &rights {
            Some(rights) => Some(over_all || !rights.is_empty()),
            // What is given to the person directly says the application's name too.
            None if over_all => Some(true),
            None => match self.given_rights(user).await {
                Err(error) if error.code() != ErrorCode::PermissionMissing => return Err(error),
                given => given.is_ok_and(|given| !given.is_empty()).then_some(true),
            },
        };
        let missing = rights.is_none().then(|| RIGHT.to_owned());
        let named = rights.map(|rights| roles.into_iter().chain(rights).collect());
        Ok(Privileges {
            roles: named,
            groups: Some(groups),
            privileged,
            restricted: None,
            missing,
        })
    }

    /// Roles of the realm, with those within others and those of groups.
    async fn realm_roles(&self, user: &UserId) -> Result<Vec<String>> {
        let roles: Vec<WireRole> = self
            .admin
            .read_of(
                user,
                "/role-mappings/realm/composite",
                "/{realm}/users/{id}/role-mappings/realm/composite",
                Area::People,
            )
            .await?;
        Ok(roles.into_iter().map(|role| role.name).collect())
    }

    /// Rights over the realm; `None`: the token may not see which those are.
    pub(super) async fn rights_of(&self, user: &UserId) -> Result<Option<Vec<String>>> {
        let Some(client) = self.admin.management().await? else {
            return Ok(None);
        };
        let tail = format!("/role-mappings/clients/{}/composite", encode_segment(client));
        let roles: Vec<WireRole> = self
            .admin
            .read_of(
                user,
                &tail,
                "/{realm}/users/{id}/role-mappings/clients/{id}/composite",
                Area::People,
            )
            .await?;
        let mut rights: Vec<String> = roles.into_iter().map(|role| role.name).collect();
        if is_over_all(self.admin.realm()) {
            rights.extend(self.given_rights(user).await?);
            rights.sort();
            rights.dedup();
        }
        Ok(Some(rights))
    }

    /// Rights over this realm, and in the realm that administers all over any, that are given to the person directly.
    async fn given_rights(&self, user: &UserId) -> Result<Vec<String>> {
        let given: WireMappings = self
            .admin
            .read_of(
                user,
                "/role-mappings",
                "/{realm}/users/{id}/role-mappings",
                Area::People,
            )
            .await?;
        let (own, all) = (self.admin.management_name(), is_over_all(self.admin.realm()));
        let counts = |client: &str| client == own || (all && client.ends_with("-realm"));
        let of = given
            .client_mappings
            .into_iter()
            .filter(|(client, _)| counts(client));
        Ok(of
            .flat_map(|(_, held)| held.mappings)
            .map(|role| role.name)
            .collect())
    }

    /// Names, paths and ids of the groups of a person, and of those that they lie in.
    async fn group_names(&self, user: &UserId) -> Result<Vec<String>> {
        let tail = format!("{}/groups?briefRepresentation=true", person(user));
        let own: Vec<WireGroup> = self
            .admin
            .items(tail, "/{realm}/users/{id}/groups", Area::Groups)
            .and_then(async |item| parse(item))
            .try_collect()
            .await?;
        let mut names = Vec::new();
        let mut seen = HashSet::new();
        let mut open = own;
        while let Some(group) = open.pop() {
            if !seen.insert(group.id.clone()) {
                continue;
            }
            // A group inside another: whoever is in it is in the other too.
            if let Some(parent) = group.parent_id.as_deref().filter(|id| !id.is_empty()) {
                let request = self.admin.get(
                    &format!("/groups/{}", encode_segment(parent)),
                    "/{realm}/groups/{id}",
                );
                if let Some(found) = self.admin.send_if_there(&request, Area::Groups).await? {
                    open.push(parse(found.json()?)?);
                }
            }
            names.push(group.name);
            names.extend(group.path);
            names.push(group.id);
        }
        Ok(names)
    }
}
