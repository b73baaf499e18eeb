//! A playbook as people write it, read strictly: a key, a verb or a kind that is not known is a mistake, and what was
//! probably meant is said.

use toml::{Table, Value};

use super::{Notify, Playbook, PlaybookStep, VERBS};
use crate::domain::written::meant;
use crate::domain::{Error, ErrorCode, MethodKind, Result};
use crate::jobs::filter::Filter;

const KEYS: [&str; 2] = ["description", "steps"];
/// The step that is no change: it tells of them.
const NOTIFY: &str = "notify";
const NOTIFY_KEYS: [&str; 2] = ["do", "template"];
const STEP_KEYS: [&str; 5] = ["do", "methods", "mail", "when", "if_unsupported"];

/// Reads one.
///
/// # Errors
/// `config_invalid`, with the playbook and the step in it.
pub(super) fn playbook(name: &str, value: &Value) -> Result<Playbook> {
    let place = format!("playbook {name}");
    let table = value
        .as_table()
        .ok_or_else(|| wrong(&place, "it is not a table"))?;
    known_keys(&place, table, &KEYS)?;
    let description = match table.get("description") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(wrong(&place, "description is not a text")),
    };
    let steps = table
        .get("steps")
        .and_then(Value::as_array)
        .filter(|steps| !steps.is_empty())
        .ok_or_else(|| wrong(&place, "it has no steps").hint(format!("write [[playbooks.{name}.steps]]")))?;
    let (steps, notify) = match steps.split_last() {
        Some((last, rest)) if is_notify(last) => {
            if rest.is_empty() {
                return Err(wrong(&place, "it does nothing that could be told of"));
            }
            (
                rest,
                Some(notify(&format!("{place}, step {}", steps.len()), last)?),
            )
        }
        _ => (steps.as_slice(), None),
    };
    let steps = (1..)
        .zip(steps)
        .map(|(number, value)| step(&format!("{place}, step {number}"), value))
        .collect::<Result<Vec<_>>>()?;
    Ok(Playbook {
        name: name.to_owned(),
        description,
        notify,
        steps,
    })
}

fn is_notify(step: &Value) -> bool {
    step.get("do").and_then(Value::as_str) == Some(NOTIFY)
}

fn notify(place: &str, value: &Value) -> Result<Notify> {
    if let Some(table) = value.as_table() {
        known_keys(place, table, &NOTIFY_KEYS)?;
    }
    match value.get("template") {
        None => Ok(Notify::default()),
        Some(Value::String(file)) => Ok(Notify {
            template: Some(file.clone()),
        }),
        Some(_) => Err(wrong(place, "template is not a text").hint("write template = \"ticket.txt\"")),
    }
}

fn step(place: &str, value: &Value) -> Result<PlaybookStep> {
    let table = value
        .as_table()
        .ok_or_else(|| wrong(place, "it is not a table"))?;
    known_keys(place, table, &STEP_KEYS)?;
    let text = |key: &str| match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(wrong(place, &format!("{key} is not a text"))),
    };
    let does = text("do")?
        .ok_or_else(|| wrong(place, "it does not say what to do").hint("write do = \"sign-out\""))?;
    let names: Vec<&str> = VERBS.iter().map(|(name, _)| *name).collect();
    let Some((_, verb)) = VERBS.iter().find(|(name, _)| *name == does) else {
        if does == NOTIFY {
            return Err(wrong(
                place,
                "notify is the last step: it tells what the others did",
            ));
        }
        let names: Vec<&str> = names.into_iter().chain([NOTIFY]).collect();
        return Err(unknown(place, "do", does, &names));
    };
    let methods = match table.get("methods") {
        None => None,
        Some(_) if *verb != super::Verb::Remove => {
            return Err(wrong(place, "methods goes with do = \"remove\" only"));
        }
        Some(Value::Array(items)) => Some(kinds(place, items)?),
        Some(_) => {
            return Err(wrong(place, "methods is not a list").hint("write methods = [\"authenticator\"]"));
        }
    };
    let mail = match table.get("mail") {
        None => false,
        Some(_) if *verb != super::Verb::RequireRegistration => {
            return Err(wrong(place, "mail goes with do = \"require-registration\" only"));
        }
        Some(Value::Boolean(mail)) => *mail,
        Some(_) => return Err(wrong(place, "mail is neither true nor false")),
    };
    let when = text("when")?
        .map(|code| Filter::read(code).map_err(|why| wrong(place, &format!("when: {why}"))))
        .transpose()?;
    let fail_if_unsupported = match text("if_unsupported")? {
        None | Some("report") => false,
        Some("fail") => true,
        Some(other) => return Err(unknown(place, "if_unsupported", other, &["report", "fail"])),
    };
    Ok(PlaybookStep {
        verb: *verb,
        methods,
        when,
        mail,
        fail_if_unsupported,
    })
}

fn kinds(place: &str, items: &[Value]) -> Result<Vec<MethodKind>> {
    let mut kinds = Vec::new();
    for item in items {
        let text = item
            .as_str()
            .ok_or_else(|| wrong(place, "a method is not a text"))?;
        if let Some(family) = MethodKind::family(text) {
            kinds.extend_from_slice(family);
            continue;
        }
        match text.parse::<MethodKind>() {
            Ok(MethodKind::Password) => {
                return Err(
                    wrong(place, "no removal means the password").hint("write do = \"reset-password\"")
                );
            }
            Ok(kind) => kinds.push(kind),
            Err(_) => {
                let names: Vec<&str> = MethodKind::ALL.iter().map(|kind| kind.as_str()).collect();
                return Err(unknown(place, "method", text, &names));
            }
        }
    }
    Ok(kinds)
}

fn known_keys(place: &str, table: &Table, keys: &[&str]) -> Result<()> {
    match table.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(unknown(place, "key", key, keys)),
    }
}

fn wrong(place: &str, what: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, format!("{place}: {what}"))
}

fn unknown(place: &str, what: &str, given: &str, known: &[&str]) -> Error {
    let hint = meant(given, "one of", known.iter().copied());
    wrong(place, &format!("{what} \"{given}\" is not known")).hint(hint)
}
