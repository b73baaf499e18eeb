//! The cases that verify a method before it counts, and that ask whether a caller is the person.

use totp_rs::{Builder, Totp};

use super::Bench;
use super::reads::{Outcome, ensure};
use crate::domain::{
    Action, Asked, Capability, Clock as _, Effect, ErrorCode, IdentityService as _, MethodId, MethodKind,
    MethodState, Minted, PhoneNumber, Purpose, Secret, Step, SystemClock, UserId, Verdict,
};

/// What a step made for somebody, which waits for its code.
async fn waiting(bench: &Bench, person: &UserId, action: Action) -> Result<(MethodId, Effect), String> {
    let effect = bench
        .apply(Step::new("j", person.clone(), 0, action, vec![]))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        effect.detail.as_deref() == Some("waits for its code"),
        format!("{:?}", effect.detail),
    )?;
    let method = effect.created.clone().ok_or("nothing was made")?;
    Ok((method, effect))
}

/// Asked for, it refuses a wrong code, takes the right one, counts from then on, and waits for no code again.
async fn counts_by(
    bench: &Bench,
    person: &UserId,
    method: &MethodId,
    kind: MethodKind,
    channel: &str,
    code: impl FnOnce() -> Result<String, String>,
) -> Outcome {
    let purpose = Purpose::Verify(kind);
    let challenge = bench
        .service
        .challenge(person, method, purpose)
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        challenge.channel == channel,
        format!("it went by {}", challenge.channel),
    )?;
    let wrong = bench
        .service
        .answer(&challenge, Secret::new("000001"))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(matches!(wrong, Verdict::Wrong { .. }), format!("{wrong:?}"))?;
    let state = async || {
        let info = bench.info(person).await;
        let mut methods = info.methods().iter();
        methods.find(|known| known.id == *method).map(|known| known.state)
    };
    let before = state().await;
    ensure(
        before == Some(MethodState::Pending),
        format!("before: {before:?}"),
    )?;
    let right = bench
        .service
        .answer(&challenge, Secret::new(code()?))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(right == Verdict::Accepted, format!("{right:?}"))?;
    let after = state().await;
    ensure(after == Some(MethodState::Ready), format!("after: {after:?}"))?;
    let late = bench.service.challenge(person, method, purpose).await;
    ensure(
        late.is_err_and(|error| error.code() == ErrorCode::ServiceRefused),
        "it waits for a code again",
    )
}

/// A number or an address, to which the code is sent.
pub(super) async fn verifies_sent(bench: &Bench, kind: MethodKind) -> Outcome {
    if !bench.declares(Capability::Verify(kind)) {
        return is_not_asked(bench, Purpose::Verify(kind)).await;
    }
    let has: &[MethodKind] = if kind == MethodKind::PhoneAlternate {
        &[MethodKind::PhoneMobile]
    } else {
        &[MethodKind::Totp]
    };
    let person = bench.world.add_person(has);
    let (action, channel) = if kind == MethodKind::Email {
        let address = "new@home.example".to_owned();
        (Action::AddEmail { address }, "email")
    } else {
        let goes = bench.facts().code_goes;
        let number = PhoneNumber::parse("+1 4255550123", None).unwrap();
        let via = Some(goes);
        (Action::AddPhone { kind, number, via }, goes.as_str())
    };
    let (method, _) = waiting(bench, &person, action).await?;
    counts_by(bench, &person, &method, kind, channel, || {
        Ok(bench.world.last_code(&person))
    })
    .await
}

/// An authenticator, which shows codes by itself.
pub(super) async fn verifies_shown(bench: &Bench, kind: MethodKind) -> Outcome {
    if !bench.declares(Capability::Verify(kind)) {
        return is_not_asked(bench, Purpose::Verify(kind)).await;
    }
    let person = bench.world.add_person(&[]);
    let action = if kind == MethodKind::Hotp {
        Action::AddHotp { name: None }
    } else {
        Action::AddTotp { name: None }
    };
    let (method, effect) = waiting(bench, &person, action).await?;
    let minted = effect.secret.ok_or("there is no secret")?;
    counts_by(bench, &person, &method, kind, "app", || shown(kind, &minted)).await
}

