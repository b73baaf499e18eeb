//! What privacyIDEA can do, as data. What it cannot carries why, and what an administrator does instead (api/privacyidea 9).

use super::rights;
use crate::auth::TokenClaims;
use crate::domain::{Answer, Capabilities, Capability, MethodKind};

/// Kinds that are enrolled for somebody by an administrator.
const ENROLLED: &[MethodKind] = &[
    MethodKind::PhoneMobile,
    MethodKind::PhoneAlternate,
    MethodKind::Email,
    MethodKind::Totp,
    MethodKind::Hotp,
    MethodKind::Push,
    MethodKind::TemporaryPass,
    MethodKind::Questions,
];

/// Kinds that it stores, all of which an administrator can remove and name.
const STORED: &[MethodKind] = &[
    MethodKind::Totp,
    MethodKind::Hotp,
    MethodKind::Push,
    MethodKind::PhoneMobile,
    MethodKind::PhoneAlternate,
    MethodKind::Email,
    MethodKind::Passkey,
    MethodKind::SecurityKey,
    MethodKind::HardwareToken,
    MethodKind::TemporaryPass,
    MethodKind::Questions,
    MethodKind::BackupCodes,
    MethodKind::External,
    MethodKind::Certificate,
    MethodKind::Authenticator,
    // By its serial any token goes, whatever its type.
    MethodKind::Unknown,
];

/// Kinds that a policy may let wait for their first code.
const VERIFIED: &[MethodKind] = &[
    MethodKind::Totp,
    MethodKind::Hotp,
    MethodKind::PhoneMobile,
    MethodKind::PhoneAlternate,
    MethodKind::Email,
];

fn unsupported(why: &str, instead: &str) -> Answer {
    Answer::Unsupported {
        why: why.to_owned(),
        instead: instead.to_owned(),
    }
}

/// What privacyIDEA declares before anybody signed in.
pub(crate) fn declared() -> Capabilities {
    let all = |make: fn(MethodKind) -> Capability, kinds: &'static [MethodKind]| {
        kinds.iter().map(move |kind| (make(*kind), Answer::Native))
    };
    let mut entries: Vec<(Capability, Answer)> = all(Capability::Add, ENROLLED).collect();
    entries.push((
        Capability::Add(MethodKind::PhoneOffice),
        unsupported(
            "privacyIDEA calls nobody: it sends texts",
            "add a mobile number, or a second one beside it: --type alternate",
        ),
    ));
    for kind in [MethodKind::Passkey, MethodKind::SecurityKey] {
        entries.push((
            Capability::Add(kind),
            unsupported(
                "it takes the person's own browser",
                "the person enrols it on the web page of privacyIDEA, after a registration code: methods add temporary-pass USER",
            ),
        ));
    }
    entries.extend(all(Capability::Update, STORED));
    entries.extend(all(Capability::Remove, STORED));
    entries.push((
        Capability::SetDefault,
        unsupported(
            "privacyIDEA has no default: a sign-in takes the code of any of them",
            "disable those that are not to be used, or remove them",
        ),
    ));
    entries.extend(all(Capability::Verify, VERIFIED));
    let no_sessions = || {
        unsupported(
            "privacyIDEA keeps no sessions: they are where people sign in",
            "forget remembered devices (devices forget USER), and end sessions there",
        )
    };
    entries.extend([
        (Capability::ListRemembered, Answer::Native),
        (Capability::ForgetOne, Answer::Native),
        (Capability::ForgetAll, Answer::Native),
        (Capability::ListSessions, no_sessions()),
        (Capability::SignOut, no_sessions()),
        (Capability::ListAppPasswords, Answer::Native),
        (Capability::RevokeAppPasswords, Answer::Native),
        (
            Capability::IssueAppPassword,
            unsupported(
                "an app password of privacyIDEA is for one service, which its name does not tell",
                "give one that is there another secret: app-passwords reset USER NAME --reissue",
            ),
        ),
        (Capability::ResetAppPassword, Answer::Native),
        (Capability::SetPassword, a_password_that_stays()),
        (Capability::GeneratePassword, a_password_that_stays()),
        (
            Capability::RequireRegistration,
            unsupported(
                "privacyIDEA asks nobody to register at next sign-in",
                "remove what is there, and hand out a registration code: methods add temporary-pass USER",
            ),
        ),
        (
            Capability::DisableAccount,
            Answer::Substitute {
                what: "lock the person in privacyIDEA".to_owned(),
                wider: false,
            },
        ),
        (
            Capability::EnableAccount,
            Answer::Substitute {
                what: "end the lock of the person in privacyIDEA".to_owned(),
                wider: false,
            },
        ),
        (
            Capability::MailRegistration,
            unsupported(
                "privacyIDEA mails nobody a link to register by",
                "hand out a registration code: methods add temporary-pass USER",
            ),
        ),
        (
            Capability::SetMfaState,
            unsupported(
                "privacyIDEA has no such state: who needs a second factor is decided where people sign in",
                "set it there",
            ),
        ),
        (
            Capability::DisableDevice,
            unsupported(
                "privacyIDEA registers no devices",
                "forget those that are remembered: devices forget USER",
            ),
        ),
        (
            Capability::HardwareTokens,
            unsupported(
                "privacyIDEA takes files of seeds on its web page alone",
                "import and assign them there: Tokens, Import tokens; methods list shows them then",
            ),
        ),
        (Capability::DisableMethod, Answer::Native),
        (Capability::ReplaceLost, Answer::Native),
        (Capability::Unlock, Answer::Native),
        (Capability::CheckCaller, Answer::Native),
        (Capability::Report, Answer::Native),
        (Capability::PolicyRead, Answer::Native),
    ]);
    Capabilities::new(entries)
}

