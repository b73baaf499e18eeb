//! `methods add …`: what stands there already, and what policy says, before anything is sent.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::draft::{Draft, Words};
use super::put::standing;
use crate::domain::quoted;
use crate::domain::{
    Action, Error, ErrorCode, Method, MethodKind, MethodPolicy, PhoneNumber, PolicyUse, Result, Secret, Slot,
    Via,
};

/// What policy says of a row, or nothing where it says nothing.
///
/// # Errors
/// `policy_refused`, with the reason.
pub(super) fn checked<'a>(draft: &Draft<'a>, kind: &str) -> Result<Option<&'a MethodPolicy>> {
    let Some(row) = row(draft, kind) else {
        return Ok(None);
    };
    if forbids(row) {
        return Err(refused(draft, row, kind));
    }
    Ok(Some(row))
}

fn row<'a>(draft: &Draft<'a>, kind: &str) -> Option<&'a MethodPolicy> {
    let policy = draft.person.policy.as_ref()?;
    policy.methods.iter().find(|row| row.kind == kind)
}

pub(super) fn forbids(row: &MethodPolicy) -> bool {
    row.purpose == PolicyUse::Off || row.allowed_for_user == Some(false)
}

fn refused(draft: &Draft<'_>, row: &MethodPolicy, what: &str) -> Error {
    let why = match (&row.reason, row.purpose) {
        (Some(reason), _) => reason.clone(),
        (None, PolicyUse::Off) => "off for everyone".to_owned(),
        (None, _) => "not allowed for this person".to_owned(),
    };
    let whose = draft.whose();
    Error::new(
        ErrorCode::PolicyRefused,
        format!("policy does not allow {what} for {whose}: {why}"),
    )
    .hint(format!("{} policy show {whose}", draft.setting.prefix))
}

/// Whether policy lets this person have a number of this kind, reached this way.
///
/// # Errors
/// `policy_refused`, with the reason; `invalid_input` for a text to a line that is only called.
pub(super) fn allowed_phone(draft: &Draft<'_>, kind: MethodKind, via: Option<Via>) -> Result<()> {
    let (text, call) = (row(draft, "phone, text"), row(draft, "phone, call"));
    if kind == MethodKind::PhoneMobile && via.is_none() {
        // Either will do.
        return match (text, call) {
            (Some(text), Some(call)) if forbids(text) && forbids(call) => {
                Err(refused(draft, text, "phone, by text or by call,"))
            }
            _ => Ok(()),
        };
    }
    if via == Some(Via::Sms) {
        if kind != MethodKind::PhoneMobile {
            return Err(Error::new(
                ErrorCode::InvalidInput,
                format!("{kind} is only called, never sent a text"),
            )
            .hint("leave --via out, or give --via call"));
        }
        return checked(draft, "phone, text").map(|_| ());
    }
    let call = checked(draft, "phone, call")?;
    let office_is_off = call.is_some_and(|row| {
        row.limits
            .get("office_phone")
            .and_then(serde_json::Value::as_bool)
            == Some(false)
    });
    if kind == MethodKind::PhoneOffice && office_is_off {
        return Err(Error::new(
            ErrorCode::PolicyRefused,
            format!(
                "policy does not allow phone:office for {}: office phones are off",
                draft.whose()
            ),
        )
        .hint(format!("{} policy show {}", draft.setting.prefix, draft.whose())));
    }
    Ok(())
}

fn shown(number: &PhoneNumber, via: Option<Via>) -> String {
    match via {
        Some(Via::Sms) => format!("{number} (text)"),
        Some(Via::Call) => format!("{number} (call)"),
        None => number.to_string(),
    }
}

