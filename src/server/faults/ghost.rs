//! Methods that were deleted and are listed on.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::rule::Lagging;
use crate::server::graph::methods::Method;

/// How the delete of one call lags, and by which rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag {
    pub(super) rule: usize,
    pub(super) how: Lagging,
}

#[derive(Debug)]
struct Ghost {
    user_id: String,
    method: Method,
    rule: usize,
    until: Until,
}

#[derive(Debug)]
enum Until {
    Reads(u64),
    Moment(Instant),
}

/// Every one that is still seen.
#[derive(Debug, Default)]
pub(super) struct Ghosts(Mutex<Vec<Ghost>>);

impl Ghosts {
    pub(super) fn add(&self, user_id: &str, method: Method, lag: Lag, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Ghost {
            user_id: user_id.to_owned(),
            method,
            rule: lag.rule,
            until: match lag.how {
                Lagging::Reads(reads) => Until::Reads(reads),
                Lagging::For(time) => Until::Moment(now + time),
            },
        });
    }

    /// Those of a person that a read is to show, with their rules. A number of reads goes down by one.
    pub(super) fn read(
        &self,
        user_id: &str,
        wanted: impl Fn(&Method) -> bool,
        now: Instant,
    ) -> Vec<(usize, Method)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shown = Vec::new();
        all.retain_mut(|ghost| {
            let seen = ghost.user_id == user_id && wanted(&ghost.method);
            match &mut ghost.until {
                Until::Moment(end) if now >= *end => return false,
                Until::Moment(_) => {}
                Until::Reads(0) => return false,
                Until::Reads(left) => *left -= u64::from(seen),
            }
            if seen {
                shown.push((ghost.rule, ghost.method.clone()));
            }
            true
        });
        shown
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_ghost_is_seen_until_its_moment_comes() {
        let (ghosts, start) = (Ghosts::default(), Instant::now());
        let lag = Lag {
            rule: 3,
            how: Lagging::For(Duration::from_secs(5)),
        };
        let method = Method {
            id: "1".to_owned(),
            ..Method::default()
        };
        ghosts.add("adele", method, lag, start);
        let seen = |who, seconds| {
            let all = ghosts.read(who, |_| true, start + Duration::from_secs(seconds));
            all.into_iter()
                .map(|(rule, method)| (rule, method.id))
                .collect::<Vec<_>>()
        };
        assert_eq!(seen("adele", 4), [(3, "1".to_owned())]);
        assert_eq!(seen("bas", 4), []);
        assert_eq!(seen("adele", 5), []);
        assert_eq!(seen("adele", 4), []);
    }
}
