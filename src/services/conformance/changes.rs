//! The cases that change something: what the person has, what is done, what holds afterwards.

use super::Bench;
use super::directory::{DEVICES, POOL};
use crate::domain::{
    Action, Answer, Capability, DeviceKind, Effect, EffectState, IdentityService as _, Method, MethodKind,
    MethodState, PhoneNumber, Secret, SecurityInfo, Slot, Step, User, UserId,
};

type Verdict = Result<(), String>;

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
    pub(super) has: &'static [MethodKind],
    action: Box<dyn Fn(&SecurityInfo) -> Action + Send + Sync>,
    slot: Option<(Slot, String)>,
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

fn case(
    name: &str,
    has: &'static [MethodKind],
    action: impl Fn(&SecurityInfo) -> Action + Send + Sync + 'static,
    again: Option<EffectState>,
    holds: impl Fn(&Seen<'_>) -> Verdict + Send + Sync + 'static,
) -> Case {
    Case {
        name: name.to_owned(),
        has,
        action: Box::new(action),
        slot: None,
        holds: Box::new(holds),
        again,
    }
}

fn ensure(holds: bool, what: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

fn find(info: &SecurityInfo, kind: MethodKind) -> Option<&Method> {
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

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    additions(&mut cases);
    updates(&mut cases);
    removals(&mut cases);
    others(&mut cases);
    cases
}

fn additions(cases: &mut Vec<Case>) {
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
        "enrols an authenticator by a seed that waits for its first code",
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
            ensure(method.state == MethodState::Pending, "it counts already")
        },
    ));
    let answers: Vec<_> = POOL[..3]
        .iter()
        .zip(["Rex the dog", "Old Volvo", "Oak street"])
        .map(|(question, answer)| serde_json::json!({"question": question, "answer": answer}))
        .collect();
    let mut questions = case(
        "sets security questions for password reset only",
        &[],
        |_| Action::AddQuestions {
            questions: POOL[..3].iter().map(|&text| text.to_owned()).collect(),
        },
        Some(EffectState::Done),
        |seen| {
            let method = find(seen.after, MethodKind::Questions).ok_or("they are not there")?;
            ensure(!method.signs_in() && !method.can_be_default, "they sign in")
        },
    );
    questions.slot = Some((Slot::Answers, serde_json::Value::from(answers).to_string()));
    cases.push(questions);
    cases.push(case(
        "gives an authenticator another name",
        &[MethodKind::Authenticator],
        |_| Action::Rename {
            method: "none".into(),
            kind: MethodKind::Authenticator,
            name: "x".into(),
        },
        None,
        |_| Ok(()),
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

fn removals(cases: &mut Vec<Case>) {
    macro_rules! removal {
        ($($kind:ident)+) => { [$((MethodKind::$kind, &[MethodKind::$kind][..])),+] };
    }
    let kinds = removal! {
        Authenticator Totp PhoneMobile PhoneAlternate PhoneOffice Email Passkey WindowsHello PlatformKey HardwareToken
        TemporaryPass External QrPin Questions
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
    cases.push(case(
        "says what the default is and makes another one it",
        &[
            MethodKind::PhoneMobile,
            MethodKind::Authenticator,
            MethodKind::Email,
        ],
        |info| Action::SetDefault {
            method: id_of(info, MethodKind::PhoneMobile),
            kind: MethodKind::PhoneMobile,
            via: None,
        },
        None,
        |seen| {
            let default = |info: &SecurityInfo| info.default_method().map(|method| method.kind);
            ensure(
                default(seen.before) == Some(MethodKind::Authenticator),
                "it was another before",
            )?;
            ensure(default(seen.after) == Some(MethodKind::PhoneMobile), "it is not")
        },
    ));
}

fn others(cases: &mut Vec<Case>) {
    let remembered = |info: &SecurityInfo| info.remembered().count();
    cases.push(case(
        "forgets one remembered device and no other",
        &[],
        |info| Action::ForgetDevice {
            device: info
                .remembered()
                .next()
                .map_or_else(|| "none".into(), |device| device.id.clone()),
        },
        None,
        move |seen| forgotten(seen, Capability::ForgetOne, DEVICES - 1, remembered),
    ));
    cases.push(case(
        "forgets every remembered device and keeps registered ones",
        &[],
        |_| Action::ForgetAllDevices,
        None,
        move |seen| {
            let registered = |info: &SecurityInfo| {
                info.devices
                    .iter()
                    .flatten()
                    .filter(|device| device.kind == DeviceKind::Registered)
                    .count()
            };
            ensure(registered(seen.after) == 1, "the registered device is gone")?;
            forgotten(seen, Capability::ForgetAll, 0, remembered)
        },
    ));
    let app_passwords = |info: &SecurityInfo| info.app_passwords.as_ref().map(Vec::len);
    cases.push(case(
        "ends one app password and no other",
        &[],
        |info| {
            let first = info.app_passwords.as_ref().and_then(|all| all.first().cloned());
            let (id, name) =
                first.map_or_else(|| ("none".into(), "none".into()), |first| (first.id, first.name));
            Action::RevokeAppPassword { id, name }
        },
        Some(EffectState::Unchanged),
        move |seen| ensure(app_passwords(seen.after) == Some(1), "not one is left"),
    ));
    cases.push(case(
        "ends every app password",
        &[],
        |_| Action::RevokeAllAppPasswords,
        Some(EffectState::Unchanged),
        move |seen| {
            ensure(app_passwords(seen.before) == Some(2), "there were not two")?;
            ensure(app_passwords(seen.after) == Some(0), "some are left")?;
            ensure(
                seen.effect.detail.as_deref() == Some("2"),
                "it does not say how many",
            )
        },
    ));
    cases.push(case(
        "makes an app password and shows it once",
        &[],
        |_| Action::IssueAppPassword {
            name: "Old mail".into(),
        },
        None,
        move |seen| {
            let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
            ensure(
                minted.kind == "app-password" && minted.value.expose().len() >= 12,
                "the secret is odd",
            )?;
            ensure(app_passwords(seen.after) == Some(3), "it is not listed")
        },
    ));
    cases.push(case(
        "signs out everywhere",
        &[],
        |_| Action::SignOut,
        Some(EffectState::Done),
        |seen| {
            let since = seen.bench.directory.sessions_valid_from(seen.user);
            ensure(
                since > seen.account_before.last_sign_in_at.map_or(0, |_| 0),
                "sessions are still good",
            )?;
            ensure(
                seen.after
                    .sessions
                    .as_ref()
                    .is_none_or(|sessions| sessions.count == 0),
                "sessions are open",
            )
        },
    ));
    let mut set = case(
        "sets a password that is to be changed",
        &[],
        |_| Action::SetPassword { permanent: false },
        Some(EffectState::Done),
        |seen| {
            let state = seen.bench.directory.password_state(seen.user);
            ensure(
                state == (true, true),
                format!("changed and to be changed again: {state:?}"),
            )
        },
    );
    set.slot = Some((Slot::NewPassword, "Correct-Horse-42".to_owned()));
    cases.push(set);
    for permanent in [false, true] {
        cases.push(case(
            if permanent {
                "makes a password that stays"
            } else {
                "makes a password that is to be changed"
            },
            &[],
            move |_| Action::GeneratePassword { permanent },
            Some(EffectState::Done),
            move |seen| {
                let minted = seen.effect.secret.as_ref().ok_or("there is no secret")?;
                ensure(
                    minted.kind == "password" && minted.value.expose().len() == 16,
                    "the secret is odd",
                )?;
                let state = seen.bench.directory.password_state(seen.user);
                ensure(
                    state == (true, !permanent),
                    format!("changed and to be changed again: {state:?}"),
                )
            },
        ));
    }
    cases.push(case(
        "asks for registration at next sign-in",
        &[],
        |_| Action::RequireRegistration,
        Some(EffectState::Done),
        |seen| {
            ensure(
                seen.bench.directory.registration_required(seen.user),
                "it is not asked for",
            )
        },
    ));
    cases.push(case(
        "stops an account from signing in",
        &[],
        |_| Action::DisableAccount,
        Some(EffectState::Done),
        |seen| {
            ensure(
                seen.account_before.enabled && !seen.account_after.enabled,
                "it is enabled",
            )
        },
    ));
}

/// Devices forgotten one by one, or by a substitute that says so and ends all sessions.
fn forgotten(
    seen: &Seen<'_>,
    capability: Capability,
    left: usize,
    remembered: impl Fn(&SecurityInfo) -> usize,
) -> Verdict {
    if matches!(
        seen.bench.service.capabilities().get(capability),
        Answer::Substitute { .. }
    ) {
        return ensure(
            seen.effect.detail.is_some(),
            "the effect does not say what was done instead",
        );
    }
    ensure(remembered(seen.before) == DEVICES, "they were not listed")?;
    ensure(
        remembered(seen.after) == left,
        format!("{} are left", remembered(seen.after)),
    )
}
