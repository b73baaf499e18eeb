//! What was found, in its order, and the exit status that follows.

use crate::domain::shape::{DoctorRow, DoctorState};
use crate::domain::{Error, ErrorCode};

/// The rows so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<DoctorRow>);

impl Findings {
    fn add(
        &mut self,
        (check, about): (&str, Option<&str>),
        state: DoctorState,
        detail: impl Into<String>,
    ) -> &mut DoctorRow {
        let at = self.0.len();
        self.0.push(DoctorRow {
            check: check.to_owned(),
            about: about.map(str::to_owned),
            state,
            detail: detail.into(),
            mend: None,
            code: None,
            exit_code: 0,
        });
        &mut self.0[at]
    }

    /// Nothing is wrong.
    pub(super) fn ok(&mut self, what: (&str, Option<&str>), detail: impl Into<String>) {
        self.add(what, DoctorState::Ok, detail);
    }

    /// Nobody looked, and why.
    pub(super) fn skipped(&mut self, what: (&str, Option<&str>), why: impl Into<String>) {
        self.add(what, DoctorState::Skipped, why);
    }

    /// It works, and may not go on to.
    pub(super) fn warn(
        &mut self,
        what: (&str, Option<&str>),
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(what, DoctorState::Warn, detail).mend = Some(mend.into());
    }

    /// It does not work.
    pub(super) fn fail(&mut self, what: (&str, Option<&str>), error: &Error) {
        let body = error.to_body();
        let place = match (&body.file, body.line, body.column) {
            (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}: "),
            (Some(file), ..) => format!("{file}: "),
            (None, ..) => String::new(),
        };
        let by = body
            .service_code
            .map(|code| format!(" ({code})"))
            .unwrap_or_default();
        let row = self.add(what, DoctorState::Fail, format!("{place}{}{by}", error.message()));
        row.mend = body.hint;
        row.code = Some(body.code);
        row.exit_code = body.exit_code;
    }

    /// All of them.
    pub(super) fn rows(&self) -> &[DoctorRow] {
        &self.0
    }

    /// How many stand so.
    pub(super) fn count(&self, state: DoctorState) -> usize {
        self.0.iter().filter(|row| row.state == state).count()
    }

    /// Whether anything failed.
    pub(super) fn failed(&self) -> bool {
        self.count(DoctorState::Fail) > 0
    }

    /// That of the first failure: what fails later mostly follows from it.
    pub(super) fn exit_code(&self) -> u8 {
        let failed = |row: &&DoctorRow| row.state == DoctorState::Fail;
        self.0.iter().find(failed).map_or(0, |row| row.exit_code)
    }
}

/// An error for a check of our own.
pub(super) fn wrong(code: ErrorCode, why: impl Into<String>, mend: impl Into<String>) -> Error {
    Error::new(code, why).hint(mend)
}
