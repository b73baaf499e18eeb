//! Who a change is for: texts, rows of a file, or a question to the service become people, each once, without those
//! who are taken out; in pieces, so that any number of them needs the same memory.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::stream::{self, StreamExt as _};

use super::heading::no_heading;
use super::missing::Missing;
use super::part::part_of;
use super::spool::{Chosen, Pick, Picked};
use super::{Typed, each};
use crate::domain::shape::StepRow;
use crate::domain::{Error, ErrorCode, IdentityService, Result, Status, User, UserId, UserQuery};
use crate::jobs::input::{Checked, Input, InputRow, Problem};

/// Texts that are looked up in one question.
const LOOKUPS: usize = 300;
/// Questions at once.
const AT_ONCE: usize = 3;
/// How people are found.
#[derive(Clone, Copy)]
pub struct Finder<'a> {
    /// Where.
    pub service: &'a dyn IdentityService,
    /// Completes sign-in names.
    pub domain: Option<&'a str>,
    /// How a command begins.
    pub prefix: &'a str,
    /// Makes, of what was typed and of a USER that works, the whole command, for hints.
    pub command: &'a dyn Fn(&str, &str) -> String,
    /// What to do about a text that is nobody here, where more can be said than to search.
    pub elsewhere: &'a dyn Fn(&str) -> Option<String>,
    /// Takes note of how many were looked up so far.
    ///
    /// # Errors
    /// `interrupted`: stop.
    pub told: &'a dyn Fn(u64) -> Result<()>,
}

/// Judges a row of a file: a mark of what it wishes, or none where the wishes of several rows add up.
pub type Judge<'a> = dyn Fn(&InputRow) -> Result<Option<u64>> + 'a;

