//! Requests taken apart, and answers, as handlers see them: no HTTP types of the router, so that `$batch` can make
//! them as well as a socket.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::methods::Type;
use crate::server::AppState;
use crate::server::auth::Caller;
use crate::server::error::ApiError;
use crate::server::faults::Lag;

/// The type of answers: clients that expect `application/json` and not one letter more fail on Graph.
const ODATA_JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// One request below `/v1.0` or `/beta`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Whether it came below `/beta`.
    pub(crate) beta: bool,
    /// The verb.
    pub(crate) method: Method,
    /// The segments, decoded; a key in parentheses is a segment of its own.
    pub(crate) path: Vec<String>,
    /// The path as it came, behind the version.
    pub(crate) raw_path: String,
    /// The query options, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Whether the header `ConsistencyLevel: eventual` was sent.
    pub(crate) eventual: bool,
    /// The body, if there was one.
    pub(crate) body: Option<Value>,
    /// How what it deletes is listed on, where a rule says so.
    pub(crate) lag: Option<Lag>,
}

impl Call {
    /// Takes a path with its query apart.
    pub(crate) fn new(beta: bool, method: Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            beta,
            method,
            path: segments(path),
            raw_path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            eventual: false,
            body: None,
            lag: None,
        }
    }

    /// `v1.0` or `beta`.
    pub(crate) fn version(&self) -> &'static str {
        if self.beta { "beta" } else { "v1.0" }
    }

    /// An argument of the function that the path ends in, without its quotes.
    pub(crate) fn argument(&self, name: &str) -> Option<String> {
        let path = decode(&self.raw_path);
        let (_, inside) = path.strip_suffix(')')?.rsplit_once('(')?;
        inside.split(',').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().trim_matches('\'').to_owned())
        })
    }

    /// A query option, with or without its `$`.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.strip_prefix('$').unwrap_or(key).eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Cuts a path in decoded segments. `users('a')` and `users/a` are the same.
fn segments(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let mut text = decode(raw);
        // The schema's alias, as the clients that Microsoft generates write a cast.
        if text.starts_with("graph.") {
            text.insert_str(0, "microsoft.");
        }
        let key = text.strip_suffix(')').and_then(|text| text.split_once('('));
        match key {
            Some((name, key)) if key.len() >= 2 && key.starts_with('\'') && key.ends_with('\'') => {
                parts.push(name.to_owned());
                parts.push(key[1..key.len() - 1].replace("''", "'"));
            }
            Some((name, key)) if key.starts_with("deviceId=") => {
                parts.push(name.to_owned());
                parts.push(key.replace('\'', ""));
            }
            Some((name, key)) if named_key(key).is_some() => {
                parts.push(name.to_owned());
                parts.extend(named_key(key));
            }
            // A function: its arguments are read by whoever has some.
            Some((name, _)) if is_function(name) => parts.push(name.to_owned()),
            // Brackets of any other sort name nothing: without them the whole collection would be meant.
            _ => parts.push(text),
        }
    }
    parts
}

/// What `id='a'` and `userPrincipalName='a'` name, as keys of their own name do.
fn named_key(key: &str) -> Option<String> {
    let (name, value) = key.split_once('=')?;
    let known = ["id", "userPrincipalName"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    let inner = value.strip_prefix('\'')?.strip_suffix('\'')?;
    (known && !inner.is_empty()).then(|| inner.replace("''", "'"))
}

/// The functions that take something: the two summaries of the registration report, and beta's options for a passkey.
fn is_function(name: &str) -> bool {
    [
        "usersRegisteredByMethod",
        "usersRegisteredByFeature",
        "creationOptions",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known))
}

/// Takes percent-encoding off.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'%')
            .then(|| {
                text.get(at + 1..at + 3)
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            })
            .flatten();
        plain.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// What a handler has: the file in one transaction, who calls, and what for.
pub(crate) struct Cx<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) state: &'a AppState,
    pub(crate) caller: &'a Caller,
    pub(crate) call: &'a Call,
    pub(crate) now: i64,
}

