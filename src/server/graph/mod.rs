//! Microsoft Graph's part of the service, v1.0 and beta. Facts are in the reference that the project keeps of
//! Graph; where a rule is documented and its error is not, the code says "assumed".

mod account;
mod batch;
mod devices;
mod filter;
mod groups;
pub(crate) mod metadata;
pub(crate) mod methods;
mod options;
pub(crate) mod page;
pub(crate) mod permission;
mod person;
mod policy;
mod report;
pub(crate) mod request;
pub(crate) mod roles;
mod route;
mod search;
mod tokens;
mod units;
mod users;

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use rusqlite::Connection;
use serde_json::{Value, json};

use self::permission::About;
use self::person::Person;
use self::request::{Call, Cx, Reply};
use self::route::Route;
use super::AppState;
use super::auth::{authenticate, bearer};
use super::clock;
use super::error::ApiError;
use super::faults::{Fault, Line, Verdict, turn};

/// More than any call needs: a batch of twenty.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Answers a request below `/v1.0` or `/beta`.
///
/// # Errors
/// What the call answers, in Graph's words.
pub(crate) async fn serve(State(state): State<Arc<AppState>>, request: Request) -> Result<Reply, ApiError> {
    let (mut parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str())
        .to_owned();
    let (beta, target) = match target.strip_prefix("/v1.0").map(|rest| (false, rest)) {
        Some(found) => found,
        None => match target.strip_prefix("/beta") {
            Some(rest) => (true, rest),
            None => return Err(ApiError::nothing_at(parts.uri.path().trim_start_matches('/'))),
        },
    };
    if !target.is_empty() && !target.starts_with(['/', '?']) {
        return Err(ApiError::nothing_at(target));
    }
    let token = bearer(&parts.headers).map(str::to_owned);
    let mut call = Call::new(beta, parts.method, target);
    let verdict = parts.extensions.remove::<Verdict>().unwrap_or_default();
    let line = parts.extensions.remove::<Line>().unwrap_or_default();
    let eventual = parts
        .headers
        .get("consistencylevel")
        .and_then(|value| value.to_str().ok());
    call.eventual = eventual.is_some_and(|value| value.eq_ignore_ascii_case("eventual"));
    let bytes = to_bytes(body, BODY_LIMIT).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BadRequest",
            "The request body is too large.",
        )
    })?;
    if !bytes.is_empty() {
        check_content_type(&call.method, &parts.headers)?;
        let read = serde_json::from_slice(&bytes);
        call.body = Some(read.map_err(|_| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Unable to read JSON request payload.",
            )
        })?);
    }
    if call.path.len() == 1 && call.path[0] == "$batch" {
        if call.method != Method::POST {
            return Err(ApiError::not_allowed());
        }
        let (shared, held) = (Arc::clone(&state), token.clone());
        state
            .store
            .read(move |connection| authenticate(&shared, connection, held.as_deref()).map(drop))
            .await?;
        return batch::serve(&state, token.as_deref(), beta, call.body.as_ref(), &line).await;
    }
    run_with(&state, token.as_deref(), call, &verdict).await
}

/// Refuses a body that is not said to be JSON, as Graph does whatever is in it (microsoft-graph-docs-contrib issue 6215,
/// msgraph-sample-pythondjangoapp issue 22).
fn check_content_type(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if ![Method::POST, Method::PATCH, Method::PUT].contains(method) {
        return Ok(());
    }
    let refused = |message: &'static str| ApiError::new(StatusCode::BAD_REQUEST, "BadRequest", message);
    let Some(said) = headers.get(header::CONTENT_TYPE) else {
        return Err(refused(
            "Write requests (excluding DELETE) must contain the Content-Type header declaration.",
        ));
    };
    let kind = said
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(refused(
            "Entity only allows writes with a JSON Content-Type header.",
        ))
    }
}

