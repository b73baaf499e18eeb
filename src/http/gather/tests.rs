//! Calls of many callers in one line, over a service that takes its time, on time that stands still until all wait.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::{Value, json};

use super::*;
use crate::domain::{ErrorCode, Limits};
use crate::http::request::{Class, Verb};
use crate::http::testing::{Script, answer, answer_with};
use crate::http::{Limiter, MemoryBucket, Pipeline, Timer, Transport, WireAnswer, WireRequest, origin};

/// Tokio's time, which stands still in these tests.
struct Paused(Instant);

#[async_trait]
impl Timer for Paused {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
    fn random(&self) -> f64 {
        0.5
    }
}

/// A script behind a wire that takes so long.
struct Slow(Script, Duration);

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: WireRequest) -> std::result::Result<WireAnswer, Failed> {
        tokio::time::sleep(self.1).await;
        self.0.send(request).await
    }
}

fn pipeline(script: &Script, latency_ms: u64, limits: Limits) -> Pipeline {
    let timer = Arc::new(Paused(Instant::now()));
    let bucket = Arc::new(MemoryBucket::new(timer.clone(), limits));
    let limiter = Limiter::new(bucket, timer.clone(), limits, None);
    Pipeline::new(
        Arc::new(Slow(script.clone(), Duration::from_millis(latency_ms))),
        timer,
        origin("https://graph.example").unwrap(),
        Some(Arc::new(script.clone())),
        Duration::from_secs(60),
    )
    .paced(Arc::new(limiter), &["/v1.0", "/beta"])
}

/// Answers every call of a batch with its own address, and every single call with `{}`.
fn echo() -> Script {
    Script::answering(|sent| answer(200, &echoed(&sent.body).to_string()))
}

fn echoed(body: &Value) -> Value {
    let calls = body["requests"].as_array().cloned().unwrap_or_default();
    let responses: Vec<_> = calls
        .iter()
        .map(|call| json!({"id": call["id"], "status": 200, "body": {"url": call["url"]}}))
        .collect();
    json!({ "responses": responses })
}

fn sizes(script: &Script) -> Vec<usize> {
    script
        .requests()
        .iter()
        .map(|sent| sent.body["requests"].as_array().map_or(1, Vec::len))
        .collect()
}

fn step(person: usize, step: usize) -> Request {
    let path = format!("/users/{person}/steps/{step}");
    Request::write(
        Verb::Delete,
        Class::Idempotent,
        "/v1.0",
        path,
        "/users/{id}/steps/{step}",
    )
}

/// So many people, each with steps one after the other; gives what each was answered.
async fn people(pipeline: &Pipeline, people: usize, steps: usize) -> Vec<Vec<String>> {
    join_all((0..people).map(|person| async move {
        let mut answers = Vec::new();
        for at in 0..steps {
            let response = pipeline.send(&step(person, at)).await.unwrap();
            answers.push(response.value()["url"].as_str().unwrap_or_default().to_owned());
        }
        answers
    }))
    .await
}

