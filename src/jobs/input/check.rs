//! The first pass: every row is judged, and whoever is in the file twice is found, in 16 bytes a row.

use std::hash::{BuildHasher as _, RandomState};

use super::{Input, InputRow, Problem, Problems, no_rows};
use crate::domain::{Error, ErrorCode, Result};

/// A row whose person another row names with other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its line.
    pub line: u32,
    /// The line of the other.
    pub other: u32,
}

impl Conflict {
    /// What is wrong with it.
    pub fn error(self) -> Error {
        Error::new(
            ErrorCode::InvalidInput,
            format!("line {} names the same person, with other values", self.other),
        )
        .hint("leave one of the two rows")
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Checked {
    /// Rows to be done, each person once.
    pub good: u64,
    /// Lines that say again what an earlier one said, in order: done once.
    pub repeats: Vec<u32>,
    /// Rows that contradict another, in the order of their lines.
    pub conflicts: Vec<Conflict>,
    /// Everything that is wrong, those included.
    pub problems: Problems,
    /// Columns that nothing uses.
    pub unused: Vec<String>,
    /// The column that was taken for the user, where it is not named so.
    pub taken_as_user: Option<String>,
    /// People who are not in it because whoever wrote it could not read them, as it says itself.
    pub left_out: u64,
}

impl Checked {
    /// Every row that is not blank.
    pub fn rows(&self) -> u64 {
        self.good + self.repeats.len() as u64 + self.problems.count()
    }
}

/// One row that was fine: whose, where, what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    user: u64,
    line: u32,
    wish: u32,
}

/// Reads the whole file. `person` gives what a text is looked up by, `judge` whether a row makes sense: a mark of what
/// it wishes, or none where the wishes of several rows add up.
///
/// # Errors
/// `invalid_input` for what is empty and no list of nobody; what `judge` says of the command line; the file cannot be read.
pub fn check(
    input: &Input,
    person: impl Fn(&str) -> String,
    mut judge: impl FnMut(&InputRow) -> Result<Option<u64>>,
) -> Result<Checked> {
    let mut rows = input.rows()?;
    let mut checked = Checked::default();
    let mut seen: Vec<Seen> = Vec::new();
    let hasher = RandomState::new();
    let mut filled = vec![false; input.columns().options.len()];
    for row in rows.by_ref() {
        let row = match row {
            Ok(row) => row,
            Err(problem) if problem.fatal => return Err(problem.into_error(input.name())),
            Err(problem) => {
                checked.problems.add(problem);
                continue;
            }
        };
        for (option, _) in &row.values {
            if let Some(filled) = filled.get_mut(usize::from(*option)) {
                *filled = true;
            }
        }
        let line = u32::try_from(row.line).map_err(|_| {
            Error::new(
                ErrorCode::InvalidInput,
                format!("{} has too many lines", input.name()),
            )
        })?;
        match judge(&row) {
            Ok(None) => checked.good += 1,
            Ok(Some(wish)) => {
                checked.good += 1;
                let user = hasher.hash_one(person(&row.user.text).to_lowercase());
                // Half of a mark is enough: only rows of one person are compared.
                let wish = (wish ^ (wish >> 32)) as u32;
                seen.push(Seen { user, line, wish });
            }
            // What is wrong with the command line is wrong for every row.
            Err(error) if error.code() == ErrorCode::Usage => return Err(error),
            Err(error) => {
                let column = error.to_body().column;
                checked
                    .problems
                    .add(Problem::new(row.line, column, error).of(&row.user.text));
            }
        }
    }
    checked.unused = rows.unused().to_vec();
    checked.taken_as_user = rows.taken_as_user().map(str::to_owned);
    checked.left_out = rows.left_out();
    if checked.rows() == 0 {
        return if rows.is_list() {
            Ok(checked)
        } else {
            Err(no_rows(input.name(), &rows))
        };
    }
    let unfilled = input.columns().mapped.iter().find(|(option, _)| {
        let at = input.columns().options.iter().position(|known| known == option);
        at.is_some_and(|at| filled.get(at) == Some(&false))
    });
    if let (Some((_, column)), 0) = (unfilled, checked.problems.count()) {
        return Err(Error::new(
            ErrorCode::InvalidInput,
            format!("{} has no values in a column \"{column}\"", input.name()),
        )
        .hint("--column OPTION=COLUMN names a column of the file behind the ="));
    }
    twice(&mut checked, seen);
    Ok(checked)
}

/// Finds rows of one person.
fn twice(checked: &mut Checked, mut seen: Vec<Seen>) {
    seen.sort_unstable();
    for rows in seen
        .chunk_by(|a, b| a.user == b.user)
        .filter(|rows| rows.len() > 1)
    {
        let (Some(first), Some(second)) = (rows.first(), rows.get(1)) else {
            continue;
        };
        let other = rows.iter().find(|row| row.wish != first.wish);
        let Some(other) = other else {
            checked.repeats.extend(rows.iter().skip(1).map(|row| row.line));
            continue;
        };
        checked.conflicts.extend(rows.iter().map(|row| Conflict {
            line: row.line,
            other: match row.line == first.line {
                true if second.wish != first.wish => second.line,
                true => other.line,
                false => first.line,
            },
        }));
    }
    checked.good -= (checked.repeats.len() + checked.conflicts.len()) as u64;
    checked.repeats.sort_unstable();
    checked.conflicts.sort_unstable_by_key(|conflict| conflict.line);
    for conflict in &checked.conflicts {
        let problem = Problem::new(u64::from(conflict.line), None, conflict.error());
        checked.problems.add(problem);
    }
}
