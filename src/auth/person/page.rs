//! The small pages that the browser shows when it comes back. Nothing of what it brought is on them.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

/// What a page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// It worked.
    SignedIn,
    /// It did not; the words are ours.
    Failed(String),
    /// It brought an answer that is not of this sign-in.
    NotOurs,
    /// It came a second time.
    Again,
    /// It asked for something else.
    NotHere,
}

impl Page {
    /// The answer to the browser.
    pub(super) fn response(&self) -> Response {
        let (status, title, text) = match self {
            Self::SignedIn => (
                StatusCode::OK,
                "Signed in",
                "You may close this page and go back to the terminal.".to_owned(),
            ),
            Self::Failed(why) => (
                StatusCode::BAD_REQUEST,
                "Not signed in",
                format!("{}. The terminal says what to do.", escaped(why)),
            ),
            Self::NotOurs => (
                StatusCode::BAD_REQUEST,
                "Not taken",
                "This answer does not belong to the sign-in that was begun here, and was ignored. Go back to the page \
                 that the terminal opened."
                    .to_owned(),
            ),
            Self::Again => (
                StatusCode::GONE,
                "Already answered",
                "This sign-in was answered before. The terminal says how it ended.".to_owned(),
            ),
            Self::NotHere => (
                StatusCode::NOT_FOUND,
                "Nothing here",
                "Only the answer of a sign-in is taken here.".to_owned(),
            ),
        };
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>body{{font:1rem/1.5 system-ui;margin:2rem \
             auto;max-width:24rem;padding:0 1rem}}:root{{color-scheme:light dark}}</style><h1>{title}</h1><p \
             id=\"said\">{text}</p></html>"
        );
        let headers = [
            (header::CACHE_CONTROL, "no-store"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONNECTION, "close"),
        ];
        (status, headers, Html(html)).into_response()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
