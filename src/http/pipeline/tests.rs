//! The pipeline over a scripted service, on time that only moves when somebody waits.

use serde_json::json;

use super::*;
use crate::http::request::Verb;
use crate::http::testing::{Script, answer, answer_with, no_answer, not_sent};

fn read() -> Request {
    Request::get("/v1.0", "/users/x", "/users/{id}")
}

fn write(class: Class) -> Request {
    Request::write(Verb::Post, class, "/v1.0", "/users/x/y", "/users/{id}/y").json(json!({}))
}

#[tokio::test]
async fn a_read_is_repeated_until_it_is_answered() {
    let script = Script::new([no_answer(), answer(503, ""), answer(200, "{}")]);
    let response = script.pipeline(60).send(&read()).await.unwrap();
    assert_eq!((response.status, response.tries), (200, 3));
    assert_eq!(script.slept_ms(), [250, 500]);
}

#[tokio::test]
async fn six_tries_and_then_the_last_answer_is_taken() {
    let script = Script::new((0..6).map(|_| answer(500, "")));
    let response = script
        .pipeline(600)
        .send(&write(Class::Idempotent))
        .await
        .unwrap();
    assert_eq!((response.status, response.tries), (500, 6));
}

#[tokio::test]
async fn what_makes_something_new_is_sent_once_and_reported_as_unknown() {
    let script = Script::new([no_answer()]);
    let error = script
        .pipeline(60)
        .send(&write(Class::Never))
        .await
        .err()
        .unwrap();
    assert_eq!(error.code(), ErrorCode::OutcomeUnknown);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_repeatable_write_that_never_got_an_answer_is_unknown_too() {
    let script = Script::new((0..6).map(|_| no_answer()));
    let error = script
        .pipeline(600)
        .send(&write(Class::Idempotent))
        .await
        .err()
        .unwrap();
    assert_eq!(error.code(), ErrorCode::OutcomeUnknown);
    let script = Script::new([no_answer(), answer(404, "{}")]);
    assert_eq!(
        script
            .pipeline(600)
            .send(&write(Class::Idempotent))
            .await
            .unwrap()
            .status,
        404
    );
}

#[tokio::test]
async fn without_a_connection_even_that_is_sent_again() {
    let script = Script::new([not_sent(), answer(201, "{}")]);
    assert_eq!(
        script
            .pipeline(60)
            .send(&write(Class::Never))
            .await
            .unwrap()
            .status,
        201
    );
}

#[tokio::test]
async fn the_services_wait_wins_and_the_deadline_caps_it() {
    let script = Script::new([answer_with(429, &[("retry-after", "7")], ""), answer(200, "{}")]);
    assert_eq!(script.pipeline(60).send(&read()).await.unwrap().status, 200);
    assert_eq!(script.slept_ms(), [7000]);

    let script = Script::new([answer_with(429, &[("retry-after", "70")], "")]);
    assert_eq!(script.pipeline(60).send(&read()).await.unwrap().status, 429);
    assert!(script.slept_ms().is_empty());
}

#[tokio::test]
async fn one_401_drops_the_token_and_the_second_is_taken() {
    let script = Script::new([answer(401, ""), answer(401, "")]);
    let response = script.pipeline(60).send(&read()).await.unwrap();
    assert_eq!(response.status, 401);
    let tokens: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.header("authorization"))
        .collect();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-1"]);
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let script = Script::new([]);
    let request = Request::get("", "https://elsewhere.example/v1.0/users", "nextLink");
    let error = script.pipeline(60).send(&request).await.err().unwrap();
    assert_eq!(
        error.message(),
        "the service gave a link to another host, elsewhere.example"
    );
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn a_call_keeps_its_id_over_all_tries() {
    let script = Script::new([answer(503, ""), answer(200, "{}")]);
    script.pipeline(60).send(&read()).await.unwrap();
    let requests = script.requests();
    assert_eq!(
        requests[0].header("client-request-id"),
        requests[1].header("client-request-id")
    );
    assert_eq!(requests[0].header("client-request-id").len(), 36);
}
