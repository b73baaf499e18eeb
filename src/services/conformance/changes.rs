//! The cases that change something: what the person has, what is done, what holds afterwards.

use super::case::{Case, Seen, Verdict, case, ensure, find, id_of};
use super::directory::{PROVIDER, TOKENS};
use super::world::Facts;
use super::{access, kinds, switching};
use crate::domain::{
    Action, Capability, EffectState, Method, MethodKind, MethodState, PhoneNumber, Slot, Use,
};

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

/// A number counts at once, or waits for its code where the service verifies.
fn stands(seen: &Seen<'_>, kind: MethodKind, wanted: &str) -> Verdict {
    let method = find(seen.after, kind).ok_or("it is not there")?;
    ensure(
        method.number == Some(number(wanted)),
        format!("the number is {:?}", method.number),
    )?;
    waits(seen, method)
}

/// What was made counts, or waits for its code where the service verifies, and says so.
pub(super) fn waits(seen: &Seen<'_>, method: &Method) -> Verdict {
    let verifies = seen.bench.declares(Capability::Verify(method.kind));
    let state = if verifies {
        MethodState::Pending
    } else {
        MethodState::Ready
    };
    ensure(method.state == state, format!("it is {:?}", method.state))?;
    let said = seen.effect.detail.as_deref() == Some("waits for its code");
    ensure(
        said == verifies,
        format!("the effect says {:?}", seen.effect.detail),
    )
}

/// Mail and questions verify a sign-in, or serve password reset alone.
fn serves(seen: &Seen<'_>, method: &Method) -> Verdict {
    let signs_in = seen.bench.facts().signing_in.contains(&method.kind);
    let wanted = if signs_in { Use::SignIn } else { Use::Reset };
    ensure(method.uses == [wanted], format!("it is for {:?}", method.uses))
}

const NEW: &str = "+1 4255550123";

/// A pass was made and is shown, with its end.
pub(super) fn shows_a_pass(seen: &Seen<'_>) -> Verdict {
    let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
    ensure(
        minted.kind == "temporary-pass" && minted.value.expose().len() >= 8,
        "the secret is odd",
    )?;
    ensure(minted.expires_at.is_some(), "it does not say until when")
}

pub(super) fn cases(facts: &Facts) -> Vec<Case> {
    let mut cases = Vec::new();
    additions(&mut cases, facts);
    enrolments(&mut cases);
    updates(&mut cases);
    kinds::cases(&mut cases, facts);
    access::cases(&mut cases, facts);
    switching::cases(&mut cases, facts);
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
        "adds a mail address for what the service has mail for",
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
            serves(seen, method)?;
            waits(seen, method)
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
            shows_a_pass(seen)?;
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
            waits(seen, method)
        },
    ));
    // Who has no questions to choose from refuses whatever is asked.
    let chosen = match facts.questions.as_slice() {
        [] => vec!["First pet?".to_owned()],
        all => all.to_vec(),
    };
    let answers: Vec<_> = (1..)
        .zip(&chosen)
        .map(|(at, question)| serde_json::json!({"question": question, "answer": format!("The answer {at}")}))
        .collect();
    let questions = case(
        "sets security questions for what the service has them for",
        &[],
        move |_| Action::AddQuestions {
            questions: chosen.clone(),
        },
        Some(EffectState::Done),
        |seen| {
            let method = find(seen.after, MethodKind::Questions).ok_or("they are not there")?;
            serves(seen, method)?;
            ensure(!method.can_be_default, "they can be the default")
        },
    );
    cases.push(questions.with(Slot::Answers, serde_json::Value::from(answers).to_string()));
}

fn enrolments(cases: &mut Vec<Case>) {
    cases.push(case(
        "enrols an authenticator that counts, which waits for its first code where codes are checked",
        &[MethodKind::PhoneMobile],
        |_| Action::AddHotp {
            name: Some("YubiKey 5".into()),
        },
        None,
        |seen| {
            let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
            let uri = minted.uri.as_ref().ok_or("there is no link")?;
            ensure(
                minted.kind == "hotp" && uri.expose().starts_with("otpauth://hotp/"),
                "the link is odd",
            )?;
            ensure(
                uri.expose().contains(minted.value.expose()),
                "link and secret differ",
            )?;
            let method = find(seen.after, MethodKind::Hotp).ok_or("it is not listed")?;
            ensure(
                seen.effect.created.as_ref() == Some(&method.id)
                    && method.name.as_deref() == Some("YubiKey 5"),
                format!("{method:?}"),
            )?;
            waits(seen, method)
        },
    ));
    cases.push(case(
        "enrols a telephone that approves, which waits for its app",
        &[MethodKind::PhoneMobile],
        |_| Action::AddPush {
            name: Some("Pixel 9".into()),
        },
        None,
        |seen| {
            let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
            let uri = minted.uri.as_ref().ok_or("there is no link")?;
            ensure(
                minted.kind == "push" && uri.expose().starts_with("otpauth://"),
                "the link is odd",
            )?;
            let method = find(seen.after, MethodKind::Push).ok_or("it is not listed")?;
            ensure(
                seen.effect.created.as_ref() == Some(&method.id) && method.name.as_deref() == Some("Pixel 9"),
                format!("{method:?}"),
            )?;
            ensure(method.state == MethodState::Pending, "it counts already")?;
            ensure(
                seen.effect.detail.as_deref() == Some("waits for the app"),
                "it does not say so",
            )
        },
    ));
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
        "gives the default another number, and keeps the old one until then where that is so",
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
            if !verifies || !seen.bench.facts().keeps_number {
                ensure(method.pending_number.is_none(), format!("{method:?}"))?;
                return stands(seen, MethodKind::PhoneMobile, NEW);
            }
            ensure(
                method.number == Some(number("+1 4255550100")) && method.pending_number == Some(number(NEW)),
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
