//! Putting back what a job changed: number, address, name and default, each only where it still stands as the job left
//! it. Whatever changed since is left alone, and says so.

use super::draft::{Draft, Words};
use super::put::{self, standing};
use super::{NewValue, Person, PlannedUser, Setting, add};
use crate::domain::{
    Action, Answer, Capability, Error, ErrorCode, Method, MethodId, MethodKind, PhoneNumber, Result,
};

/// One thing that is put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// A value that the job changed gets the one that it had.
    Value {
        /// Of which method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
        /// What it was.
        was: NewValue,
        /// What the job made of it.
        set: NewValue,
    },
    /// A number or address that the job took away is added.
    Taken {
        /// Of which kind.
        kind: MethodKind,
        /// What it was.
        was: NewValue,
    },
    /// A number or address that the job added goes.
    Added {
        /// Of which kind.
        kind: MethodKind,
        /// What it is.
        set: NewValue,
    },
    /// The default is again what it was.
    Default {
        /// The method.
        method: MethodId,
        /// Its kind.
        kind: MethodKind,
        /// What the job made the default, where it did.
        set: Option<(MethodKind, MethodId)>,
    },
    /// It cannot come back.
    Lost {
        /// What was done, such as `remove authenticator`.
        what: String,
        /// Why, as a clause.
        why: String,
        /// What somebody does instead.
        instead: String,
    },
}

/// Plans the way back for a person, in this order. `leave_none`: the last usable method may go too.
///
/// # Errors
/// `permission_missing`, naming the right: hands would only do what a right is missing for.
pub fn put_back(
    setting: &Setting<'_>,
    person: &Person,
    backs: &[Back],
    leave_none: bool,
) -> Result<PlannedUser> {
    let mut draft = Draft::new(setting, person);
    for back in backs {
        match back {
            Back::Value {
                method,
                kind,
                was,
                set,
            } => value(&mut draft, method, *kind, was, set),
            Back::Taken { kind, was } => taken(&mut draft, *kind, was),
            Back::Added { kind, set } => added(&mut draft, *kind, set, leave_none),
            Back::Default { method, kind, set } => default(&mut draft, method, *kind, set.as_ref()),
            Back::Lost { what, why, instead } => {
                draft.by_hand(Words::new("undo", what, ""), why, instead);
            }
        }
    }
    draft.is_allowed()?;
    Ok(draft.finish())
}

/// What stands there, as the words of a row say it.
fn now(method: &Method) -> String {
    format!("changed since: it is {} now", standing(method))
}

/// Whether a method has this value; `None`: the service shows it only in part.
fn has(method: &Method, value: &NewValue) -> Option<bool> {
    match value {
        NewValue::Number(_) if method.number.is_none() && method.number_masked.is_some() => None,
        NewValue::Number(number) => {
            Some(method.number.as_ref() == Some(number) || method.pending_number.as_ref() == Some(number))
        }
        NewValue::Address(address) => Some(
            method
                .address
                .as_deref()
                .is_some_and(|now| now.to_lowercase() == address.to_lowercase()),
        ),
        NewValue::Name(name) => Some(method.name.as_ref() == Some(name)),
    }
}

const IN_PART: &str = "the service shows it only in part, and nobody can tell whether it changed since";

fn value(draft: &mut Draft<'_>, id: &MethodId, kind: MethodKind, was: &NewValue, set: &NewValue) {
    let step = if matches!(was, NewValue::Name(_)) {
        "rename"
    } else {
        "change"
    };
    let found = draft
        .info
        .methods()
        .iter()
        .find(|method| method.id == *id && method.kind == kind)
        .cloned();
    let Some(method) = found else {
        return draft.skip(Words::new(step, kind.as_str(), ""), "removed since");
    };
    let words = Words::new(step, draft.reference(&method), "");
    if let (Some(waits), NewValue::Number(number)) = (&method.pending_number, was)
        && method.number.as_ref() == Some(number)
        && NewValue::Number(waits.clone()) == *set
    {
        // Setting the number that still stands ends the wait for the other one.
        let words = Words::new(
            "change",
            words.target,
            format!("{waits}, which waits for its code, to {number}"),
        );
        let action = Action::UpdatePhone {
            method: method.id,
            kind,
            number: number.clone(),
        };
        draft.attempt(action, words.outcome(number.to_string()), &[]);
        return;
    }
    match (has(&method, was), has(&method, set)) {
        (Some(true), _) | (_, Some(true)) => {
            let outcome = put::update(draft, &id.0, was);
            taken_up(draft, words, outcome);
        }
        (None, _) | (_, None) => draft.skip(words, IN_PART),
        (Some(false), Some(false)) => draft.skip(words, now(&method)),
    }
}

