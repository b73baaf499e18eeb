//! How privileged a person is: active directory roles and groups, transitively. Eligible roles and those of an
//! administrative unit are not seen this way (api/entra 4.3).

use futures::TryStreamExt as _;
use serde_json::Value;

use super::EntraService;
use super::error::Family;
use super::graph::{V1, read_of};
use crate::domain::role::HARMLESS;
use crate::domain::{ErrorCode, Privileges, Result, UserId};

/// The right without which roles and groups come without their names, or not at all.
const RIGHT: &str = "RoleManagement.Read.Directory";

/// A group that a person belongs to.
pub(super) struct Membership {
    pub(super) id: String,
    pub(super) name: Option<String>,
}

/// Roles and groups as they were told.
#[derive(Default)]
pub(super) struct Holdings {
    /// Name and template id of each role.
    pub(super) roles: Vec<(String, String)>,
    pub(super) groups: Vec<Membership>,
    /// Whether a group among them can hold roles: its members are protected even without one.
    pub(super) role_group: bool,
    /// The restricted administrative unit among them.
    pub(super) restricted: Option<String>,
    /// Whether something came without its properties: the token may not see it, so nobody can tell.
    pub(super) hidden: bool,
    /// Whether a group may be among what came so.
    pub(super) hidden_group: bool,
}

impl EntraService {
    pub(super) async fn privileges_of(&self, user: &UserId) -> Result<Privileges> {
        match self.holdings(user).await {
            Ok(Some(holdings)) => Ok(judge(holdings)),
            Ok(None) => Ok(Privileges {
                missing: Some(RIGHT.to_owned()),
                ..Privileges::default()
            }),
            Err(error) => Err(error),
        }
    }

    /// Roles and groups; `None` where the token may not ask.
    pub(super) async fn holdings(&self, user: &UserId) -> Result<Option<Holdings>> {
        let request = read_of(
            user,
            V1,
            "/transitiveMemberOf?$top=999",
            "/users/{id}/transitiveMemberOf",
        )
        .costing(2.0);
        let items: Vec<Value> = match self.graph.items(request, Family::Roles).try_collect().await {
            Ok(items) => items,
            Err(error) if error.code() == ErrorCode::PermissionMissing => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut holdings = Holdings::default();
        for item in items {
            let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
            let (kind, name) = (text("@odata.type").unwrap_or_default(), text("displayName"));
            match kind.as_str() {
                "#microsoft.graph.directoryRole" => match (name, text("roleTemplateId")) {
                    (Some(name), template) => holdings.roles.push((name, template.unwrap_or_default())),
                    (None, _) => holdings.hidden = true,
                },
                "#microsoft.graph.group" => {
                    holdings.hidden |= name.is_none();
                    holdings.hidden_group |= name.is_none();
                    holdings.role_group |=
                        item.get("isAssignableToRole").and_then(Value::as_bool) == Some(true);
                    holdings.groups.push(Membership {
                        id: text("id").unwrap_or_default(),
                        name,
                    });
                }
                "" => (holdings.hidden, holdings.hidden_group) = (true, true),
                // A unit gives no power; it may take some away (api/entra 4.1).
                "#microsoft.graph.administrativeUnit" => {
                    let restricted = item.get("isMemberManagementRestricted").and_then(Value::as_bool);
                    if restricted == Some(true) {
                        holdings.restricted = name.or_else(|| text("id"));
                    }
                }
                // Whatever else holds people gives no power.
                _ => {}
            }
        }
        Ok(Some(holdings))
    }
}

fn judge(holdings: Holdings) -> Privileges {
    let powerful = holdings.role_group
        || holdings
            .roles
            .iter()
            .any(|(_, template)| !HARMLESS.contains(&template.to_ascii_lowercase().as_str()));
    let privileged = if powerful {
        Some(true)
    } else {
        (!holdings.hidden).then_some(false)
    };
    let roles = holdings.roles.into_iter().map(|(name, _)| name).collect();
    let groups = holdings
        .groups
        .into_iter()
        .flat_map(|group| group.name.into_iter().chain([group.id]))
        .collect();
    Privileges {
        roles: (!holdings.hidden).then_some(roles),
        groups: (!holdings.hidden_group).then_some(groups),
        privileged,
        restricted: holdings.restricted,
        missing: holdings.hidden.then(|| RIGHT.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_role(template: &str) -> Holdings {
        Holdings {
            roles: vec![("Some Role".into(), template.into())],
            ..Holdings::default()
        }
    }

    #[test]
    fn what_cannot_be_seen_is_not_called_harmless() {
        assert_eq!(judge(Holdings::default()).privileged, Some(false));
        assert_eq!(judge(Holdings::default()).restricted, None);
        assert_eq!(
            judge(Holdings {
                hidden: true,
                ..Holdings::default()
            })
            .privileged,
            None
        );
        let hidden = judge(Holdings {
            hidden: true,
            hidden_group: true,
            ..Holdings::default()
        });
        assert_eq!((hidden.roles, hidden.groups), (None, None));
        assert_eq!(hidden.missing.as_deref(), Some(RIGHT));
        assert_eq!(
            judge(with_role("62e90394-69f5-4237-9190-012177145e10")).privileged,
            Some(true)
        );
        assert_eq!(
            judge(with_role("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")).privileged,
            Some(false)
        );
        assert_eq!(
            judge(Holdings {
                role_group: true,
                ..Holdings::default()
            })
            .privileged,
            Some(true)
        );
    }
}