/// What an authenticator of this secret shows first.
fn shown(kind: MethodKind, minted: &Minted) -> Result<String, String> {
    if kind == MethodKind::Hotp {
        let seed =
            totp_rs::Secret::try_from_base32(minted.value.expose()).map_err(|error| format!("{error:?}"))?;
        let counter = Builder::new().with_secret(seed).build().unwrap();
        // A code by counter is one by time, whose step has the number of the counter (RFC 6238, 4).
        return Ok(counter.generate(0).to_string());
    }
    let uri = minted.uri.as_ref().ok_or("there is no link")?;
    let clock = Totp::from_url(uri.expose()).map_err(|error| error.to_string())?;
    let now = u64::try_from(SystemClock.now().as_second()).unwrap_or_default();
    Ok(clock.generate(now).to_string())
}

pub(super) async fn checks_callers(bench: &Bench) -> Outcome {
    if !bench.declares(Capability::CheckCaller) {
        return is_not_asked(bench, Purpose::CheckCaller(Asked::Code)).await;
    }
    for (kind, asked, channel) in bench.facts().asking {
        let person = bench.world.add_person(&[*kind]);
        checks_caller(bench, &person, *asked, channel)
            .await
            .map_err(|why| format!("{kind} by {}: {why}", asked.as_str()))?;
    }
    // A number approves nothing.
    let person = bench.world.add_person(&[MethodKind::PhoneMobile]);
    let info = bench.info(&person).await;
    let method = info.methods().first().ok_or("there is no number")?.id.clone();
    let purpose = Purpose::CheckCaller(Asked::Push);
    let pushed = bench.service.challenge(&person, &method, purpose).await;
    ensure(pushed.is_err(), "a number is asked to approve")
}

async fn checks_caller(bench: &Bench, person: &UserId, asked: Asked, channel: &str) -> Outcome {
    let before = bench.info(person).await;
    let method = before.methods().first().ok_or("there is no method")?.id.clone();
    let purpose = Purpose::CheckCaller(asked);
    let challenge = bench
        .service
        .challenge(person, &method, purpose)
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        challenge.channel == channel && challenge.purpose == purpose,
        format!("{challenge:?}"),
    )?;
    let answer = |code: String| bench.service.answer(&challenge, Secret::new(code));
    let code = bench.world.last_code(person);
    // Another code of as many digits.
    let other: String = code
        .chars()
        .map(|digit| if digit == '7' { '3' } else { '7' })
        .collect();
    let wrong = answer(other).await.map_err(|error| format!("{error:?}"))?;
    ensure(matches!(wrong, Verdict::Wrong { .. }), format!("{wrong:?}"))?;
    let right = answer(code.clone()).await.map_err(|error| format!("{error:?}"))?;
    ensure(right == Verdict::Accepted, format!("{right:?}"))?;
    let again = answer(code).await.map_err(|error| format!("{error:?}"))?;
    // What was sent is over with its challenge; what an app shows may be typed for another one, and is refused there.
    let refused = again == Verdict::Expired || (channel == "app" && matches!(again, Verdict::Wrong { .. }));
    ensure(refused, format!("a second time: {again:?}"))?;
    let after = bench.info(person).await;
    ensure(
        before.methods().len() == after.methods().len() && after.methods().iter().all(|known| known.usable()),
        "a check changed the methods",
    )
}

/// What cannot verify is not asked to, whatever else can.
pub(super) async fn is_not_asked(bench: &Bench, purpose: Purpose) -> Outcome {
    let before = bench.sent();
    let result = bench
        .service
        .challenge(&"nobody".into(), &"none".into(), purpose)
        .await;
    ensure(
        result.is_err_and(|error| error.code() == ErrorCode::Unsupported),
        "it is not refused",
    )?;
    ensure(bench.sent() == before, "requests were sent")
}
