//! Commands that stand in hints, to be pasted: they begin as the command did that is being run, so that they mean the same
//! profile and the same database of jobs.

use std::borrow::Cow;

use super::Error;

/// How a command begins that names nothing.
const PROGRAM: &str = "mfactl ";

/// Verbs that act on what a profile names. The others need none.
const NOUNS: [&str; 12] = [
    "app-passwords",
    "auth",
    "capabilities",
    "devices",
    "doctor",
    "hardware-tokens",
    "jobs",
    "methods",
    "plan",
    "policy",
    "report",
    "user",
];

/// How commands to paste begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// Such as `mfactl -p local`; empty: as they are written.
    pub prefix: String,
    /// The same for what is about jobs, which may be kept elsewhere.
    pub of_jobs: String,
}

impl Pasted {
    /// The text with its commands as they work when they are pasted. One that names a profile stays as it is.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.prefix.is_empty() || !text.contains(PROGRAM) {
            return Cow::Borrowed(text);
        }
        let mut pieces = text.split(PROGRAM);
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let is_word = !out
                .chars()
                .next_back()
                .is_some_and(|before| before.is_alphanumeric() || "/-_.\"".contains(before));
            let noun = piece
                .split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
                .next()
                .unwrap_or_default();
            let command = piece.split([';', '&']).next().unwrap_or_default();
            let named = command
                .split_whitespace()
                .any(|word| word == "-p" || word.starts_with("--profile"));
            match noun {
                "jobs" if is_word && !named => out.push_str(&self.of_jobs),
                noun if is_word && !named && NOUNS.contains(&noun) => out.push_str(&self.prefix),
                _ => out.push_str(PROGRAM.trim_end()),
            }
            out.push(' ');
            out.push_str(piece);
        }
        Cow::Owned(out)
    }

    /// The error with such commands in its hint.
    #[must_use]
    pub fn error(&self, error: &Error) -> Error {
        match error.hint_text().map(|hint| self.text(hint)) {
            Some(Cow::Owned(hint)) => error.clone().hint(hint),
            _ => error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorCode;

    #[test]
    fn a_command_in_a_hint_names_the_profile_where_it_needs_one() {
        let pasted = Pasted {
            prefix: "mfactl -p contoso".to_owned(),
            of_jobs: "mfactl -p contoso --store postgres://db/jobs".to_owned(),
        };
        for (written, works) in [
            (
                "mfactl methods list adele",
                "mfactl -p contoso methods list adele",
            ),
            (
                "sign in again: mfactl auth login; what does not fit is told by: mfactl doctor",
                "sign in again: mfactl -p contoso auth login; what does not fit is told by: mfactl -p contoso doctor",
            ),
            (
                "some clouds lack some; see mfactl capabilities",
                "some clouds lack some; see mfactl -p contoso capabilities",
            ),
            (
                "mfactl jobs watch j-1",
                "mfactl -p contoso --store postgres://db/jobs jobs watch j-1",
            ),
            (
                "mfactl -p local user show adele",
                "mfactl -p local user show adele",
            ),
            (
                "mfactl auth login -p other && mfactl jobs list",
                "mfactl auth login -p other && mfactl -p contoso --store postgres://db/jobs jobs list",
            ),
            ("mfactl local serve runs it", "mfactl local serve runs it"),
            ("mfactl profile add NAME", "mfactl profile add NAME"),
            (
                "the version of mfactl that others use",
                "the version of mfactl that others use",
            ),
            ("/opt/mfactl user show", "/opt/mfactl user show"),
        ] {
            assert_eq!(pasted.text(written), works);
            // Whoever says it again says the same.
            assert_eq!(pasted.text(&pasted.text(written)), works);
            assert_eq!(Pasted::default().text(written), written);
        }
        let error = Error::new(ErrorCode::TokenRejected, "no").hint("mfactl auth login");
        assert_eq!(
            pasted.error(&error).hint_text(),
            Some("mfactl -p contoso auth login")
        );
    }
}
