//! What the columns of a file mean: the person, the verb's own value options, or nothing.

use crate::domain::{Error, ErrorCode, Result};

/// What can be fed back to `method` in lists and results that this program wrote.
const OWN_METHOD: [&str; 2] = ["ref", "target"];

/// What to look for in a file.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The names of the verb's own value options.
    pub options: &'static [&'static str],
    /// `--column OPTION=COLUMN`.
    pub mapped: Vec<(String, String)>,
}

/// What a column fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The person.
    User,
    /// The option at this place of [`Columns::options`].
    Option(u8),
}

impl Columns {
    /// What a column fills.
    pub(super) fn slot(&self, column: &str) -> Option<Slot> {
        if let Some((option, _)) = self.mapped.iter().find(|(_, mapped)| same(mapped, column)) {
            return self.named(option);
        }
        let found = self.named(column)?;
        // Another column was named for it.
        let taken = self
            .mapped
            .iter()
            .any(|(option, _)| self.named(option) == Some(found));
        (!taken).then_some(found)
    }

    /// The same in a file that this program wrote: METHOD stands there under other names, and a line's `type` says
    /// what sort of line it is.
    pub(super) fn own_slot(&self, column: &str) -> Option<Slot> {
        let mapped = self.mapped.iter().any(|(_, mapped)| same(mapped, column));
        if mapped {
            return self.slot(column);
        }
        if column == "type" {
            return None;
        }
        if OWN_METHOD.contains(&column) {
            return self.slot("method");
        }
        self.slot(column)
    }

    fn named(&self, name: &str) -> Option<Slot> {
        if same(name, "user") {
            return Some(Slot::User);
        }
        let at = self.options.iter().position(|option| same(option, name))?;
        u8::try_from(at).ok().map(Slot::Option)
    }

    /// # Errors
    /// `usage` for a mapping of what the verb has not.
    pub(super) fn check(&self) -> Result<()> {
        match self
            .mapped
            .iter()
            .find(|(option, _)| self.named(option).is_none())
        {
            None => Ok(()),
            Some((option, _)) => Err(Error::new(
                ErrorCode::Usage,
                format!("--column {option}=…: this verb has no value \"{option}\""),
            )
            .hint(format!("one of: {}", self.names()))),
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = std::iter::once("user")
            .chain(self.options.iter().copied())
            .collect();
        names.join(", ")
    }
}

/// Whether two names of columns are the same: case, spaces, `_` and `-` do not count.
pub(super) fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(a) == plain(b)
}
