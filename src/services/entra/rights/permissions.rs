//! What a token must hold for each family of calls, and the licence that some take (api/entra 7 and 11).

use super::Family;
use crate::http::Verb;

/// What an application sets without the person: a person resets, and that is another permission.
pub(super) const fn as_sent(family: Family, verb: Verb, delegated: bool) -> Verb {
    match (family, verb) {
        (Family::Password, Verb::Post) if !delegated => Verb::Patch,
        _ => verb,
    }
}

/// The permissions of which one is enough; the first is the one to grant.
pub(super) const fn permissions(family: Family, verb: Verb, delegated: bool) -> &'static [&'static str] {
    const READ: &str = "UserAuthenticationMethod.Read.All";
    const WRITE: &str = "UserAuthenticationMethod.ReadWrite.All";
    let reads = matches!(verb, Verb::Get);
    match family {
        Family::Users | Family::Devices => &[
            "User.Read.All",
            "User.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
            "Directory.AccessAsUser.All",
        ],
        Family::Groups => &[
            "GroupMember.Read.All",
            "GroupMember.ReadWrite.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
            "Directory.AccessAsUser.All",
        ],
        Family::Roles => &[
            "RoleManagement.Read.Directory",
            "RoleManagement.Read.All",
            "RoleManagement.ReadWrite.Directory",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
            "Directory.AccessAsUser.All",
        ],
        Family::Methods
        | Family::Phone
        | Family::Email
        | Family::Pass
        | Family::External
        | Family::Hardware
        | Family::Qr
        | Family::Preferences
            if reads =>
        {
            &[READ, WRITE]
        }
        // Options to make a passkey are read, and are a change all the same.
        Family::Passkey => &[WRITE, "UserAuthMethod-Passkey.ReadWrite.All"],
        Family::External => &[WRITE, "UserAuthMethod-External.ReadWrite.All"],
        Family::Hardware => &[WRITE, "UserAuthMethod-HardwareOATH.ReadWrite.All"],
        Family::Qr => &[WRITE, "UserAuthMethod-QR.ReadWrite.All"],
        Family::Phone => &[WRITE, "UserAuthMethod-Phone.ReadWrite.All"],
        Family::Email => &[WRITE, "UserAuthMethod-Email.ReadWrite.All"],
        Family::Pass => &[WRITE, "UserAuthMethod-TAP.ReadWrite.All"],
        Family::Methods | Family::Preferences => &[WRITE],
        Family::Requirements if reads => &["Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"],
        Family::Device if delegated => &["Directory.AccessAsUser.All"],
        Family::Device => &["Device.ReadWrite.All"],
        Family::Requirements => &["Policy.ReadWrite.AuthenticationMethod"],
        Family::Sessions => &["User.RevokeSessions.All", "User.ReadWrite.All"],
        // A person resets through the methods, and looks at how that goes.
        Family::Password if reads => &[READ, WRITE],
        Family::Password if matches!(verb, Verb::Post) => &[WRITE],
        Family::Password => &["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All"],
        Family::Account => &["User.EnableDisableAccount.All", "User.ReadWrite.All"],
        // Not confirmed for the inventory: inferred from the role that it takes (api/entra 10).
        Family::Policy | Family::Inventory if reads => &[
            "Policy.Read.AuthenticationMethod",
            "Policy.Read.All",
            "Policy.ReadWrite.AuthenticationMethod",
        ],
        Family::Policy | Family::Inventory => &["Policy.ReadWrite.AuthenticationMethod"],
        Family::Report => &["AuditLog.Read.All"],
        Family::Extensions if delegated => &["Mfactl.ReadWrite"],
        Family::Extensions => &["Mfactl.ReadWrite.All"],
    }
}

/// The licence that a family of calls takes.
pub(crate) const fn licence(family: Family) -> &'static str {
    match family {
        Family::Report => "Microsoft Entra ID P1 or P2",
        _ => "Microsoft Entra ID P1",
    }
}
