//! The cases that verify a method before it counts.

use super::Bench;
use super::reads::{Outcome, ensure};
use crate::domain::{
    Action, Asked, Capability, ErrorCode, IdentityService as _, MethodKind, MethodState, PhoneNumber,
    Purpose, Secret, Step, UserId, Verdict, Via,
};

pub(super) async fn verifies_phone(bench: &Bench, kind: MethodKind) -> Outcome {
    if !bench.declares(Capability::Verify(kind)) {
        return is_not_asked(bench, Purpose::Verify).await;
    }
    let has: &[MethodKind] = if kind == MethodKind::PhoneAlternate {
        &[MethodKind::PhoneMobile]
    } else {
        &[MethodKind::Totp]
    };
    let person = bench.world.add_person(has);
    let number = PhoneNumber::parse("+1 4255550123", None).unwrap();
    let add = Action::AddPhone {
        kind,
        number,
        via: Some(Via::Call),
    };
    let effect = bench
        .apply(Step::new("j", person.clone(), 0, add, vec![]))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        effect.detail.as_deref() == Some("waits for its code"),
        format!("{:?}", effect.detail),
    )?;
    let method = effect.created.ok_or("nothing was made")?;
    let challenge = bench
        .service
        .challenge(&person, &method, Purpose::Verify)
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        challenge.channel == "call",
        format!("it went by {}", challenge.channel),
    )?;
    let wrong = bench
        .service
        .answer(&challenge, Secret::new("000001"))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(matches!(wrong, Verdict::Wrong { .. }), format!("{wrong:?}"))?;
    let code = bench.world.last_code(&person);
    let right = bench
        .service
        .answer(&challenge, Secret::new(code))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(right == Verdict::Accepted, format!("{right:?}"))?;
    let info = bench.info(&person).await;
    let state = info
        .methods()
        .iter()
        .find(|known| known.id == method)
        .map(|known| known.state);
    ensure(state == Some(MethodState::Ready), format!("{state:?}"))?;
    let late = bench.service.challenge(&person, &method, Purpose::Verify).await;
    ensure(
        late.is_err_and(|error| error.code() == ErrorCode::ServiceRefused),
        "it waits for a code again",
    )
}

pub(super) async fn verifies_totp(bench: &Bench) -> Outcome {
    if !bench.declares(Capability::Verify(MethodKind::Totp)) {
        return is_not_asked(bench, Purpose::Verify).await;
    }
    let person = bench.world.add_person(&[]);
    let add = Action::AddTotp { name: None };
    let effect = bench
        .apply(Step::new("j", person.clone(), 0, add, vec![]))
        .await
        .map_err(|error| format!("{error:?}"))?;
    let (method, secret) = (
        effect.created.ok_or("nothing was made")?,
        effect.secret.ok_or("there is no secret")?,
    );
    let challenge = bench
        .service
        .challenge(&person, &method, Purpose::Verify)
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        challenge.channel == "app",
        format!("it went by {}", challenge.channel),
    )?;
    let uri = secret.uri.ok_or("there is no link")?;
    let now = crate::domain::Clock::now(&crate::domain::SystemClock);
    let code = totp_rs::Totp::from_url(uri.expose())
        .map_err(|error| error.to_string())?
        .generate(u64::try_from(now.as_second()).unwrap_or_default());
    let verdict = bench
        .service
        .answer(&challenge, Secret::new(code.to_string()))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(verdict == Verdict::Accepted, format!("{verdict:?}"))?;
    let info = bench.info(&person).await;
    ensure(
        info.methods()
            .iter()
            .any(|known| known.id == method && known.usable()),
        "it does not count",
    )
}

pub(super) async fn checks_callers(bench: &Bench) -> Outcome {
    if !bench.declares(Capability::CheckCaller) {
        return is_not_asked(bench, Purpose::CheckCaller(Asked::Code)).await;
    }
    for (kind, asked, channel) in [
        (MethodKind::PhoneMobile, Asked::Code, "sms"),
        (MethodKind::PhoneMobile, Asked::Call, "call"),
        (MethodKind::Authenticator, Asked::Push, "approve"),
    ] {
        let person = bench.world.add_person(&[kind]);
        checks_caller(bench, &person, asked, channel)
            .await
            .map_err(|why| format!("{kind} by {}: {why}", asked.as_str()))?;
    }
    Ok(())
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
    ensure(again == Verdict::Expired, format!("a second time: {again:?}"))?;
    let after = bench.info(person).await;
    ensure(
        before.methods().len() == after.methods().len() && after.methods().iter().all(|known| known.usable()),
        "a check changed the methods",
    )
}

/// What cannot verify is not asked to.
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
    // Where another kind can be verified, only a look tells which one it is.
    let looks = purpose == Purpose::Verify && bench.declares(Capability::Verify(MethodKind::HardwareToken));
    ensure(looks || bench.sent() == before, "requests were sent")
}