fn taken(draft: &mut Draft<'_>, kind: MethodKind, was: &NewValue) {
    let words = Words::new("add", kind.as_str(), "");
    let stands = draft.info.methods().iter().find(|method| method.kind == kind);
    if let Some(method) = stands
        && has(method, was) != Some(true)
    {
        let why = now(method);
        return draft.skip(words, why);
    }
    let outcome = match was {
        NewValue::Number(number) => add::phone(draft, number, kind, None, false),
        NewValue::Address(address) => add::email(draft, address, false),
        NewValue::Name(_) => Ok(()),
    };
    taken_up(draft, words, outcome);
}

fn added(draft: &mut Draft<'_>, kind: MethodKind, set: &NewValue, leave_none: bool) {
    let words = Words::new("remove", kind.as_str(), "");
    let all: Vec<Method> = draft.info.methods().to_vec();
    let Some(method) = all.iter().find(|method| method.kind == kind) else {
        return draft.unchanged(Words::new("remove", kind.as_str(), "not there"));
    };
    match has(method, set) {
        None => return draft.skip(words, IN_PART),
        Some(false) => return draft.skip(words, now(method)),
        Some(true) => {}
    }
    let others = all.iter().filter(|one| one.kind != kind || one.id != method.id);
    if !leave_none && method.signs_in() && !others.into_iter().any(Method::signs_in) {
        return draft.skip(
            words,
            "it is the last method to sign in with; --leave-none removes it all the same",
        );
    }
    let outcome = draft.remove(&[(kind, method.id.clone())], false).map(|_| ());
    taken_up(draft, words, outcome);
}

fn default(draft: &mut Draft<'_>, id: &MethodId, kind: MethodKind, set: Option<&(MethodKind, MethodId)>) {
    // What was added again may have another id; of each phone there is one.
    let same = |one: &Method| one.kind == kind && (one.id == *id || kind.is_phone());
    let current = draft.info.default_method();
    let words = Words::new("default", kind.as_str(), "");
    if current.is_some_and(same) {
        let label = current.and_then(Method::label).unwrap_or_default();
        return draft.unchanged(Words::new("default", kind.as_str(), label));
    }
    let changed = set.is_some_and(|(kind, id)| {
        current.is_some_and(|one| one.kind != *kind || (one.id != *id && !kind.is_phone()))
    });
    if let Some(one) = current.filter(|_| changed) {
        let why = format!("changed since: it is {} now", draft.reference(one));
        return draft.skip(words, why);
    }
    let Some(method) = draft.info.methods().iter().find(|one| same(one)) else {
        return draft.by_hand(
            words,
            format!("the default was {kind}, which is gone"),
            "the person registers it again and chooses it",
        );
    };
    if !method.can_be_default || !method.usable() {
        return draft.skip(words, "it cannot be the default now");
    }
    let is_new = draft.person.info.methods().iter().all(|one| one.id != method.id);
    let verified = draft.setting.capabilities.get(Capability::Verify(kind));
    if is_new && !matches!(verified, Answer::Unsupported { .. }) {
        let then = format!("once its code is confirmed: methods set-default USER {kind}");
        return draft.by_hand(words, "the number waits for its code", then);
    }
    let was = current
        .map(|one| format!("was {}", draft.reference(one)))
        .unwrap_or_default();
    let via = method.via;
    let action = Action::SetDefault {
        method: id.clone(),
        kind,
        via,
    };
    draft.attempt(
        action,
        Words::new("default", kind.as_str(), was.clone()).outcome(was),
        &[],
    );
}

/// What policy or the service forbids is said in a row of its own; the rest goes on.
fn taken_up(draft: &mut Draft<'_>, words: Words, outcome: Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error) if error.code() == ErrorCode::Unsupported => {
            let instead = error
                .hint_text()
                .unwrap_or("the service has no call for it")
                .to_owned();
            draft.by_hand(words, error.message(), instead);
        }
        Err(error) if error.code() == ErrorCode::PermissionMissing => draft.lacks(error),
        Err(error) => draft.skip(words, Error::message(&error).to_owned()),
    }
}

impl NewValue {
    /// A number out of what a journal keeps of a method; `None`: it was shown only in part, or is none.
    pub(crate) fn number(kept: &str) -> Option<Self> {
        let whole = !kept.contains(['*', 'X', '•', '.']);
        whole.then(|| PhoneNumber::kept(kept)).flatten().map(Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::NewValue;

    #[test]
    fn a_number_that_was_shown_in_part_is_no_number() {
        assert!(NewValue::number("+1 4255550100").is_some());
        assert!(NewValue::number("+1 4255550100x12").is_some());
        for masked in [
            "+1 XXXXXXXX00",
            "+X XXXXXXXX00",
            "*** 00",
            "+1 ••••00",
            "iPhone 14",
            "",
        ] {
            assert!(NewValue::number(masked).is_none(), "{masked}");
        }
    }
}
