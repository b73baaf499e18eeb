//! What a token must hold for each sort of call (api/entra 7 and 11), and over whom.

use rusqlite::Connection;

use super::roles::{
    AUTHENTICATION_ADMINISTRATOR, AUTHENTICATION_POLICY_ADMINISTRATOR, CLOUD_DEVICE_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR, GLOBAL_READER, HELPDESK_ADMINISTRATOR, INTUNE_ADMINISTRATOR, PASSWORD_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, REPORTS_READER, SECURITY_READER, Target, USER_ADMINISTRATOR,
    WINDOWS_365_ADMINISTRATOR,
};
use crate::server::auth::Caller;
use crate::server::error::ApiError;

/// The families of `UserAuthMethod-{family}.Read[Write][.All]`.
const FAMILIES: [&str; 13] = [
    "Email", "External", "HardwareOATH", "MicrosoftAuthApp", "Passkey", "Password", "Phone", "PlatformCred", "QR",
    "ResourceKey", "SoftwareOATH", "TAP", "WindowsHello",
];

/// Permissions besides those of the families; the built-in application holds all, as far as the kind of token has them.
const OTHERS: [&str; 22] = [
    "UserAuthenticationMethod.Read.All",
    "UserAuthenticationMethod.ReadWrite.All",
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.EnableDisableAccount.All",
    "User.RevokeSessions.All",
    "User-PasswordProfile.ReadWrite.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "Member.Read.Hidden",
    "Device.Read.All",
    "Device.ReadWrite.All",
    "Directory.Read.All",
    "RoleManagement.Read.Directory",
    "Policy.Read.All",
    "Policy.Read.AuthenticationMethod",
    "Policy.ReadWrite.AuthenticationMethod",
    "AuditLog.Read.All",
    "RoleManagement.Read.All",
];

fn families(end: &str) -> impl Iterator<Item = String> {
    FAMILIES.iter().map(move |family| format!("UserAuthMethod-{family}.{end}"))
}

/// The app roles of the built-in application.
pub(crate) fn app_roles(graph_only: bool) -> Vec<String> {
    let ours = (!graph_only).then(|| "Mfactl.ReadWrite.All".to_owned());
    OTHERS.iter().map(|&name| name.to_owned()).chain(families("ReadWrite.All")).chain(ours).collect()
}

/// The scopes that a person may give it.
pub(crate) fn scopes(graph_only: bool) -> Vec<String> {
    let own = ["User.Read", "UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite", "Directory.AccessAsUser.All"];
    let ours = (!graph_only).then_some("Mfactl.ReadWrite");
    // Device.ReadWrite.All exists for applications only.
    let shared = OTHERS.iter().filter(|&&name| name != "Device.ReadWrite.All");
    let granular = ["Read", "ReadWrite", "Read.All", "ReadWrite.All"].into_iter().flat_map(families);
    own.iter().chain(shared).copied().chain(ours).map(str::to_owned).chain(granular).collect()
}

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
pub(crate) const BASIC: [&str; 7] =
    ["displayName", "givenName", "id", "mail", "surname", "userPrincipalName", "businessPhones"];

const METHOD_READERS: [&str; 4] = [
    GLOBAL_READER,
    AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
];
const METHOD_WRITERS: [&str; 3] =
    [AUTHENTICATION_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR];
/// Who may end sessions or switch an account (assumed where api/entra 7.2 leaves it open).
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
const BROAD_READ: [&str; 2] = ["UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"];
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
    if is_held(need, caller, own) && is_in_role(need, caller, connection, about)? {
        return Ok(());
    }
    Err(if need.is_authentication() { ApiError::access_denied() } else { ApiError::denied() })
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

