//! `methods update` and `methods set-default`.

use super::NewValue;
use super::add::{allowed_phone, checked};
use super::draft::{Draft, Words};
use crate::domain::quoted;
use crate::domain::{Action, Error, ErrorCode, Method, MethodKind, MethodState, Result};

/// Gives a method another number, address or name.
pub(super) fn update(draft: &mut Draft<'_>, typed: &str, value: &NewValue) -> Result<()> {
    let (option, shown) = match value {
        NewValue::Number(number) => ("--number", number.spaced()),
        NewValue::Address(address) => ("--address", address.clone()),
        NewValue::Name(name) => ("--name", name.clone()),
    };
    let method = find(draft, typed, &format!("{option} {}", quoted(&shown)))?;
    let target = draft.reference(&method);
    let id = method.id.clone();
    let had = method.label().unwrap_or_default();
    match value {
        NewValue::Number(number) if method.kind.is_phone() => {
            let words =
                Words::new("change", target, format!("{had} to {number}")).outcome(number.to_string());
            if method.number.as_ref() == Some(number) || method.pending_number.as_ref() == Some(number) {
                draft.unchanged(Words::new("change", words.target, standing(&method)));
                return Ok(());
            }
            allowed_phone(draft, method.kind, method.via)?;
            let action = Action::UpdatePhone {
                method: id,
                kind: method.kind,
                number: number.clone(),
            };
            draft.require(action, words, &[])?;
        }
        NewValue::Address(address) if method.kind == MethodKind::Email => {
            let words = Words::new("change", target, format!("{had} to {address}")).outcome(address.clone());
            if method
                .address
                .as_deref()
                .is_some_and(|old| old.to_lowercase() == address.to_lowercase())
            {
                draft.unchanged(Words::new("change", words.target, had));
                return Ok(());
            }
            checked(draft, "email")?;
            let address = address.clone();
            draft.require(Action::UpdateEmail { method: id, address }, words, &[])?;
        }
        NewValue::Name(name) if !method.kind.is_phone() && method.kind != MethodKind::Email => {
            let words = Words::new("rename", target, format!("{had} to \"{name}\""));
            if method.name.as_ref() == Some(name) {
                draft.unchanged(Words::new("rename", words.target, had));
                return Ok(());
            }
            let action = Action::Rename {
                method: id,
                kind: method.kind,
                name: name.clone(),
            };
            draft.require(action, words.outcome(format!("\"{name}\"")), &[])?;
        }
        NewValue::Number(_) | NewValue::Address(_) | NewValue::Name(_) => {
            let takes = match method.kind {
                kind if kind.is_phone() => "--number",
                MethodKind::Email => "--address",
                _ => "--name",
            };
            let message = format!("{option} does not go with {target}");
            return Err(Error::new(ErrorCode::Usage, message).hint(format!("{target} takes {takes}")));
        }
    }
    Ok(())
}

/// Makes a method the default.
pub(super) fn default(draft: &mut Draft<'_>, typed: &str) -> Result<()> {
    let method = find(draft, typed, "")?;
    let target = draft.reference(&method);
    if method.default == Some(true) {
        draft.unchanged(Words::new("default", target, method.label().unwrap_or_default()));
        return Ok(());
    }
    let can = draft.can(&Action::SetDefault {
        method: method.id.clone(),
        kind: method.kind,
        via: method.via,
    });
    // What the service cannot do at all is said before what this method cannot.
    if can && (!method.can_be_default || !method.usable()) {
        return Err(no_default(draft, &method, &target));
    }
    let was = draft
        .info
        .default_method()
        .map(|default| format!("was {}", draft.reference(default)));
    let was = was.unwrap_or_default();
    let words = Words::new("default", target, was.clone()).outcome(was);
    let action = Action::SetDefault {
        method: method.id.clone(),
        kind: method.kind,
        via: method.via,
    };
    draft.require(action, words, &[])?;
    Ok(())
}

fn no_default(draft: &Draft<'_>, method: &Method, target: &str) -> Error {
    let whose = draft.whose();
    if method.can_be_default && method.state == MethodState::Pending {
        let prefix = draft.setting.prefix;
        return Error::new(
            ErrorCode::PolicyRefused,
            format!("{target} of {whose} waits for its code and cannot be the default yet"),
        )
        .hint(format!("{prefix} methods verify {whose} {target}"));
    }
    let able: Vec<String> = draft
        .info
        .methods()
        .iter()
        .filter(|method| method.can_be_default && method.usable())
        .map(|method| draft.reference(method))
        .collect();
    let error = Error::new(
        ErrorCode::PolicyRefused,
        format!("{target} of {whose} cannot be the default"),
    );
    match able.first() {
        None => error.hint("this person has no method that can be the default"),
        Some(first) if able.len() == 1 => error.hint(draft.command(first)),
        Some(_) => error.hint(format!("these can: {}", able.join(", "))),
    }
}

/// The one method that is meant; a hint of a match carries `behind` too.
fn find(draft: &Draft<'_>, typed: &str, behind: &str) -> Result<Method> {
    draft.find(typed, behind).cloned()
}

/// What stands there, and whether it counts.
pub(super) fn standing(method: &Method) -> String {
    let label = method.label().unwrap_or_default();
    if method.state == MethodState::Pending {
        format!("{label}, waits for its code")
    } else if let Some(number) = &method.pending_number {
        format!("{number}, waits for its code")
    } else {
        label
    }
}
