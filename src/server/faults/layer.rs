//! Faults of whole requests. What happens to the items of a `$batch` is in `graph::batch`.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::dribble::dribble;
use super::rule::{Fault, Kind};
use super::{Line, refused};
use crate::server::graph::request::Call;
use crate::server::{AppState, auth, token};

/// Calls that tests steer the service with: nothing goes wrong with them.
const STEERING: [&str; 4] = [
    "/mfactl/v1/faults",
    "/mfactl/v1/clock",
    "/mfactl/v1/seed",
    "/mfactl/v1/snapshot",
];

/// Lets a request pass, or has happen to it what the rules say.
pub(crate) async fn act(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let line = request
        .extensions()
        .get::<ConnectInfo<Line>>()
        .map(|ConnectInfo(line)| line.clone())
        .unwrap_or_default();
    request.extensions_mut().insert(line.clone());
    let Some((kind, call)) = seen(&request) else {
        return next.run(request).await;
    };
    let faults = &state.faults;
    let mut headers = Vec::new();
    if kind == Kind::Single {
        match faults.charge(&call, &state.charged()) {
            Ok(told) => headers = told,
            Err(error) => return error.into_response(),
        }
    }
    let verdict = faults.look(kind, &call);
    faults.wait(&[verdict]).await;
    let mut response = match verdict.fault() {
        Some(Fault::Status {
            status,
            retry_after,
            code,
        }) => {
            faults.gave(&verdict);
            if kind == Kind::Token {
                token::refused(status, retry_after)
            } else {
                refused(status, retry_after, code).into_response()
            }
        }
        Some(Fault::ClaimsChallenge(context)) => {
            match auth::challenge(&state, auth::bearer(request.headers()), context) {
                Some(challenge) => {
                    faults.gave(&verdict);
                    challenge.into_response()
                }
                None => next.run(request).await,
            }
        }
        Some(Fault::ResetBefore) => {
            faults.gave(&verdict);
            line.cut();
            StatusCode::NO_CONTENT.into_response()
        }
        Some(Fault::ResetAfter) => {
            let response = next.run(request).await;
            faults.gave(&verdict);
            line.cut();
            response
        }
        _ => {
            request.extensions_mut().insert(verdict);
            next.run(request).await
        }
    };
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(name, value);
        }
    }
    faults.slow(&[verdict], &line);
    match line.take_slow() {
        Some(time) => dribble(response, time).await,
        None => response,
    }
}

/// What a request asks for, where something may go wrong with it.
fn seen(request: &Request) -> Option<(Kind, Call)> {
    let target = request
        .uri()
        .path_and_query()
        .map_or("", |target| target.as_str());
    let path = request.uri().path();
    let call = |beta, target: &str| Call::new(beta, request.method().clone(), target);
    for (prefix, beta) in [("/v1.0", false), ("/beta", true)] {
        if let Some(rest) = target.strip_prefix(prefix) {
            let call = call(beta, rest);
            let kind = if call.path == ["$batch"] {
                Kind::Batch
            } else {
                Kind::Single
            };
            return Some((kind, call));
        }
    }
    if path.starts_with("/mfactl/v1/") {
        return (!STEERING.contains(&path)).then(|| (Kind::Single, call(false, target)));
    }
    is_token(request.uri()).then(|| (Kind::Token, call(false, "/oauth2/v2.0/token")))
}

/// `/{tenant}/oauth2/v2.0/token`
fn is_token(uri: &Uri) -> bool {
    uri.path().ends_with("/oauth2/v2.0/token")
}
