//! What Keycloak can do, as data. What it cannot carries why, and what an administrator does instead (api/keycloak 11).

use super::rights;
use crate::auth::TokenClaims;
use crate::domain::{Answer, Capabilities, Capability, MethodKind};

/// Kinds that it stores, all of which an administrator can remove and name.
const STORED: &[MethodKind] = &[
    MethodKind::Totp,
    MethodKind::Hotp,
    MethodKind::Passkey,
    MethodKind::SecurityKey,
    MethodKind::BackupCodes,
];

/// Who sets up what takes the person's own browser.
const BY_PERSON: &str = "the person adds it in the Account Console; or, for the next sign-in, an administrator chooses it under \
     Users, the person, Required user actions";

/// What Keycloak declares before anybody signed in.
pub(crate) fn declared() -> Capabilities {
    let unsupported = |why: &str, instead: &str| Answer::Unsupported {
        why: why.to_owned(),
        instead: instead.to_owned(),
    };
    let mut entries = vec![(Capability::Add(MethodKind::Totp), Answer::Native)];
    for kind in [
        MethodKind::PhoneMobile,
        MethodKind::PhoneAlternate,
        MethodKind::PhoneOffice,
        MethodKind::Email,
    ] {
        entries.push((
            Capability::Add(kind),
            unsupported(
                "Keycloak sends no codes by text, call or mail",
                "add totp instead; plug-ins for it have interfaces of their own",
            ),
        ));
    }
    for kind in [
        MethodKind::Passkey,
        MethodKind::SecurityKey,
        MethodKind::BackupCodes,
    ] {
        entries.push((
            Capability::Add(kind),
            unsupported("it takes the person's own browser", BY_PERSON),
        ));
    }
    entries.push((
        Capability::Add(MethodKind::TemporaryPass),
        unsupported(
            "Keycloak has no temporary passes",
            "give a temporary password: user reset-password USER",
        ),
    ));
    entries.push((
        Capability::Add(MethodKind::Questions),
        unsupported(
            "Keycloak has no security questions",
            "nothing: nobody can reset a password by them",
        ),
    ));
    entries.extend(
        STORED
            .iter()
            .filter(|kind| **kind != MethodKind::BackupCodes)
            .map(|kind| (Capability::Update(*kind), Answer::Native)),
    );
    entries.extend(
        STORED
            .iter()
            .map(|kind| (Capability::Remove(*kind), Answer::Native)),
    );
    entries.push((Capability::SetDefault, Answer::Native));
    entries.push((
        Capability::Verify(MethodKind::Totp),
        unsupported(
            "Keycloak checks codes at sign-in alone: an authenticator counts as soon as it is added",
            "let the person sign in once",
        ),
    ));
    let no_memory = || {
        unsupported(
            "Keycloak remembers no devices: every sign-in asks for the second factor",
            "sign out everywhere ends the sessions that are open",
        )
    };
    let no_app_passwords = || {
        unsupported(
            "Keycloak has no app passwords",
            "sign out everywhere ends offline sessions, which programs use instead",
        )
    };
    entries.extend([
        (Capability::ListRemembered, no_memory()),
        (
            Capability::ForgetOne,
            Answer::Substitute {
                what: "end that session".to_owned(),
                wider: false,
            },
        ),
        (Capability::ForgetAll, no_memory()),
        (Capability::ListSessions, Answer::Native),
        (Capability::SignOut, Answer::Native),
        (Capability::ListAppPasswords, no_app_passwords()),
        (Capability::RevokeAppPasswords, no_app_passwords()),
        (Capability::IssueAppPassword, no_app_passwords()),
        (Capability::SetPassword, Answer::Native),
        (Capability::GeneratePassword, Answer::Native),
        (Capability::RequireRegistration, Answer::Native),
        (Capability::MailRegistration, Answer::Native),
        (
            Capability::SetMfaState,
            unsupported(
                "Keycloak has no such state: the realm's sign-in flow asks for a second factor, or does not",
                "set it in the console: Authentication, Flows",
            ),
        ),
        (Capability::DisableAccount, Answer::Native),
        (Capability::EnableAccount, Answer::Native),
        (
            Capability::DisableDevice,
            unsupported(
                "Keycloak registers no devices",
                "sign out everywhere ends the sessions that are open on them",
            ),
        ),
        (Capability::Unlock, Answer::Native),
        (
            Capability::DisableMethod,
            unsupported(
                "Keycloak keeps a method or removes it",
                "remove it; the person sets it up again",
            ),
        ),
        (
            Capability::CheckCaller,
            unsupported(
                "Keycloak challenges nobody",
                "see the person, or ask the manager, and attest it: user check-caller USER --by in-person",
            ),
        ),
        (
            Capability::ReplaceLost,
            unsupported(
                "Keycloak has nothing that stands in for a lost method",
                "remove it (user reset USER): the person sets up another at next sign-in",
            ),
        ),
        (
            Capability::HardwareTokens,
            unsupported(
                "Keycloak keeps no hardware tokens in stock",
                "the person registers a key in the Account Console",
            ),
        ),
        (Capability::ResetAppPassword, no_app_passwords()),
        (Capability::Report, Answer::Native),
        (Capability::PolicyRead, Answer::Native),
    ]);
    Capabilities::new(entries)
}

