//! Errors and notices: one line, matches indented below it, the next step as a hint; or the error object.

use std::fmt::Write as _;

use super::text::{clean, clean_json};
use crate::domain::shape::ErrorDoc;
use crate::domain::{Error, Match};

/// Words at the beginning of a line, in colour or not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words {
    /// Whether colour is wanted.
    pub(crate) colour: bool,
}

impl Words {
    fn painted(self, word: &str, style: anstyle::Style) -> String {
        if self.colour {
            format!("{style}{word}{style:#}")
        } else {
            word.to_owned()
        }
    }

    /// `error:`
    pub(crate) fn error(self) -> String {
        self.painted("error:", anstyle::AnsiColor::Red.on_default().bold())
    }

    /// `warning:`
    pub(crate) fn warning(self) -> String {
        self.painted("warning:", anstyle::AnsiColor::Yellow.on_default().bold())
    }

    /// `hint:`
    pub(crate) fn hint(self) -> String {
        self.painted("hint:", anstyle::AnsiColor::Cyan.on_default().bold())
    }
}

/// The error for people, with a line end.
pub(crate) fn text(error: &Error, words: Words) -> String {
    let body = error.to_body();
    let mut out = format!("{} ", words.error());
    if let Some(file) = &body.file {
        out.push_str(&clean(file));
        for number in [body.line, body.column].into_iter().flatten() {
            // Writing to a String does not fail.
            let _ = write!(out, ":{number}");
        }
        out.push_str(": ");
    }
    out.push_str(&clean(&body.message));
    out.push('\n');
    for line in matches(body.matches.as_deref().unwrap_or_default()) {
        out.push_str("  ");
        out.push_str(&line);
        out.push('\n');
    }
    let told: Vec<String> = [
        body.service_code.map(|code| format!("service code {code}")),
        body.request_id.map(|id| format!("request {id}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !told.is_empty() {
        out.push_str("  ");
        out.push_str(&clean(&told.join(", ")));
        out.push('\n');
    }
    if let Some(hint) = &body.hint {
        let _ = writeln!(out, "{} {}", words.hint(), clean(hint));
    }
    out
}

/// The error object on one line, with a line end.
pub(crate) fn json(error: &Error) -> String {
    let doc = ErrorDoc {
        error: error.to_body(),
    };
    let mut line = clean_json(serde_json::to_string(&doc).unwrap_or_default());
    line.push('\n');
    line
}

/// What matches, in columns: the reference, and the parts of the detail, which two blanks divide.
fn matches(matches: &[Match]) -> Vec<String> {
    let rows: Vec<Vec<String>> = matches
        .iter()
        .map(|one| {
            std::iter::once(one.reference.as_str())
                .chain(one.detail.split("  ").filter(|part| !part.is_empty()))
                .map(|cell| clean(cell).into_owned())
                .collect()
        })
        .collect();
    super::table::plain(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorCode;

    fn ambiguous() -> Error {
        Error::new(
            ErrorCode::Ambiguous,
            "\"authenticator\" matches 2 methods of emre@contoso.example",
        )
        .matches(vec![
            Match {
                reference: "authenticator:3d10".into(),
                detail: "\"Pixel 9\"  used today".into(),
            },
            Match {
                reference: "authenticator:b2f7f".into(),
                detail: "\"Pixel 5\u{1b}\"  used 4 Jan 2025".into(),
            },
        ])
        .hint("mfactl -p local methods remove emre authenticator:b2f7f")
    }

    #[test]
    fn matches_stand_in_columns_between_the_error_and_the_hint() {
        insta::assert_snapshot!(text(&ambiguous(), Words::default()), @r#"
        error: "authenticator" matches 2 methods of emre@contoso.example
          authenticator:3d10   "Pixel 9"        used today
          authenticator:b2f7f  "Pixel 5\u{1b}"  used 4 Jan 2025
        hint: mfactl -p local methods remove emre authenticator:b2f7f
        "#);
    }

    #[test]
    fn a_place_in_a_file_and_the_service_s_words_are_named() {
        let error = Error::new(ErrorCode::ConfigInvalid, "there is no key \"tenent\"").at(
            "config.toml",
            Some(3),
            Some(1),
        );
        assert_eq!(
            text(&error, Words::default()),
            "error: config.toml:3:1: there is no key \"tenent\"\n"
        );
        let error = Error::new(ErrorCode::PermissionMissing, "not allowed")
            .service_code("Authorization_RequestDenied")
            .request_id(Some("9f".into()));
        assert_eq!(
            text(&error, Words::default()),
            "error: not allowed\n  service code Authorization_RequestDenied, request 9f\n"
        );
    }

    #[test]
    fn the_error_object_is_one_line() {
        let line = json(&ambiguous());
        assert_eq!(line.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["error"]["code"], "ambiguous");
        assert_eq!(value["error"]["exit_code"], 3);
        assert_eq!(value["error"]["matches"][1]["ref"], "authenticator:b2f7f");
        assert_eq!(
            value["error"]["matches"][1]["detail"],
            "\"Pixel 5\u{1b}\"  used 4 Jan 2025"
        );
    }
}
