//! Where the page of `report registration --html` goes: a new file of one's own, or stdout.

use std::io::Write;

use super::registration::Told;
use crate::cli::context::{Context, Session};
use crate::cli::globals::PathOrDash;
use crate::cli::new_file::NewFile;
use crate::domain::shape::ReportRow;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::Format;
use crate::render::cannot_write;
use crate::render::html::{About, Sheet};

/// A page on its way.
pub(super) struct Draft {
    sheet: Sheet,
    /// `None`: stdout.
    file: Option<(NewFile, String)>,
}

impl Draft {
    /// Begins it. `people`: with the table of people, not the charts alone.
    ///
    /// # Errors
    /// `usage`: stdout is taken by another answer, or the page would be for several profiles; `file_unreadable`,
    /// `disk_full`.
    pub(super) fn begin(cx: &Context, to: PathOrDash, people: bool) -> Result<Self> {
        if cx.page().grids.is_some() {
            return Err(Error::new(ErrorCode::Usage, "a page is for one profile").hint("name one: -p NAME"));
        }
        let file = match to {
            PathOrDash::Path(path) => Some((NewFile::begin(&path)?, path.display().to_string())),
            PathOrDash::Dash if cx.ui.format() != Format::Table => {
                return Err(
                    Error::new(ErrorCode::Usage, "stdout can hold the page or the rows, not both")
                        .hint("leave out -o and --jq, or name a file: --html FILE"),
                );
            }
            PathOrDash::Dash => None,
        };
        let spool = people
            .then(tempfile::tempfile)
            .transpose()
            .map_err(|error| cannot_write(&error, "a temporary file"))?;
        Ok(Self {
            sheet: Sheet::begin(spool, &cx.zone)?,
            file,
        })
    }

    /// Whether the page is the answer on stdout.
    pub(super) const fn takes_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Adds a row.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub(super) fn add(&mut self, row: &ReportRow) -> Result<()> {
        self.sheet.add(row)
    }

    /// Writes the page: whole, or not at all.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub(super) fn end(
        self,
        cx: &Context,
        session: &Session,
        told: &Told,
        sentence: &str,
        limits: &str,
        out: &mut dyn Write,
    ) -> Result<()> {
        let about = About {
            profile: &session.profile,
            tenant: &session.tenant,
            told: sentence,
            limits,
            made_at: cx.clock.now(),
        };
        match self.file {
            None => self.sheet.write(&about, &told.totals, "standard output", out),
            Some((mut file, name)) => {
                self.sheet.write(&about, &told.totals, &name, &mut file)?;
                file.keep()?;
                cx.ui.note(&format!("page written to {name}"));
                Ok(())
            }
        }
    }
}
