//! `methods add external|passkey|hardware-token|qr-pin`: what an administrator registers for somebody who may not be
//! there.

use serde_json::Value;

use super::add::checked;
use super::draft::{Draft, Words};
use crate::domain::quoted;
use crate::domain::{
    Action, Error, ErrorCode, MethodKind, MethodPolicy, MethodState, PolicyUse, Result, Secret, Slot,
};

/// Says that policy lets nobody, or not this person, use it. It can be registered all the same: whether the service
/// refuses, and which, is told nowhere (api/entra 10).
fn warn_of_policy(draft: &mut Draft<'_>, row: Option<&MethodPolicy>) {
    let Some(row) = row else { return };
    let why = match (row.purpose, row.allowed_for_user) {
        (PolicyUse::Off, _) => "off for everyone".to_owned(),
        (_, Some(false)) => row
            .reason
            .clone()
            .unwrap_or_else(|| "not allowed for this person".to_owned()),
        _ => return,
    };
    draft.warnings.push(format!(
        "policy does not let {} use it yet: {why}; it can be registered before",
        draft.whose()
    ));
}

fn rows<'a>(draft: &Draft<'a>, kind: MethodKind) -> Vec<&'a MethodPolicy> {
    let policy = draft.person.policy.as_ref();
    let rows = policy.map(|policy| policy.methods.as_slice()).unwrap_or_default();
    rows.iter().filter(|row| row.kind == kind.as_str()).collect()
}

fn text<'a>(row: &'a MethodPolicy, key: &str) -> Option<&'a str> {
    row.limits.get(key).and_then(Value::as_str)
}

/// `methods add external`.
pub(super) fn external(draft: &mut Draft<'_>, provider: Option<&str>, name: Option<&str>) -> Result<()> {
    let kind = MethodKind::External;
    let known = rows(draft, kind);
    let is = |row: &&MethodPolicy, typed: &str| {
        let same = |key| text(row, key).is_some_and(|known| known.to_lowercase() == typed.to_lowercase());
        same("id") || same("name")
    };
    let row = match (provider, known.as_slice()) {
        (Some(typed), rows) => rows.iter().find(|row| is(row, typed)).copied(),
        (None, [only]) => Some(*only),
        (None, _) => None,
    };
    let id = row.and_then(|row| text(row, "id")).or(provider);
    let called = row.and_then(|row| text(row, "name"));
    // What the service cannot do at all is said first.
    let able = draft.can(&Action::AddExternal {
        configuration: String::new(),
        name: String::new(),
    });
    let id = match id {
        Some(id) if !able || row.is_some() || uuid::Uuid::try_parse(id).is_ok() => id.to_owned(),
        None if !able => String::new(),
        _ => return Err(no_provider(draft, provider, &known)),
    };
    let name = name.or(called).unwrap_or(&id).to_owned();
    let stands = draft
        .info
        .methods()
        .iter()
        .any(|method| method.kind == kind && method.name.as_deref() == Some(name.as_str()));
    if stands && able {
        draft.unchanged(Words::new("add", kind.as_str(), format!("\"{name}\"")));
        return Ok(());
    }
    let words = Words::new("add", kind.as_str(), format!("\"{name}\"")).outcome(format!("\"{name}\""));
    let configuration = id;
    draft.require(Action::AddExternal { configuration, name }, words, &[])?;
    warn_of_policy(draft, row);
    Ok(())
}

fn no_provider(draft: &Draft<'_>, typed: Option<&str>, known: &[&MethodPolicy]) -> Error {
    let names: Vec<&str> = known.iter().filter_map(|row| text(row, "name")).collect();
    let message = match typed {
        Some(typed) => format!("policy knows no provider \"{typed}\""),
        None => "which provider is meant is not said".to_owned(),
    };
    let error = Error::new(ErrorCode::NotFound, message);
    match names.as_slice() {
        [] => error.hint("give its id: --provider GUID, as the policy of authentication methods has it"),
        [first, ..] => error.hint(draft.command(&format!("--provider {}", quoted(first)))),
    }
}

