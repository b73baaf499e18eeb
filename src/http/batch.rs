//! Graph's `$batch`: at most twenty calls in one request, answers matched by id, and each call repeated by its own
//! class when it alone was throttled or failed.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::pipeline::Pipeline;
use super::request::{Body, Class, Request, Response, Verb};
use super::retry::{self, Outcome, Verdict};
use crate::domain::{Clock, Error, ErrorCode, Result, SystemClock};

/// How many calls one batch holds.
pub(crate) const BATCH: usize = 20;

impl Pipeline {
    /// Sends calls that share one root in as few requests as possible. Answers in their order and number; one call
    /// alone goes out by itself.
    pub(crate) async fn batch(&self, requests: &[Request]) -> Vec<Result<Response>> {
        let mut answers = Vec::with_capacity(requests.len());
        for chunk in requests.chunks(BATCH) {
            match chunk {
                [one] => answers.push(self.send(one).await),
                several => answers.extend(self.one_batch(several).await),
            }
        }
        answers
    }

    async fn one_batch(&self, requests: &[Request]) -> Vec<Result<Response>> {
        let mut done: Vec<Option<Result<Response>>> = requests.iter().map(|_| None).collect();
        let deadline = self.now() + self.timeout();
        for round in 1..=retry::TRIES {
            let open: Vec<usize> = (0..requests.len()).filter(|&at| done[at].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let answers = match self
                .send(&envelope(requests, &open))
                .await
                .and_then(|outer| read(&outer))
            {
                Ok(answers) => answers,
                Err(error) => {
                    for at in open {
                        done[at] = Some(Err(error.clone()));
                    }
                    break;
                }
            };
            let mut wait = Duration::ZERO;
            for at in open {
                let answer = answers.get(&at.to_string());
                let outcome = answer.map_or(Outcome::NoAnswer, |answer| Outcome::Answered(answer.status));
                match retry::decide(outcome, requests[at].class, round, true) {
                    Verdict::Again => {
                        let asked = answer.and_then(|answer| {
                            retry::retry_after(
                                answer.header("retry-after"),
                                answer.header("date"),
                                SystemClock.now(),
                            )
                        });
                        let time = retry::wait(round, asked, self.random());
                        if self.now() + time >= deadline {
                            done[at] = Some(take(answer, round));
                        } else {
                            wait = wait.max(time);
                        }
                    }
                    Verdict::Unknown => {
                        done[at] = Some(Err(Error::new(
                            ErrorCode::OutcomeUnknown,
                            "the change was sent in a batch and no answer came",
                        )
                        .hint("look at what stands there now before you try again")));
                    }
                    Verdict::Take | Verdict::SignIn => done[at] = Some(take(answer, round)),
                }
            }
            if done.iter().any(Option::is_none) {
                self.pause(wait).await;
            }
        }
        done.into_iter()
            .map(|answer| answer.unwrap_or_else(|| Err(missing())))
            .collect()
    }
}

/// The request around the calls. Its own class is that of the most delicate one within.
fn envelope(requests: &[Request], open: &[usize]) -> Request {
    let class = open
        .iter()
        .map(|&at| requests[at].class)
        .max()
        .unwrap_or(Class::Read);
    let root = open.first().map_or("", |&at| requests[at].root);
    let calls: Vec<Value> = open
        .iter()
        .map(|&at| {
            let request = &requests[at];
            let mut call = Map::new();
            call.insert("id".to_owned(), json!(at.to_string()));
            call.insert("method".to_owned(), json!(request.verb.as_str()));
            call.insert("url".to_owned(), json!(request.path));
            let mut headers: Map<String, Value> = request
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            let body = match &request.body {
                Body::Json(body) => Some(body.clone()),
                // An action without a body is refused in a batch: it wants an empty object and its type.
                Body::None if request.verb == Verb::Post => Some(json!({})),
                Body::None | Body::Form(_) => None,
            };
            if let Some(body) = body {
                headers.insert("Content-Type".to_owned(), json!("application/json"));
                call.insert("body".to_owned(), body);
            }
            if !headers.is_empty() {
                call.insert("headers".to_owned(), Value::Object(headers));
            }
            Value::Object(call)
        })
        .collect();
    Request::write(Verb::Post, class, root, "/$batch", "/$batch").json(json!({ "requests": calls }))
}

/// The answers by id; a batch that was refused as a whole gives its answer to every call.
fn read(outer: &Response) -> Result<HashMap<String, Response>> {
    if !outer.ok() {
        let code = if outer.status == 429 {
            ErrorCode::Throttled
        } else {
            ErrorCode::Unavailable
        };
        let code = if outer.status == 401 {
            ErrorCode::TokenRejected
        } else {
            code
        };
        return Err(Error::new(
            code,
            format!("the service answered a batch with status {}", outer.status),
        )
        .request_id(outer.request_id.clone()));
    }
    let value = outer.json()?;
    let mut answers = HashMap::new();
    for item in value
        .get("responses")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let (Some(id), Some(status)) = (item.get("id").and_then(Value::as_str), item.get("status")) else {
            continue;
        };
        let Some(status) = status.as_u64().and_then(|status| u16::try_from(status).ok()) else {
            continue;
        };
        let headers: Vec<(String, String)> = item
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
            .collect();
        let body = match item.get("body") {
            None | Some(Value::Null) => Vec::new(),
            Some(body) => body.to_string().into_bytes(),
        };
        let own = headers
            .iter()
            .find(|(name, _)| name == "request-id")
            .map(|(_, value)| value.clone());
        let request_id = own.or_else(|| outer.request_id.clone());
        answers.insert(
            id.to_owned(),
            Response {
                status,
                headers,
                body,
                request_id,
                tries: outer.tries,
            },
        );
    }
    Ok(answers)
}