#[tokio::test(start_paused = true)]
async fn batches_are_filled_across_people_and_everybody_gets_his_own_answers() {
    let script = echo();
    let pipeline = pipeline(&script, 30, Limits::default());
    let _job = pipeline.traffic().unwrap().job();
    let answers = people(&pipeline, 200, 6).await;
    for (person, answers) in answers.iter().enumerate() {
        let own: Vec<_> = (0..6).map(|at| format!("/users/{person}/steps/{at}")).collect();
        assert_eq!(*answers, own);
    }
    let sizes = sizes(&script);
    assert_eq!(sizes.iter().sum::<usize>(), 1200);
    assert_eq!(sizes.len(), 60, "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_alone_goes_out_by_itself_and_without_a_job_at_once() {
    let script = echo();
    let pipeline = pipeline(&script, 30, Limits::default());
    let began = Instant::now();
    pipeline.send(&step(0, 0)).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(30));

    let _job = pipeline.traffic().unwrap().job();
    let began = Instant::now();
    pipeline.send(&step(0, 1)).await.unwrap();
    assert!(
        began.elapsed() <= Duration::from_millis(30) + QUIET * 2,
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        script.lines(),
        ["DELETE /v1.0/users/0/steps/0", "DELETE /v1.0/users/0/steps/1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_few_calls_do_not_wait_for_company_that_never_comes() {
    let script = echo();
    let pipeline = pipeline(&script, 30, Limits::default());
    let _job = pipeline.traffic().unwrap().job();
    let began = Instant::now();
    people(&pipeline, 5, 4).await;
    assert_eq!(sizes(&script), [5; 4]);
    assert!(
        began.elapsed() <= Duration::from_millis(4 * (30 + 10)),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn calls_that_came_together_outside_a_job_go_out_at_once_and_together() {
    let script = echo();
    let pipeline = pipeline(&script, 30, Limits::default());
    let began = Instant::now();
    let requests: Vec<_> = (0..25).map(|person| step(person, 0)).collect();
    let answers = pipeline.batch(&requests).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(began.elapsed(), Duration::from_millis(30));
    assert_eq!(sizes(&script), [20, 5]);
}

#[tokio::test(start_paused = true)]
async fn other_roots_and_long_links_go_out_by_themselves() {
    let script = echo();
    let pipeline = pipeline(&script, 30, Limits::default());
    let _job = pipeline.traffic().unwrap().job();
    let requests = [
        Request::get("/mfactl/v1", "/users/1/sessions", "/users/{id}/sessions"),
        Request::get("/mfactl/v1", "/users/2/sessions", "/users/{id}/sessions"),
        Request::get("", "https://graph.example/v1.0/users?$skiptoken=x", "/users"),
        Request::get("/beta", "/users/1", "/users/{id}"),
        Request::get("/v1.0", "/users/1", "/users/{id}"),
    ];
    join_all(requests.iter().map(|request| pipeline.send(request))).await;
    assert!(
        script.lines().iter().all(|line| line.starts_with("GET ")),
        "{:?}",
        script.lines()
    );
}

#[tokio::test(start_paused = true)]
async fn in_a_job_a_throttled_call_waits_as_long_as_it_takes_and_nothing_goes_out_meanwhile() {
    let began = Instant::now();
    let mut refusals = 0;
    let times = Arc::new(Mutex::new(Vec::new()));
    let seen = times.clone();
    let script = Script::answering(move |sent| {
        seen.lock().unwrap().push(began.elapsed().as_secs());
        refusals += 1;
        if refusals <= 9 {
            return answer_with(429, &[("retry-after", "40")], "");
        }
        answer(200, &echoed(&sent.body).to_string())
    });
    let limits = Limits {
        units: Some(800.0),
        writes: None,
    };
    let pipeline = pipeline(&script, 1, limits);
    let _job = pipeline.traffic().unwrap().job();
    let answers = people(&pipeline, 3, 1).await;
    assert_eq!(answers.len(), 3);
    let mut times = times.lock().unwrap().clone();
    times.dedup();
    assert!(times.len() >= 9, "{times:?}");
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 40), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_job_a_wait_beyond_the_deadline_ends_with_the_refusal() {
    let script = Script::answering(|_| answer_with(429, &[("retry-after", "70")], ""));
    let pipeline = pipeline(&script, 1, Limits::default());
    let response = pipeline.send(&step(0, 0)).await.unwrap();
    assert_eq!(response.status, 429);
    // The next one is not sent into the window.
    let error = pipeline.send(&step(0, 0)).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::Throttled);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn writes_keep_to_the_documented_pace_and_batches_stay_full() {
    let script = echo();
    let limits = Limits {
        units: Some(800.0),
        writes: Some(20.0),
    };
    let pipeline = pipeline(&script, 100, limits);
    let _job = pipeline.traffic().unwrap().job();
    let began = Instant::now();
    people(&pipeline, 100, 10).await;
    let seconds = began.elapsed().as_secs_f64();
    assert!((47.5..52.0).contains(&seconds), "{seconds}");
    let sizes = sizes(&script);
    assert!(sizes.len() <= 55, "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_before_his_call_went_out_has_sent_nothing() {
    let script = echo();
    let limits = Limits {
        units: None,
        writes: Some(1.0),
    };
    let pipeline = pipeline(&script, 10, limits);
    let _job = pipeline.traffic().unwrap().job();
    pipeline.send(&step(0, 0)).await.unwrap();
    pipeline.send(&step(0, 1)).await.unwrap();
    let request = step(0, 2);
    let gone = tokio::time::timeout(Duration::from_millis(50), pipeline.send(&request)).await;
    assert!(gone.is_err());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(script.requests().len(), 2);
}
