//! The cases that change something: what the person has, what is done, what holds afterwards.

use super::Bench;
use super::access;
use super::directory::{PROVIDER, TOKENS};
use super::world::{Facts, World};
use crate::domain::{
    Action, Capability, Effect, EffectState, Method, MethodKind, MethodState, PhoneNumber, Secret,
    SecurityInfo, Slot, Step, User, UserId,
};

pub(super) type Verdict = Result<(), String>;

/// What a case looks at.
pub(super) struct Seen<'a> {
    pub(super) bench: &'a Bench,
    pub(super) user: &'a UserId,
    pub(super) effect: &'a Effect,
    pub(super) before: &'a SecurityInfo,
    pub(super) after: &'a SecurityInfo,
    pub(super) account_before: &'a User,
    pub(super) account_after: &'a User,
}

/// One case.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) has: Vec<MethodKind>,
    /// What is done to the person first, past the program.
    pub(super) prepare: fn(&dyn World, &UserId),
    action: Box<dyn Fn(&SecurityInfo) -> Action + Send + Sync>,
    pub(super) slot: Option<(Slot, String)>,
    pub(super) holds: Box<dyn Fn(&Seen<'_>) -> Verdict + Send + Sync>,
    /// What the same step is a second time; `None`: that is the service's affair.
    pub(super) again: Option<EffectState>,
}

impl Case {
    /// What a service must declare for it.
    pub(super) fn needs(&self) -> Capability {
        (self.action)(&SecurityInfo::default()).needs()
    }

    /// The step, for somebody who has this.
    pub(super) fn step(&self, user: &UserId, before: &SecurityInfo) -> Step {
        let mut step = Step::new("job", user.clone(), 0, (self.action)(before), vec![]);
        if let Some((slot, text)) = &self.slot {
            step.slots.fill(*slot, Secret::new(text.clone()));
        }
        step
    }
}

