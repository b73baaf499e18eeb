//! Graph's `$batch`: at most twenty calls in one request, answers matched by id. What happens to each call then is its
//! own affair: it is repeated by its own class.

use std::collections::HashMap;

use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::client::{Failed, WireAnswer};
use super::pipeline::Pipeline;
use super::request::{Body, Class, Request, Response, Verb};
use crate::domain::Result;

/// How many calls one batch holds.
pub(super) const BATCH: usize = 20;

impl Pipeline {
    /// Sends calls in as few requests as possible. Answers in their order and number; one call alone goes out by
    /// itself. While a job runs they share batches with the calls of others.
    pub(crate) async fn batch(&self, requests: &[Request]) -> Vec<Result<Response>> {
        match requests {
            [] => Vec::new(),
            [one] => vec![self.send(one).await],
            several => {
                let first = self.gather.together(several);
                let calls = several
                    .iter()
                    .zip(first)
                    .map(|(request, first)| self.send_after(request, Some(first)));
                join_all(calls).await
            }
        }
    }
}

/// The request around the calls. Its own class is that of the most delicate one within.
pub(super) fn envelope(requests: &[&Request]) -> Request {
    let class = requests
        .iter()
        .map(|request| request.class)
        .max()
        .unwrap_or(Class::Read);
    let root = requests.first().map_or("", |request| request.root);
    let calls: Vec<Value> = requests
        .iter()
        .enumerate()
        .map(|(at, request)| {
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
                Body::None | Body::Form(_) | Body::Text(_) => None,
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

/// What became of the calls of a batch.
pub(super) enum Opened {
    /// Each by its id.
    Answers(HashMap<String, WireAnswer>),
    /// The batch was refused before any of its calls was looked at: each is sent by itself.
    NotTaken,
    /// All of them met with this.
    All(std::result::Result<WireAnswer, Failed>),
}

/// Takes the answer to a batch apart.
pub(super) fn open(outer: std::result::Result<WireAnswer, Failed>) -> Opened {
    let answer = match outer {
        Ok(answer) => answer,
        Err(failed) => return Opened::All(Err(failed)),
    };
    match answer.status {
        200..300 => {}
        401 | 408 | 429 | 500.. => return Opened::All(Ok(answer)),
        // One call that the service cannot read must not fail nineteen others; nothing was done yet.
        _ => return Opened::NotTaken,
    }
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let Some(items) = value.get("responses").and_then(Value::as_array) else {
        let why = "the answer to a batch has no answers in it".to_owned();
        return Opened::All(Err(Failed::NoAnswer {
            timed_out: false,
            why,
        }));
    };
    let own = answer.headers.iter().find(|(name, _)| name == "request-id");
    let mut answers = HashMap::new();
    for item in items {
        let (Some(id), Some(status)) = (item.get("id").and_then(Value::as_str), item.get("status")) else {
            continue;
        };
        let Some(status) = status.as_u64().and_then(|status| u16::try_from(status).ok()) else {
            continue;
        };
        let mut headers: Vec<(String, String)> = item
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
            .collect();
        if !headers.iter().any(|(name, _)| name == "request-id") {
            headers.extend(own.cloned());
        }
        let body = match item.get("body") {
            None | Some(Value::Null) => Vec::new(),
            Some(body) => body.to_string().into_bytes(),
        };
        // An answer that comes twice counts once: the first.
        answers.entry(id.to_owned()).or_insert(WireAnswer {
            status,
            headers,
            body,
        });
    }
    Opened::Answers(answers)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Script, answer, no_answer};
    use super::*;
    use crate::domain::{ErrorCode, Limits};

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
        let limits = Limits {
            units: Some(800.0),
            writes: None,
        };
        let answers = script.paced(60, limits).batch(&requests).await;
        let rounds: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().value()["round"].as_u64().unwrap())
            .collect();
        assert_eq!(rounds, [1, 2, 2, 1]);
        assert_eq!(script.slept_ms(), [9000]);
    }

    #[tokio::test]
    async fn what_a_batch_lost_is_repeated_where_that_does_no_harm() {
        let script = Script::new([
            no_answer(),
            answer(
                200,
                r#"{"responses": [{"id": "0", "status": 200}, {"id": "1", "status": 204}]}"#,
            ),
        ]);
        let delete = Request::write(Verb::Delete, Class::Idempotent, "/v1.0", "/users/1/x", "/x");
        let answers = script.pipeline(60).batch(&[get(0), delete]).await;
        let statuses: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
        assert_eq!(statuses, [200, 204]);
    }

    #[tokio::test]
    async fn a_batch_with_a_token_that_ended_is_sent_again_with_another_once() {
        let script = Script::new([
            answer(401, ""),
            answer(
                200,
                r#"{"responses": [{"id": "0", "status": 200}, {"id": "1", "status": 200}]}"#,
            ),
        ]);
        let answers = script.pipeline(60).batch(&[get(0), get(1)]).await;
        assert!(answers.iter().all(Result::is_ok));
        let tokens: Vec<_> = script
            .requests()
            .iter()
            .map(|request| request.header("authorization"))
            .collect();
        assert_eq!(tokens, ["Bearer token-0", "Bearer token-1"]);
    }

    #[tokio::test]
    async fn a_batch_that_is_refused_whole_goes_out_call_by_call() {
        let script = Script::answering(|sent| match sent.line.as_str() {
            "POST /v1.0/$batch" => answer(400, "{}"),
            "GET /v1.0/users/1" => answer(404, "{}"),
            _ => answer(200, "{}"),
        });
        let answers = script.pipeline(60).batch(&[get(0), get(1), get(2)]).await;
        let statuses: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
        assert_eq!(statuses, [200, 404, 200]);
        assert_eq!(script.requests().len(), 4);
    }

    #[tokio::test]
    async fn of_an_answer_that_comes_twice_the_first_counts() {
        let script = Script::new([answer(
            200,
            r#"{"responses": [{"id": "1", "status": 204}, {"id": "0", "status": 200}, {"id": "0", "status": 500}, {"id": "7", "status": 200}]}"#,
        )]);
        let answers = script.pipeline(60).batch(&[get(0), get(1)]).await;
        let statuses: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
        assert_eq!(statuses, [200, 204]);
    }

    #[tokio::test]
    async fn an_answer_without_answers_is_no_answer() {
        let script = Script::new([answer(200, "<html>")]);
        let write =
            |at: usize| Request::write(Verb::Post, Class::Never, "/v1.0", format!("/users/{at}"), "/x");
        let answers = script.pipeline(60).batch(&[write(0), write(1)]).await;
        for answer in answers {
            assert_eq!(answer.err().unwrap().code(), ErrorCode::OutcomeUnknown);
        }
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