/// Answers one call, with what the rules say of it.
///
/// # Errors
/// What the call answers.
async fn run_with(
    state: &Arc<AppState>,
    token: Option<&str>,
    mut call: Call,
    verdict: &Verdict,
) -> Result<Reply, ApiError> {
    call.lag = verdict.lag();
    let turned = match verdict.fault() {
        Some(fault @ (Fault::DuplicatePage | Fault::EmptyPage | Fault::UnknownMethod)) => {
            Some((fault, call.clone()))
        }
        _ => None,
    };
    let mut reply = run(state, token, call).await?;
    if verdict.fault() == Some(Fault::HalfSuccess) {
        state.faults.gave(verdict);
        return Err(methods::phone::not_unique());
    }
    if let Some((fault, call)) = turned
        && turn(fault, state, &call, &mut reply)
    {
        state.faults.gave(verdict);
    }
    Ok(reply)
}

/// Answers one call in one transaction: who calls, may they, and then what they ask.
///
/// # Errors
/// What the call answers.
async fn run(state: &Arc<AppState>, token: Option<&str>, call: Call) -> Result<Reply, ApiError> {
    let (shared, token) = (Arc::clone(state), token.map(str::to_owned));
    // A path that is not there is 404 for anybody; what it would need is looked up with the caller at hand.
    let writes = own(&call).is_some() || route::find(&call).is_ok_and(|route| route.writes);
    let reply = if writes && call.method != Method::GET || is_counted(&call) {
        state
            .store
            .write(move |connection| answer(&shared, connection, token.as_deref(), call))
            .await?
    } else {
        state
            .store
            .read(move |connection| answer(&shared, connection, token.as_deref(), call))
            .await?
    };
    match reply.kept {
        Some(error) => Err(error),
        None => Ok(reply),
    }
}

/// Whether a look changes what is looked at: the polls of an operation, a challenge that is made.
fn is_counted(call: &Call) -> bool {
    call.method == Method::GET
        && call.path.iter().any(|segment| {
            ["operations", "creationOptions"]
                .iter()
                .any(|name| segment.eq_ignore_ascii_case(name))
        })
}

/// The rest of a path below `/me`.
fn own(call: &Call) -> Option<&[String]> {
    let (first, rest) = call.path.split_first()?;
    first.eq_ignore_ascii_case("me").then_some(rest)
}

fn answer(
    state: &AppState,
    connection: &Connection,
    token: Option<&str>,
    mut call: Call,
) -> Result<Reply, ApiError> {
    let caller = authenticate(state, connection, token)?;
    let mut me = false;
    if let Some(rest) = own(&call) {
        let Some(id) = caller.user_id() else {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "/me request is only valid with delegated authentication flow.",
            ));
        };
        me = rest.is_empty() && call.method == Method::GET;
        call.path = ["users", id]
            .into_iter()
            .map(str::to_owned)
            .chain(rest.iter().cloned())
            .collect();
    }
    let Route { need, handler, .. } = route::find(&call)?;
    let cx = Cx {
        connection,
        state,
        caller: &caller,
        call: &call,
        now: clock::now_ms(connection)?,
    };
    let of_person =
        call.path.len() > 1 && call.path[0].eq_ignore_ascii_case("users") && call.path[1] != "$count";
    let person = if of_person {
        Some(Person::find(connection, cx.segment(1))?)
    } else {
        None
    };
    let about = person.as_ref().map(|person| About {
        user_id: &person.id,
        own: caller.user_id() == Some(person.id.as_str()),
    });
    let need = if me { permission::Need::Me } else { need };
    permission::check(need, &caller, connection, about)?;
    options::check(&call)?;
    let lags = match (call.lag, &person) {
        (Some(lag), Some(person)) => Some((lag, person.id.clone(), methods::load(connection, &person.id)?)),
        _ => None,
    };
    let mut reply = handler(&cx)?;
    if let Some((lag, user_id, methods)) = lags
        && let Some(method) = methods.into_iter().find(|method| method.id == cx.segment(4))
    {
        state.faults.haunt(&user_id, method, lag);
    }
    if let Some(Value::Object(body)) = &mut reply.body {
        let path = call.raw_path.trim_matches('/');
        let context = format!("{}/{}/$metadata#{path}", state.graph(), call.version());
        body.shift_insert(0, "@odata.context".to_owned(), json!(context));
    }
    Ok(reply)
}
