//! What Entra can do, as data. What it cannot carries why, and what an administrator does instead (api/entra 0).

use super::rights;
use crate::auth::TokenClaims;
use crate::domain::{Answer, Capabilities, Capability, MethodKind};

/// Kinds that an administrator can remove.
const REMOVABLE: &[MethodKind] = &[
    MethodKind::Authenticator,
    MethodKind::Totp,
    MethodKind::PhoneMobile,
    MethodKind::PhoneAlternate,
    MethodKind::PhoneOffice,
    MethodKind::Email,
    MethodKind::Passkey,
    MethodKind::WindowsHello,
    MethodKind::PlatformKey,
    MethodKind::HardwareToken,
    MethodKind::TemporaryPass,
    MethodKind::External,
    MethodKind::QrPin,
];

/// Why an application sets no password of an account from another directory, and who does (api/entra 1.7).
pub(super) const NOT_WRITTEN_BACK: &str =
    "the account comes from another directory: a password that an application sets is not written back to it";
pub(super) const RESET_THERE: &str =
    "sign in as yourself with mfactl auth login, or reset it in the other directory";

/// What Entra declares before anybody signed in.
pub(crate) fn declared() -> Capabilities {
    let unsupported = |why: &str, instead: &str| Answer::Unsupported {
        why: why.into(),
        instead: instead.into(),
    };
    let by_pass = "issue a temporary pass; the person registers it on the security info page";
    let per_user_page = "an administrator deletes them on the per-user MFA page";
    let substitute = || Answer::Substitute {
        what: "sign out everywhere".to_owned(),
        wider: true,
    };
    let mut entries = vec![
        (Capability::Add(MethodKind::PhoneMobile), Answer::Native),
        (Capability::Add(MethodKind::PhoneAlternate), Answer::Native),
        (Capability::Add(MethodKind::PhoneOffice), Answer::Native),
        (Capability::Add(MethodKind::Email), Answer::Native),
        (Capability::Add(MethodKind::TemporaryPass), Answer::Native),
        (Capability::Add(MethodKind::Passkey), Answer::Native),
        (Capability::Add(MethodKind::External), Answer::Native),
        (Capability::Add(MethodKind::HardwareToken), Answer::Native),
        (Capability::Add(MethodKind::QrPin), Answer::Native),
        (
            Capability::Add(MethodKind::Authenticator),
            unsupported(
                "Microsoft Graph enrols no authenticator app for another person",
                by_pass,
            ),
        ),
        (
            Capability::Add(MethodKind::Totp),
            unsupported(
                "Microsoft Graph enrols no authenticator app for another person",
                by_pass,
            ),
        ),
        (
            Capability::Add(MethodKind::Questions),
            unsupported(
                "security questions are not in Microsoft Graph",
                "the person sets them on the security info page",
            ),
        ),
        (Capability::Update(MethodKind::PhoneMobile), Answer::Native),
        (Capability::Update(MethodKind::PhoneAlternate), Answer::Native),
        (Capability::Update(MethodKind::PhoneOffice), Answer::Native),
        (Capability::Update(MethodKind::Email), Answer::Native),
    ];
    entries.extend(
        REMOVABLE
            .iter()
            .map(|kind| (Capability::Remove(*kind), Answer::Native)),
    );
    entries.push((
        Capability::Remove(MethodKind::Questions),
        unsupported(
            "security questions are not in Microsoft Graph",
            "the person changes them on the security info page",
        ),
    ));
    entries.push((Capability::SetDefault, Answer::Native));
    for kind in [
        MethodKind::PhoneMobile,
        MethodKind::PhoneAlternate,
        MethodKind::PhoneOffice,
    ] {
        entries.push((
            Capability::Verify(kind),
            unsupported(
                "Microsoft Graph sends no codes; a number counts as soon as it is added",
                "call the person",
            ),
        ));
    }
    entries.push((
        Capability::Verify(MethodKind::Totp),
        unsupported(
            "Microsoft Graph checks no codes of an authenticator app",
            "the app is verified where the person registers it, on the security info page",
        ),
    ));
    entries.push((Capability::Verify(MethodKind::HardwareToken), Answer::Native));
    entries.extend([
        (
            Capability::ListRemembered,
            unsupported(
                "Microsoft Graph keeps no list of remembered browsers",
                "sign out everywhere makes every one of them ask again",
            ),
        ),
        (Capability::ForgetOne, substitute()),
        (Capability::ForgetAll, substitute()),
        (
            Capability::ListSessions,
            unsupported(
                "Microsoft Graph lists no sessions",
                "look at the sign-in logs of the person",
            ),
        ),
        (Capability::SignOut, Answer::Native),
        (
            Capability::ListAppPasswords,
            unsupported(
                "Microsoft Graph has no call for app passwords",
                "nobody can list them; an administrator deletes them all on the per-user MFA page",
            ),
        ),
        (
            Capability::RevokeAppPasswords,
            unsupported("Microsoft Graph has no call for app passwords", per_user_page),
        ),
        (
            Capability::IssueAppPassword,
            unsupported(
                "Microsoft Graph has no call for app passwords",
                "the person makes one on the security info page",
            ),
        ),
        (Capability::SetPassword, Answer::Native),
        (Capability::GeneratePassword, Answer::Native),
        (
            Capability::RequireRegistration,
            unsupported(
                "Microsoft Graph has no call that asks for registration",
                "remove every method: a person without one is asked to register at next sign-in",
            ),
        ),
        (Capability::SetMfaState, Answer::Native),
        (Capability::DisableAccount, Answer::Native),
        (Capability::EnableAccount, Answer::Native),
        (Capability::DisableDevice, Answer::Native),
        (
            Capability::Unlock,
            unsupported(
                "Microsoft Graph does not end a smart lockout",
                "wait: it ends by itself",
            ),
        ),
        (
            Capability::CheckCaller,
            unsupported(
                "Microsoft Graph challenges nobody",
                "call the person back or see them, and attest it: user check-caller USER --by callback",
            ),
        ),
        (Capability::HardwareTokens, Answer::Native),
        (Capability::Report, Answer::Native),
        (Capability::PolicyRead, Answer::Native),
    ]);
    // api/entra 1.4
    Capabilities::new(entries).with_alternate_on_mobile()
}

