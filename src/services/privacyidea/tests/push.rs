//! A caller who is asked by a notification: who asks the phone waits for it, and nobody types anything.

use std::sync::Mutex;

use super::*;
use crate::domain::{Asked, Challenge, Purpose, Secret, Verdict};

/// A server whose phone is in these states, one look after another; the last stays.
fn phone(states: &'static [&'static str]) -> Script {
    let looks = Mutex::new(0_usize);
    let token = token("PIPU1", "push", json!({"rollout_state": "enrolled"}));
    Script::answering(move |sent| match sent.line.as_str() {
        line if line.starts_with("GET /user/") => value(json!([anna()])),
        line if line.starts_with("GET /token/challenges/") => {
            value(json!({"challenges": [{"transaction_id": "017"}]}))
        }
        line if line.starts_with("GET /token/") => page(json!([token])),
        "POST /validate/triggerchallenge" => {
            detailed(json!(1), json!({"multi_challenge": [{"transaction_id": "017"}]}))
        }
        "GET /validate/polltransaction/017" => {
            let mut looks = looks.lock().unwrap();
            let state = states[(*looks).min(states.len() - 1)];
            *looks += 1;
            detailed(json!(state == "accept"), json!({"challenge_status": state}))
        }
        other => panic!("{other}"),
    })
}

async fn asked(script: &Script) -> (PrivacyIdeaService, Challenge) {
    let service = service(script);
    let purpose = Purpose::CheckCaller(Asked::Push);
    let challenge = service
        .challenge(&"staff/1".into(), &"PIPU1".into(), purpose)
        .await
        .unwrap();
    assert_eq!(challenge.channel, "push");
    (service, challenge)
}

fn looks(script: &Script) -> usize {
    let lines = script.lines();
    lines
        .iter()
        .filter(|line| line.contains("polltransaction"))
        .count()
}

#[tokio::test]
async fn who_asks_the_phone_waits_until_it_answers() {
    let script = phone(&["pending", "pending", "accept"]);
    let (service, challenge) = asked(&script).await;
    let verdict = service.answer(&challenge, Secret::new("")).await.unwrap();
    assert_eq!((verdict, looks(&script)), (Verdict::Accepted, 3));
    assert_eq!(script.slept_ms(), [1000, 1000]);
}

#[tokio::test]
async fn a_no_on_the_phone_is_a_refusal() {
    let script = phone(&["pending", "declined"]);
    let (service, challenge) = asked(&script).await;
    let refused = service.answer(&challenge, Secret::new("")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ServiceRefused);
    assert_eq!(refused.message(), "the person said No on the phone");
}

#[tokio::test]
async fn where_nobody_answers_it_ends_with_the_challenge() {
    let script = phone(&["pending"]);
    let (service, challenge) = asked(&script).await;
    let verdict = service.answer(&challenge, Secret::new("")).await.unwrap();
    assert_eq!((verdict, looks(&script)), (Verdict::Expired, 121));
}

#[tokio::test]
async fn who_comes_back_later_looks_once() {
    let script = phone(&["pending"]);
    let (service, mut challenge) = asked(&script).await;
    challenge.channel = String::new();
    let verdict = service.answer(&challenge, Secret::new("-")).await.unwrap();
    assert_eq!(verdict, Verdict::Wrong { attempts_left: None });
    assert_eq!(looks(&script), 1);
}
