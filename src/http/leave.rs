//! Which writes ask for leave before they go out: those that are made while a step is applied. A service writes its
//! calls without a word about it; the pipeline finds the leave of the step beside the task that makes the call.

use std::future::Future;

use super::request::{Class, Request};
use crate::domain::Leave;

tokio::task_local! {
    static LEAVE: Leave;
}

/// Does the work of a step: every write in it asks for this leave before it is sent.
pub(crate) async fn with_leave<T>(leave: Option<&Leave>, work: impl Future<Output = T>) -> T {
    match leave {
        Some(leave) => LEAVE.scope(leave.clone(), work).await,
        None => work.await,
    }
}

/// The leave that a request which is made now has to ask for; a read asks nobody.
pub(super) fn of(request: &Request) -> Option<Leave> {
    if request.class == Class::Read {
        return None;
    }
    LEAVE.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use futures::future::join_all;
    use serde_json::json;

    use super::*;
    use crate::domain::{Doorkeeper, Error, ErrorCode, Limits, Result};
    use crate::http::Verb;
    use crate::http::testing::{Script, answer, answer_with};

    /// Notes how often it is asked and what was sent by then; says no from a certain time on.
    struct Door {
        script: Script,
        asked: AtomicUsize,
        most: usize,
    }

    #[async_trait]
    impl Doorkeeper for Door {
        async fn may_go(&self) -> Result<()> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            if asked < self.most {
                return Ok(());
            }
            Err(Error::new(ErrorCode::LeaseLost, "somebody else does it"))
        }
    }

    fn door(script: &Script, most: usize) -> (Arc<Door>, Leave) {
        let door = Arc::new(Door {
            script: script.clone(),
            asked: AtomicUsize::new(0),
            most,
        });
        (door.clone(), Leave::new(door))
    }

    fn write(at: usize) -> Request {
        Request::write(Verb::Post, Class::Never, "/v1.0", format!("/users/{at}"), "/x")
    }

    #[tokio::test]
    async fn a_write_asks_once_each_time_it_is_sent_and_after_it_has_waited() {
        let script = Script::new([
            answer_with(429, &[("retry-after", "9")], ""),
            answer(204, ""),
            answer(200, "{}"),
        ]);
        let (door, leave) = door(&script, 2);
        let pipeline = script.paced(60, Limits::default());
        let work = async {
            pipeline.send(&write(0)).await.unwrap();
            let read = Request::get("/v1.0", "/users/0", "/x");
            pipeline.send(&read).await.unwrap();
            pipeline.send(&write(0)).await.err().unwrap()
        };
        let error = with_leave(Some(&leave), work).await;
        assert_eq!(error.code(), ErrorCode::LeaseLost);
        assert_eq!(door.asked.load(Ordering::Relaxed), 3, "a read asks nobody");
        assert_eq!(door.script.requests().len(), 3, "what was refused is not sent");
    }

    #[tokio::test]
    async fn of_a_batch_only_what_may_go_is_sent() {
        let script = Script::answering(|sent| {
            let calls = sent.body["requests"].as_array().unwrap();
            let answers: Vec<_> = calls
                .iter()
                .map(|call| json!({"id": call["id"], "status": 200, "body": {"url": call["url"]}}))
                .collect();
            answer(200, &json!({ "responses": answers }).to_string())
        });
        let pipeline = script.paced(60, Limits::default());
        let _job = pipeline.traffic().unwrap().job();
        let (_, yes) = door(&script, 9);
        let (_, no) = door(&script, 0);
        let calls = (0..6).map(|at| {
            let (pipeline, leave) = (&pipeline, if at % 2 == 0 { &yes } else { &no });
            async move {
                let answer = with_leave(Some(leave), pipeline.send(&write(at))).await;
                answer.map(|answer| answer.value()["url"].clone())
            }
        });
        let answers = join_all(calls).await;
        for (at, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(url) => assert_eq!(url, format!("/users/{at}")),
                Err(error) => assert_eq!((error.code(), at % 2), (ErrorCode::LeaseLost, 1)),
            }
        }
        assert_eq!(script.requests().len(), 1);
        assert_eq!(script.requests()[0].body["requests"].as_array().unwrap().len(), 3);
    }
}