/// `methods add phone`.
pub(super) fn phone(
    draft: &mut Draft<'_>,
    number: &PhoneNumber,
    kind: MethodKind,
    via: Option<Via>,
    replace: bool,
) -> Result<()> {
    let words = Words::new("add", kind.as_str(), shown(number, via)).outcome(number.to_string());
    let stands = draft
        .info
        .methods()
        .iter()
        .find(|method| method.kind == kind)
        .cloned();
    if let Some(method) = &stands
        && (method.number.as_ref() == Some(number) || method.pending_number.as_ref() == Some(number))
    {
        draft.unchanged(Words::new("add", kind.as_str(), standing(method)));
        return Ok(());
    }
    allowed_phone(draft, kind, via)?;
    if let Some(method) = stands {
        let behind = format!(
            "--number {} --type {} --replace",
            quoted(&number.spaced()),
            plain(kind)
        );
        let had = replaced(draft, &method, &behind, replace)?;
        let words = Words::new(
            "change",
            kind.as_str(),
            format!("{had} to {}", shown(number, via)),
        );
        let action = Action::UpdatePhone {
            method: method.id,
            kind,
            number: number.clone(),
        };
        draft.require(action, words.outcome(number.to_string()), &[])?;
        return Ok(());
    }
    let has = |kind| draft.info.methods().iter().any(|method| method.kind == kind);
    if kind == MethodKind::PhoneAlternate && !has(MethodKind::PhoneMobile) {
        return Err(Error::new(
            ErrorCode::ServiceRefused,
            format!(
                "{} has no mobile number, and an alternate one stands beside it",
                draft.whose()
            ),
        )
        .hint(draft.command(&format!("--number {} --type mobile", quoted(&number.spaced())))));
    }
    let action = Action::AddPhone {
        kind,
        number: number.clone(),
        via,
    };
    draft.require(action, words, &[])?;
    Ok(())
}

/// `mobile` for `phone:mobile`.
fn plain(kind: MethodKind) -> &'static str {
    kind.as_str()
        .split_once(':')
        .map_or(kind.as_str(), |(_, plain)| plain)
}

/// What stood there, where it may give way.
fn replaced(draft: &Draft<'_>, method: &Method, behind: &str, replace: bool) -> Result<String> {
    let had = method.label().unwrap_or_default();
    if replace {
        return Ok(had);
    }
    Err(Error::new(
        ErrorCode::AlreadySet,
        format!("{} of {} is {had} already", method.kind, draft.whose()),
    )
    .hint(draft.command(behind)))
}

/// `methods add email`.
pub(super) fn email(draft: &mut Draft<'_>, address: &str, replace: bool) -> Result<()> {
    let kind = MethodKind::Email;
    let stands = draft
        .info
        .methods()
        .iter()
        .find(|method| method.kind == kind)
        .cloned();
    let same = |method: &Method| {
        method
            .address
            .as_deref()
            .is_some_and(|old| old.to_lowercase() == address.to_lowercase())
    };
    if let Some(method) = stands.as_ref().filter(|method| same(method)) {
        draft.unchanged(Words::new("add", kind.as_str(), standing(method)));
        return Ok(());
    }
    checked(draft, kind.as_str())?;
    let address = address.to_owned();
    if let Some(method) = stands {
        let behind = format!("--address {} --replace", quoted(&address));
        let had = replaced(draft, &method, &behind, replace)?;
        let words =
            Words::new("change", kind.as_str(), format!("{had} to {address}")).outcome(address.clone());
        let method = method.id;
        draft.require(Action::UpdateEmail { method, address }, words, &[])?;
        return Ok(());
    }
    let words = Words::new("add", kind.as_str(), address.clone()).outcome(address.clone());
    draft.require(Action::AddEmail { address }, words, &[])?;
    Ok(())
}

/// `methods add totp`.
pub(super) fn totp(draft: &mut Draft<'_>, name: Option<&str>) -> Result<()> {
    let detail = name.map_or_else(
        || "a new seed, shown once".to_owned(),
        |name| format!("\"{name}\", a new seed, shown once"),
    );
    let words = Words::new("add", MethodKind::Totp.as_str(), detail);
    let name = name.map(str::to_owned);
    let kind = MethodKind::Totp.as_str();
    // What the service cannot do at all is said before what policy says.
    draft.require(Action::AddTotp { name }, words, &[])?;
    checked(draft, kind)?;
    Ok(())
}

/// `methods add temporary-pass`.
pub(super) fn pass(
    draft: &mut Draft<'_>,
    lifetime: Option<SignedDuration>,
    one_time: Option<bool>,
    start: Option<Timestamp>,
) -> Result<()> {
    let minutes = lifetime.map(whole_minutes).transpose()?;
    let mut detail = vec![minutes.map_or_else(
        || "as long as policy says".to_owned(),
        |minutes| format!("{minutes} minutes"),
    )];
    detail.extend(one_time.filter(|once| *once).map(|_| "once".to_owned()));
    detail.extend(start.map(|start| format!("from {start}")));
    let words = Words::new("issue", MethodKind::TemporaryPass.as_str(), detail.join(", "));
    let action = Action::AddTemporaryPass {
        lifetime_minutes: minutes,
        one_time,
        start,
    };
    draft.require(action, words, &[])?;
    if let Some(error) = at_home(draft, "gets no temporary pass") {
        return Err(error);
    }
    admit_pass(draft, minutes, one_time)
}

