//! People who were asked for and are not there: all of them are told at once.

use super::Typed;
use super::pick::Finder;
use crate::domain::{Error, Match, Result};

/// People who are not there, named one by one.
const NAMED: usize = 50;

/// People who are not there, or not one: counted, and the first of them named.
#[derive(Default)]
pub(super) struct Missing {
    pub(super) count: u64,
    first: Vec<(Typed, Error)>,
}

impl Missing {
    pub(super) fn add(&mut self, typed: &Typed, error: Error) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push((typed.clone(), error));
        }
    }

    pub(super) fn finish(self, finder: &Finder<'_>) -> Result<()> {
        let Self { count, first } = self;
        let mut named = first.iter();
        let Some((typed, error)) = named.next() else {
            return Ok(());
        };
        let hint = first
            .iter()
            .find_map(|(typed, _)| (finder.elsewhere)(&typed.text));
        let hinted = |error: Error| match &hint {
            Some(hint) => error.hint(hint.as_str()),
            None => error,
        };
        if count == 1 {
            return Err(hinted(error.clone()));
        }
        let mut matches: Vec<Match> = first
            .iter()
            .map(|(typed, error)| Match {
                reference: match &typed.place {
                    Some((file, line)) => format!("{file}:{line}"),
                    None => typed.text.clone(),
                },
                detail: error.message().to_owned(),
            })
            .collect();
        if let Some(rest) = count.checked_sub(first.len() as u64).filter(|rest| *rest > 0) {
            matches.push(Match {
                reference: "…".to_owned(),
                detail: format!("and {rest} more"),
            });
        }
        let mut whole = Error::new(
            error.code(),
            format!("{count} people are not there; nothing was sent"),
        )
        .matches(matches)
        .hint(error.hint_text().unwrap_or_default());
        if let Some((file, line)) = &typed.place {
            whole = whole.at(file.as_str(), Some(*line), None);
        }
        Err(hinted(whole))
    }
}