/// `methods add passkey`.
pub(super) fn passkey(draft: &mut Draft<'_>, name: Option<&str>, response: &Secret) -> Result<()> {
    let kind = MethodKind::Passkey;
    let detail = name.map_or_else(
        || "by the response of an authenticator".to_owned(),
        |name| format!("\"{name}\", by the response of an authenticator"),
    );
    let name = name.map(str::to_owned);
    let words = Words::new("add", kind.as_str(), detail);
    let seq = draft.require(Action::AddPasskey { name }, words, &[])?;
    draft.fill(seq, Slot::Credential, response.clone());
    warn_of_policy(draft, rows(draft, kind).first().copied());
    Ok(())
}

/// `methods add hardware-token`.
pub(super) fn hardware_token(
    draft: &mut Draft<'_>,
    serial: &str,
    name: Option<&str>,
    code: Option<&Secret>,
) -> Result<()> {
    let kind = MethodKind::HardwareToken;
    let mut detail = format!("serial {serial}");
    if let Some(name) = name {
        detail.push_str(&format!(", \"{name}\""));
    }
    let activate = code.is_some();
    let outcome = detail.clone();
    detail.push_str(if activate {
        ", activated by the code"
    } else {
        ", waits for its code"
    });
    let action = Action::AddHardwareToken {
        serial: serial.to_owned(),
        name: name.map(str::to_owned),
        activate,
    };
    let stands = draft.info.methods().iter().find(|method| {
        method.kind == kind && (method.name.as_deref() == Some(serial) || method.name.as_deref() == name)
    });
    // Whether it is this very token only the service knows; one that waits for a code may get one.
    if let Some(method) = stands
        && method.name.as_deref() == Some(serial)
        && (method.state == MethodState::Ready || !activate)
        && draft.can(&action)
    {
        draft.unchanged(Words::new("add", kind.as_str(), format!("serial {serial}")));
        return Ok(());
    }
    let words = Words::new("add", kind.as_str(), detail).outcome(outcome);
    let seq = draft.require(action, words, &[])?;
    if let Some(code) = code {
        draft.fill(seq, Slot::Code, code.clone());
    }
    warn_of_policy(draft, rows(draft, kind).first().copied());
    Ok(())
}

/// `methods add qr-pin`.
pub(super) fn qr_pin(draft: &mut Draft<'_>, days: Option<u32>) -> Result<()> {
    let kind = MethodKind::QrPin;
    let mut detail = days.map_or_else(
        || "as long as policy says".to_owned(),
        |days| format!("{days} days"),
    );
    if draft.info.methods().iter().any(|method| method.kind == kind) {
        detail.push_str(", in place of the one that stands");
    }
    let words = Words::new("issue", kind.as_str(), detail);
    draft.require(Action::AddQrPin { days }, words, &[])?;
    warn_of_policy(draft, rows(draft, kind).first().copied());
    Ok(())
}

/// `methods add hotp`.
pub(super) fn hotp(draft: &mut Draft<'_>, name: Option<&str>) -> Result<()> {
    let words = Words::new(
        "add",
        MethodKind::Hotp.as_str(),
        named(name, "a new seed, shown once"),
    );
    let name = name.map(str::to_owned);
    // What the service cannot do at all is said before what policy says.
    draft.require(Action::AddHotp { name }, words, &[])?;
    checked(draft, MethodKind::Hotp.as_str()).map(|_| ())
}

/// `methods add push`.
pub(super) fn push(draft: &mut Draft<'_>, name: Option<&str>) -> Result<()> {
    let words = Words::new(
        "add",
        MethodKind::Push.as_str(),
        named(name, "a new link, shown once"),
    );
    let name = name.map(str::to_owned);
    draft.require(Action::AddPush { name }, words, &[])?;
    checked(draft, MethodKind::Push.as_str()).map(|_| ())
}

/// The name between quotes, and what comes with it.
fn named(name: Option<&str>, what: &str) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("\"{name}\", {what}"))
}
