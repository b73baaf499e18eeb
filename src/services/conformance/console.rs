//! What only the embedded service has, over HTTP: and that resets change how a sign-in ends.

use serde_json::Value;

use super::{As, Bench};
use crate::domain::{Action, Clock as _, IdentityService as _, MethodKind, Step, SystemClock};
use crate::services::local::{ClockChange, Console, Factor, SignIn};

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgetting_devices_and_ending_app_passwords_changes_how_a_sign_in_ends() {
    let bench = Bench::new("local", As::Person).await;
    let console = Console::connect(&bench.world.options()).await.unwrap();
    assert!(console.operator().user_id.is_some());
    let person = bench.world.add_person(&[MethodKind::PhoneMobile]);
    let secrets = console.secrets(&person).await.unwrap();
    let (password, token) = (
        text(&secrets, "password"),
        text(&secrets["rememberedDevices"][0], "token"),
    );
    let app_password = text(&secrets["appPasswords"][0], "password");
    let user = bench.user(&person).await.sign_in_name;
    let laptop = SignIn {
        user: user.clone(),
        password: Some(password.clone()),
        device_token: Some(token),
        ..SignIn::default()
    };
    let mail = SignIn {
        user: user.clone(),
        app_password: Some(app_password),
        ..SignIn::default()
    };
    let result = async |attempt: &SignIn| text(&console.sign_in(attempt).await.unwrap(), "result");
    assert_eq!(result(&laptop).await, "signed_in");
    assert_eq!(result(&mail).await, "signed_in");

    let actions = [Action::ForgetAllDevices, Action::RevokeAllAppPasswords];
    let steps: Vec<_> = (0..)
        .zip(actions)
        .map(|(seq, action)| Step::new("j", person.clone(), seq, action, vec![]))
        .collect();
    for effect in bench.service.apply(&steps).await {
        effect.unwrap();
    }
    assert_eq!(result(&laptop).await, "verification_required");
    assert_eq!(result(&mail).await, "refused");

    let factor = |code: &str| {
        vec![Factor {
            kind: "sms".into(),
            code: code.into(),
        }]
    };
    let ask = SignIn {
        user: user.clone(),
        password: Some(password),
        factors: factor(""),
        ..SignIn::default()
    };
    assert_eq!(result(&ask).await, "verification_required");
    let sent = console.outbox(Some(&user)).await.unwrap();
    let code = text(sent.last().unwrap(), "code");
    assert_eq!(
        result(&SignIn {
            factors: factor(&code),
            ..ask
        })
        .await,
        "signed_in"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_moves_people_are_added_and_the_file_can_be_copied() {
    let bench = Bench::new("local", As::Application).await;
    let console = Console::connect(&bench.world.options()).await.unwrap();
    let moved = console.move_clock(ClockChange::Advance(86_400)).await.unwrap();
    assert_eq!(moved["offsetSeconds"], 86_400);
    let later: jiff::Timestamp = text(&console.clock().await.unwrap(), "now").parse().unwrap();
    assert!(later.as_second() - SystemClock.now().as_second() > 86_000);
    // The token of before is over by that clock: the client fetches another one without being told.
    assert_eq!(
        console.move_clock(ClockChange::Reset).await.unwrap()["offsetSeconds"],
        0
    );
    let set = "2031-02-03T04:05:06Z".parse().unwrap();
    assert!(
        text(&console.move_clock(ClockChange::Set(set)).await.unwrap(), "now")
            .starts_with("2031-02-03T04:05")
    );
    assert!(
        console
            .snapshot()
            .await
            .unwrap()
            .starts_with(b"SQLite format 3\0")
    );
    let seeded = console.seed(5).await.unwrap();
    assert_eq!(
        (
            seeded["added"].as_u64(),
            console.seed(5).await.unwrap()["added"].as_u64()
        ),
        (Some(5), Some(0))
    );
}
