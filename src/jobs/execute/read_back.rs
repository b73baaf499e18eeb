//! Reading everything back: what should be gone is gone, what should be set is set, or the step has failed.

use super::Job;
use super::check::{self, Look};
use crate::domain::{Action, Error, ErrorCode, Status, Step, UserId};

impl<'a> Job<'a> {
    /// Reads these people again until everything is as planned; what is not in the end has failed.
    pub(super) async fn read_back(&mut self, together: &[usize]) {
        let mut open: Vec<usize> = together
            .iter()
            .copied()
            .filter(|person| !self.to_check(*person).is_empty())
            .collect();
        let mut pauses = self.pauses.iter();
        while !open.is_empty() {
            let steps = open.iter().flat_map(|person| self.to_check(*person));
            let mut look = Look::of(steps.map(|(_, step)| &step.action));
            if look.is_empty() {
                break;
            }
            let ids: Vec<UserId> = open
                .iter()
                .map(|person| self.people[*person].user_id.clone())
                .collect();
            look.read(self.service, &ids).await;
            let pause = pauses.next();
            let mut still = Vec::new();
            for (at, person) in open.iter().enumerate() {
                if !self.compare(*person, &look, at, pause.is_none()) {
                    still.push(*person);
                }
            }
            open = still;
            match pause {
                Some(pause) if !open.is_empty() => tokio::time::sleep(*pause).await,
                _ => break,
            }
        }
    }

    /// The steps of a person that were done.
    fn to_check(&self, person: usize) -> Vec<(usize, &'a Step)> {
        let rows = &self.rows[person];
        let people = self.people;
        people[person]
            .steps
            .iter()
            .enumerate()
            .filter(|(place, _)| rows[*place].row.status == Status::Done && rows[*place].sent)
            .filter_map(|(place, row)| row.to_send().map(|step| (place, step)))
            .collect()
    }

    /// Holds what was read against what was planned; gives whether all of it is so. `last`: what is not has failed.
    fn compare(&mut self, person: usize, look: &Look, at: usize, last: bool) -> bool {
        let seen = match look.seen(at) {
            Ok(seen) => seen,
            Err(error) if last => {
                for (place, _) in self.to_check(person) {
                    let row = &mut self.rows[person][place].row;
                    row.detail = format!("{}; not read back: {error}", row.detail)
                        .trim_start_matches("; ")
                        .to_owned();
                }
                return true;
            }
            Err(_) => return false,
        };
        let steps = self.to_check(person);
        let reissues = steps
            .iter()
            .any(|(_, step)| matches!(step.action, Action::IssueAppPassword { .. }));
        let mut all = true;
        for (place, step) in steps {
            let row = &mut self.rows[person][place];
            // New ones of the same names are there by now.
            let said = if reissues && step.action == Action::RevokeAllAppPasswords {
                None
            } else {
                check::holds(&step.action, row.created.as_ref(), seen)
            };
            match said {
                Some(true) => {
                    if matches!(step.action, Action::RemoveMethod { .. }) && row.row.detail.is_empty() {
                        row.row.detail = "read back: gone".to_owned();
                    }
                    if let Some(reference) = check::waits(&step.action, row.created.as_ref(), seen) {
                        let user = &self.people[person].user;
                        let hint = format!(
                            "It counts once its code is confirmed: {} methods verify {user} {reference}",
                            self.prefix
                        );
                        if !self.hints.contains(&hint) {
                            self.hints.push(hint);
                        }
                    }
                }
                Some(false) if last => {
                    row.fail(&Error::new(
                        ErrorCode::Incomplete,
                        "done, and reading it back shows it is not so",
                    ));
                }
                Some(false) => all = false,
                None => {}
            }
        }
        all || last
    }
}
