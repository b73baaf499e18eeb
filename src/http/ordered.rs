//! Several writes in one request, one after the other: a `$batch` in which each call depends on the one before it. A
//! person's steps cost one round trip then, and never change places.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::json;

use super::batch::{BATCH, Opened, envelope, open};
use super::client::WireAnswer;
use super::pipeline::Pipeline;
use super::request::{Body, Request, Response};
use crate::domain::{Doorkeeper, Leave, Result};

/// The path of a batch, which is never put into another one.
pub(super) const PATH: &str = "/$batch";

impl Pipeline {
    /// Sends writes of one root in one request, each once the one before it was done. Answers those that were done; from
    /// the first that was not, whatever it met with, nothing was done, and `None` stands in the place of each. Only for
    /// writes that may be sent twice: whoever asks sends the rest again, by itself.
    pub(crate) async fn in_order(&self, requests: &[Request]) -> Vec<Option<Response>> {
        let mut answers = Vec::with_capacity(requests.len());
        for chunk in requests.chunks(BATCH) {
            let whole = if answers.iter().all(Option::is_some) {
                self.chain(chunk).await
            } else {
                Vec::new()
            };
            let done = whole.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
            answers.extend(done.take(chunk.len()));
        }
        answers
    }

    /// The answers of those that were done, from the first on.
    async fn chain(&self, requests: &[Request]) -> Vec<Response> {
        let calls: Vec<&Request> = requests.iter().collect();
        let mut whole = envelope(&calls).costing(calls.iter().map(|call| call.units).sum());
        if let Body::Json(body) = &mut whole.body
            && let Some(calls) = body["requests"].as_array_mut()
        {
            for (at, call) in calls.iter_mut().enumerate().skip(1) {
                call["dependsOn"] = json!([(at - 1).to_string()]);
            }
        }
        let Ok(answer) = self.send(&whole).await else {
            // Who sends them again meets it again, and says so in its own words.
            return Vec::new();
        };
        let Response {
            status,
            headers,
            body,
            request_id,
            tries,
        } = answer;
        let Opened::Answers(mut answers) = open(Ok(WireAnswer {
            status,
            headers,
            body,
        })) else {
            return Vec::new();
        };
        (0..requests.len())
            .map_while(|at| {
                let answer = answers.remove(&at.to_string())?;
                let own = answer.headers.iter().find(|(name, _)| name == "request-id");
                let own = own.map(|(_, id)| id.clone());
                (200..300).contains(&answer.status).then(|| Response {
                    request_id: own.or_else(|| request_id.clone()),
                    status: answer.status,
                    headers: answer.headers,
                    body: answer.body,
                    tries,
                })
            })
            .collect()
    }
}

/// The leave of several steps that go out together: none goes where one may not.
pub(crate) fn leave_of_all<'a>(leaves: impl Iterator<Item = Option<&'a Leave>>) -> Option<Leave> {
    let all: Vec<Leave> = leaves.flatten().cloned().collect();
    (!all.is_empty()).then(|| Leave::new(Arc::new(All(all))))
}

struct All(Vec<Leave>);

#[async_trait]
impl Doorkeeper for All {
    async fn may_go(&self) -> Result<()> {
        join_all(self.0.iter().map(Leave::ask))
            .await
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{Script, answer, no_answer};
    use crate::http::{Class, Verb};

    fn delete(at: usize) -> Request {
        Request::write(
            Verb::Delete,
            Class::Idempotent,
            "/v1.0",
            format!("/x/{at}"),
            "/x/{id}",
        )
    }

    #[tokio::test]
    async fn each_depends_on_the_one_before_and_what_was_done_is_answered_up_to_the_first_that_was_not() {
        let script = Script::new([answer(
            200,
            r#"{"responses": [{"id": "2", "status": 424}, {"id": "0", "status": 204}, {"id": "1", "status": 404}]}"#,
        )]);
        let answers = script
            .pipeline(60)
            .in_order(&[delete(0), delete(1), delete(2)])
            .await;
        let statuses: Vec<_> = answers
            .iter()
            .map(|answer| answer.as_ref().map(|answer| answer.status))
            .collect();
        assert_eq!(statuses, [Some(204), None, None]);
        let sent = script.requests().remove(0);
        assert_eq!(sent.line, "POST /v1.0/$batch");
        let before: Vec<_> = sent.body["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["dependsOn"].clone())
            .collect();
        assert_eq!(before, [json!(null), json!(["0"]), json!(["1"])]);
    }

    #[tokio::test]
    async fn a_batch_that_is_refused_or_lost_answers_nothing() {
        for (answers, sent) in [
            (vec![answer(400, "{}")], 1),
            (vec![no_answer(), answer(200, r#"{"responses": []}"#)], 2),
        ] {
            let script = Script::new(answers);
            let answers = script.pipeline(60).in_order(&[delete(0), delete(1)]).await;
            assert!(answers.iter().all(Option::is_none));
            assert_eq!(script.requests().len(), sent);
        }
    }
}
