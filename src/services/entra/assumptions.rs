//! What this client and the embedded service assume of Microsoft Graph, because no source at hand confirms it
//! (api/entra 10): one list. Code that rests on one of them says `assumption` and its id in a comment. `verify` looks at
//! those that reads can show, in the organization of whoever has one.

mod verify;

use crate::domain::Assumption;

const fn by_reading(
    id: &'static str,
    says: &'static str,
    changes: &'static str,
    how: &'static str,
) -> Assumption {
    Assumption {
        id,
        says,
        changes,
        how,
        read_only: true,
    }
}

const fn by_changing(
    id: &'static str,
    says: &'static str,
    changes: &'static str,
    how: &'static str,
) -> Assumption {
    Assumption {
        id,
        says,
        changes,
        how,
        read_only: false,
    }
}

/// All of them; those that reads show come first.
pub(crate) static ASSUMPTIONS: &[Assumption] = &[
    by_reading(
        "absent-method",
        "a method that is not there answers 404 with another code than a person who is not there",
        "a removal that meets it counts as already done, and does not fail the person",
        "GET the office phone of somebody who has none",
    ),
    by_reading(
        "method-types",
        "every type of method in lists is one that the program knows",
        "others are shown as unknown, and cannot be removed",
        "GET the methods of some people",
    ),
    by_reading(
        "masked-numbers",
        "a masked phone number cannot be read as a whole one",
        "masked numbers are never compared and never written back",
        "GET the methods of some people as an Authentication Administrator",
    ),
    by_reading(
        "system-preferred-property",
        "signInPreferences names what the service would pick, in a property that no metadata has",
        "the method that the service prefers is shown beside the default",
        "GET signInPreferences of some people",
    ),
    by_reading(
        "report-words",
        "the registration report names methods by words that the program knows",
        "other words are shown as unknown in report registration",
        "GET some rows of the registration report",
    ),
    by_reading(
        "search-quotes",
        "$search takes a clause in double quotes, with $count and ConsistencyLevel",
        "user search asks so, and with a simple filter where that is refused",
        "GET /users?$search=\"displayName:a\"&$count=true",
    ),
    by_reading(
        "hardware-inventory-permission",
        "Policy.Read.AuthenticationMethod is enough to read the inventory of hardware tokens",
        "doctor and refusals name that permission",
        "GET the inventory with a token that has that permission",
    ),
    by_reading(
        "absent-segment",
        "a cloud that lacks a segment answers 400, 404, 405, 410 or 501 for it",
        "the rest is read without it and says so",
        "GET beta's list of methods in a national cloud",
    ),
    by_reading(
        "long-tokens",
        "with continuous access evaluation a token lives between 20 and 28 hours",
        "nothing waits for the end of a token: a challenge or a 401 renews it",
        "look at the times in the token",
    ),
    by_changing(
        "phone-rule-errors",
        "a second phone of a type, an alternate one before a mobile one, and the removal of a mobile one before the alternate one answer 400",
        "what stands is read back instead of judging by the code",
        "try each of the three on a test account",
    ),
    by_changing(
        "second-address",
        "a second e-mail address answers 400",
        "what stands is read back instead of judging by the code",
        "add two addresses to a test account",
    ),
    by_changing(
        "policy-refusals",
        "a phone or an address that policy lets nobody use is refused with 403",
        "only the embedded service rests on it",
        "switch a method off and add it",
    ),
    by_changing(
        "pass-refusals",
        "whatever Graph refuses about a pass answers 400",
        "each of them is told as refused by policy",
        "ask for a pass of one minute, and one for a guest",
    ),
    by_changing(
        "default-not-registered",
        "a preference for a method that is not registered answers 400, and null takes it away",
        "the program plans neither; the embedded service answers so",
        "PATCH signInPreferences of a test account without methods",
    ),
    by_changing(
        "default-of-a-kind",
        "the default may go while another method of its kind stays",
        "the plan changes the default first where it can",
        "remove one of two authenticators of a test account",
    ),
    by_changing(
        "reset-failures",
        "a reset that fails says failed, and why in statusDetail",
        "the text is shown as it came",
        "reset to a banned password",
    ),
    by_changing(
        "hybrid-reset",
        "a reset of a synced person without a password answers 400",
        "a password is made here for people from on premises",
        "reset a synced test account without a password",
    ),
    by_changing(
        "revoke-roles",
        "User Administrator, Helpdesk Administrator and the authentication administrators may end sessions",
        "doctor and refusals name these roles",
        "revokeSignInSessions of a test account with each role",
    ),
    by_changing(
        "methods-throttling",
        "/authentication is throttled with 429 and Retry-After, by limits that are not published",
        "the pace is learned from answers; the documented limits are only where it begins",
        "read as fast as can be, which takes others' share away",
    ),
    by_changing(
        "untyped-delete",
        "DELETE of a method without its type is refused, although a list of permissions has it",
        "each type is removed by its own segment",
        "DELETE /methods/{id} of a test account",
    ),
    by_changing(
        "passkey-rename",
        "a passkey cannot be renamed, although a list of permissions has a PATCH",
        "there is no verb for it",
        "PATCH a passkey of a test account",
    ),
    by_changing(
        "synced-devices",
        "a device that is managed on premises comes back with the next sync",
        "it is not removed: registered devices are only switched off",
        "remove one and wait",
    ),
    by_changing(
        "invalid-token-code",
        "a token that has ended answers 401 with InvalidAuthenticationToken",
        "any 401 drops the token and tries once more; the code is only shown",
        "send a token that has ended",
    ),
    by_changing(
        "sovereign-roots",
        "the roots of Graph in the newer sovereign clouds are not known",
        "they are no choice of cloud: give url and authority in the profile",
        "ask whoever has an organization there",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::ASSUMPTIONS;

    /// Every id that a comment below this folder refers to.
    fn referred(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                referred(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let pieces = text.split(concat!("assumption", " `")).skip(1);
                found.extend(pieces.filter_map(|piece| Some(piece.split_once('`')?.0.to_owned())));
            }
        }
    }

    #[test]
    fn comments_refer_to_assumptions_that_there_are_and_no_id_stands_twice() {
        let ids: BTreeSet<String> = ASSUMPTIONS.iter().map(|known| known.id.to_owned()).collect();
        assert_eq!(ids.len(), ASSUMPTIONS.len());
        let mut found = BTreeSet::new();
        referred(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 10, "only {found:?}");
        let unknown: Vec<_> = found.difference(&ids).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn each_is_told_in_a_clause_and_says_how_to_find_out() {
        for known in ASSUMPTIONS {
            for text in [known.says, known.changes, known.how] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", known.id);
            }
        }
    }
}
