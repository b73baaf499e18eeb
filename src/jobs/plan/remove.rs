//! `methods remove`.

use super::draft::{Draft, Words};
use crate::domain::{Error, ErrorCode, Method, MethodId, MethodKind, Result, reference};

/// Plans that methods go; none named: all of them.
pub(super) fn methods(
    draft: &mut Draft<'_>,
    typed: &[String],
    missing_ok: bool,
    leave_none: bool,
) -> Result<()> {
    let all: Vec<Method> = draft.info.methods().to_vec();
    let mut going: Vec<(MethodKind, MethodId)> = Vec::new();
    if typed.is_empty() {
        if all.is_empty() {
            draft.unchanged(Words::new("remove", "every method", "there is none"));
            return Ok(());
        }
        going.extend(all.iter().map(|method| (method.kind, method.id.clone())));
    }
    for text in typed {
        for method in meant(draft, text, &all, missing_ok)? {
            let key = (method.kind, method.id.clone());
            if !going.contains(&key) {
                going.push(key);
            }
        }
    }
    let stays = |method: &&Method| !going.contains(&(method.kind, method.id.clone()));
    if !leave_none
        && all.iter().any(Method::signs_in)
        && !going.is_empty()
        && !all.iter().filter(stays).any(Method::signs_in)
    {
        let behind = if typed.is_empty() {
            "--all --leave-none".to_owned()
        } else {
            format!("{} --leave-none", typed.join(" "))
        };
        return Err(Error::new(
            ErrorCode::LastMethod,
            format!("{} would have no method left to sign in with", draft.whose()),
        )
        .hint(draft.command(&behind)));
    }
    no_mobile_alone(draft, &all, &going)?;
    draft.remove(&going, true)?;
    Ok(())
}

/// A mobile number beside an alternate one does not go: said before the default is changed for it.
///
/// # Errors
/// `service_refused`, with both named.
fn no_mobile_alone(draft: &Draft<'_>, all: &[Method], going: &[(MethodKind, MethodId)]) -> Result<()> {
    if !draft.setting.capabilities.alternate_needs_mobile() {
        return Ok(());
    }
    let find = |kind: MethodKind, goes: bool| {
        let wanted = |method: &&Method| {
            method.kind == kind && going.contains(&(method.kind, method.id.clone())) == goes
        };
        all.iter().find(wanted)
    };
    let (Some(mobile), Some(alternate)) = (
        find(MethodKind::PhoneMobile, true),
        find(MethodKind::PhoneAlternate, false),
    ) else {
        return Ok(());
    };
    let (mobile, alternate) = (draft.reference(mobile), draft.reference(alternate));
    let others = going
        .iter()
        .filter(|(kind, _)| *kind != MethodKind::PhoneMobile)
        .filter_map(|key| all.iter().find(|one| (one.kind, &one.id) == (key.0, &key.1)))
        .map(|method| draft.reference(method));
    let both: Vec<String> = others.chain([alternate.clone(), mobile.clone()]).collect();
    Err(Error::new(
        ErrorCode::ServiceRefused,
        format!(
            "{mobile} of {} does not go as long as {alternate} is there",
            draft.whose()
        ),
    )
    .hint(draft.command(&both.join(" "))))
}

/// The methods that one METHOD means. `phone` means all phones; another kind that several methods have means none.
fn meant(draft: &mut Draft<'_>, text: &str, all: &[Method], missing_ok: bool) -> Result<Vec<Method>> {
    if text.eq_ignore_ascii_case(MethodKind::Password.as_str()) {
        return Err(Error::new(
            ErrorCode::MethodNotFound,
            "the password is not among the methods, and nothing removes it",
        )
        .hint(format!(
            "{} user reset-password {}",
            draft.setting.prefix,
            draft.whose()
        )));
    }
    let found = if MethodKind::family(text).is_some() {
        reference::find_methods(text, all, draft.whose()).map(|found| found.into_iter().cloned().collect())
    } else {
        draft.find(text, "").map(|found| vec![found.clone()])
    };
    match found {
        Err(error) if missing_ok && error.code() == ErrorCode::MethodNotFound => {
            draft.unchanged(Words::new("remove", text, "not there"));
            Ok(Vec::new())
        }
        other => other,
    }
}
