//! A row of a result while it comes about.

use crate::domain::shape::StepRow;
use crate::domain::{Error, MethodId, Status};
use crate::jobs::plan::{Deed, PlannedRow, PlannedUser};

/// A row on its way.
pub(super) struct Row {
    pub(super) row: StepRow,
    /// `None`: it has not ended.
    pub(super) ended: bool,
    pub(super) sent: bool,
    pub(super) created: Option<MethodId>,
    pub(super) reissued: bool,
}

impl Row {
    pub(super) fn new(person: &PlannedUser, planned: &PlannedRow) -> Self {
        let (row, ended) = planned_row(person, planned);
        Self {
            row,
            ended,
            sent: false,
            created: None,
            reissued: false,
        }
    }

    pub(super) fn end(&mut self, status: Status, detail: String) {
        self.ended = true;
        self.row.status = status;
        self.row.detail = detail;
    }

    pub(super) fn fail(&mut self, error: &Error) {
        self.row.error = Some(error.to_body());
        self.end(Status::Failed, error.message().to_owned());
    }
}

/// The row of a plan as a result shows it before anything is sent, and whether that is how it ends.
pub fn planned_row(person: &PlannedUser, planned: &PlannedRow) -> (StepRow, bool) {
    let (status, detail, ended) = match &planned.deed {
        Deed::Send(_) => (Status::Planned, planned.detail.clone(), false),
        Deed::Unchanged => (Status::Unchanged, planned.detail.clone(), true),
        Deed::ByHand { why, .. } => (Status::Unsupported, why.clone(), true),
    };
    let row = StepRow {
        user: person.user.clone(),
        user_id: person.user_id.0.clone(),
        step: planned.step.clone(),
        target: planned.target.clone(),
        status,
        detail,
        error: None,
        attempts: 0,
        request_id: None,
        at: None,
    };
    (row, ended)
}
