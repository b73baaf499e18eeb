//! What a token must hold for each sort of call (api/entra 7 and 11), and over whom.

mod catalogue;
mod held;

pub(crate) use catalogue::{app_roles, scopes};

use rusqlite::Connection;

use super::roles::Target;
use super::units;
use crate::domain::role::{
    AUTHENTICATION_ADMINISTRATOR, AUTHENTICATION_POLICY_ADMINISTRATOR, CLOUD_DEVICE_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR, GLOBAL_READER, HELPDESK_ADMINISTRATOR, INTUNE_ADMINISTRATOR,
    PASSWORD_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, REPORTS_READER, SECURITY_READER,
    USER_ADMINISTRATOR, WINDOWS_365_ADMINISTRATOR,
};
use crate::server::auth::Caller;
use crate::server::error::ApiError;

/// What a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A valid token, no more.
    Token,
    /// The caller's own account.
    Me,
    /// People's properties.
    Users,
    /// To change an account; the handler checks which property needs what.
    UpdateUser,
    /// Groups and roles of a person.
    Memberships,
    /// Groups.
    Groups,
    /// Members of groups.
    Members,
    /// Role assignments and definitions.
    Roles,
    /// All methods of a person.
    Methods,
    /// One family of methods of a person: read.
    Read(&'static str),
    /// One family of methods of a person: change.
    Write(&'static str),
    /// To reset a password as a person.
    ResetPassword,
    /// To watch a password reset.
    Operation,
    /// The default method: read.
    Preferences,
    /// The default method: change.
    SetPreferences,
    /// Per-user MFA: read.
    Requirements,
    /// Per-user MFA: change.
    SetRequirements,
    /// To end sessions.
    Revoke,
    /// Devices of a person.
    UserDevices,
    /// Devices.
    Devices,
    /// To enable or disable a device.
    UpdateDevice,
    /// To delete a device.
    DeleteDevice,
    /// Policy: read.
    Policy,
    /// Policy: change.
    SetPolicy,
    /// The registration report.
    Report,
    /// The summaries of the report, which exist for people only.
    Summary,
}

/// Properties of a person that `User.ReadBasic.All` gives.
pub(crate) const BASIC: [&str; 7] = [
    "displayName",
    "givenName",
    "id",
    "mail",
    "surname",
    "userPrincipalName",
    "businessPhones",
];

const METHOD_READERS: [&str; 4] = [
    GLOBAL_READER,
    AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
];
const METHOD_WRITERS: [&str; 3] = [
    AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
];
/// Who may end sessions or switch an account (where api/entra 7.2 leaves it open: assumption `revoke-roles`).
const ACCOUNT_WRITERS: [&str; 5] = [
    USER_ADMINISTRATOR,
    HELPDESK_ADMINISTRATOR,
    AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
];
const SWITCHERS: [&str; 4] = [
    USER_ADMINISTRATOR,
    AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
];
const PASSWORD_WRITERS: [&str; 6] = [
    USER_ADMINISTRATOR,
    HELPDESK_ADMINISTRATOR,
    PASSWORD_ADMINISTRATOR,
    AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
];

const DIRECTORY: [&str; 2] = ["Directory.Read.All", "Directory.AccessAsUser.All"];
const BROAD_READ: [&str; 2] = [
    "UserAuthenticationMethod.Read.All",
    "UserAuthenticationMethod.ReadWrite.All",
];
const BROAD_WRITE: &str = "UserAuthenticationMethod.ReadWrite.All";

/// Whom a call is about: the id of a person, and whether that is the caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) own: bool,
}

/// Refuses a call that the token does not give.
///
/// # Errors
/// 403: `accessDenied` below `/authentication`, `Authorization_RequestDenied` elsewhere.
pub(crate) fn check(
    need: Need,
    caller: &Caller,
    connection: &Connection,
    about: Option<About<'_>>,
) -> Result<(), ApiError> {
    let own = about.is_some_and(|about| about.own);
    if held::is_held(need, caller, own) && is_in_role(need, caller, connection, about)? {
        // An application needs no role but there, and what a role over the whole organization gives ends there (api/entra 4.1). The methods,
        // sessions and per-user MFA of a person count as the person's properties: assumed.
        return match about.filter(|_| need.changes_person()) {
            Some(about) if !own && is_out_of_bounds(caller, connection, about.user_id)? => {
                Err(if need.is_authentication() {
                    ApiError::access_denied()
                } else {
                    ApiError::restricted()
                })
            }
            _ => Ok(()),
        };
    }
    Err(if need.is_authentication() {
        ApiError::access_denied()
    } else {
        ApiError::denied()
    })
}

impl Need {
    fn is_authentication(self) -> bool {
        matches!(
            self,
            Self::Methods
                | Self::Read(_)
                | Self::Write(_)
                | Self::ResetPassword
                | Self::Operation
                | Self::Preferences
                | Self::SetPreferences
                | Self::Requirements
                | Self::SetRequirements
        )
    }
}

impl Need {
    /// Whether it changes somebody. A change of the account is checked by its own handler.
    fn changes_person(self) -> bool {
        matches!(
            self,
            Self::Write(_)
                | Self::ResetPassword
                | Self::SetPreferences
                | Self::SetRequirements
                | Self::Revoke
        )
    }
}