/// The same, less what the token can be seen not to allow in any form. A missing permission is left to the service's
/// own answer, which names it: permissions overlap, and only the service knows them all.
pub(crate) fn narrowed(claims: &TokenClaims) -> Capabilities {
    let mut capabilities = declared();
    if !claims.delegated {
        for capability in [Capability::SetPassword, Capability::GeneratePassword] {
            let answer = Answer::Unsupported {
                why: NOT_WRITTEN_BACK.to_owned(),
                instead: RESET_THERE.to_owned(),
            };
            capabilities.set_for_synced(capability, answer);
        }
    }
    let reads_only = rights::only_reads(claims);
    if reads_only {
        let all: Vec<Capability> = capabilities
            .entries()
            .iter()
            .filter(|(capability, answer)| {
                is_write(*capability) && !matches!(answer, Answer::Unsupported { .. })
            })
            .map(|(capability, _)| *capability)
            .collect();
        for capability in all {
            let permission = rights::to_change(capability, claims.delegated);
            capabilities.set(
                capability,
                Answer::Forbidden {
                    why: "the token can only read".to_owned(),
                    mend: format!("use a profile with {permission}"),
                },
            );
        }
    }
    capabilities
}

const fn is_write(capability: Capability) -> bool {
    !matches!(
        capability,
        Capability::Report
            | Capability::PolicyRead
            | Capability::ListRemembered
            | Capability::ListSessions
            | Capability::ListAppPasswords
            | Capability::CheckCaller
            // The inventory is read, too: who may not change it is told by the service.
            | Capability::HardwareTokens
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(permissions: &[&str]) -> TokenClaims {
        let permissions = permissions
            .iter()
            .map(|permission| (*permission).to_owned())
            .collect();
        TokenClaims {
            permissions,
            ..TokenClaims::default()
        }
    }

    #[test]
    fn a_token_that_only_reads_is_offered_no_change() {
        let reader = narrowed(&holding(&["UserAuthenticationMethod.Read.All", "User.Read.All"]));
        assert!(matches!(
            reader.get(Capability::SignOut),
            Answer::Forbidden { .. }
        ));
        assert_eq!(reader.get(Capability::Report), Answer::Native);
        assert_eq!(reader.get(Capability::HardwareTokens), Answer::Native);
        let instead = |capability| match reader.get(capability) {
            Answer::Forbidden { mend, .. } => mend,
            other => panic!("{other:?}"),
        };
        for (capability, permission) in [
            (Capability::SignOut, "User.RevokeSessions.All"),
            (Capability::DisableAccount, "User.EnableDisableAccount.All"),
            (Capability::GeneratePassword, "User-PasswordProfile.ReadWrite.All"),
            (Capability::SetMfaState, "Policy.ReadWrite.AuthenticationMethod"),
            (Capability::DisableDevice, "Device.ReadWrite.All"),
            (
                Capability::Remove(MethodKind::Totp),
                "UserAuthenticationMethod.ReadWrite.All",
            ),
        ] {
            assert_eq!(instead(capability), format!("use a profile with {permission}"));
        }
        for more in [
            "UserAuthenticationMethod.ReadWrite.All",
            "User.RevokeSessions.All",
        ] {
            let writer = narrowed(&holding(&["UserAuthenticationMethod.Read.All", more]));
            assert_eq!(writer.get(Capability::SignOut), Answer::Native, "{more}");
        }
        assert_eq!(
            narrowed(&TokenClaims::default()).get(Capability::SignOut),
            Answer::Native
        );
    }

    #[test]
    fn what_graph_lacks_says_what_to_do_instead() {
        for capability in [
            Capability::RevokeAppPasswords,
            Capability::ListRemembered,
            Capability::Add(MethodKind::Authenticator),
            Capability::Add(MethodKind::Totp),
            Capability::RequireRegistration,
        ] {
            let Answer::Unsupported { why, instead } = declared().get(capability) else {
                panic!("{capability}")
            };
            assert!(!why.is_empty() && !instead.is_empty());
        }
    }
}
