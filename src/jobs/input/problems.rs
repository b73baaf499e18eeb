//! Everything that is wrong with a file, counted, and the first of it in full.

use crate::domain::{Error, ErrorCode, Match, Result};

/// So many are listed.
const LISTED: usize = 50;

/// What is wrong with a row.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its line, from 1.
    pub line: u64,
    /// Its column, from 1.
    pub column: Option<u64>,
    /// What was to be read there, as far as it could be: for the row of a result.
    pub user: String,
    /// What is wrong, and what to do.
    pub error: Error,
    /// Whether nothing can be read behind it.
    pub fatal: bool,
}

impl Problem {
    /// A row that is wrong.
    pub fn new(line: u64, column: Option<u64>, error: Error) -> Self {
        Self {
            line,
            column,
            user: String::new(),
            error,
            fatal: false,
        }
    }

    /// A row behind which nothing can be read.
    pub(super) fn fatal(line: u64, error: Error) -> Self {
        Self {
            fatal: true,
            ..Self::new(line, None, error)
        }
    }

    /// The same, said of this person.
    #[must_use]
    pub fn of(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// The error with its place.
    pub fn into_error(self, file: &str) -> Error {
        self.error.at(file, Some(self.line), self.column)
    }
}

/// The problems of one file.
#[derive(Debug, Default)]
pub struct Problems {
    count: u64,
    first: Vec<Problem>,
}

impl Problems {
    /// Notes one. They come in the order of their lines, or are sorted into it.
    pub fn add(&mut self, problem: Problem) {
        self.count += 1;
        let later = self.first.last().is_none_or(|last| last.line <= problem.line);
        if later && self.first.len() >= LISTED {
            return;
        }
        let at = self.first.partition_point(|known| known.line <= problem.line);
        self.first.insert(at, problem);
        self.first.truncate(LISTED);
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All of it as one error, or nothing. `message` begins it where there are several.
    ///
    /// # Errors
    /// The one problem with its place, or `invalid_input` with the first of them and how many there are.
    pub fn finish(self, file: &str, message: impl FnOnce(u64) -> String) -> Result<()> {
        let Self { count, first } = self;
        match first.as_slice() {
            [] => Ok(()),
            [one] if count == 1 => Err(one.clone().into_error(file)),
            [one, ..] => {
                let hint = one.error.hint_text();
                let same_hint = first.iter().all(|problem| problem.error.hint_text() == hint);
                let mut matches: Vec<Match> = first
                    .iter()
                    .map(|problem| listed(file, problem, same_hint))
                    .collect();
                if let Some(rest) = count.checked_sub(first.len() as u64).filter(|rest| *rest > 0) {
                    matches.push(Match {
                        reference: file.to_owned(),
                        detail: format!("and {rest} more"),
                    });
                }
                let error = Error::new(ErrorCode::InvalidInput, message(count))
                    .matches(matches)
                    .at(file, Some(one.line), one.column);
                Err(match hint {
                    Some(hint) if same_hint => error.hint(hint),
                    _ => error,
                })
            }
        }
    }
}

fn listed(file: &str, problem: &Problem, same_hint: bool) -> Match {
    let line = problem.line;
    let detail = match problem.error.hint_text() {
        Some(hint) if !same_hint => format!("{}: {hint}", problem.error.message()),
        _ => problem.error.message().to_owned(),
    };
    Match {
        reference: match problem.column {
            Some(column) => format!("{file}:{line}:{column}"),
            None => format!("{file}:{line}"),
        },
        detail,
    }
}
