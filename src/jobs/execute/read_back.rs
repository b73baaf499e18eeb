//! Reading everything back: what should be gone is gone, what should be set is set, or the step has failed.

use tokio::sync::OwnedSemaphorePermit;

use super::check;
use super::window::{At, Window};
use crate::domain::{Action, Error, ErrorCode, Result, Status};

impl Window<'_> {
    /// Reads these people again until everything is as planned; what is not in the end has failed. The permit is given
    /// back before the first pause: nothing more is sent.
    pub(super) async fn read_back(&mut self, permit: Option<OwnedSemaphorePermit>) -> Result<()> {
        let mut permit = permit;
        let mut pauses = self.job.pauses.iter();
        let mut open: Vec<usize> = (0..self.people.len())
            .filter(|who| !self.to_check(*who).is_empty())
            .collect();
        while !open.is_empty() {
            let places: Vec<At> = open.iter().flat_map(|who| self.to_check(*who)).collect();
            let (look, whom) = self.look(&places).await;
            if look.is_empty() {
                // Nothing of it can be read back.
                open.clear();
                break;
            }
            let stopping = self.stop.is_set();
            let pause = pauses.next().filter(|_| !stopping);
            let mut still = Vec::new();
            let mut changed = Vec::new();
            for (at, who) in whom.iter().enumerate() {
                let last = pause.is_none() && !stopping;
                if !self.compare(*who, look.seen(at), last, &mut changed) {
                    still.push(*who);
                }
            }
            self.record(&changed).await?;
            open = still;
            let (Some(pause), false) = (pause, open.is_empty()) else {
                break;
            };
            permit.take();
            tokio::select! {
                () = tokio::time::sleep(*pause) => {}
                () = self.stop.wait() => {}
            }
        }
        // Where the job is to stop before the service shows what was done, the next run looks.
        for who in open {
            self.people[who].waits = true;
        }
        Ok(())
    }

    /// The steps of a person that were done.
    fn to_check(&self, who: usize) -> Vec<At> {
        let person = &self.people[who];
        person
            .rows
            .iter()
            .enumerate()
            .filter(|(place, row)| {
                let mine = row.tries > 0 || (person.unseen && row.record.row.attempts > 0);
                mine && !person.lost && row.status() == Status::Done && person.step(*place).is_some()
            })
            .map(|(place, _)| (who, place))
            .collect()
    }

    /// Holds what was read against what was planned; gives whether all of it is so. `last`: what is not has failed.
    fn compare(&mut self, who: usize, seen: Result<&check::Seen>, last: bool, changed: &mut Vec<At>) -> bool {
        let places = self.to_check(who);
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) if last => {
                for at in places {
                    let row = &mut self.row(at).record.row;
                    row.detail = format!("{}; not read back: {error}", row.detail)
                        .trim_start_matches("; ")
                        .to_owned();
                    changed.push(at);
                }
                return true;
            }
            Err(_) => return false,
        };
        let action = |window: &Self, at: At| window.people[at.0].step(at.1).map(|step| step.action.clone());
        let reissues = places
            .iter()
            .any(|at| matches!(action(self, *at), Some(Action::IssueAppPassword { .. })));
        let mut all = true;
        for at in places {
            let Some(action) = action(self, at) else { continue };
            // New ones of the same names are there by now.
            let said = if reissues && action == Action::RevokeAllAppPasswords {
                None
            } else {
                check::holds(&action, self.row(at).record.created.as_ref(), seen)
            };
            match said {
                Some(true) => {
                    let row = &mut self.row(at).record.row;
                    if matches!(action, Action::RemoveMethod { .. }) && row.detail.is_empty() {
                        row.detail = "read back: gone".to_owned();
                        changed.push(at);
                    }
                    self.hint_at_code(at, seen);
                }
                Some(false) if last => {
                    self.row(at).record.reissued |= action.mints();
                    self.row(at).fail(&Error::new(
                        ErrorCode::Incomplete,
                        "done, and reading it back shows it is not so",
                    ));
                    changed.push(at);
                }
                Some(false) => all = false,
                None => {}
            }
        }
        all || last
    }
}