pub(super) fn case(
    name: &str,
    has: &[MethodKind],
    action: impl Fn(&SecurityInfo) -> Action + Send + Sync + 'static,
    again: Option<EffectState>,
    holds: impl Fn(&Seen<'_>) -> Verdict + Send + Sync + 'static,
) -> Case {
    Case {
        name: name.to_owned(),
        has: has.to_vec(),
        prepare: |_, _| {},
        action: Box::new(action),
        slot: None,
        holds: Box::new(holds),
        again,
    }
}

pub(super) fn ensure(holds: bool, what: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

pub(super) fn find(info: &SecurityInfo, kind: MethodKind) -> Option<&Method> {
    info.methods().iter().find(|method| method.kind == kind)
}

fn id_of(info: &SecurityInfo, kind: MethodKind) -> crate::domain::MethodId {
    find(info, kind).map_or_else(|| "none".into(), |method| method.id.clone())
}

/// A number counts at once, or waits for its code where the service verifies.
fn stands(seen: &Seen<'_>, kind: MethodKind, wanted: &str) -> Verdict {
    let method = find(seen.after, kind).ok_or("it is not there")?;
    ensure(
        method.number == Some(number(wanted)),
        format!("the number is {:?}", method.number),
    )?;
    let verifies = seen.bench.declares(Capability::Verify(kind));
    let state = if verifies {
        MethodState::Pending
    } else {
        MethodState::Ready
    };
    ensure(method.state == state, format!("it is {:?}", method.state))
}

const NEW: &str = "+1 4255550123";

pub(super) fn cases(facts: &Facts) -> Vec<Case> {
    let mut cases = Vec::new();
    additions(&mut cases, facts);
    enrolments(&mut cases);
    updates(&mut cases);
    removals(&mut cases, facts);
    access::cases(&mut cases, facts);
    cases
}

fn additions(cases: &mut Vec<Case>, facts: &Facts) {
    for (kind, has) in [
        (MethodKind::PhoneMobile, &[MethodKind::Authenticator][..]),
        (MethodKind::PhoneAlternate, &[MethodKind::PhoneMobile]),
        (MethodKind::PhoneOffice, &[]),
    ] {
        cases.push(case(
            &format!("adds {kind}"),
            has,
            move |_| Action::AddPhone {
                kind,
                number: number(NEW),
                via: None,
            },
            Some(EffectState::Unchanged),
            move |seen| {
                ensure(
                    seen.effect.created == Some(id_of(seen.after, kind)),
                    "the effect does not name it",
                )?;
                stands(seen, kind, NEW)
            },
        ));
    }
    cases.push(case(
        "adds a mail address for password reset only",
        &[],
        |_| Action::AddEmail {
            address: "new@home.example".into(),
        },
        Some(EffectState::Unchanged),
        |seen| {
            let method = find(seen.after, MethodKind::Email).ok_or("it is not there")?;
            ensure(
                method.address.as_deref() == Some("new@home.example"),
                "it has another address",
            )?;
            ensure(!method.signs_in(), "it signs in")
        },
    ));
    cases.push(case(
        "issues a pass and shows it once",
        &[MethodKind::PhoneMobile],
        |_| Action::AddTemporaryPass {
            lifetime_minutes: Some(30),
            one_time: Some(true),
            start: None,
        },
        Some(EffectState::Done),
        |seen| {
            let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
            ensure(
                minted.kind == "temporary-pass" && minted.value.expose().len() >= 8,
                "the secret is odd",
            )?;
            ensure(minted.expires_at.is_some(), "it does not say until when")?;
            let method = find(seen.after, MethodKind::TemporaryPass).ok_or("it is not listed")?;
            ensure(
                method.state == MethodState::Ready && !method.can_be_default,
                "it is not ready",
            )
        },
    ));
    cases.push(case(
        "enrols an authenticator by a seed, which waits for its first code where codes are checked",
        &[MethodKind::PhoneMobile],
        |_| Action::AddTotp {
            name: Some("Pixel 9".into()),
        },
        None,
        |seen| {
            let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
            let uri = minted.uri.as_ref().ok_or("there is no link")?;
            ensure(uri.expose().starts_with("otpauth://totp/"), "the link is odd")?;
            ensure(
                uri.expose().contains(minted.value.expose()),
                "link and secret differ",
            )?;
            let method = find(seen.after, MethodKind::Totp).ok_or("it is not listed")?;
            let checks = seen.bench.declares(Capability::Verify(MethodKind::Totp));
            let state = if checks {
                MethodState::Pending
            } else {
                MethodState::Ready
            };
            ensure(method.state == state, format!("it is {:?}", method.state))
        },
    ));
    // Who has no questions to choose from refuses whatever is asked.
    let chosen: Vec<String> = match facts.questions.get(..3) {
        Some(three) => three.to_vec(),
        None => vec!["First pet?".to_owned()],
    };
    let answers: Vec<_> = chosen
        .iter()
        .zip(["Rex the dog", "Old Volvo", "Oak street"])
        .map(|(question, answer)| serde_json::json!({"question": question, "answer": answer}))
        .collect();
    let mut questions = case(
        "sets security questions for password reset only",
        &[],
        move |_| Action::AddQuestions {
            questions: chosen.clone(),
        },
        Some(EffectState::Done),
        |seen| {
            let method = find(seen.after, MethodKind::Questions).ok_or("they are not there")?;
            ensure(!method.signs_in() && !method.can_be_default, "they sign in")
        },
    );
    questions.slot = Some((Slot::Answers, serde_json::Value::from(answers).to_string()));
    cases.push(questions);
    for kind in [
        MethodKind::Authenticator,
        MethodKind::Totp,
        MethodKind::Hotp,
        MethodKind::Passkey,
        MethodKind::SecurityKey,
    ] {
        cases.push(case(
            &format!("gives {kind} another name"),
            &[kind],
            move |info| Action::Rename {
                method: id_of(info, kind),
                kind,
                name: "Café \"9\"".into(),
            },
            None,
            move |seen| {
                let method = find(seen.after, kind).ok_or("it is gone")?;
                ensure(
                    method.name.as_deref() == Some("Café \"9\""),
                    format!("it is called {:?}", method.name),
                )
            },
        ));
    }
}

fn enrolments(cases: &mut Vec<Case>) {
    cases.push(case(
        "registers somebody with another provider",
        &[MethodKind::PhoneMobile],
        |_| Action::AddExternal {
            configuration: PROVIDER.into(),
            name: "Fabrikam ID".into(),
        },
        Some(EffectState::Unchanged),
        |seen| {
            let method = find(seen.after, MethodKind::External).ok_or("it is not there")?;
            ensure(
                seen.effect.created.as_ref() == Some(&method.id),
                "the effect does not name it",
            )?;
            ensure(
                method.name.as_deref() == Some("Fabrikam ID"),
                "it has another name",
            )
        },
    ));
    cases.push(case(
        "gives somebody a hardware token that waits for its code",
        &[MethodKind::PhoneMobile],
        |_| Action::AddHardwareToken {
            serial: TOKENS[0].into(),
            name: None,
            activate: false,
        },
        Some(EffectState::Unchanged),
        |seen| {
            let method = find(seen.after, MethodKind::HardwareToken).ok_or("it is not there")?;
            ensure(method.state == MethodState::Pending, "it counts already")?;
            ensure(
                seen.effect.detail.as_deref() == Some("waits for its code"),
                "it does not say so",
            )
        },
    ));
    cases.push(case(
        "issues a QR code and a PIN and shows them once",
        &[MethodKind::PhoneMobile],
        |_| Action::AddQrPin { days: Some(30) },
        Some(EffectState::Done),
        |seen| {
            let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
            let digits = minted.value.expose().bytes().all(|byte| byte.is_ascii_digit());
            ensure(
                minted.kind == "qr-pin" && digits && minted.value.expose().len() == 8,
                "the PIN is odd",
            )?;
            ensure(
                minted.uri.is_some() && minted.expires_at.is_some(),
                "there is no code",
            )?;
            ensure(find(seen.after, MethodKind::QrPin).is_some(), "it is not listed")
        },
    ));
}

fn updates(cases: &mut Vec<Case>) {
    for (kind, has) in [
        (
            MethodKind::PhoneMobile,
            &[MethodKind::Authenticator, MethodKind::PhoneMobile][..],
        ),
        (
            MethodKind::PhoneAlternate,
            &[MethodKind::PhoneMobile, MethodKind::PhoneAlternate],
        ),
        (
            MethodKind::PhoneOffice,
            &[MethodKind::PhoneMobile, MethodKind::PhoneOffice],
        ),
    ] {
        cases.push(case(
            &format!("gives {kind} another number"),
            has,
            move |info| Action::UpdatePhone {
                method: id_of(info, kind),
                kind,
                number: number(NEW),
            },
            None,
            move |seen| stands(seen, kind, NEW),
        ));
    }
    cases.push(case(
        "keeps the default's number until the new one is verified",
        &[MethodKind::PhoneMobile],
        |info| Action::UpdatePhone {
            method: id_of(info, MethodKind::PhoneMobile),
            kind: MethodKind::PhoneMobile,
            number: number(NEW),
        },
        None,
        |seen| {
            let method = find(seen.after, MethodKind::PhoneMobile).ok_or("it is gone")?;
            let verifies = seen.bench.declares(Capability::Verify(MethodKind::PhoneMobile));
            let (stands, waits) = if verifies {
                (number("+1 4255550100"), Some(number(NEW)))
            } else {
                (number(NEW), None)
            };
            ensure(
                method.number == Some(stands) && method.pending_number == waits,
                format!("{method:?}"),
            )?;
            ensure(method.state == MethodState::Ready, "it does not count any more")
        },
    ));
    cases.push(case(
        "gives the mail method another address",
        &[MethodKind::Email],
        |info| Action::UpdateEmail {
            method: id_of(info, MethodKind::Email),
            address: "other@home.example".into(),
        },
        None,
        |seen| {
            let method = find(seen.after, MethodKind::Email).ok_or("it is gone")?;
            ensure(
                method.address.as_deref() == Some("other@home.example"),
                "it has another address",
            )
        },
    ));
}

fn removals(cases: &mut Vec<Case>, facts: &Facts) {
    macro_rules! removal {
        ($($kind:ident)+) => { [$((MethodKind::$kind, &[MethodKind::$kind][..])),+] };
    }
    let kinds = removal! {
        Authenticator Totp Hotp Push PhoneMobile PhoneAlternate PhoneOffice Email Passkey SecurityKey WindowsHello
        PlatformKey HardwareToken TemporaryPass External QrPin Questions BackupCodes
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
