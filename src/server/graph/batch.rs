//! `$batch`: up to twenty calls in one, each with an answer of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::request::{Call, Reply};
use crate::server::AppState;
use crate::server::auth;
use crate::server::error::{ApiError, Ids};
use crate::server::faults::{Fault, Kind, Line, Verdict, refused};

const MOST: usize = 20;

struct Item {
    id: String,
    after: Vec<String>,
    call: Result<Call, ApiError>,
}

fn malformed(why: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "BadRequest", why.into())
}

/// Takes the body apart.
///
/// # Errors
/// 400 for the whole: none or too many, no id, an id twice, a dependency on what does not come before.
fn items(beta: bool, body: Option<&Value>) -> Result<Vec<Item>, ApiError> {
    let requests = body
        .and_then(|body| body["requests"].as_array())
        .ok_or_else(|| malformed("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > MOST {
        return Err(malformed(format!(
            "Number of batch request steps must be between 1 and {MOST}."
        )));
    }
    let mut seen = HashSet::new();
    let mut items = Vec::with_capacity(requests.len());
    for request in requests {
        let id = match &request["id"] {
            Value::String(id) if !id.is_empty() => id.clone(),
            _ => return Err(malformed("Request id is required in the batch request steps.")),
        };
        let after: Vec<String> = match &request["dependsOn"] {
            Value::Null => Vec::new(),
            Value::Array(ids) => ids
                .iter()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect(),
            _ => return Err(malformed(format!("Invalid dependsOn in request id : {id}."))),
        };
        if let Some(unknown) = after.iter().find(|id| !seen.contains(&id.to_lowercase())) {
            return Err(malformed(format!(
                "Request id : {id} depends on '{unknown}', which does not stand before it."
            )));
        }
        if !seen.insert(id.to_lowercase()) {
            return Err(malformed(format!(
                "Request Id : {id} has to be unique in a batch."
            )));
        }
        let call = call(beta, &id, request)?;
        items.push(Item { id, after, call });
    }
    if is_ordered(&items) {
        Ok(items)
    } else {
        Err(malformed(
            "Batch should be either fully sequential or fully parallel.",
        ))
    }
}

/// Whether the dependencies are of a sort that is taken: none, each on the one before it, or all on the same one.
fn is_ordered(items: &[Item]) -> bool {
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let sequential = items
        .iter()
        .enumerate()
        .all(|(at, item)| match at.checked_sub(1) {
            None => item.after.is_empty(),
            Some(before) => matches!(item.after.as_slice(), [one] if same(one, &items[before].id)),
        });
    let mut stated = items.iter().flat_map(|item| &item.after);
    let one_each = items.iter().all(|item| item.after.len() <= 1);
    sequential
        || (one_each
            && stated
                .next()
                .is_none_or(|first| stated.all(|other| same(first, other))))
}

/// One call of a batch. The inner error is the item's own, the outer one that of the whole.
fn call(beta: bool, id: &str, request: &Value) -> Result<Result<Call, ApiError>, ApiError> {
    let invalid = |what: &str| malformed(format!("Invalid {what} in request id : {id}."));
    let method: Method = request["method"]
        .as_str()
        .and_then(|text| text.to_ascii_uppercase().parse().ok())
        .ok_or_else(|| invalid("method"))?;
    let url = request["url"]
        .as_str()
        .filter(|url| !url.is_empty())
        .ok_or_else(|| invalid("url"))?;
    let headers: HashMap<String, &str> = request["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?)))
        .collect();
    let writes = [Method::POST, Method::PATCH, Method::PUT].contains(&method);
    let body = request.get("body").filter(|body| !body.is_null()).cloned();
    if writes && (body.is_none() || !headers.contains_key("content-type")) {
        // Of the whole: not one call is made (msgraph-sdk-dotnet issues 1038 and 2628).
        return Err(malformed(format!(
            "Write request id : {id} does not contain Content-Type header or body."
        )));
    }
    let mut call = Call::new(beta, method, url);
    call.eventual = headers
        .get("consistencylevel")
        .is_some_and(|value| value.eq_ignore_ascii_case("eventual"));
    call.body = body;
    if call.path.first().is_some_and(|first| first == "$batch") {
        return Ok(Err(ApiError::not_allowed()));
    }
    Ok(Ok(call))
}

/// `POST /$batch`
///
/// # Errors
/// 400 for the whole; what single calls answer is in the body.
pub(super) async fn serve(
    state: &Arc<AppState>,
    token: Option<&str>,
    beta: bool,
    body: Option<&Value>,
    line: &Line,
) -> Result<Reply, ApiError> {
    let items = items(beta, body)?;
    let faults = &state.faults;
    let charged = state.charged();
    // As for a call by itself: what the bucket refuses, no rule sees.
    let (verdicts, charges): (Vec<Verdict>, Vec<_>) = items
        .iter()
        .map(|item| match &item.call {
            Ok(call) if !faults.is_idle() => match faults.charge(call, &charged) {
                Ok(headers) => (faults.look(Kind::Item, call), Ok(headers)),
                Err(error) => (Verdict::default(), Err(error)),
            },
            _ => (Verdict::default(), Ok(Vec::new())),
        })
        .unzip();
    let cut = |fault| verdicts.iter().find(|verdict| verdict.fault() == Some(fault));
    if let Some(verdict) = cut(Fault::ResetBefore) {
        faults.gave(verdict);
        line.cut();
        return Ok(Reply::no_content());
    }
    faults.wait(&verdicts).await;
    let mut answers = Vec::new();
    let mut failed: HashSet<String> = HashSet::new();
    for ((item, verdict), charge) in items.into_iter().zip(&verdicts).zip(charges) {
        let outcome = if item.after.iter().any(|id| failed.contains(&id.to_lowercase())) {
            Err(ApiError::new(
                StatusCode::FAILED_DEPENDENCY,
                "FailedDependency",
                "A request that this one depends on failed.",
            ))
        } else {
            match item.call {
                Ok(_) if verdict.fault() == Some(Fault::DropItem { made: false }) => {
                    faults.gave(verdict);
                    continue;
                }
                Ok(call) => match charge {
                    Ok(headers) => Box::pin(one(state, token, call, verdict)).await.map(|mut reply| {
                        reply.headers.extend(headers);
                        reply
                    }),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            }
        };
        if outcome.is_err() {
            failed.insert(item.id.to_lowercase());
        }
        if verdict.fault() == Some(Fault::DropItem { made: true }) {
            faults.gave(verdict);
            continue;
        }
        answers.push(answer(&item.id, outcome));
    }
    if let Some(verdict) = cut(Fault::ResetAfter) {
        faults.gave(verdict);
        line.cut();
    }
    faults.slow(&verdicts, line);
    Ok(Reply::ok(json!({"responses": answers})))
}

/// One call of a batch, or the error that a rule gives instead.
async fn one(
    state: &Arc<AppState>,
    token: Option<&str>,
    call: Call,
    verdict: &Verdict,
) -> Result<Reply, ApiError> {
    if let Some(Fault::Status {
        status,
        retry_after,
        code,
    }) = verdict.fault()
    {
        state.faults.gave(verdict);
        return Err(refused(status, retry_after, code));
    }
    if let Some(Fault::ClaimsChallenge(context)) = verdict.fault()
        && let Some(challenge) = auth::challenge(state, token, context)
    {
        state.faults.gave(verdict);
        return Err(challenge);
    }
    super::run_with(state, token, call, verdict).await
}

fn answer(id: &str, outcome: Result<Reply, ApiError>) -> Value {
    let (status, mut headers, body) = match outcome {
        Ok(reply) => {
            let headers: Map<String, Value> = reply
                .headers
                .iter()
                .map(|(name, value)| (title(name.as_str()), json!(value)))
                .collect();
            (reply.status, headers, reply.body)
        }
        Err(error) => {
            let headers = error
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((title(name.as_str()), json!(value.to_str().ok()?))));
            (
                error.status(),
                headers.collect(),
                Some(error.body(&Ids::new(None))),
            )
        }
    };
    if body.is_some() {
        headers.insert("Content-Type".to_owned(), json!("application/json"));
    }
    let mut item = json!({"id": id, "status": status.as_u16(), "headers": headers});
    if let Some(body) = body {
        item["body"] = body;
    }
    item
}

/// `retry-after` as `Retry-After`: names inside a batch are JSON keys, which clients read with their case.
fn title(name: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
            .unwrap_or_default()
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}
