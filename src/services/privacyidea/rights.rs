//! What the account must hold for each verb: actions of policies of the scope `admin` (api/privacyidea 7). A token of a
//! sign-in by password names them; a key made for programs does not. `doctor` reads it.

use crate::auth::TokenClaims;
use crate::domain::{Capability, Error, ErrorCode, Lack, MethodKind, Right, Standing, Weight};

/// Each verb with the actions that it takes: all of them.
const VERBS: &[(&str, Weight, &[&str])] = &[
    ("user search", Weight::Always, &["userlist"]),
    ("user show", Weight::Always, &["userlist", "tokenlist"]),
    ("methods list", Weight::Always, &["userlist", "tokenlist"]),
    (
        "devices list",
        Weight::More,
        &["api_client_list", "remembered_device_list"],
    ),
    ("app-passwords list", Weight::More, &["tokenlist"]),
    ("report registration", Weight::More, &["userlist", "tokenlist"]),
    ("policy show", Weight::More, &["policyread"]),
    (
        "user reset",
        Weight::Changes,
        &["delete", "remembered_device_revoke"],
    ),
    ("methods remove", Weight::Changes, &["delete"]),
    ("methods add phone", Weight::More, &["enrollSMS"]),
    ("methods add email", Weight::More, &["enrollEMAIL"]),
    ("methods add totp", Weight::More, &["enrollTOTP"]),
    ("methods add hotp", Weight::More, &["enrollHOTP"]),
    ("methods add push", Weight::More, &["enrollPUSH"]),
    ("methods add questions", Weight::More, &["enrollQUESTION"]),
    (
        "methods add temporary-pass",
        Weight::More,
        &["enrollREGISTRATION"],
    ),
    (
        "methods update",
        Weight::More,
        &["setdescription", "token_rollover"],
    ),
    ("methods disable", Weight::More, &["disable"]),
    ("methods enable", Weight::More, &["enable"]),
    ("devices forget", Weight::More, &["remembered_device_revoke"]),
    (
        "app-passwords reset",
        Weight::More,
        &["delete", "enrollAPPLSPEC", "token_rollover"],
    ),
    ("user reset-password", Weight::More, &["updateuser"]),
    (
        "user unlock",
        Weight::More,
        &["reset", "user_lock_read", "user_lock_reset"],
    ),
    (
        "user check-caller",
        Weight::More,
        &["triggerchallenge", "getchallenges"],
    ),
];

/// The action by which a token of a kind is made.
pub(super) const fn to_enrol(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Totp => "enrollTOTP",
        MethodKind::Hotp => "enrollHOTP",
        MethodKind::PhoneMobile => "enrollSMS",
        MethodKind::Email => "enrollEMAIL",
        MethodKind::Push => "enrollPUSH",
        MethodKind::Questions => "enrollQUESTION",
        _ => "enrollREGISTRATION",
    }
}

/// The actions that a change takes.
pub(super) fn of(capability: Capability) -> &'static [&'static str] {
    match capability {
        Capability::Add(MethodKind::PhoneMobile) | Capability::Verify(MethodKind::PhoneMobile) => {
            &["enrollSMS"]
        }
        Capability::Add(MethodKind::Email) | Capability::Verify(MethodKind::Email) => &["enrollEMAIL"],
        Capability::Add(MethodKind::Totp) | Capability::Verify(MethodKind::Totp) => &["enrollTOTP"],
        Capability::Add(MethodKind::Hotp) | Capability::Verify(MethodKind::Hotp) => &["enrollHOTP"],
        Capability::Add(MethodKind::Push) => &["enrollPUSH"],
        Capability::Add(MethodKind::Questions) => &["enrollQUESTION"],
        Capability::Add(MethodKind::TemporaryPass) => &["enrollREGISTRATION"],
        Capability::Update(MethodKind::PhoneMobile) => &["enrollSMS", "token_rollover"],
        Capability::Update(MethodKind::Email) => &["enrollEMAIL", "token_rollover"],
        Capability::Update(_) => &["setdescription"],
        Capability::Remove(_) | Capability::RevokeAppPasswords => &["delete"],
        Capability::ListRemembered => &["api_client_list", "remembered_device_list"],
        Capability::ForgetOne | Capability::ForgetAll => &["remembered_device_revoke"],
        Capability::ListAppPasswords => &["tokenlist"],
        Capability::SetPassword | Capability::GeneratePassword => &["updateuser"],
        Capability::DisableAccount => &["user_lock_set"],
        Capability::EnableAccount => &["user_lock_reset"],
        Capability::DisableMethod => &["disable"],
        Capability::ReplaceLost => &["losttoken"],
        Capability::ResetAppPassword => &["enrollAPPLSPEC", "token_rollover"],
        Capability::CheckCaller => &["triggerchallenge"],
        Capability::PolicyRead => &["policyread"],
        Capability::Report => &["userlist", "tokenlist"],
        _ => &[],
    }
}

