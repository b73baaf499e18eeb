//! Whom a change is for: USERs, or the rows of a file, which may bring the values of the verb's own options with them.

use std::io::Read as _;
use std::path::PathBuf;

use super::context::Context;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::input::{self, Columns, Input, InputRow, Problems};
use crate::jobs::plan::Wish;
use crate::jobs::select::Typed;

/// People from a file.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Many people")]
pub(crate) struct FromFile {
    /// Take people, and values for the options above, from a CSV or NDJSON file; - for standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Fill an option from a column of another name; can be repeated
    #[arg(long, value_name = "OPTION=COLUMN", requires = "from", value_parser = mapping)]
    column: Vec<(String, String)>,
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((option, column)) if !option.is_empty() && !column.is_empty() => {
            Ok((option.trim_start_matches('-').to_owned(), column.to_owned()))
        }
        _ => Err("write OPTION=COLUMN, such as number=Mobile".to_owned()),
    }
}

/// Several USERs, or a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Who {
    /// Sign-in names, object ids or primary mail addresses
    #[arg(
        value_name = "USER",
        required_unless_present = "from",
        conflicts_with = "from"
    )]
    user: Vec<String>,
    #[command(flatten)]
    from: FromFile,
}

/// One person of a change, as it was typed, and what is wished.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Who.
    pub(crate) typed: Typed,
    /// What.
    pub(crate) wish: Wish,
}

/// Who was asked for, and how that was said.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Each one.
    pub(crate) asked: Vec<Asked>,
    /// For the plan file: the USERs, or `--from FILE`.
    pub(crate) said: String,
}

/// The values of one person: the row's own, else the option's.
pub(crate) struct Given<'a> {
    row: Option<(&'a str, &'a InputRow)>,
}

impl Given<'_> {
    /// The value of an option: the row's own cell, else what was typed, read by `parse`.
    ///
    /// # Errors
    /// What `parse` says, with the place of the cell.
    pub(crate) fn value<T>(
        &self,
        option: &str,
        typed: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T>,
    ) -> Result<Option<T>> {
        match self
            .row
            .and_then(|(file, row)| Some((file, row.line, row.values.get(option)?)))
        {
            Some((file, line, cell)) => parse(&cell.text)
                .map(Some)
                .map_err(|error| error.at(file, Some(line), Some(cell.column))),
            None => typed.map(parse).transpose(),
        }
    }

    /// As [`Self::value`], and without one the row, or the command line, is wrong.
    ///
    /// # Errors
    /// `usage` or `invalid_input` without a value; what `parse` says.
    pub(crate) fn required<T>(
        &self,
        option: &str,
        typed: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T>,
    ) -> Result<T> {
        self.value(option, typed, parse)?.ok_or_else(|| match self.row {
            Some((file, row)) => Error::new(
                ErrorCode::InvalidInput,
                format!("the row has no value for {option}"),
            )
            .hint(format!(
                "add a column \"{option}\", map one with --column {option}=NAME, or give --{option}"
            ))
            .at(file, Some(row.line), None),
            None => Error::new(ErrorCode::Usage, format!("--{option} is missing")),
        })
    }
}

impl Who {
    /// The people, each with what `make` makes of the values.
    ///
    /// # Errors
    /// The file cannot be read; everything that is wrong in it; what `make` says.
    pub(crate) fn select(
        self,
        cx: &Context,
        options: &[&str],
        make: impl Fn(&Given<'_>) -> Result<Wish>,
    ) -> Result<Selection> {
        let Self { user, from } = self;
        from.select(cx, user, options, make)
    }
}

impl FromFile {
    /// Whether a file names the people.
    pub(crate) fn is_given(&self) -> bool {
        self.from.is_some()
    }

    /// For verbs with a second operand: with a file, what stands in the place of USER is the first of the others.
    pub(crate) fn operands(&self, user: Option<String>, rest: Vec<String>) -> (Vec<String>, Vec<String>) {
        if self.is_given() {
            (Vec::new(), user.into_iter().chain(rest).collect())
        } else {
            (user.into_iter().collect(), rest)
        }
    }

    /// As [`Who::select`], with the USERs beside.
    ///
    /// # Errors
    /// As [`Who::select`].
    pub(crate) fn select(
        self,
        cx: &Context,
        users: Vec<String>,
        options: &[&str],
        make: impl Fn(&Given<'_>) -> Result<Wish>,
    ) -> Result<Selection> {
        let Self { from, column } = self;
        let Some(path) = from else {
            let wish = make(&Given { row: None })?;
            let said = users.join(" ");
            let asked = users.into_iter().map(|user| Asked {
                typed: Typed::argument(user),
                wish: wish.clone(),
            });
            return Ok(Selection {
                asked: asked.collect(),
                said,
            });
        };
        let input = read(
            &path,
            Columns {
                options,
                mapped: &column,
            },
        )?;
        tell(cx, &input);
        let mut problems = Problems::new();
        let mut asked = Vec::with_capacity(input.rows.len());
        for row in &input.rows {
            let given = Given {
                row: Some((&input.file, row)),
            };
            match make(&given) {
                Ok(wish) => asked.push(Asked {
                    typed: Typed {
                        text: row.user.text.clone(),
                        place: Some((input.file.clone(), row.line)),
                    },
                    wish,
                }),
                // What is wrong with the command line is wrong for every row.
                Err(error) if error.code() == ErrorCode::Usage => return Err(error),
                Err(error) => problems.add(row.line, error.to_body().column, error),
            }
        }
        problems.finish(&input.file)?;
        Ok(Selection {
            asked,
            said: format!("--from {}", input.file),
        })
    }
}

fn read(path: &std::path::Path, columns: Columns<'_>) -> Result<Input> {
    let dash = path.as_os_str() == "-";
    let name = if dash {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let mut bytes = Vec::new();
    let outcome = if dash {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    outcome.map_err(|error| Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}")))?;
    input::read(&name, &bytes, columns)
}

fn tell(cx: &Context, input: &Input) {
    if let Some(column) = &input.taken_as_user {
        cx.ui.note(&format!(
            "{}: the column \"{column}\" is taken for the user",
            input.file
        ));
    }
    if !input.unused.is_empty() {
        cx.ui.note(&format!(
            "{}: columns not used: {}",
            input.file,
            input.unused.join(", ")
        ));
    }
}
