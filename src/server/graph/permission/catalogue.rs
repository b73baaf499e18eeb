//! Every permission that there is, and which the built-in application holds.

/// The families of `UserAuthMethod-{family}.Read[Write][.All]`.
const FAMILIES: [&str; 13] = [
    "Email",
    "External",
    "HardwareOATH",
    "MicrosoftAuthApp",
    "Passkey",
    "Password",
    "Phone",
    "PlatformCred",
    "QR",
    "ResourceKey",
    "SoftwareOATH",
    "TAP",
    "WindowsHello",
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
    FAMILIES
        .iter()
        .map(move |family| format!("UserAuthMethod-{family}.{end}"))
}

/// The app roles of the built-in application.
pub(crate) fn app_roles(graph_only: bool) -> Vec<String> {
    let ours = (!graph_only).then(|| "Mfactl.ReadWrite.All".to_owned());
    OTHERS
        .iter()
        .map(|&name| name.to_owned())
        .chain(families("ReadWrite.All"))
        .chain(ours)
        .collect()
}

/// The scopes that a person may give it.
pub(crate) fn scopes(graph_only: bool) -> Vec<String> {
    let own = [
        "User.Read",
        "UserAuthenticationMethod.Read",
        "UserAuthenticationMethod.ReadWrite",
        "Directory.AccessAsUser.All",
    ];
    let ours = (!graph_only).then_some("Mfactl.ReadWrite");
    // Device.ReadWrite.All exists for applications only.
    let shared = OTHERS.iter().filter(|&&name| name != "Device.ReadWrite.All");
    let granular = ["Read", "ReadWrite", "Read.All", "ReadWrite.All"]
        .into_iter()
        .flat_map(families);
    own.iter()
        .chain(shared)
        .copied()
        .chain(ours)
        .map(str::to_owned)
        .chain(granular)
        .collect()
}
