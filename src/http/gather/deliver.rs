//! A batch on its way: sent as one, taken apart, and each caller given his own answer.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::OwnedSemaphorePermit;

use super::{Answer, Waiting};
use crate::domain::Secret;
use crate::http::batch::{Opened, envelope, open};
use crate::http::client::{Failed, WireAnswer};
use crate::http::pipeline::{Core, Tried};
use crate::http::request::Request;

/// Sends calls as one batch, or one alone by itself, and gives each its answer.
pub(super) async fn send(core: Arc<Core>, calls: Vec<Waiting>, way: OwnedSemaphorePermit) {
    let _counted = core.counted();
    // First what takes its time: leave is asked for when nothing stands between it and the wire.
    let token = match core.token().await {
        Ok(token) => token,
        Err(error) => {
            deliver(calls, |_| Err(error.clone()));
            return;
        }
    };
    let calls = with_leave(calls).await;
    if calls.is_empty() {
        return;
    }
    let requests: Vec<&Request> = calls.iter().map(|call| &call.request).collect();
    let left = calls.iter().map(|call| call.left).max().unwrap_or_default();
    if let [one] = requests.as_slice() {
        let tried = single(&core, token, one, left).await;
        drop(way);
        deliver(calls, |_| again(&tried));
        return;
    }
    let outer = once(&core, token, &envelope(&requests), left).await;
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
                let tried = by_itself(&core, &call).await;
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
            if let Some(limiter) = &core.limiter {
                let heard = calls.iter().enumerate().filter_map(|(at, call)| {
                    let answer = answers.get(&at.to_string())?;
                    log(&call.request, answer);
                    Some((&call.request, limiter.cost(&call.request), answer))
                });
                let heard: Vec<_> = heard.collect();
                limiter.heard_together(heard).await;
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

/// The calls that may go out; the others are told why not.
async fn with_leave(calls: Vec<Waiting>) -> Vec<Waiting> {
    let asked = calls.iter().map(|call| async {
        match &call.leave {
            Some(leave) => leave.ask().await,
            None => Ok(()),
        }
    });
    let said = join_all(asked).await;
    let mut going = Vec::with_capacity(calls.len());
    for (call, said) in calls.into_iter().zip(said) {
        match said {
            Ok(()) => going.push(call),
            Err(error) => {
                // Who went away needs no answer.
                let _ = call.reply.send(Err(error));
            }
        }
    }
    going
}

/// A call of a batch that was not taken: others went out before it, so that it asks once more.
async fn by_itself(core: &Core, call: &Waiting) -> Answer {
    let token = core.token().await?;
    if let Some(leave) = &call.leave {
        leave.ask().await?;
    }
    single(core, token, &call.request, call.left).await
}

/// One call by itself, whose pace was taken already.
async fn single(core: &Core, token: Option<Secret>, request: &Request, left: Duration) -> Answer {
    let tried = once(core, token, request, left).await?;
    if let (Some(limiter), Ok(answer)) = (&core.limiter, &tried.result) {
        limiter.heard(request, limiter.cost(request), answer).await;
    }
    Ok(tried)
}

async fn once(core: &Core, token: Option<Secret>, request: &Request, left: Duration) -> Answer {
    let url = core.resolve(request)?;
    let call_id = uuid::Uuid::new_v4().to_string();
    Ok(core.try_once(token, request, &url, &call_id, left, 1).await)
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