/// Why something cannot be done to somebody whose account is in another organization; `None`: it is not.
pub(crate) fn at_home(draft: &Draft<'_>, what: &str) -> Option<Error> {
    draft.person.user.is_external().then(|| {
        Error::new(
            ErrorCode::ServiceRefused,
            format!("{} is a guest of another organization and {what}", draft.whose()),
        )
        .hint("it is done in the organization where the guest signs in")
    })
}

/// Whether policy lets this person have such a pass.
///
/// # Errors
/// `policy_refused`, with the reason or the limits.
pub(crate) fn admit_pass(draft: &Draft<'_>, minutes: Option<u32>, one_time: Option<bool>) -> Result<()> {
    let Some(row) = checked(draft, MethodKind::TemporaryPass.as_str())? else {
        return Ok(());
    };
    let limit = |name: &str| row.limits.get(name).and_then(serde_json::Value::as_u64);
    let (least, most) = (limit("min_lifetime_minutes"), limit("max_lifetime_minutes"));
    if let Some(minutes) = minutes.map(u64::from)
        && (least.is_some_and(|least| minutes < least) || most.is_some_and(|most| minutes > most))
    {
        let range = match (least, most) {
            (Some(least), Some(most)) => format!("{least} to {most} minutes"),
            (Some(least), None) => format!("at least {least} minutes"),
            (None, Some(most)) => format!("at most {most} minutes"),
            (None, None) => String::new(),
        };
        return Err(Error::new(
            ErrorCode::PolicyRefused,
            format!("by policy a temporary pass works {range}, not {minutes}"),
        )
        .hint("choose another --lifetime, or leave it out"));
    }
    if one_time == Some(false) && row.limits.get("one_time") == Some(&json!(true)) {
        return Err(
            Error::new(ErrorCode::PolicyRefused, "by policy a temporary pass works once")
                .hint("give --one-time, or leave it out"),
        );
    }
    Ok(())
}

fn whole_minutes(lifetime: SignedDuration) -> Result<u32> {
    let minutes = lifetime.as_mins();
    let whole = SignedDuration::from_mins(minutes) == lifetime;
    u32::try_from(minutes)
        .ok()
        .filter(|minutes| whole && *minutes > 0)
        .ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidInput,
                "the lifetime of a pass is a whole number of minutes, one or more",
            )
            .hint("such as --lifetime 60m or --lifetime 2h")
        })
}

/// `methods add questions`.
pub(super) fn questions(draft: &mut Draft<'_>, answers: &[(String, Secret)]) -> Result<()> {
    let kind = MethodKind::Questions.as_str();
    let questions: Vec<String> = answers.iter().map(|(question, _)| question.clone()).collect();
    let had = draft
        .info
        .methods()
        .iter()
        .any(|method| method.kind == MethodKind::Questions);
    let mut detail = format!("{} questions", questions.len());
    if had {
        detail.push_str(", in place of those that stand");
    }
    let words = Words::new("set", kind, detail);
    let seq = draft.require(Action::AddQuestions { questions }, words, &[])?;
    if let Some(row) = checked(draft, kind)?
        && let Some(register) = row.limits.get("register").and_then(serde_json::Value::as_u64)
        && (answers.len() as u64) < register
    {
        return Err(Error::new(
            ErrorCode::PolicyRefused,
            format!(
                "policy asks for {register} questions, and there are {}",
                answers.len()
            ),
        )
        .hint(format!("{} policy show {}", draft.setting.prefix, draft.whose())));
    }
    let pool = draft
        .person
        .policy
        .as_ref()
        .map(|policy| policy.questions.as_slice())
        .unwrap_or_default();
    if let Some((unknown, _)) = answers
        .iter()
        .find(|(question, _)| !pool.is_empty() && !pool.contains(question))
    {
        return Err(Error::new(
            ErrorCode::PolicyRefused,
            format!("\"{unknown}\" is not among the questions of the policy"),
        )
        .hint(format!("choose from: {}", pool.join(" / "))));
    }
    let pairs: Vec<serde_json::Value> = answers
        .iter()
        .map(|(question, answer)| json!({ "question": question, "answer": answer.expose() }))
        .collect();
    let slot = Secret::new(serde_json::Value::from(pairs).to_string());
    draft.fill(seq, Slot::Answers, slot);
    Ok(())
}
