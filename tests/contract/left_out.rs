//! Operations of the table that the program does not send, or that the embedded service does not answer, each with the
//! reason. What is listed here and happens all the same is as wrong as what is not listed and does not happen.

/// Read together with all other kinds.
const TOGETHER: &str = "beta's list of all kinds holds it";
/// Read together with other types of object.
const UNCAST: &str = "read without the cast, all types at once";
/// Beyond what the program is for.
const BEYOND: &str = "no verb needs it; other clients of the embedded service do";
/// Parts of what is made as a whole.
const WHOLE: &str =
    "the QR code and its PIN are put anew as a whole; other clients of the embedded service change the parts";

/// What the program does not send.
pub const NOT_SENT: &[(&str, &str)] = &[
    ("me.get", "who is signed in is in the token"),
    (
        "policy.config.get",
        "the policy holds all but the one that beta has",
    ),
    ("user.transitiveMemberOf.directoryRole", UNCAST),
    ("user.transitiveMemberOf.group", UNCAST),
    ("user.registeredDevices.device", UNCAST),
    ("methods.list", TOGETHER),
    ("methods.get", TOGETHER),
    ("password.list", TOGETHER),
    ("password.get", TOGETHER),
    ("phone.list", TOGETHER),
    ("email.list", TOGETHER),
    ("fido2.list", TOGETHER),
    ("fido2.get", TOGETHER),
    ("authenticator.list", TOGETHER),
    ("authenticator.get", TOGETHER),
    ("softwareOath.list", TOGETHER),
    ("softwareOath.get", TOGETHER),
    ("windowsHello.list", TOGETHER),
    ("windowsHello.get", TOGETHER),
    ("platformCredential.list", TOGETHER),
    ("platformCredential.get", TOGETHER),
    ("tap.list", TOGETHER),
    ("tap.get", TOGETHER),
    ("external.get", TOGETHER),
    ("qr.get", TOGETHER),
    ("user.memberOf", BEYOND),
    (
        "roleAssignment.list",
        "only where the report is refused: sent in the run of the real program",
    ),
    ("roleAssignment.listTransitive", BEYOND),
    ("roleDefinition.list", BEYOND),
    ("roleDefinition.get", BEYOND),
    ("directoryRole.list", BEYOND),
    ("group.members", BEYOND),
    ("group.transitiveMembers", BEYOND),
    ("phone.enableSmsSignIn", BEYOND),
    ("phone.disableSmsSignIn", BEYOND),
    ("user.invalidateAllRefreshTokens", BEYOND),
    ("user.ownedDevices", BEYOND),
    ("device.list", BEYOND),
    ("device.get", BEYOND),
    ("device.delete", BEYOND),
    ("policy.update", BEYOND),
    ("policy.config.update", BEYOND),
    ("report.registration.get", BEYOND),
    ("report.byMethod", BEYOND),
    ("report.byFeature", BEYOND),
    (
        "hardwareOath.assignAndActivate",
        "a token is named by its serial number",
    ),
    ("hardwareOathDevice.get", "the list of the inventory holds it"),
    ("hardwareOathDevice.delete", BEYOND),
    ("qr.pin.get", WHOLE),
    ("qr.pin.reset", WHOLE),
    ("qr.standard.get", WHOLE),
    ("qr.standard.set", WHOLE),
    ("qr.standard.delete", WHOLE),
    ("qr.temporary.get", WHOLE),
    ("qr.temporary.set", WHOLE),
    ("qr.temporary.delete", WHOLE),
];

/// What the embedded service does not answer with success.
pub const NOT_ANSWERED: &[(&str, &str)] = &[];