/// What a token says that may do everything: the action of a policy.
const EVERYTHING: &str = "*";

/// Whether the token holds an action; `None`: it does not say.
pub(super) fn held(action: &str, claims: &TokenClaims) -> Option<bool> {
    claims.has_any(&[action, EVERYTHING])
}

/// The first of these that the token can be seen to lack; `None`: none, or it does not say.
pub(super) fn first_lacking(actions: &[&'static str], claims: &TokenClaims) -> Option<&'static str> {
    actions
        .iter()
        .copied()
        .find(|action| held(action, claims) == Some(false))
}

/// Why it is refused.
pub(super) fn why(action: &str) -> String {
    format!("the account lacks the right {action} (a policy of the scope admin)")
}

/// What an administrator does about it.
pub(super) fn mend(action: &str, claims: &TokenClaims) -> String {
    let account = claims.sign_in_name.as_deref().unwrap_or("ACCOUNT");
    format!(
        "an administrator adds {action} to the admin policy of {account}: Configuration, Policies; then sign in again"
    )
}

/// The right that is missing.
pub(super) fn lacking(action: &str, claims: &TokenClaims, realm: &str) -> Error {
    // Where it holds the right, it holds it elsewhere.
    if held(action, claims) == Some(true) {
        let account = claims.sign_in_name.as_deref().unwrap_or("ACCOUNT");
        return Error::new(
            ErrorCode::PermissionMissing,
            format!("the account has the right {action}, but not for this realm or person"),
        )
        .hint(format!(
            "an administrator adds the realm {realm} to the admin policy of {account}; check realm in the profile"
        ));
    }
    Error::new(ErrorCode::PermissionMissing, why(action)).hint(mend(action, claims))
}

/// How a token stands to each verb.
pub(super) fn told(claims: &TokenClaims) -> Vec<Right> {
    let right = |(verb, weight, actions): &(&'static str, Weight, &'static [&'static str])| {
        let silent = claims.permissions.is_empty();
        let lacks: Vec<Lack> = actions
            .iter()
            .filter(|action| held(action, claims) == Some(false))
            .map(|action| Lack {
                missing: (*action).to_owned(),
                why: why(action),
                mend: mend(action, claims),
            })
            .collect();
        let standing = if silent {
            Standing::Unknown {
                why: "a key made for programs does not say what it may".to_owned(),
                mend: format!(
                    "see that the admin policy of the account has {}",
                    actions.join(", ")
                ),
            }
        } else if lacks.is_empty() {
            Standing::Held
        } else {
            Standing::Lacking(lacks)
        };
        Right {
            verb,
            weight: *weight,
            wants: actions.join(", "),
            licence: None,
            standing,
        }
    };
    VERBS.iter().map(right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(actions: &[&str]) -> TokenClaims {
        TokenClaims {
            permissions: actions.iter().map(|one| (*one).to_owned()).collect(),
            delegated: true,
            sign_in_name: Some("desk".to_owned()),
            ..TokenClaims::default()
        }
    }

    #[test]
    fn an_account_that_only_looks_lacks_every_change() {
        let lacking = |claims: &TokenClaims| -> Vec<&str> {
            let all = told(claims).into_iter();
            let lacks = all.filter(|right| matches!(right.standing, Standing::Lacking(_)));
            lacks.map(|right| right.verb).collect()
        };
        let reader = lacking(&claims(&["userlist", "tokenlist"]));
        assert!(
            reader.contains(&"methods remove") && !reader.contains(&"methods list"),
            "{reader:?}"
        );
        assert!(
            lacking(&claims(&[])).is_empty(),
            "a token that says nothing lacks nothing"
        );
        assert!(lacking(&claims(&["*"])).is_empty(), "all of them");
    }

    #[test]
    fn a_right_that_is_held_elsewhere_is_told_apart() {
        let held = lacking("delete", &claims(&["delete"]), "corp");
        assert_eq!(
            held.message(),
            "the account has the right delete, but not for this realm or person"
        );
        let not = lacking("delete", &claims(&["enable"]), "corp");
        assert_eq!(
            not.message(),
            "the account lacks the right delete (a policy of the scope admin)"
        );
        assert!(not.hint_text().unwrap().contains("admin policy of desk"));
    }
}