fn is_held(need: Need, caller: &Caller, own: bool) -> bool {
    let any = |names: &[&str]| names.iter().any(|name| caller.has(name));
    let directory = || any(&DIRECTORY);
    let people = || any(&["User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All"]) || directory();
    let delegated = caller.is_delegated();
    match need {
        Need::Token | Need::UpdateUser => true,
        Need::Me => delegated && (caller.has("User.Read") || people()),
        Need::Users => people() || (own && caller.has("User.Read")),
        Need::Memberships => {
            (own && caller.has("User.Read"))
                || directory()
                || any(&["User.Read.All", "User.ReadWrite.All", "Group.ReadBasic.All", "Group.Read.All"])
                || any(&["GroupMember.Read.All", "GroupMember.ReadBasic.All"])
        }
        Need::Groups => {
            directory() || any(&["Group.ReadBasic.All", "Group.Read.All", "GroupMember.Read.All", "GroupMember.ReadBasic.All"])
        }
        Need::Members => directory() || any(&["GroupMember.Read.All", "GroupMember.ReadBasic.All", "Group.Read.All"]),
        Need::Roles => {
            directory()
                || any(&["RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"])
        }
        Need::Methods => {
            any(&BROAD_READ)
                || (own && any(&["UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite"]))
        }
        Need::Read(family) => {
            any(&BROAD_READ)
                || any(&[&granular(family, "Read.All"), &granular(family, "ReadWrite.All")])
                || (own
                    && (any(&["UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite"])
                        || any(&[&granular(family, "Read"), &granular(family, "ReadWrite")])))
        }
        Need::Write(family) => {
            caller.has(BROAD_WRITE) || caller.has(&granular(family, "ReadWrite.All"))
        }
        Need::ResetPassword => delegated && caller.has(BROAD_WRITE),
        Need::Operation => delegated && any(&BROAD_READ),
        Need::Preferences => any(&BROAD_READ),
        Need::SetPreferences => caller.has(BROAD_WRITE),
        Need::Requirements => any(&["Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"]),
        Need::SetRequirements | Need::SetPolicy => caller.has("Policy.ReadWrite.AuthenticationMethod"),
        Need::Revoke => any(&["User.RevokeSessions.All", "User.ReadWrite.All"]),
        Need::UserDevices => {
            (own && caller.has("User.Read")) || directory() || any(&["User.Read.All", "User.ReadWrite.All"])
        }
        Need::Devices => directory() || any(&["Device.Read.All", "Device.ReadWrite.All"]),
        Need::UpdateDevice | Need::DeleteDevice => {
            caller.has(if delegated { "Directory.AccessAsUser.All" } else { "Device.ReadWrite.All" })
        }
        Need::Policy => {
            any(&["Policy.Read.AuthenticationMethod", "Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"])
        }
        Need::Report => caller.has("AuditLog.Read.All"),
        Need::Summary => delegated && caller.has("AuditLog.Read.All"),
    }
}

fn granular(family: &str, end: &str) -> String {
    format!("UserAuthMethod-{family}.{end}")
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
        Need::Methods | Need::Read(_) | Need::Preferences | Need::Operation => Ok(own || over(&METHOD_READERS)?),
        Need::Revoke => Ok(own || over(&ACCOUNT_WRITERS)?),
        Need::Requirements => {
            Ok(own || any(&[GLOBAL_READER, AUTHENTICATION_POLICY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]))
        }
        Need::SetRequirements | Need::SetPolicy => {
            Ok(any(&[AUTHENTICATION_POLICY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]))
        }
        Need::Policy => {
            Ok(any(&[GLOBAL_READER, AUTHENTICATION_POLICY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]))
        }
        Need::UpdateDevice => Ok(any(&[CLOUD_DEVICE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR])),
        Need::DeleteDevice => Ok(any(&[
            CLOUD_DEVICE_ADMINISTRATOR,
            INTUNE_ADMINISTRATOR,
            WINDOWS_365_ADMINISTRATOR,
            GLOBAL_ADMINISTRATOR,
        ])),
        Need::Report | Need::Summary => {
            Ok(any(&[REPORTS_READER, SECURITY_READER, GLOBAL_READER, GLOBAL_ADMINISTRATOR]))
        }
        _ => Ok(true),
    }
}

fn has_power(caller: &Caller, connection: &Connection, user_id: &str, roles: &[&str]) -> rusqlite::Result<bool> {
    let mut held = roles.iter().filter(|role| caller.has_role(role)).peekable();
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
    let may_set = any(&["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All", "Directory.AccessAsUser.All"]);
    if (switches && !may_switch) || (sets_password && !may_set) {
        return Err(ApiError::denied());
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
        && ![GLOBAL_READER, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]
            .iter()
            .any(|role| caller.has_role(role))
}
