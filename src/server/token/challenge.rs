//! The `claims` parameter of a token request: what an answer with a claims challenge asked for, and a token is to hold
//! (E:claims-challenge, E:developer-guide-conditional-access-authentication-context).

use serde_json::Value;

use super::refusal::{Refusal, bad};
use super::{Form, field};

/// How many authentication contexts there can be: `c1` to `c99`.
const CONTEXTS: u8 = 99;

/// What a token request asks for besides who it is.
pub(super) struct Wanted<'a> {
    /// The scopes, as they were sent.
    pub(super) scopes: &'a str,
    /// Authentication contexts that the token is to hold.
    pub(super) contexts: Vec<String>,
    /// Whether the client says that it can answer a challenge (`cp1`).
    pub(super) capable: bool,
}

impl<'a> Wanted<'a> {
    /// Reads `scope` and `claims`. What else stands in `claims`, such as `nbf` after a sign-out, every new token satisfies.
    ///
    /// # Errors
    /// `claims` is no JSON object.
    pub(super) fn read(form: &'a Form) -> Result<Self, Refusal> {
        let scopes = field(form, "scope").unwrap_or_default();
        let claims: Value = match field(form, "claims") {
            None => Value::Null,
            // The number is assumed: no page tells which one the real endpoint gives.
            Some(text) => serde_json::from_str(text)
                .ok()
                .filter(Value::is_object)
                .ok_or_else(|| {
                    bad(
                        "invalid_request",
                        901_002,
                        "The 'claims' request parameter is not a JSON object.",
                    )
                })?,
        };
        let asked = |name: &str| -> Vec<String> {
            let wish = &claims["access_token"][name];
            let values = wish["values"].as_array().into_iter().flatten();
            let all = values.chain(std::iter::once(&wish["value"]));
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut contexts = asked("acrs");
        contexts.retain(|name| context(name).is_some());
        Ok(Self {
            scopes,
            contexts,
            capable: asked("xms_cc")
                .iter()
                .any(|name| name.eq_ignore_ascii_case("cp1")),
        })
    }
}

/// The number of an authentication context: 7 for `c7`.
pub(crate) fn context(name: &str) -> Option<u8> {
    let number: u8 = name.strip_prefix('c')?.parse().ok()?;
    let spelled = !name.starts_with("c0") && !name.starts_with("c+");
    (spelled && (1..=CONTEXTS).contains(&number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_read_in_both_spellings_and_nothing_else_is_taken() {
        let read = |claims: &str| {
            let form = Form::from([("claims".to_owned(), claims.to_owned())]);
            Wanted::read(&form)
                .map(|wanted| (wanted.contexts, wanted.capable))
                .map_err(|_| ())
        };
        let c1 = Ok((vec!["c1".to_owned()], false));
        assert_eq!(
            read(r#"{"access_token": {"acrs": {"essential": true, "value": "c1"}}}"#),
            c1
        );
        assert_eq!(
            read(r#"{"access_token": {"acrs": {"values": ["c1", "c0", "admin", "c100"]}}}"#),
            c1
        );
        assert_eq!(
            read(r#"{"access_token": {"xms_cc": {"values": ["CP1"]}, "nbf": {"value": "1"}}}"#),
            Ok((Vec::new(), true))
        );
        for wrong in ["c1", "[]", "{", "\"c1\""] {
            assert_eq!(read(wrong), Err(()), "{wrong}");
        }
    }
}
