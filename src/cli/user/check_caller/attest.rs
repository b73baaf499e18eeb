//! A check by the operator's own word, where the service challenges nobody.

use super::{Asking, VERB};
use crate::cli::{change, record};
use crate::domain::{Error, ErrorCode, Result, Status};
use crate::jobs::caller::{By, Way};

impl Asking<'_> {
    /// The operator's own word, with a reason.
    pub(super) async fn attest(&self, way: Option<&Way<'_>>) -> Result<u8> {
        let Self { cx, person, .. } = self;
        let by = self.by.unwrap_or(By::Callback);
        let row = self.row(way.map_or("caller", |way| way.reference.as_str()));
        if let Some(way) = way.filter(|way| way.method.added_at.is_none()) {
            cx.ui.warn(&format!(
                "when {} was added is not known: make sure that it is not new",
                way.reference
            ));
        }
        if cx.globals.dry_run {
            return change::one_row(cx, self.session, VERB, row, Vec::new());
        }
        let given = cx
            .globals
            .reason
            .clone()
            .filter(|reason| !reason.trim().is_empty());
        let reason = match given {
            Some(reason) => reason,
            None if cx.ui.can_ask().is_ok() => cx.ui.ask("Reason: ")?,
            None => String::new(),
        };
        if reason.is_empty() {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "your own word for a caller takes a reason",
            )
            .hint(format!("{} --reason TEXT", self.command(by.as_str()))));
        }
        let how = match (by, way) {
            (By::Callback, Some(way)) => {
                let number = way.method.label().unwrap_or_default();
                format!("you called {number} ({})", way.reference)
            }
            (By::Manager, _) => "the manager vouched".to_owned(),
            _ => "you saw the person".to_owned(),
        };
        let place = change::place(self.session);
        if !cx.globals.yes
            && !cx.ui.confirm(&format!(
                "Do you attest that the caller is {} in {place}: {how}?",
                person.title()
            ))?
        {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "not confirmed; nobody was checked",
            ));
        }
        let check = self.check(by, true, way, Some(reason));
        let log = record::of_verb(cx, VERB)?;
        let told = format!("caller checked {}", check.said());
        log.event(&told, Some((&check.user, &check.user_id))).await?;
        self.keep(&check)?;
        let mut row = row;
        (row.status, row.at) = (Status::Done, Some(check.at));
        row.detail = self.said(&check);
        change::one_row(cx, self.session, VERB, row, Vec::new())
    }
}