impl Cx<'_> {
    /// The n-th segment of the path; the route's pattern says that it is there.
    pub(crate) fn segment(&self, n: usize) -> &str {
        self.call.path.get(n).map_or("", String::as_str)
    }

    /// The body as an object with none but these properties, and `@odata.type`.
    ///
    /// # Errors
    /// 400: no body, no object, a property that may not be there.
    pub(crate) fn body(&self, allowed: &[&str]) -> Result<Map<String, Value>, ApiError> {
        let Some(Value::Object(body)) = &self.call.body else {
            return Err(bad("Request body is empty or is not a JSON object."));
        };
        self.check_type(body)?;
        match body
            .keys()
            .find(|key| !allowed.contains(&key.as_str()) && !key.contains('@'))
        {
            Some(key) => Err(bad(format!(
                "The property '{key}' does not exist or may not be set in this request."
            ))),
            None => Ok(body.clone()),
        }
    }

    /// Refuses a body that says that it is a method of another type than the collection's (which error: assumed).
    fn check_type(&self, body: &Map<String, Value>) -> Result<(), ApiError> {
        let collection = Type::of_segment(self.segment(3)).filter(|_| self.call.path.len() <= 5);
        let (Some(ty), Some(said)) = (collection, body.get("@odata.type").and_then(Value::as_str)) else {
            return Ok(());
        };
        let name = said
            .trim_start_matches('#')
            .rsplit('.')
            .next()
            .unwrap_or_default();
        if name.eq_ignore_ascii_case(ty.name) {
            return Ok(());
        }
        Err(bad(format!(
            "A '{said}' is not of the type '#microsoft.graph.{}'.",
            ty.name
        )))
    }

    /// The absolute address of something below the version.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}/{}{path}", self.state.graph(), self.call.version())
    }
}

/// 400 in the words of the authentication methods' part of Graph.
pub(crate) fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "badRequest", message)
}

/// An answer that is no error.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: StatusCode,
    /// Headers that go with it.
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// The body; a number is sent as plain text (`$count`).
    pub(crate) body: Option<Value>,
    /// An error that is told although what was written stays.
    pub(crate) kept: Option<ApiError>,
}

impl Reply {
    /// 200 with a body.
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: Some(body),
            kept: None,
        }
    }

    /// 201 with a body.
    pub(crate) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..Self::ok(body)
        }
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: Vec::new(),
            body: None,
            kept: None,
        }
    }

    /// An error, with what was written before it kept.
    pub(crate) fn kept(error: ApiError) -> Self {
        Self {
            kept: Some(error),
            ..Self::no_content()
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(Value::Number(number)) => {
                let mut response = Response::new(Body::from(number.to_string()));
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                response
            }
            Some(body) => {
                let mut response = Json(body).into_response();
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(ODATA_JSON));
                headers.insert("odata-version", HeaderValue::from_static("4.0"));
                response
            }
            None => Response::new(Body::empty()),
        };
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_parentheses_is_a_segment_of_its_own() {
        assert_eq!(segments("/users('$a@b')/memberOf"), ["users", "$a@b", "memberOf"]);
        assert_eq!(segments("/users/x%23EXT%23@y"), ["users", "x#EXT#@y"]);
        assert_eq!(segments("/devices(deviceId='1-2')"), ["devices", "deviceId=1-2"]);
        assert_eq!(
            segments("/a/usersRegisteredByMethod(x='all',y='all')"),
            ["a", "usersRegisteredByMethod"]
        );
        assert_eq!(
            segments("/users(userPrincipalName='$a''b@c')/memberOf"),
            ["users", "$a'b@c", "memberOf"]
        );
        assert_eq!(segments("/users(id='1')"), ["users", "1"]);
        // The whole collection is not what was asked for.
        assert_eq!(segments("/users(mail='a@b')"), ["users(mail='a@b')"]);
        assert_eq!(segments("/users()"), ["users()"]);
    }

    #[test]
    fn takes_percent_encoding_off_and_leaves_what_is_none() {
        assert_eq!(decode("a%20b%zz%4"), "a b%zz%4");
        assert_eq!(decode("%C3%A9é%"), "éé%");
    }
}
