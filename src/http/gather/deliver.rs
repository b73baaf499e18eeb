//! A batch on its way: sent as one, taken apart, and each caller given his own answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::{Answer, Waiting};
use crate::http::batch::{Opened, envelope, open};
use crate::http::client::{Failed, WireAnswer};
use crate::http::pipeline::{Core, Tried};
use crate::http::request::Request;

/// Sends calls as one batch, or one alone by itself, and gives each its answer.
pub(super) async fn send(core: Arc<Core>, calls: Vec<Waiting>, way: OwnedSemaphorePermit) {
    let requests: Vec<&Request> = calls.iter().map(|call| &call.request).collect();
    let left = calls.iter().map(|call| call.left).max().unwrap_or_default();
    if let [one] = requests.as_slice() {
        let tried = single(&core, one, left).await;
        drop(way);
        deliver(calls, |_| again(&tried));
        return;
    }
    let outer = once(&core, &envelope(&requests), left).await;
    let (token, began, opened) = match outer {
        Err(error) => {
            deliver(calls, |_| Err(error.clone()));
            return;
        }
        Ok(Tried { result, token, began }) => (token, began, open(result)),
    };
    match opened {
        Opened::NotTaken => {
            for call in calls {
                let tried = single(&core, &call.request, call.left).await;
                // Who went away needs no answer.
                let _ = call.reply.send(tried);
            }
        }
        Opened::All(result) => {
            drop(way);
            if let (Some(limiter), Ok(answer), Some(first)) = (&core.limiter, &result, calls.first()) {
                limiter
                    .heard(&first.request, limiter.cost(&first.request), answer)
                    .await;
            }
            let tried = Ok(Tried { result, token, began });
            deliver(calls, |_| again(&tried));
        }
        Opened::Answers(mut answers) => {
            drop(way);
            for (at, call) in calls.iter().enumerate() {
                if let (Some(limiter), Some(answer)) = (&core.limiter, answers.get(&at.to_string())) {
                    log(&call.request, answer);
                    limiter
                        .heard(&call.request, limiter.cost(&call.request), answer)
                        .await;
                }
            }
            deliver(calls, |at| {
                let result = answers.remove(&at.to_string()).ok_or_else(|| Failed::NoAnswer {
                    timed_out: false,
                    why: "the service left a call of a batch without an answer".to_owned(),
                });
                Ok(Tried {
                    result,
                    token: token.clone(),
                    began,
                })
            });
        }
    }
}

/// One call by itself, whose pace was taken already.
async fn single(core: &Core, request: &Request, left: Duration) -> Answer {
    let tried = once(core, request, left).await?;
    if let (Some(limiter), Ok(answer)) = (&core.limiter, &tried.result) {
        limiter.heard(request, limiter.cost(request), answer).await;
    }
    Ok(tried)
}

async fn once(core: &Core, request: &Request, left: Duration) -> Answer {
    let url = core.resolve(request)?;
    let call_id = uuid::Uuid::new_v4().to_string();
    core.try_once(request, &url, &call_id, left, 1).await
}

fn deliver(calls: Vec<Waiting>, mut answer: impl FnMut(usize) -> Answer) {
    for (at, call) in calls.into_iter().enumerate() {
        // Who went away needs no answer.
        let _ = call.reply.send(answer(at));
    }
}

/// The same answer once more.
fn again(tried: &Answer) -> Answer {
    let tried = tried.as_ref().map_err(Clone::clone)?;
    Ok(Tried {
        result: tried.result.clone(),
        token: tried.token.clone(),
        began: tried.began,
    })
}

fn log(request: &Request, answer: &WireAnswer) {
    tracing::debug!(
        verb = request.verb.as_str(),
        path = request.template,
        status = answer.status,
        "in a batch"
    );
}
