//! The values of one person: the row's own cell, else the option's.

use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::input::{Input, InputRow};

/// The values of one person.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given<'a> {
    /// The row, and the file that it is in.
    pub(super) row: Option<(&'a Input, &'a InputRow)>,
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
        let cell = self.row.and_then(|(input, row)| {
            let mut options = input.columns().options.iter();
            let at = options.position(|known| *known == option)?;
            Some((input, row, row.value(at)?))
        });
        match cell {
            Some((input, row, cell)) => parse(&cell.text)
                .map(Some)
                .map_err(|error| error.at(input.name(), Some(row.line), Some(cell.column))),
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
            Some((input, row)) => Error::new(
                ErrorCode::InvalidInput,
                format!("the row has no value for {option}"),
            )
            .hint(format!(
                "add a column \"{option}\", map one with --column {option}=NAME, or give --{option}"
            ))
            .at(input.name(), Some(row.line), None),
            None => Error::new(ErrorCode::Usage, format!("--{option} is missing")),
        })
    }

    /// The words of the row's own cell, which are separated by commas.
    ///
    /// # Errors
    /// As [`Self::required`].
    pub(crate) fn listed(&self, option: &str) -> Result<Vec<String>> {
        self.required(option, None, |text| {
            let words = text.split(',').map(str::trim);
            Ok(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
        })
    }
}