fn take(answer: Option<&Response>, round: u32) -> Result<Response> {
    answer
        .map(|answer| Response {
            tries: round,
            ..answer.clone()
        })
        .ok_or_else(missing)
}

fn missing() -> Error {
    Error::new(
        ErrorCode::Unavailable,
        "the service left a call of a batch without an answer",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Script, answer};
    use super::*;

    fn get(at: usize) -> Request {
        Request::get("/v1.0", format!("/users/{at}"), "/users/{id}")
    }

    #[tokio::test]
    async fn answers_come_back_in_order_whatever_order_the_service_has() {
        let script = Script::answering(|sent| {
            let calls = sent.body["requests"].as_array().unwrap();
            let responses: Vec<_> = calls
                .iter()
                .rev()
                .map(|call| json!({"id": call["id"], "status": 200, "body": {"url": call["url"]}}))
                .collect();
            answer(200, &json!({ "responses": responses }).to_string())
        });
        let requests: Vec<_> = (0..45).map(get).collect();
        let answers = script.pipeline(60).batch(&requests).await;
        let urls: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().value()["url"].clone())
            .collect();
        assert_eq!(
            urls,
            (0..45)
                .map(|at| json!(format!("/users/{at}")))
                .collect::<Vec<_>>()
        );
        assert_eq!(script.requests().len(), 3);
    }

    #[tokio::test]
    async fn only_what_was_throttled_is_sent_again_after_the_longest_wait() {
        let mut round = 0;
        let script = Script::answering(move |sent| {
            round += 1;
            let calls = sent.body["requests"].as_array().unwrap();
            let responses: Vec<_> = calls
                .iter()
                .map(|call| match (round, call["id"].as_str().unwrap()) {
                    (1, "1") => json!({"id": "1", "status": 429, "headers": {"Retry-After": "3"}}),
                    (1, "2") => json!({"id": "2", "status": 429, "headers": {"Retry-After": "9"}}),
                    (_, id) => json!({"id": id, "status": 200, "body": {"round": round}}),
                })
                .collect();
            answer(200, &json!({ "responses": responses }).to_string())
        });
        let requests: Vec<_> = (0..4).map(get).collect();
        let answers = script.pipeline(60).batch(&requests).await;
        let rounds: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().value()["round"].as_u64().unwrap())
            .collect();
        assert_eq!(rounds, [1, 2, 2, 1]);
        assert_eq!(script.slept_ms(), [9000]);
    }

    #[tokio::test]
    async fn a_call_without_an_answer_is_unknown_where_it_must_not_be_repeated() {
        let script = Script::new([answer(200, r#"{"responses": [{"id": "0", "status": 200}]}"#)]);
        let write = Request::write(Verb::Post, Class::Never, "/v1.0", "/users/1/x", "/users/{id}/x");
        let answers = script.pipeline(60).batch(&[get(0), write]).await;
        assert!(answers[0].is_ok());
        assert_eq!(
            answers[1].as_ref().err().unwrap().code(),
            ErrorCode::OutcomeUnknown
        );
        let sent = &script.requests()[0].body["requests"][1];
        assert_eq!(sent["headers"]["Content-Type"], "application/json");
        assert_eq!(sent["body"], json!({}));
    }
}
