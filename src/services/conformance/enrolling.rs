//! The cases that take more than one call: hardware tokens with their inventory, and passkeys.

use serde_json::{Value, json};
use totp_rs::Builder;

use super::Bench;
use super::directory::{SEED, TOKENS};
use super::reads::{Outcome, ensure};
use super::verifying::is_not_asked;
use crate::domain::{
    Action, Capability, Clock as _, Effect, ErrorCode, IdentityService as _, MethodKind, MethodState,
    NewToken, Purpose, Secret, Slot, Step, SystemClock, TokenHash, TokenStatus, UserId, Verdict,
};
use crate::server::authenticator;

fn told<T>(result: crate::domain::Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{error:?}"))
}

/// What a token of the bench shows now.
fn code() -> String {
    let totp = Builder::new().with_secret(SEED.to_vec()).build().unwrap();
    let now = u64::try_from(SystemClock.now().as_second()).unwrap();
    totp.generate(now).to_string()
}

async fn give(
    bench: &Bench,
    user: &UserId,
    serial: &str,
    code: Option<&str>,
) -> crate::domain::Result<Effect> {
    let action = Action::AddHardwareToken {
        serial: serial.to_owned(),
        name: None,
        activate: code.is_some(),
    };
    let mut step = Step::new("job", user.clone(), 0, action, vec![]);
    if let Some(code) = code {
        step.slots.fill(Slot::Code, Secret::new(code));
    }
    bench.apply(step).await
}

/// What is not declared is refused, and nothing was sent since.
fn is_refused<T: std::fmt::Debug>(bench: &Bench, before: usize, result: crate::domain::Result<T>) -> Outcome {
    ensure(
        result
            .as_ref()
            .is_err_and(|error| error.code() == ErrorCode::Unsupported),
        format!("not declared, and {result:?}"),
    )?;
    ensure(bench.sent() == before, "not declared, and something was sent")
}

pub(super) async fn activates_token(bench: &Bench) -> Outcome {
    if !bench.declares(Capability::Verify(MethodKind::HardwareToken)) {
        return is_not_asked(bench, Purpose::Verify(MethodKind::HardwareToken)).await;
    }
    let user = bench.world.add_person(&[MethodKind::PhoneMobile]);
    let other = bench.world.add_person(&[MethodKind::PhoneMobile]);
    let state = async |user: &UserId| {
        let info = bench.info(user).await;
        let method = info
            .methods()
            .iter()
            .find(|method| method.kind == MethodKind::HardwareToken);
        method.map(|method| (method.id.clone(), method.state))
    };
    told(give(bench, &user, TOKENS[1], None).await)?;
    let (id, pending) = state(&user).await.ok_or("it is not there")?;
    ensure(pending == MethodState::Pending, "it counts without a code")?;
    let challenge = told(
        bench
            .service
            .challenge(&user, &id, Purpose::Verify(MethodKind::HardwareToken))
            .await,
    )?;
    ensure(
        challenge.channel == "app",
        format!("it went by {}", challenge.channel),
    )?;
    let wrong = told(bench.service.answer(&challenge, Secret::new("000001")).await)?;
    ensure(matches!(wrong, Verdict::Wrong { .. }), format!("{wrong:?}"))?;
    let right = told(bench.service.answer(&challenge, Secret::new(code())).await)?;
    ensure(right == Verdict::Accepted, format!("{right:?}"))?;
    ensure(
        state(&user).await.map(|(_, state)| state) == Some(MethodState::Ready),
        "it does not count",
    )?;
    // What somebody has nobody else gets; a wrong code leaves a token where it was; a right one does both at once.
    let taken = give(bench, &other, TOKENS[1], Some(&code())).await;
    ensure(
        taken
            .as_ref()
            .is_err_and(|error| error.code() == ErrorCode::AlreadySet),
        format!("{taken:?}"),
    )?;
    let wrong = give(bench, &other, TOKENS[2], Some("000001")).await;
    ensure(
        wrong.is_err() && state(&other).await.is_none(),
        "a wrong code gives it",
    )?;
    told(give(bench, &other, TOKENS[2], Some(&code())).await)?;
    ensure(
        state(&other).await.map(|(_, state)| state) == Some(MethodState::Ready),
        "both at once does not count",
    )?;
    // Removed it is in the inventory again.
    let remove = Action::RemoveMethod {
        method: id,
        kind: MethodKind::HardwareToken,
    };
    told(
        bench
            .apply(Step::new("job", user.clone(), 0, remove, vec![]))
            .await,
    )?;
    let tokens = told(bench.service.hardware_tokens().await)?;
    let back = tokens.iter().find(|token| token.serial == TOKENS[1]);
    ensure(
        back.is_some_and(|token| token.status == TokenStatus::Available && token.user_id.is_none()),
        format!("{back:?}"),
    )
}