fn a_password_that_stays() -> Answer {
    Answer::Substitute {
        what: "set a password that stays".to_owned(),
        wider: false,
    }
}

/// The same, less what the token can be seen not to allow.
pub(super) fn narrowed(claims: &TokenClaims) -> Capabilities {
    let mut capabilities = declared();
    let offered: Vec<Capability> = capabilities
        .entries()
        .iter()
        .filter(|(_, answer)| !matches!(answer, Answer::Unsupported { .. }))
        .map(|(capability, _)| *capability)
        .collect();
    for capability in offered {
        if let Some(action) = rights::first_lacking(rights::of(capability), claims) {
            capabilities.set(
                capability,
                Answer::Forbidden {
                    why: rights::why(action),
                    mend: rights::mend(action, claims),
                },
            );
        }
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_offered_what_its_policies_allow() {
        let holding = |actions: &[&str]| {
            narrowed(&TokenClaims {
                permissions: actions.iter().map(|one| (*one).to_owned()).collect(),
                ..TokenClaims::default()
            })
        };
        let reader = holding(&["userlist", "tokenlist"]);
        for lacking in [
            Capability::Remove(MethodKind::Totp),
            Capability::ForgetAll,
            Capability::PolicyRead,
        ] {
            assert!(
                matches!(reader.get(lacking), Answer::Forbidden { .. }),
                "{lacking}"
            );
        }
        assert_eq!(reader.get(Capability::Report), Answer::Native);
        let writer = holding(&["userlist", "tokenlist", "delete"]);
        assert_eq!(writer.get(Capability::Remove(MethodKind::Totp)), Answer::Native);
        let silent = narrowed(&TokenClaims::default());
        assert_eq!(silent.get(Capability::ForgetAll), Answer::Native);
    }

    #[test]
    fn an_account_that_may_do_everything_is_offered_everything() {
        // So says the token of an administrator whose policy has the action `*`.
        let all = narrowed(&TokenClaims {
            permissions: vec!["*".to_owned()],
            ..TokenClaims::default()
        });
        assert_eq!(all.entries(), declared().entries());
    }

    #[test]
    fn what_privacyidea_lacks_says_what_to_do_instead() {
        for (capability, answer) in declared().entries() {
            if let Answer::Unsupported { why, instead } = answer {
                assert!(!why.is_empty() && !instead.is_empty(), "{capability}");
            }
        }
    }
}
