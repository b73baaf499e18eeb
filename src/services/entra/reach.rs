//! Whom a role reaches: where a person's role is not enough for somebody, says why, by the table of roles.

use serde_json::Value;

use super::EntraService;
use super::error::Family;
use super::graph::{V1, read_of};
use super::privileges::Holdings;
use crate::domain::role::{self, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR};
use crate::domain::{Error, ErrorCode, UserId};

/// The role that reaches every administrator.
const PRIVILEGED: &str = "Privileged Authentication Administrator";

impl EntraService {
    /// The same refusal, with what about this person it is that the role does not reach. Fenced: where that cannot be
    /// read, the refusal stays as it is.
    pub(super) async fn out_of_reach(&self, user: &UserId, error: Error) -> Error {
        let claims = self.graph.claims();
        // Where the permission is what lacks, nothing is asked.
        let about_role =
            error.message().starts_with("needs ") || error.message().contains("though the token holds");
        if !about_role {
            return error;
        }
        if !claims.delegated {
            // What an application may do ends at such a unit too, whatever its permissions.
            return if self.is_restricted(user).await {
                in_restricted_unit(&error)
            } else {
                error
            };
        }
        if !claims.tells_roles {
            return error;
        }
        let (holdings, restricted) = futures::join!(self.holdings(user), self.is_restricted(user));
        let refused = |message: String, hint: &str| {
            Error::new(ErrorCode::PermissionMissing, message)
                .hint(hint)
                .request_id(error.to_body().request_id)
        };
        if restricted {
            return in_restricted_unit(&error);
        }
        let Ok(Some(holdings)) = holdings else {
            return error;
        };
        match why_not(&claims.directory_roles, &holdings) {
            Some(why) => refused(
                format!("needs {PRIVILEGED}: the person {why}"),
                "somebody with that role does this, or activates it and signs in again",
            ),
            None => error,
        }
    }

    /// Whether only administrators of a restricted unit may act on somebody (api/entra 4.1).
    async fn is_restricted(&self, user: &UserId) -> bool {
        let request = read_of(user, V1, "?$select=id,isManagementRestricted", "/users/{id}");
        let found: Option<Value> = self.graph.read(&request, Family::Users).await.ok();
        let told = found.as_ref().and_then(|user| user.get("isManagementRestricted"));
        told.and_then(Value::as_bool) == Some(true)
    }
}

/// The refusal of a change of somebody in such a unit.
fn in_restricted_unit(error: &Error) -> Error {
    Error::new(
        ErrorCode::PermissionMissing,
        "the person is in a restricted administrative unit",
    )
    .hint("only a role that is assigned for that unit acts on its members: an administrator of it does this")
    .request_id(error.to_body().request_id)
}

/// What about a person is out of reach for the holder of these roles; `None`: nothing that can be seen.
fn why_not(held: &[String], target: &Holdings) -> Option<String> {
    let ids: Vec<&str> = target.roles.iter().map(|(_, id)| id.as_str()).collect();
    let reaches = |role: &str| role::reaches(role, &ids, target.role_group);
    if held.iter().any(|role| reaches(role)) || !reaches(PRIVILEGED_AUTHENTICATION_ADMINISTRATOR) {
        return None;
    }
    // The roles that by themselves are out of reach, in words.
    let beyond: Vec<&str> = target
        .roles
        .iter()
        .filter(|(_, id)| !held.iter().any(|role| role::reaches(role, &[id.as_str()], false)))
        .map(|(name, _)| name.as_str())
        .collect();
    if beyond.is_empty() {
        return target
            .role_group
            .then(|| "is in a group that can hold roles".to_owned());
    }
    Some(format!("holds {}", beyond.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::{
        AUTHENTICATION_ADMINISTRATOR, HELPDESK_ADMINISTRATOR, REPORTS_READER, USER_ADMINISTRATOR,
    };

    fn target(roles: &[(&str, &str)], role_group: bool) -> Holdings {
        Holdings {
            roles: roles
                .iter()
                .map(|(name, id)| ((*name).to_owned(), (*id).to_owned()))
                .collect(),
            role_group,
            ..Holdings::default()
        }
    }

    #[test]
    fn what_is_out_of_reach_is_named_and_what_is_within_is_not() {
        let desk = [AUTHENTICATION_ADMINISTRATOR.to_owned()];
        let helpdesk = ("Helpdesk Administrator", HELPDESK_ADMINISTRATOR);
        let reader = ("Reports Reader", REPORTS_READER);
        assert_eq!(
            why_not(&desk, &target(&[reader, helpdesk], false)).as_deref(),
            Some("holds Helpdesk Administrator")
        );
        assert_eq!(
            why_not(&desk, &target(&[reader], true)).as_deref(),
            Some("is in a group that can hold roles")
        );
        assert_eq!(why_not(&desk, &target(&[reader], false)), None);
        let both = [desk[0].clone(), USER_ADMINISTRATOR.to_owned()];
        assert_eq!(why_not(&both, &target(&[helpdesk], false)), None);
    }
}