pub(super) async fn keeps_tokens(bench: &Bench) -> Outcome {
    if !bench.declares(Capability::HardwareTokens) {
        let before = bench.sent();
        return is_refused(bench, before, bench.service.hardware_tokens().await);
    }
    let user = bench.world.add_person(&[]);
    let new = |serial: &str, assign_to| NewToken {
        serial: serial.to_owned(),
        manufacturer: "Contoso".to_owned(),
        model: "C-200".to_owned(),
        interval_s: 60,
        hash: TokenHash::Sha256,
        assign_to,
    };
    let seed = Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let made = told(bench.service.add_hardware_token(&new("8001", None), &seed).await)?;
    ensure(
        made.status == TokenStatus::Available && made.interval_s == Some(60),
        format!("{made:?}"),
    )?;
    let given = told(
        bench
            .service
            .add_hardware_token(&new("8002", Some(user.clone())), &seed)
            .await,
    )?;
    ensure(
        given.status == TokenStatus::Assigned && given.user_id.as_ref() == Some(&user),
        format!("{given:?}"),
    )?;
    let twice = bench.service.add_hardware_token(&new("8001", None), &seed).await;
    ensure(
        twice.is_err_and(|error| !format!("{error:?}").contains(seed.expose())),
        "one serial number twice",
    )?;
    let all = told(bench.service.hardware_tokens().await)?;
    let has = |serial: &str| all.iter().filter(|token| token.serial == serial).count() == 1;
    ensure(has("8001") && has("8002"), "they are not listed")
}

pub(super) async fn registers_passkey(bench: &Bench) -> Outcome {
    if !bench.declares(Capability::Add(MethodKind::Passkey)) {
        let (before, nobody) = (bench.sent(), UserId::from("nobody"));
        return is_refused(bench, before, bench.service.passkey_options(&nobody).await);
    }
    let user = bench.world.add_person(&[MethodKind::PhoneMobile]);
    let add = |text: String| {
        let name = Some("YubiKey 5C".to_owned());
        let mut step = Step::new("job", user.clone(), 0, Action::AddPasskey { name }, vec![]);
        step.slots.fill(Slot::Credential, Secret::new(text));
        step
    };
    let options = told(bench.service.passkey_options(&user).await)?;
    ensure(
        options["publicKey"]["challenge"]
            .as_str()
            .is_some_and(|text| text.len() > 20),
        "there is no challenge",
    )?;
    let answer =
        |options: &Value| authenticator::register(options, &authenticator::Answers::default()).to_string();
    let forged = json!({"publicKey": {"challenge": "x"}});
    let refused = bench.apply(add(answer(&forged))).await;
    ensure(refused.is_err(), "any response will do")?;
    let effect = told(bench.apply(add(answer(&options))).await)?;
    let info = bench.info(&user).await;
    let method = info
        .methods()
        .iter()
        .find(|method| method.kind == MethodKind::Passkey);
    let method = method.ok_or("it is not listed")?;
    ensure(
        effect.created.as_ref() == Some(&method.id) && method.name.as_deref() == Some("YubiKey 5C"),
        format!("{method:?}"),
    )?;
    ensure(
        bench.apply(add(answer(&options))).await.is_err(),
        "a challenge is answered twice",
    )
}