/// Who is wanted.
pub enum Wanted<'a> {
    /// These texts.
    Texts(&'a [String]),
    /// The rows of a file that was checked.
    Rows {
        /// The file.
        input: &'a Input,
        /// What the first pass found.
        checked: &'a Checked,
        /// Whether rows that are wrong are left out.
        skip_invalid: bool,
        /// Judges a row.
        judge: &'a Judge<'a>,
    },
    /// Whoever the service says.
    Query(&'a UserQuery),
}

/// Who is left out.
#[derive(Debug, Default)]
pub struct Except {
    /// People who are taken out: marks of their ids.
    people: HashSet<u64>,
    /// `--shard`: which part, of how many.
    part: Option<(u32, u32)>,
}

impl Except {
    /// Nobody, but for who is in another part.
    pub fn new(part: Option<(u32, u32)>) -> Self {
        Self {
            people: HashSet::new(),
            part,
        }
    }

    /// Takes out whoever is wanted here.
    ///
    /// # Errors
    /// As [`pick`]: who is to be left out must be there.
    pub async fn take_out(&mut self, finder: &Finder<'_>, wanted: Wanted<'_>) -> Result<()> {
        let mut chosen = pick(finder, wanted, &Self::default()).await?.pieces(LOOKUPS)?;
        while let Some(piece) = chosen.next().transpose()? {
            for picked in piece {
                if let Picked::Pick(pick) = picked {
                    self.people.insert(mark(&pick.user.id));
                }
            }
        }
        Ok(())
    }
}

/// A person's id in eight bytes.
pub(super) fn mark(id: &UserId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.0.to_lowercase().hash(&mut hasher);
    hasher.finish()
}

/// A text with the row that it stands in.
struct Asked {
    typed: Typed,
    row: Option<InputRow>,
}

/// What is known before anybody is looked up.
enum Line {
    Ask(Asked),
    Left(Box<StepRow>),
}

/// Everybody who is wanted and not left out, each once, in the order in which they come.
///
/// # Errors
/// `user_not_found` or `ambiguous` with everyone who is not there, or not one person; `invalid_input` for a person with
/// two wishes; what the service answers; `interrupted`.
pub async fn pick(finder: &Finder<'_>, wanted: Wanted<'_>, except: &Except) -> Result<Chosen> {
    let mut picking = Picking {
        finder,
        except,
        chosen: Chosen::default(),
        seen: HashMap::new(),
        missing: Missing::default(),
        looked_up: 0,
        file: match &wanted {
            Wanted::Rows { input, .. } => input.name().to_owned(),
            _ => String::new(),
        },
    };
    match wanted {
        Wanted::Texts(texts) => {
            let asked = texts.iter().map(|text| {
                Ok(Line::Ask(Asked {
                    typed: Typed::argument(text),
                    row: None,
                }))
            });
            picking.lines(asked, &|_| Ok(Some(0)), false).await?;
        }
        Wanted::Rows {
            input,
            checked,
            skip_invalid,
            judge,
        } => {
            no_heading(finder, input, checked).await?;
            let lines = lines(input, checked, skip_invalid)?;
            picking.lines(lines, judge, skip_invalid).await?;
        }
        Wanted::Query(query) => {
            let mut users = finder.service.users(query);
            while let Some(user) = users.next().await {
                let user = user?;
                let typed = user.sign_in_name.clone();
                picking.found(user, typed, None, Some(0))?;
                picking.looked_up += 1;
                (finder.told)(picking.looked_up)?;
            }
        }
    }
    let Picking { chosen, missing, .. } = picking;
    missing.finish(finder)?;
    Ok(chosen)
}

/// The rows of a file that are to be looked up, and those that are only reported.
fn lines<'a>(
    input: &'a Input,
    checked: &'a Checked,
    skip_invalid: bool,
) -> Result<impl Iterator<Item = Result<Line>> + 'a> {
    let mut repeats = checked.repeats.iter().copied().peekable();
    let mut conflicts = checked.conflicts.iter().copied().peekable();
    let name = input.name();
    let left = move |problem: Problem| {
        let user = problem.user.clone();
        let error = problem.into_error(name);
        if skip_invalid {
            Ok(Line::Left(Box::new(left_out(
                &user,
                &UserId(String::new()),
                Status::Skipped,
                &error,
            ))))
        } else {
            // It was right when it was checked.
            Err(Error::new(
                ErrorCode::FileUnreadable,
                format!("{name} changed while it was read: {error}"),
            ))
        }
    };
    Ok(input.rows()?.filter_map(move |row| {
        let row = match row {
            Ok(row) => row,
            Err(problem) => return Some(left(problem)),
        };
        while repeats.next_if(|line| u64::from(*line) < row.line).is_some() {}
        while conflicts
            .next_if(|conflict| u64::from(conflict.line) < row.line)
            .is_some()
        {}
        if repeats.peek().is_some_and(|line| u64::from(*line) == row.line) {
            return None;
        }
        if let Some(conflict) = conflicts
            .peek()
            .filter(|conflict| u64::from(conflict.line) == row.line)
        {
            let problem = Problem::new(row.line, None, conflict.error()).of(&row.user.text);
            return Some(left(problem));
        }
        let typed = Typed {
            text: row.user.text.clone(),
            place: Some((name.to_owned(), row.line)),
        };
        Some(Ok(Line::Ask(Asked {
            typed,
            row: Some(row),
        })))
    }))
}

struct Picking<'a> {
    finder: &'a Finder<'a>,
    except: &'a Except,
    chosen: Chosen,
    /// Marks of people's ids, and of what is wished for them.
    seen: HashMap<u64, u64>,
    missing: Missing,
    looked_up: u64,
    /// The file, where rows are picked.
    file: String,
}