/// Whether somebody is in a restricted administrative unit over which the caller holds no role.
fn is_out_of_bounds(caller: &Caller, connection: &Connection, user_id: &str) -> rusqlite::Result<bool> {
    Ok(units::is_restricted(connection, user_id)?
        && units::roles_over(connection, caller.principal_id(), user_id)?.is_empty())
}

/// A person needs a directory role besides the scope; an application does not.
fn is_in_role(
    need: Need,
    caller: &Caller,
    connection: &Connection,
    about: Option<About<'_>>,
) -> rusqlite::Result<bool> {
    if !caller.is_delegated() {
        return Ok(true);
    }
    let own = about.is_some_and(|about| about.own);
    let any = |roles: &[&str]| roles.iter().any(|role| caller.has_role(role));
    let over = |roles: &[&str]| match about {
        Some(about) => has_power(caller, connection, about.user_id, roles),
        None => Ok(false),
    };
    match need {
        // Nobody changes the methods of the own account through Graph.
        Need::Write(_) | Need::ResetPassword | Need::SetPreferences => Ok(!own && over(&METHOD_WRITERS)?),
        Need::Methods | Need::Read(_) | Need::Preferences | Need::Operation => {
            Ok(own || over(&METHOD_READERS)?)
        }
        Need::Revoke => Ok(own || over(&ACCOUNT_WRITERS)?),
        Need::Requirements => Ok(own
            || any(&[
                GLOBAL_READER,
                AUTHENTICATION_POLICY_ADMINISTRATOR,
                GLOBAL_ADMINISTRATOR,
            ])),
        Need::SetRequirements | Need::SetPolicy => {
            Ok(any(&[AUTHENTICATION_POLICY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]))
        }
        Need::Policy => Ok(any(&[
            GLOBAL_READER,
            AUTHENTICATION_POLICY_ADMINISTRATOR,
            GLOBAL_ADMINISTRATOR,
        ])),
        Need::UpdateDevice => Ok(any(&[CLOUD_DEVICE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR])),
        Need::DeleteDevice => Ok(any(&[
            CLOUD_DEVICE_ADMINISTRATOR,
            INTUNE_ADMINISTRATOR,
            WINDOWS_365_ADMINISTRATOR,
            GLOBAL_ADMINISTRATOR,
        ])),
        Need::Report | Need::Summary => Ok(any(&[
            REPORTS_READER,
            SECURITY_READER,
            GLOBAL_READER,
            GLOBAL_ADMINISTRATOR,
        ])),
        _ => Ok(true),
    }
}

fn has_power(
    caller: &Caller,
    connection: &Connection,
    user_id: &str,
    roles: &[&str],
) -> rusqlite::Result<bool> {
    // Roles over a unit are not in the token: they are looked up.
    let over_unit = units::roles_over(connection, caller.principal_id(), user_id)?;
    let is_held = |role: &str| caller.has_role(role) || over_unit.iter().any(|held| held == role);
    let mut held = roles.iter().filter(|role| is_held(role)).peekable();
    if held.peek().is_none() {
        return Ok(false);
    }
    let target = Target::load(connection, user_id)?;
    Ok(held.any(|role| target.is_below(role)))
}

/// Refuses a change of `accountEnabled` or `passwordProfile` that the caller may not make on this person.
///
/// # Errors
/// 403 in the directory's words.
pub(crate) fn check_account(
    caller: &Caller,
    connection: &Connection,
    about: About<'_>,
    switches: bool,
    sets_password: bool,
) -> Result<(), ApiError> {
    let any = |names: &[&str]| names.iter().any(|name| caller.has(name));
    let reads = any(&["User.Read.All", "User.ReadWrite.All"]);
    let may_switch = any(&["User.ReadWrite.All"]) || (caller.has("User.EnableDisableAccount.All") && reads);
    let may_set = any(&[
        "User-PasswordProfile.ReadWrite.All",
        "User.ReadWrite.All",
        "Directory.AccessAsUser.All",
    ]);
    if (switches && !may_switch) || (sets_password && !may_set) {
        return Err(ApiError::denied());
    }
    if is_out_of_bounds(caller, connection, about.user_id)? {
        return Err(ApiError::restricted());
    }
    if !caller.is_delegated() {
        return Ok(()); // the built-in application holds a role that may act on anybody
    }
    let power = |roles: &[&str]| has_power(caller, connection, about.user_id, roles);
    if (switches && !power(&SWITCHERS)?) || (sets_password && (about.own || !power(&PASSWORD_WRITERS)?)) {
        return Err(ApiError::denied());
    }
    Ok(())
}

/// Whether the caller sees numbers masked: an Authentication Administrator who is nothing more.
pub(crate) fn sees_masked(caller: &Caller, own: bool) -> bool {
    !own && caller.has_role(AUTHENTICATION_ADMINISTRATOR)
        && ![
            GLOBAL_READER,
            PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
            GLOBAL_ADMINISTRATOR,
        ]
        .iter()
        .any(|role| caller.has_role(role))
}
