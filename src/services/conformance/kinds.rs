//! The cases that are the same for every kind of method: it gets another name, it is removed; and which one is the default.

use super::case::{Case, case, ensure, find, id_of};
use super::world::Facts;
use crate::domain::{Action, EffectState, MethodKind, SecurityInfo};

macro_rules! kinds {
    ($($kind:ident)+) => { [$((MethodKind::$kind, &[MethodKind::$kind][..])),+] };
}

pub(super) fn cases(cases: &mut Vec<Case>, facts: &Facts) {
    names(cases);
    removals(cases);
    let [stands, wanted] = facts.defaults;
    cases.push(case(
        "says what the default is and makes another one it",
        &[stands, wanted],
        move |info| Action::SetDefault {
            method: id_of(info, wanted),
            kind: wanted,
            via: None,
        },
        None,
        move |seen| {
            let default = |info: &SecurityInfo| info.default_method().map(|method| method.kind);
            ensure(default(seen.before) == Some(stands), "it was another before")?;
            ensure(default(seen.after) == Some(wanted), "it is not")
        },
    ));
}

/// Not of numbers and addresses, which are what they are called by.
fn names(cases: &mut Vec<Case>) {
    let kinds = kinds! {
        Authenticator Totp Hotp Push Passkey SecurityKey HardwareToken TemporaryPass Questions BackupCodes External
        Certificate Unknown
    };
    for (kind, has) in kinds {
        cases.push(case(
            &format!("gives {kind} another name"),
            has,
            move |info| Action::Rename {
                method: id_of(info, kind),
                kind,
                name: "Café \"9\"".into(),
            },
            None,
            move |seen| {
                ensure(find(seen.before, kind).is_some(), "it was not listed before")?;
                let method = find(seen.after, kind).ok_or("it is gone")?;
                ensure(
                    method.name.as_deref() == Some("Café \"9\""),
                    format!("it is called {:?}", method.name),
                )
            },
        ));
    }
}

fn removals(cases: &mut Vec<Case>) {
    let kinds = kinds! {
        Authenticator Totp Hotp Push PhoneMobile PhoneAlternate PhoneOffice Email Passkey SecurityKey WindowsHello
        PlatformKey HardwareToken TemporaryPass External QrPin Questions BackupCodes Certificate
        Unknown
    };
    for (kind, has) in kinds {
        cases.push(case(
            &format!("removes {kind}"),
            has,
            move |info| Action::RemoveMethod {
                method: id_of(info, kind),
                kind,
            },
            Some(EffectState::Unchanged),
            move |seen| {
                ensure(find(seen.before, kind).is_some(), "it was not listed before")?;
                ensure(find(seen.after, kind).is_none(), "it is still there")
            },
        ));
    }
}