impl Picking<'_> {
    async fn lines(
        &mut self,
        lines: impl Iterator<Item = Result<Line>>,
        judge: &Judge<'_>,
        skip_invalid: bool,
    ) -> Result<()> {
        let finder = self.finder;
        let mut questions = stream::iter(in_pieces(lines))
            .map(|piece| async move { answered(finder, piece?).await })
            .buffered(AT_ONCE);
        while let Some(piece) = questions.next().await {
            for (line, found) in piece? {
                let (asked, found) = match (line, found) {
                    (Line::Left(row), _) => {
                        self.left(*row)?;
                        continue;
                    }
                    (Line::Ask(asked), Some(found)) => (asked, found),
                    (Line::Ask(_), None) => continue,
                };
                self.looked_up += 1;
                let wish = match &asked.row {
                    None => Ok(Some(0)),
                    Some(row) => judge(row),
                };
                match (found, wish) {
                    (Ok(user), Ok(wish)) => self.found(user, asked.typed.text, asked.row, wish)?,
                    (Err(error), _) | (_, Err(error)) if skip_invalid => {
                        let id = UserId(String::new());
                        self.left(left_out(&asked.typed.text, &id, Status::Skipped, &error))?;
                    }
                    (Err(error), _) => self.missing.add(&asked.typed, error),
                    (Ok(_), Err(error)) => return Err(error),
                }
            }
            (finder.told)(self.looked_up)?;
        }
        Ok(())
    }

    /// Rows that are left out are reported by one part.
    fn left(&mut self, row: StepRow) -> Result<()> {
        if self.except.part.is_none_or(|(index, _)| index == 1) {
            self.chosen.push(&Picked::Left(Box::new(row)))?;
        }
        Ok(())
    }

    fn found(&mut self, user: User, typed: String, row: Option<InputRow>, wish: Option<u64>) -> Result<()> {
        let id = mark(&user.id);
        if let Some(known) = self.seen.get(&id) {
            return match (wish, row) {
                (None, Some(row)) => {
                    self.chosen.add(id, row);
                    Ok(())
                }
                (Some(wish), row) if wish != *known => {
                    let error = Error::new(
                        ErrorCode::InvalidInput,
                        format!("{} is there twice, with different values", user.sign_in_name),
                    )
                    .hint("leave one of the two rows");
                    Err(match row {
                        Some(row) => error.at(self.file.as_str(), Some(row.line), None),
                        None => error,
                    })
                }
                _ => Ok(()),
            };
        }
        self.seen.insert(id, wish.unwrap_or_default());
        if self.except.people.contains(&id) {
            self.chosen.taken_out += 1;
            return Ok(());
        }
        self.chosen.selected += 1;
        let elsewhere = |(index, of)| part_of(&user.id, of) != index;
        if self.except.part.is_some_and(elsewhere) || self.missing.count > 0 {
            return Ok(());
        }
        self.chosen.push(&Picked::Pick(Box::new(Pick {
            user,
            typed,
            row,
            more: Vec::new(),
        })))
    }
}

/// Lines in pieces that are looked up together; what went wrong with reading them ends them.
fn in_pieces(lines: impl Iterator<Item = Result<Line>>) -> impl Iterator<Item = Result<Vec<Line>>> {
    let mut lines = lines.fuse();
    std::iter::from_fn(move || {
        let piece: Result<Vec<Line>> = lines.by_ref().take(LOOKUPS).collect();
        match piece {
            Ok(piece) if piece.is_empty() => None,
            piece => Some(piece),
        }
    })
}

/// Everybody of a piece, looked up in one question.
async fn answered(finder: &Finder<'_>, piece: Vec<Line>) -> Result<Vec<(Line, Option<Result<User>>)>> {
    let typed: Vec<Typed> = piece
        .iter()
        .filter_map(|line| match line {
            Line::Ask(asked) => Some(asked.typed.clone()),
            Line::Left(_) => None,
        })
        .collect();
    let mut found = if typed.is_empty() {
        Vec::new()
    } else {
        each(
            finder.service,
            &typed,
            finder.domain,
            finder.prefix,
            finder.command,
        )
        .await?
    }
    .into_iter();
    Ok(piece
        .into_iter()
        .map(|line| {
            let found = match line {
                Line::Ask(_) => found.next(),
                Line::Left(_) => None,
            };
            (line, found)
        })
        .collect())
}

/// The row of a person for whom nothing is done.
pub fn left_out(user: &str, id: &UserId, status: Status, error: &Error) -> StepRow {
    StepRow {
        user: user.to_owned(),
        user_id: id.0.clone(),
        step: "all".to_owned(),
        target: "-".to_owned(),
        status,
        detail: error.message().to_owned(),
        error: Some(error.to_body()),
        attempts: 0,
        request_id: None,
        at: None,
    }
}

#[cfg(test)]
mod tests;