/// The same, less what the token can be seen not to allow. A token without roles in it says nothing, and where the realm may
/// have fine-grained permissions (`grained`), which let somebody change some people, none says enough.
pub(super) fn narrowed(claims: &TokenClaims, realm: &str, grained: bool) -> Capabilities {
    let mut capabilities = declared();
    if grained || !rights::may_be_fine_grained(claims) {
        return capabilities;
    }
    let writes: Vec<Capability> = capabilities
        .entries()
        .iter()
        .filter(|(capability, answer)| {
            !matches!(answer, Answer::Unsupported { .. })
                && !matches!(
                    capability,
                    Capability::Report | Capability::PolicyRead | Capability::ListSessions
                )
        })
        .map(|(capability, _)| *capability)
        .collect();
    for capability in writes {
        capabilities.set(
            capability,
            Answer::Forbidden {
                why: rights::why("manage-users", realm),
                mend: rights::mend("manage-users", claims, realm),
            },
        );
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(roles: &[&str]) -> TokenClaims {
        TokenClaims {
            permissions: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..TokenClaims::default()
        }
    }

    #[test]
    fn an_account_that_only_reads_is_offered_no_change() {
        let grained = |claims: &TokenClaims| narrowed(claims, "staff", true);
        let narrowed = |claims: &TokenClaims| narrowed(claims, "staff", false);
        let reader = narrowed(&holding(&["view-users", "query-users", "view-realm"]));
        assert!(matches!(
            reader.get(Capability::SignOut),
            Answer::Forbidden { .. }
        ));
        assert!(matches!(
            reader.get(Capability::SetMfaState),
            Answer::Unsupported { .. }
        ));
        // What permissions let it do to some people, the service knows alone.
        for roles in [&["query-users"][..], &["view-users", "query-users"]] {
            let delegated = grained(&holding(roles));
            assert_eq!(delegated.get(Capability::SignOut), Answer::Native, "{roles:?}");
        }
        assert_eq!(reader.get(Capability::Report), Answer::Native);
        let writer = narrowed(&holding(&["manage-users"]));
        assert_eq!(writer.get(Capability::SignOut), Answer::Native);
        let silent = narrowed(&TokenClaims::default());
        assert_eq!(silent.get(Capability::SignOut), Answer::Native);
    }

    #[test]
    fn what_keycloak_lacks_says_what_to_do_instead() {
        for (capability, answer) in declared().entries() {
            if let Answer::Unsupported { why, instead } = answer {
                assert!(!why.is_empty() && !instead.is_empty(), "{capability}");
            }
        }
    }
}
