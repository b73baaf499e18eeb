//! Which permissions each need takes.

use super::{BROAD_READ, BROAD_WRITE, DIRECTORY, Need};
use crate::server::auth::Caller;

/// Whether the token holds one of the permissions.
pub(super) fn is_held(need: Need, caller: &Caller, own: bool) -> bool {
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
                || any(&[
                    "User.Read.All",
                    "User.ReadWrite.All",
                    "Group.ReadBasic.All",
                    "Group.Read.All",
                ])
                || any(&["GroupMember.Read.All", "GroupMember.ReadBasic.All"])
        }
        Need::Groups => {
            directory()
                || any(&[
                    "Group.ReadBasic.All",
                    "Group.Read.All",
                    "GroupMember.Read.All",
                    "GroupMember.ReadBasic.All",
                ])
        }
        Need::Members => {
            directory()
                || any(&[
                    "GroupMember.Read.All",
                    "GroupMember.ReadBasic.All",
                    "Group.Read.All",
                ])
        }
        Need::Roles => {
            directory()
                || any(&[
                    "RoleManagement.Read.Directory",
                    "RoleManagement.Read.All",
                    "RoleManagement.ReadWrite.Directory",
                ])
        }
        Need::Methods => {
            any(&BROAD_READ)
                || (own
                    && any(&[
                        "UserAuthenticationMethod.Read",
                        "UserAuthenticationMethod.ReadWrite",
                    ]))
        }
        Need::Read(family) => {
            any(&BROAD_READ)
                || any(&[&granular(family, "Read.All"), &granular(family, "ReadWrite.All")])
                || (own
                    && (any(&[
                        "UserAuthenticationMethod.Read",
                        "UserAuthenticationMethod.ReadWrite",
                    ]) || any(&[&granular(family, "Read"), &granular(family, "ReadWrite")])))
        }
        Need::Write(family) => caller.has(BROAD_WRITE) || caller.has(&granular(family, "ReadWrite.All")),
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
        Need::UpdateDevice | Need::DeleteDevice => caller.has(if delegated {
            "Directory.AccessAsUser.All"
        } else {
            "Device.ReadWrite.All"
        }),
        Need::Policy => any(&[
            "Policy.Read.AuthenticationMethod",
            "Policy.Read.All",
            "Policy.ReadWrite.AuthenticationMethod",
        ]),
        Need::Report => caller.has("AuditLog.Read.All"),
        Need::Summary => delegated && caller.has("AuditLog.Read.All"),
    }
}

fn granular(family: &str, end: &str) -> String {
    format!("UserAuthMethod-{family}.{end}")
}
